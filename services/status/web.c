#include "web.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "ids.h"
#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "web_caller.h"
#include "web_match.h"

#define CONNECTIONS_MAX 512
#define IDLE_S 30

/* What one thread has for itself while it answers: any thread takes any that is free. */
struct worker {
	struct worker *next;
	void *gate, *locals[WEB_MODULES_MAX];
};

/* A door's listener; the web is shared. */
struct door {
	struct web *web;
	enum web_door which;
	struct http_front *front;
};

struct web {
	struct web_options o;
	struct door doors[WEB_DOORS];
	struct web_callers *callers;
	pthread_mutex_t lock; /* of free and tenants */
	struct worker *free;
	struct tenants *tenants;
	_Atomic uint64_t answers[WEB_DOORS][6];
};

/* ---- workers ---- */

static struct worker *worker_new(const struct web *w)
{
	struct worker *k = xcalloc(1, sizeof(*k));

	for (size_t i = 0; i < w->o.nmodules; i++)
		if (w->o.modules[i].open)
			k->locals[i] = w->o.modules[i].open(w->o.modules[i].ctx);
	if (w->o.gate.open)
		k->gate = w->o.gate.open(w->o.gate.ctx);
	return k;
}

static void worker_free(const struct web *w, struct worker *k)
{
	for (size_t i = 0; i < w->o.nmodules; i++)
		if (w->o.modules[i].close)
			w->o.modules[i].close(k->locals[i]);
	if (w->o.gate.close)
		w->o.gate.close(k->gate);
	free(k);
}

/* There is one for each thread, and a thread has one at a time: never NULL. */
static struct worker *worker_take(struct web *w)
{
	struct worker *k;

	pthread_mutex_lock(&w->lock);
	k = w->free;
	w->free = k->next;
	pthread_mutex_unlock(&w->lock);
	return k;
}

static void worker_give(struct web *w, struct worker *k)
{
	pthread_mutex_lock(&w->lock);
	k->next = w->free;
	w->free = k;
	pthread_mutex_unlock(&w->lock);
}

/* ---- may this be asked? each answers and says false where it may not ---- */

static bool within_rate(const struct web *w, const struct web_route *r,
			const struct http_request *h, struct http_response *a)
{
	bool metered = !(r && r->flags & WEB_UNMETERED);
	int64_t wait_ms =
		metered ? web_callers_ask(w->callers, h) : web_callers_look(w->callers, h);
	char wait[24];

	if (!wait_ms)
		return true;
	web_problem(a, 429, "too_many_requests", NULL);
	snprintf(wait, sizeof(wait), "%lld", (long long)(wait_ms + 999) / 1000);
	http_add_header(a, "Retry-After", wait);
	return false;
}

void web_charge(struct web_request *q)
{
	web_callers_charge(q->web->callers, q->http);
}

static bool find_route(const struct door *d, struct web_request *q, size_t *module,
		       struct http_response *a)
{
	struct web_found f;

	q->text = xstrdup(q->http->target);
	web_match(&d->web->o, d->which, q->http->method, q->text, &f, q->params);
	if (!within_rate(d->web, f.route, q->http, a))
		return false;
	if (!f.module) {
		web_problem(a, 404, "not_found", "there is no such page");
		return false;
	}
	if (!f.route) {
		web_problem(a, 405, "method_not_allowed", "only %s", f.allow);
		http_add_header(a, "Allow", f.allow);
		return false;
	}
	int tenant = web_param_index(f.route->pattern, "tenant");
	q->route = f.route;
	q->ctx = f.module->ctx;
	q->tenant = tenant < 0 ? NULL : q->params[tenant];
	*module = f.index;
	return true;
}

static bool is_change(const struct web_request *q)
{
	return strcmp(q->http->method, "GET") && strcmp(q->http->method, "HEAD");
}

/* A browser sends cookies along whoever made it ask: the token shows that it was our page. */
static bool meant_it(const struct web_request *q)
{
	const struct web_person *p = &q->person;
	const char *said = web_header(q, "X-CSRF-Token");

	if (!is_change(q) || (q->route->flags & WEB_QUIET) || p->proof == WEB_PROOF_NONE ||
	    p->proof == WEB_PROOF_KEY)
		return true;
	return said && *p->csrf && strlen(said) == strlen(p->csrf) &&
	       crypto_equal(said, p->csrf, strlen(said));
}

