/*
 * web - the status service over HTTP: two doors, one table of routes, who may use them.
 *
 * The public door is for people who were invited and for providers that report; the private one for
 * those who run the fleet. A module hangs its routes on the web by a struct web_module; the web
 * finds the route, asks who is there (auth.h), holds the person to role and tenant, counts and
 * bounds, reads JSON, and only then calls the handler. A handler runs on one of several threads and
 * owns nothing but its request and what its module opened for that thread (local).
 */
#ifndef BECKON_WEB_H
#define BECKON_WEB_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "http_front.h"
#include "redis.h"
#include "tenant.h"

#define WEB_PARAMS_MAX 4
#define WEB_MODULES_MAX 16
#define WEB_THREADS_MAX 64
#define WEB_BODY_MAX_BYTES ((size_t)64 << 10) /* where a route says nothing else */

enum web_door { WEB_PUBLIC, WEB_PRIVATE, WEB_DOORS };

/* What each may do beside what the ones before it may. */
enum web_role {
	WEB_ANYONE,   /* nobody has signed in */
	WEB_VIEWER,   /* reads, addresses masked */
	WEB_OPERATOR, /* invites, reads addresses */
	WEB_ADMIN,    /* templates and settings */
	WEB_SUPER,    /* all tenants; who belongs to one is its admin */
	WEB_ROLES,
};

extern const char *const web_roles[]; /* "viewer" ..., by enum web_role, NULL at the end */

enum web_role web_role_of(const char *word); /* WEB_ANYONE = it is none that can be given */

/* How somebody showed who they are. */
enum web_proof { WEB_PROOF_NONE, WEB_PROOF_KEY, WEB_PROOF_SESSION, WEB_PROOF_PROXY };

#define WEB_ID_MAX 128
#define WEB_NAME_MAX 200
#define WEB_CSRF_SIZE 44

struct web_person {
	enum web_proof proof;
	enum web_role role;
	char id[WEB_ID_MAX + 1]; /* "key:<id>", or the person's id at who vouches for them */
	char name[WEB_NAME_MAX + 1], email[255];
	char tenant[65];	  /* "*" = all */
	char csrf[WEB_CSRF_SIZE]; /* what a change asked by a browser must carry; "" = none */
};

struct web;
struct web_route;

struct web_request {
	const struct http_request *http;
	const struct web_route *route;
	const char *params[WEB_PARAMS_MAX]; /* of the pattern, in its order */
	const char *tenant; /* the one called {tenant}; NULL = the pattern has none */
	struct web_person person;
	const struct tenants *tenants; /* settings as they hold now */
	json_t *json;		       /* of a WEB_JSON route: an object */
	int64_t now_ms;
	struct web *web;
	void *ctx, *local; /* the module's */
	char *text;	   /* the path, cut into params; the web's own */
};

enum web_flags {
	WEB_JSON = 1,  /* the body is a JSON object */
	WEB_QUIET = 2, /* a change that no browser's form could ask for by mistake: signed receipts,
			  accept pages with their own nonce; asks for no CSRF token */
	WEB_UNMETERED = 4, /* a provider tells everything from a few addresses: no rate of theirs,
			      but for what its handler charges them (web_charge) */
};

struct web_route {
	const char *method; /* GET answers HEAD too */
	const char
		*pattern; /* "/v1/tenants/{tenant}/invites/{invite}"; literals go before params */
	enum web_door door;
	enum web_role role; /* at least */
	unsigned flags;
	size_t body_max; /* bytes; 0 = WEB_BODY_MAX_BYTES */
	void (*handle)(struct web_request *q, struct http_response *a);
};

struct web_module {
	const struct web_route *routes;
	size_t count;
	void *ctx; /* handed to handlers; used by all threads at once */
	/* What a thread has for itself, a Redis connection for example; NULL = nothing. */
	void *(*open)(void *ctx);
	void (*close)(void *local);
};

/* Finds out who asks: see auth.h. ERR_INVALID: what they showed is not good (401); ERR_AGAIN: that
   cannot be told now (503). Nobody at all is WEB_ANYONE. */
struct web_gate {
	int (*who)(void *ctx, void *local, struct web_request *q,
		   struct err *e); /* fills q->person */
	void *ctx;
	void *(*open)(void *ctx);
	void (*close)(void *local);
	const char *login; /* where a browser may sign in; NULL = by key alone */
};

struct web_options {
	const char *listen[WEB_DOORS]; /* NULL = that door stays shut */
	unsigned threads;	       /* of each door */
	int64_t rate_per_s;	       /* requests of one address; 0 = not limited */
	const char *const *proxies;    /* addresses whose X-Forwarded-For is believed */
	size_t nproxies;
	struct web_module modules[WEB_MODULES_MAX];
	size_t nmodules;
	struct web_gate gate; /* who NULL: nobody can sign in */
	/* How a problem of the public door reads, where it may be a person who has it; NULL = as
	   it is. By any thread. */
	void (*face)(void *face_ctx, const struct http_request *q, struct http_response *a);
	void *face_ctx;
};

/* Nothing is answered but 503 before the first web_publish. Borrowed until web_close: routes,
   ctx, proxies. ERR_FATAL: an address that cannot be listened on. */
int web_open(struct web **out, const struct web_options *o, struct err *e);
/* What is under way is answered first. Takes NULL; streams must have been ended. */
void web_close(struct web *w);
uint16_t web_port(const struct web *w, enum web_door door);

/* What tenants have settled, from now on. From the loop's thread. */
void web_publish(struct web *w, struct tenants *tenants);

struct web_counts {
	uint64_t answers[WEB_DOORS][6]; /* by the status' first digit */
};
void web_counted(const struct web *w, struct web_counts *out);

/* ---- for handlers ---- */

/* Of a WEB_UNMETERED route: this call was a stranger's, and costs their address a request. */
void web_charge(struct web_request *q);

const char *web_query(const struct web_request *q, const char *name);  /* NULL = absent */
const char *web_header(const struct web_request *q, const char *name); /* NULL = absent */
/* ERR_INVALID: the query has another name than those known (NULL = none) and `lang`, which every
   answer heeds. What is misspelt would be passed over, and more found or less asked than was meant.
 */
int web_query_only(const struct web_request *q, bool (*known)(const char *name), struct err *e);
/* A text of the body's object; NULL where it is absent or no text. */
const char *web_text(const struct web_request *q, const char *name);
/* Whether somebody may see addresses in full. */
bool web_sees_addresses(const struct web_request *q);
/* "ru" or "en": what the query's lang says, or Accept-Language. */
const char *web_lang(const struct web_request *q);

/* Answers with JSON; takes the reference. */
void web_json(struct http_response *a, unsigned status, json_t *value);
void web_html(struct http_response *a, unsigned status); /* type alone; the caller fills a->body */

/* Answers with a problem (RFC 9457): its title is the status', code a word of ours for programs,
   detail a sentence for people (NULL = none). */
void web_problem(struct http_response *a, unsigned status, const char *code, const char *detail,
		 ...) __attribute__((format(printf, 4, 5)));
/* The same with members of more, whose reference is taken: "errors", "remedy". */
void web_problem_more(struct http_response *a, unsigned status, const char *code,
		      const char *detail, json_t *more);
#define WEB_PROBLEM_TYPE "application/problem+json"
/* By kind of failure: ERR_INVALID 422, ERR_AGAIN 503 with Retry-After, ERR_FATAL 500. */
void web_fail(struct http_response *a, int kind, const struct err *e);

#endif
