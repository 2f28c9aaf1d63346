/*
 * api_ask - what is asked of the fleet in one request, and the answer that tells it.
 *
 * Whoever makes a change adds what is to be asked, and who is refused with which code. Then all is
 * appended at once, one line of the log says who asked for it (audit), and the answer lists both.
 * With an Idempotency-Key ids are computed from it and the answer is kept for a day: asked again,
 * the same is answered and nothing is asked twice.
 */
#ifndef BECKON_API_ASK_H
#define BECKON_API_ASK_H

#include "api_rules.h"
#include "site.h"

#define ASK_MAX 100000	    /* invites, a request */
#define ASK_LISTED_MAX 1000 /* of each list in the answer */
#define ASK_ID_SIZE 27

/* One that is to be appended. Its data as bytes: a hundred thousand objects would be 300 MB. */
struct ask_event {
	const char *type, *invite;
	char *value;
	char id[ASK_ID_SIZE];
};

struct ask {
	struct web_request *q;
	const struct site_shared *shared;
	const char *what; /* for the audit: "resend" */
	bool dry_run;
	const char *key; /* Idempotency-Key; NULL = none */
	const char *of;	 /* the invite that is asked anew under another name; NULL = none */
	struct ask_event *events; /* none in a dry run */
	size_t nevents;
	json_t *asked, *refused, *counts;
	json_int_t total;
};

/* False: it is answered already, since the same key was used before, or wrongly. */
bool ask_begin(struct ask *k, struct web_request *q, const char *what, struct http_response *a);
void ask_end(struct ask *k);

/* A change that asks for nothing: handle answers, unless the same key was answered well before. */
typedef void ask_handle(struct web_request *q, struct http_response *a);
void ask_once(struct web_request *q, const struct site_shared *shared, const char *what,
	      ask_handle *handle, struct http_response *a);

/* Something to be asked; takes data, which gets tenant, invite and actor where it has none. It is
   checked as the dispatcher does; what is wrong is refused, row tells where it was. row 0 = none.
 */
void ask_add(struct ask *k, enum api_act act, const char *invite, json_t *data, int64_t row);

/* Somebody who is not asked for; members of more (a reference is taken; NULL = none) are told too.
 */
void ask_refuse(struct ask *k, const char *invite, const char *code, json_t *more);

/* A name that was not used before: the same for the same key and place. */
void ask_name(const struct ask *k, const char *what, size_t place, char out[ASK_ID_SIZE]);

/* Appends and answers; members of more are put into the answer (NULL = none). */
void ask_answer(struct ask *k, json_t *more, struct http_response *a);

#endif