static void ask_to_sign_in(const struct web_gate *gate, struct http_response *a, const char *why)
{
	web_problem_more(a, 401, "not_signed_in", why, json_pack("{ss*}", "login", gate->login));
	http_add_header(a, "WWW-Authenticate", "Bearer");
}

static bool may(const struct web *w, struct worker *k, struct web_request *q,
		struct http_response *a)
{
	const struct web_gate *gate = &w->o.gate;
	const struct web_person *p = &q->person;
	struct err e = { "" };
	int r = OK;

	if (gate->who && q->route->door == WEB_PRIVATE)
		r = gate->who(gate->ctx, k->gate, q, &e);
	if (p->role == WEB_SUPER && strcmp(p->tenant, "*"))
		q->person.role = WEB_ADMIN; /* nobody is above the tenants who belongs to one */
	if (r == ERR_INVALID)
		ask_to_sign_in(gate, a, e.text);
	else if (r)
		web_fail(a, r, &e);
	else if (q->route->role && !p->role)
		ask_to_sign_in(gate, a, "sign in, or send an API key");
	else if (p->role < q->route->role)
		web_problem(a, 403, "forbidden", "this needs the role %s",
			    web_roles[q->route->role]);
	else if (q->route->role && q->tenant && strcmp(p->tenant, "*") &&
		 strcmp(p->tenant, q->tenant))
		web_problem(a, 403, "forbidden", "not of this tenant");
	else if (q->tenant && strcmp(q->tenant, "*") && !ids_name_ok(q->tenant, strlen(q->tenant)))
		web_problem(a, 422, "invalid", "a tenant's name has 1 to 64 of A-Z a-z 0-9 _ -");
	else if (!meant_it(q))
		web_problem(a, 403, "csrf", "the header X-CSRF-Token is missing or old");
	else
		return true;
	return false;
}

static bool read_json(struct web_request *q, struct http_response *a)
{
	const char *type = web_header(q, "Content-Type");
	struct err e;

	if (!(q->route->flags & WEB_JSON))
		return true;
	if (!type || strncasecmp(type, "application/json", strlen("application/json"))) {
		web_problem(a, 415, "unsupported_type", "the body is to be application/json");
	} else if (json_text_parse(q->http->body, q->http->body_len, &q->json, &e)) {
		web_problem(a, 400, "no_json", "%s", e.text);
	} else if (!json_is_object(q->json)) {
		web_problem(a, 422, "schema_invalid", "the body is to be an object");
	} else {
		return true;
	}
	return false;
}

/* ---- what http_front calls ---- */

struct state { /* of a request, between begin and end */
	struct web_request q;
	size_t module;
};

static void add_header_once(struct http_response *a, const char *name, const char *value)
{
	for (size_t i = 0; i < a->header_count; i++)
		if (!strcasecmp(a->headers[i].name, name))
			return;
	http_add_header(a, name, value);
}

static void put_face(const struct door *d, const struct http_request *h, struct http_response *a)
{
	const struct web_options *o = &d->web->o;

	if (d->which == WEB_PUBLIC && o->face && a->type && !strcmp(a->type, WEB_PROBLEM_TYPE))
		o->face(o->face_ctx, h, a);
}

