/*
 * description - what a provider's gateway expects and how it answers, as data.
 *
 * A YAML file (deploy/providers/, whose README has the format) says where a message is posted, with
 * which headers and fields, how we sign in, where an answer holds the message's id and a code, and
 * what each code means in the words of schemas/errors.json. Texts hold {names}: what is known of
 * the message, the secret, and whatever else the provider's settings bring. Read-only once made,
 * and held by reference, so that codes can be read anew while requests are under way.
 */
#ifndef BECKON_DESCRIPTION_H
#define BECKON_DESCRIPTION_H

#include <jansson.h>
#include <stdbool.h>

#include "curl.h"
#include "err.h"
#include "suppress.h"
#include "tariff.h"
#include "tenant.h"

#define DESCRIPTION_PATHS_MAX 4

enum description_auth { AUTH_NONE, AUTH_BASIC, AUTH_BEARER, AUTH_HEADER, AUTH_AWS, AUTH_COUNT };
enum description_body { BODY_FORM, BODY_JSON, BODY_QUERY, BODY_COUNT };
enum description_format { FORMAT_JSON, FORMAT_XML, FORMAT_TEXT, FORMAT_COUNT };

/* Where something stands in an answer: the first path that leads somewhere. */
struct description_paths {
	const char *list[DESCRIPTION_PATHS_MAX];
	size_t n;
};

/* Texts are borrowed from root. */
struct description {
	_Atomic int holders;
	json_t *root;
	const char *url, *method;
	const json_t *headers; /* name: text; NULL = none */
	enum description_auth auth;
	const char *auth_user, *auth_secret, *auth_header, *auth_aws;
	enum description_body body;
	const json_t *fields;
	const json_t *with;	  /* name: further fields where there is a text for that name */
	const char *encodings[2]; /* by enum sms_encoding: what {encoding} says */
	enum description_format format;
	const char
		*parts; /* path to a list with an answer for each segment; NULL = there is none */
	struct description_paths id, code;
	bool own_id; /* the message's id is the key we gave it */
	const json_t *codes, *http;
	const json_t *suppress;		/* code: why nobody is to write there again */
	const char *idempotency_header; /* NULL = it knows no such thing */
	bool receipts;			/* it tells what becomes of a message */
	const json_t *receipt;		/* in which words: receipt_words.h; NULL = not said */
	struct tenant_rate rate;
	struct tariff *tariff; /* what it asks; NULL = it does not say */
};

/* ERR_FATAL: no such file; ERR_INVALID: what is wrong in it, and where. */
int description_read(struct description **out, const char *path, struct err *e);
/* The same from text; name is for errors. */
int description_parse(struct description **out, const char *name, const char *text, size_t len,
		      struct err *e);
struct description *description_hold(struct description *d); /* from any thread; returns d */
void description_free(struct description *d);		     /* one holder less; takes NULL */

/* What a code of the provider's means: "ok", a code of schemas/errors.json, or NULL = it is not
   described. Lives as long as d. */
const char *description_code(const struct description *d, const char *code);
/* Is nobody to write to a number any more of which a code tells, and why? */
enum suppress_why description_suppress(const struct description *d, const char *code);
/* What an HTTP status means, likewise; never NULL but for 2xx. */
const char *description_status(const struct description *d, int status);

#endif
