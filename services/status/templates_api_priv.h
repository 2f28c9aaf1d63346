/*
 * templates_api_priv - what the files of the templates' API share. Included by templates_api*.c
 * only.
 */
#ifndef BECKON_TEMPLATES_API_PRIV_H
#define BECKON_TEMPLATES_API_PRIV_H

#include <jansson.h>
#include <pthread.h>

#include "catalog.h"
#include "letter_names.h"
#include "phone.h"
#include "redis_lock.h"
#include "tariffs.h"
#include "template_lint.h"
#include "templates_api.h"
#include "templates_change.h"
#include "web.h"

struct templates_api {
	const struct site_shared *shared;
	struct run *run;
	char *dir;
	pthread_mutex_t lock; /* of now */
	pthread_cond_t news;
	struct catalog *now;
	bool known; /* the topic has been read */
};

/* ---- templates_api_lock.c: one change at a time ---- */

/* Until this process' own follower has that version, or later. False: it does not come. */
bool templates_api_await(struct templates_api *t, const struct catalog_source *which,
			 json_int_t version);

/* Then nobody else of the fleet changes the tenant's templates, and this process knows the version
   that holds. ERR_AGAIN: Redis or Kafka is away, or somebody else's change takes long. */
int templates_api_lock(struct redis_lock *l, const struct web_request *q,
		       const struct catalog_source *which, struct err *e);

/* ---- templates_api_shape.c: what is shown ---- */

/* A template of the list: {name, locale, title, kind, version, own, parts, sha256, time, actor}. */
json_t *shape_entry(const struct catalog *c, const struct catalog_entry *entry, const char *tenant,
		    const char *lang);

/* One without any says that the installation's holds again. */
bool shape_has_parts(const struct catalog_entry *entry);

/* The parts as somebody wrote them: the tenant's own, or those of the installation's files. NULL:
   there is no such template. */
json_t *shape_parts(const struct templates_api *t, const struct catalog *c,
		    const struct catalog_source *which);

/* [{version, time, actor, own}], the newest first; the installation's is the last. */
json_t *shape_versions_of(const struct catalog *c, const struct catalog_source *which);

/* [{part, code, warning, text, file, line, column}]. */
json_t *shape_findings(const struct lint_report *r, const char *lang);

/* [{part, lines: [[op, line]]}], op one of " ", "-", "+": of the parts that differ. */
json_t *shape_diff(const json_t *from, const json_t *to);

/* The variables that a template of this kind may use: [{name, always, text}]. */
json_t *shape_variables(enum letter_kind kind, const char *lang);

/* ---- templates_api_sms.c: how long a text is, and what it costs ---- */

/* What is looked at, for whom. */
struct preview {
	const struct web_request *q;
	const struct catalog *catalog;
	const struct tariffs *tariffs; /* NULL = no prices are known */
	const struct catalog_source *source;
	const struct tenant *tenant;
	const json_t *data; /* what an invite keeps; NULL = made up */
	struct phone to;    /* where the SMS goes; "" = nowhere */
};

/* Finds p->to: what the body says, the invite's number, or such a one as the tenant's country has.
   False: answered, since what the body says is no number. */
bool preview_number(struct preview *p, const json_t *words, struct http_response *a);

/* {encoding, segments, units, cap, culprit, usual, worst, cost, country}; null: it is no text. */
json_t *preview_sms(const struct preview *p, const struct catalog_entry *entry, const char *text);

/* ---- templates_api_view.c ---- */

/* What people would get: {parts, sms, findings, fit}. */
void templates_api_preview(struct web_request *q, struct http_response *a);

/* Which template the path names. False: answered already. */
bool path_of(const struct web_request *q, struct catalog_source *out, struct http_response *a);

/* An event that asks for an e-mail to the person who is signed in; 202. */
void templates_api_test(struct web_request *q, struct http_response *a);

/* The body has nothing but these; false: answered already. */
bool knows_all(const struct web_request *q, const char *const *known, struct http_response *a);

#endif
