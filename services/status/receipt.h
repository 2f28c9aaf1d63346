/*
 * receipt - what providers tell of messages that they have taken over: read and believed, or not.
 *
 * Pure but for certificates that are fetched (receipt_keys.h): a call in, receipts out; the time is
 * an argument. A source is one entry of the
 * configuration's `receipts`: which provider, in which format it speaks, and by what it is known
 * (a secret, a public key). Nothing of a call is used before it is known to be genuine. What was
 * signed longer ago than the source's window is refused; within it repeating changes nothing, since
 * a receipt's event has a computed id.
 */
#ifndef BECKON_RECEIPT_H
#define BECKON_RECEIPT_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "ids.h"
#include "receipt_words.h"
#include "suppress.h"

#define RECEIPT_BODY_MAX_BYTES ((size_t)1 << 20) /* of one call */
#define RECEIPT_ID_MAX 128			 /* characters of a provider's message id */
#define RECEIPT_NAMES_MAX 3			 /* by which a receipt's delivery may be found */
#define RECEIPT_NAME_MAX 32			 /* of a source: a provider's or relay's name */
#define RECEIPT_NAME_SIZE (RECEIPT_NAME_MAX + 1 + RECEIPT_ID_MAX + 1)
#define RECEIPT_SOURCES_MAX 64
#define RECEIPT_WORD_SIZE 33
#define RECEIPTS_MAX 2048 /* in one call; the rest of a longer one is refused with all of it */

/* Mails are found by the local part of their Message-ID, whichever relay took them: the source's
   place is taken by this word. */
#define RECEIPT_BY_MESSAGE_ID "email"

struct receipt {
	enum receipt_status status; /* who complains, or wants no more, has got the message */
	const char *code;	    /* of schemas/errors.json, static; NULL unless undelivered */
	enum suppress_why suppress; /* nothing more may be sent there, and why */
	size_t nnames;		    /* "<source>/<id>", or "email/<local part>", the surest first */
	char names[RECEIPT_NAMES_MAX][RECEIPT_NAME_SIZE];
	char delivery[IDS_DELIVERY_SIZE];    /* where the provider echoes it; "" = it does not */
	char message_id[RECEIPT_ID_MAX + 1]; /* what the provider calls the message; "" = nothing */
	/* A status or code of the provider's that no table names, in characters that a log line may
	   hold; "" = all are known. */
	char unknown[RECEIPT_WORD_SIZE];
};

#define RECEIPT_URL_MAX 1024

struct receipt_list {
	struct receipt *list;
	size_t count;
	bool genuine; /* it was the provider who called, whatever became of it */
	/* It is no receipt: whoever runs the fleet is to open this page of the provider, or nothing
	   will ever be told. "" = nothing of the kind. */
	char confirm[RECEIPT_URL_MAX];
};
void receipt_list_clear(struct receipt_list *l);

/* ---- who may tell ---- */

struct receipt_source;
struct receipt_keys;

/* An entry of `receipts`: {name, format, like, tenant, secret_file, key_file, username, url, topic,
   window_s, proxy, ca_file, client, client_header}; dir: where descriptions of providers lie. Reads
   the files it names, and of SMS the description: receipt_words.h. ERR_FATAL with field and rule.
 */
int receipt_source_open(struct receipt_source **out, const json_t *entry, const char *dir,
			struct err *e);
void receipt_source_free(struct receipt_source *s);

struct receipt_sources {
	struct receipt_source *list[RECEIPT_SOURCES_MAX];
	size_t count;
};

/* entries: the JSON of `receipts`, may be NULL; each entry has a name of its own, or a tenant of
   its own under a name. ERR_FATAL: as above. */
int receipt_sources_open(struct receipt_sources *out, const json_t *entries, const char *dir,
			 struct err *e);
void receipt_sources_close(struct receipt_sources *s);

/* tenant NULL: the one of all. NULL = there is none. */
const struct receipt_source *receipt_sources_find(const struct receipt_sources *s, const char *name,
						  const char *tenant);

const char *receipt_source_name(const struct receipt_source *s);
const char *receipt_source_tenant(const struct receipt_source *s); /* NULL = of all */
/* What a provider wants to read when it has been heard; "" = nothing. */
const char *receipt_source_answer(const struct receipt_source *s);

/* ---- what is told ---- */

/* A call, as the provider made it. Everything is borrowed. */
struct receipt_call {
	const char *query; /* behind the question mark, as it came; "" = none */
	/* A header's value by its name in lower case; NULL = it is absent. */
	const char *(*header)(void *ctx, const char *name);
	void *ctx;
	const char *body;
	size_t body_len;
	int64_t now_ms;
	struct receipt_keys *keys; /* NULL = no certificate is fetched */
	bool by_proxy;		   /* its headers are those of a proxy that is trusted */
};

/* ERR_AGAIN: it cannot be told now whether it is genuine. ERR_INVALID, *code: auth_failed (not from
   this provider, or too old) or schema_invalid (not to be understood); the text names the rule,
   never a value. out is then empty but for genuine. */
int receipt_read(const struct receipt_source *s, const struct receipt_call *call,
		 struct receipt_list *out, const char **code, struct err *e);

/* A mail that tells what became of another: a delivery status notification (RFC 3464), or a
   complaint (RFC 5965). Nobody signs those. ERR_INVALID: it is neither. */
int receipt_read_mail(const char *message, size_t len, struct receipt_list *out, struct err *e);

#endif