/* What every answer has, unless its handler knew better. */
static void dress(struct door *d, struct http_response *a)
{
	add_header_once(a, "Cache-Control", "no-store");
	add_header_once(a, "X-Content-Type-Options", "nosniff");
	add_header_once(a, "Referrer-Policy", "no-referrer");
	add_header_once(a, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
	if (a->status / 100 < 6)
		atomic_fetch_add_explicit(&d->web->answers[d->which][a->status / 100], 1,
					  memory_order_relaxed);
}

static bool hold_tenants(struct web *w, struct web_request *q, struct http_response *a)
{
	pthread_mutex_lock(&w->lock);
	q->tenants = w->tenants ? tenants_hold(w->tenants) : NULL;
	pthread_mutex_unlock(&w->lock);
	if (!q->tenants)
		web_problem(a, 503, "starting", "the settings are not known yet");
	return q->tenants;
}

static bool on_begin(void *ctx, struct http_request *h, struct http_response *a, size_t *body_max)
{
	struct door *d = ctx;
	struct state *s = xcalloc(1, sizeof(*s));
	struct web_request *q = &s->q;
	bool good;

	h->user = s;
	*q = (struct web_request){ .http = h, .web = d->web, .now_ms = now_ms() };
	good = find_route(d, q, &s->module, a) && hold_tenants(d->web, q, a);
	if (good) {
		struct worker *k = worker_take(d->web);

		q->local = k->locals[s->module];
		good = may(d->web, k, q, a);
		worker_give(d->web, k);
	}
	if (!good) {
		put_face(d, h, a);
		dress(d, a);
		return true;
	}
	*body_max = q->route->body_max ? q->route->body_max : WEB_BODY_MAX_BYTES;
	return false;
}

static void on_handle(void *ctx, struct http_request *h, struct http_response *a)
{
	struct door *d = ctx;
	struct state *s = h->user;
	struct worker *k = worker_take(d->web);

	s->q.local = k->locals[s->module];
	s->q.now_ms = now_ms();
	if (read_json(&s->q, a))
		s->q.route->handle(&s->q, a);
	worker_give(d->web, k);
	dress(d, a);
}

static void on_refuse(void *ctx, unsigned status, struct http_response *a)
{
	static const char *const codes[] = { "too_large", "unavailable" };

	web_problem(a, status, codes[status == 503], NULL);
	dress(ctx, a);
}

static void on_end(void *ctx, void *user)
{
	struct state *s = user;

	(void)ctx;
	if (!s)
		return;
	json_decref(s->q.json);
	tenants_free((struct tenants *)s->q.tenants);
	free(s->q.text);
	crypto_wipe(&s->q.person, sizeof(s->q.person));
	free(s);
}

/* ---- the web ---- */

static int open_door(struct web *w, enum web_door which, struct err *e)
{
	struct door *d = &w->doors[which];
	struct http_front_options o = { .listen = w->o.listen[which],
					.threads = w->o.threads,
					.connections_max = CONNECTIONS_MAX,
					.idle_s = IDLE_S,
					.begin = on_begin,
					.handle = on_handle,
					.refuse = on_refuse,
					.end = on_end,
					.ctx = d };

	*d = (struct door){ .web = w, .which = which };
	if (!o.listen)
		return OK;
	for (unsigned i = 0; i < w->o.threads; i++)
		worker_give(w, worker_new(w));
	return http_front_open(&d->front, &o, e);
}

int web_open(struct web **out, const struct web_options *o, struct err *e)
{
	struct web *w = xcalloc(1, sizeof(*w));
	int r = OK;

	w->o = *o;
	pthread_mutex_init(&w->lock, NULL);
	w->callers = web_callers_new(
		&(struct web_callers_options){ o->rate_per_s, o->proxies, o->nproxies });
	for (int i = 0; i < WEB_DOORS && r == OK; i++)
		r = open_door(w, i, e);
	if (r == OK)
		*out = w;
	else
		web_close(w);
	return r;
}

void web_close(struct web *w)
{
	if (!w)
		return;
	http_front_leave(w->doors[WEB_DOORS - 1].front); /* while the other is closed */
	for (int i = 0; i < WEB_DOORS; i++)
		http_front_close(w->doors[i].front);
	while (w->free) {
		struct worker *k = w->free;

		w->free = k->next;
		worker_free(w, k);
	}
	web_callers_free(w->callers);
	tenants_free(w->tenants);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

uint16_t web_port(const struct web *w, enum web_door door)
{
	return w->doors[door].front ? http_front_port(w->doors[door].front) : 0;
}

void web_publish(struct web *w, struct tenants *tenants)
{
	struct tenants *former;

	pthread_mutex_lock(&w->lock);
	former = w->tenants;
	w->tenants = tenants_hold(tenants);
	pthread_mutex_unlock(&w->lock);
	tenants_free(former);
}

void web_counted(const struct web *w, struct web_counts *out)
{
	for (size_t d = 0; d < WEB_DOORS; d++)
		for (size_t i = 0; i < 6; i++)
			out->answers[d][i] = atomic_load(&w->answers[d][i]);
}
