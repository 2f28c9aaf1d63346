#include "accept.h"

#include <string.h>

#include "accept_face.h"
#include "link.h"
#include "log.h"
#include "mem.h"
#include "redis.h"
#include "token.h"

#define HOUR_MS 3600000

/* Somebody with a link. */
struct visit {
	struct web_request *q;
	struct http_response *a;
	const struct site_shared *site;
	struct guard *guard;
	const char *prefix;
	struct redis *redis;
	const char *token;
	char sha256[ACCEPT_SHA_SIZE];
	struct accept_link link;
	char href[ACCEPT_HREF_SIZE];
	struct accept_view view;
};

/* ---- answering ---- */

static void show(struct visit *v, enum accept_kind kind)
{
	static const unsigned statuses[ACCEPT_KINDS] = {
		[ACCEPT_OPEN] = 200,	   [ACCEPT_DECLINE] = 200, [ACCEPT_ACCEPTED] = 200,
		[ACCEPT_DECLINED] = 200,   [ACCEPT_EXPIRED] = 410, [ACCEPT_CANCELLED] = 410,
		[ACCEPT_SUPERSEDED] = 410, [ACCEPT_INVALID] = 404, [ACCEPT_AWAY] = 503,
	};
	char nonce[ACCEPT_NONCE_SIZE];

	accept_nonce(v->site->recipient_key, v->sha256, v->q->now_ms / HOUR_MS, nonce);
	v->view.kind = kind;
	v->view.nonce = nonce;
	v->a->status = v->view.faults ? 422 : v->view.stale ? 400 : statuses[kind];
	accept_answer(v->site->pages, &v->view, v->a);
	if (kind == ACCEPT_AWAY)
		http_add_header(v->a, "Retry-After", "30");
}

static void go(struct visit *v, const char *where)
{
	v->a->status = 303;
	http_add_header(v->a, "Location", where);
}

/* Back to the page, which now says what has become of it. */
static void go_back(struct visit *v)
{
	autofree char *where = xasprintf("%slang=%s", v->view.href, v->view.lang);

	go(v, where);
}

/* ---- who comes ---- */

/* The application gets names and password where it has a key to read them with. */
static bool asks(const struct tenant *t)
{
	return t->accept == ACCEPT_FORM && t->accept_key;
}

static int look(struct visit *v, struct err *e)
{
	if (!redis_connected(v->redis) && guard_ready(v->guard, e) < 0)
		return ERR_AGAIN;
	return accept_store_look(v->redis, v->prefix, v->sha256, &v->link, e);
}

/* False: it has been answered, nothing can be known now. */
static bool arrive(struct visit *v, struct web_request *q, struct http_response *a)
{
	struct err e;

	*v = (struct visit){ .q = q, .a = a, .site = q->ctx, .guard = q->local };
	v->prefix = v->site->common->redis_prefix;
	v->redis = guard_redis(v->guard);
	v->token = q->params[0] ? q->params[0] : web_query(q, "token");
	token_sha256(v->token ? v->token : "", v->sha256);
	accept_href(v->token, q->params[0], v->href);
	v->view.href = v->href;
	v->view.lang =
		accept_lang(web_query(q, "lang"), NULL, NULL, web_header(q, "Accept-Language"));
	if (look(v, &e) < 0) {
		log_warn("ev=accept-away why=\"%s\"", e.text);
		show(v, ACCEPT_AWAY);
		return false;
	}
	if (!v->link.invite[0])
		return true;
	v->view.link = &v->link;
	v->view.tenant = tenants_find(q->tenants, v->link.tenant);
	v->view.asks = asks(v->view.tenant);
	v->view.lang = accept_lang(web_query(q, "lang"), &v->link, v->view.tenant,
				   web_header(q, "Accept-Language"));
	return true;
}

/* ---- GET ---- */

/* The application has a page of its own, and takes the token there. */
static bool sent_on(struct visit *v)
{
	const struct tenant *t = v->view.tenant;
	autobuf where = BUF_INIT(LINK_MAX);
	struct err e;

	if (t->accept != ACCEPT_REDIRECT || !t->accept_redirect)
		return false;
	if (link_build(t->accept_redirect, v->token, &where, &e) < 0)
		return false;
	go(v, where.data);
	return true;
}

static void get(struct web_request *q, struct http_response *a)
{
	const char *answer = web_query(q, "answer");
	struct visit v;

	if (arrive(&v, q, a)) {
		enum accept_kind kind = accept_kind_of(&v.link);

		if (kind == ACCEPT_OPEN && answer && !strcmp(answer, "decline"))
			show(&v, ACCEPT_DECLINE);
		else if (kind != ACCEPT_OPEN || !sent_on(&v))
			show(&v, kind);
	}
	accept_link_clear(&v.link);
}

/* ---- POST ---- */

/* The id is computed from the link and the day: 0 = once for ever. */
struct answered {
	const char *type, *sealed;
	int64_t day;
};

static int append(struct visit *v, const struct answered *what, struct err *e)
{
	autofree char *id = xasprintf("%s.%s.%lld", what->type, v->sha256, (long long)what->day);
	const char *invite = strchr(v->link.invite, '/') + 1;
	json_t *data = json_pack("{ss,ss}", "tenant", v->link.tenant, "invite", invite);
	struct outlet_event event = { .id = id,
				      .type = what->type,
				      .tenant = v->link.tenant,
				      .invite = invite,
				      .data = data };
	int r;

	if (what->sealed)
		json_object_set_new(data, "sealed", json_string(what->sealed));
	r = outlet_append(v->site->outlet, &event, 1, e);
	json_decref(data);
	return r;
}

static void tell(struct visit *v, const struct answered *what, const char *word)
{
	struct err e;

	if (append(v, what, &e) < 0) {
		show(v, ACCEPT_AWAY);
		return;
	}
	accept_store_note(v->redis, v->prefix, v->sha256, word, &e);
	go_back(v);
}

/* Whoever invited them hears of it once a day, however often the button is pressed. */
static void ask_again(struct visit *v)
{
	const struct answered what = { "invite.renewal-requested", NULL,
				       v->q->now_ms / ACCEPT_RENEWAL_MS };

	if (v->link.answered[0])
		go_back(v);
	else
		tell(v, &what, ACCEPT_RENEWAL);
}

/* To the application with a ticket, where it has an address. */
static void welcome(struct visit *v)
{
	const char *to = v->view.tenant->accept_redirect;
	autobuf where = BUF_INIT(LINK_MAX);
	char ticket[ACCEPT_TICKET_SIZE];
	struct err e;

	if (to &&
	    accept_store_note_ticket(v->redis, v->prefix, v->sha256, v->link.invite, ticket, &e) ==
		    OK &&
	    link_ticket(to, ticket, &where, &e) == OK) {
		go(v, where.data);
		return;
	}
	accept_store_note(v->redis, v->prefix, v->sha256, "accepted", &e);
	go_back(v);
}

static void accept_it(struct visit *v, const struct accept_form *f)
{
	struct answered what = { .type = "invite.accepted" };
	const char *key = v->view.tenant->accept_key;
	char sealed[SEAL_TEXT_SIZE];
	struct seal_public to;
	struct err e;

	v->view.form = f;
	v->view.faults = v->view.asks ? accept_form_check(f) : 0;
	if (v->view.faults) {
		show(v, ACCEPT_OPEN);
		return;
	}
	if (v->view.asks && seal_public_parse(key, strlen(key), &to, &e) == OK)
		accept_form_seal(f, &to, sealed);
	else
		sealed[0] = '\0';
	what.sealed = sealed[0] ? sealed : NULL;
	if (append(v, &what, &e) < 0)
		show(v, ACCEPT_AWAY);
	else
		welcome(v);
}

static void answer(struct visit *v, const struct accept_form *f)
{
	enum accept_kind kind = accept_kind_of(&v->link);
	bool again = kind == ACCEPT_EXPIRED && !strcmp(f->answer, "renew");

	if (kind != ACCEPT_OPEN && !again) {
		show(v, kind);
	} else if (!accept_nonce_ok(v->site->recipient_key, v->sha256, v->q->now_ms / HOUR_MS,
				    f->nonce)) {
		v->view.stale = true;
		v->view.form = f;
		show(v, kind);
	} else if (again) {
		ask_again(v);
	} else if (!strcmp(f->answer, "decline")) {
		tell(v, &(struct answered){ "invite.declined", NULL, 0 }, "declined");
	} else {
		accept_it(v, f);
	}
}

static void post(struct web_request *q, struct http_response *a)
{
	autobuf body = { .max = ACCEPT_BODY_MAX + 1, .secret = true };
	struct accept_form form;
	struct visit v;

	buf_add(&body, q->http->body, q->http->body_len);
	buf_byte(&body, '\0');
	accept_form_read(body.data, q->http->body_len, &form);
	if (arrive(&v, q, a))
		answer(&v, &form);
	accept_link_clear(&v.link);
}

/* ---- tickets ---- */

static void verify_ticket(struct web_request *q, struct http_response *a)
{
	const char *ticket = web_text(q, "ticket"), *tenant = web_text(q, "tenant");
	bool all = !strcmp(q->person.tenant, "*");
	const struct site_shared *site = q->ctx;
	char invite[IDS_KEY_SIZE], *slash;
	struct err e;

	if (!all)
		tenant = q->person.tenant;
	if (!ticket || !tenant) {
		web_problem(a, 422, "schema_invalid", "ticket is missing%s",
			    all ? ", or tenant" : "");
		return;
	}
	if (guard_ready(q->local, &e) < 0 ||
	    accept_store_take(guard_redis(q->local), site->common->redis_prefix, tenant, ticket,
			      invite, &e) < 0) {
		web_fail(a, ERR_AGAIN, &e);
		return;
	}
	slash = strchr(invite, '/');
	if (!slash) {
		web_problem(a, 404, "ticket_unknown", "no such ticket, or it has been used");
		return;
	}
	*slash = '\0';
	web_json(a, 200, json_pack("{ss,ss}", "tenant", invite, "invite", slash + 1));
}

/* ---- the module ---- */

struct web_module accept_module(struct site_shared *shared)
{
	static const struct web_route routes[] = {
		{ "GET", "/i", WEB_PUBLIC, WEB_ANYONE, .handle = get },
		{ "GET", "/i/{token}", WEB_PUBLIC, WEB_ANYONE, .handle = get },
		{ "POST", "/i", WEB_PUBLIC, WEB_ANYONE, WEB_QUIET, ACCEPT_BODY_MAX, post },
		{ "POST", "/i/{token}", WEB_PUBLIC, WEB_ANYONE, WEB_QUIET, ACCEPT_BODY_MAX, post },
		{ "POST", "/v1/tickets/verify", WEB_PRIVATE, WEB_OPERATOR, WEB_JSON,
		  .handle = verify_ticket },
	};

	return (struct web_module){ .routes = routes,
				    .count = ARRAY_LEN(routes),
				    .ctx = shared,
				    .open = site_guard_open,
				    .close = site_guard_close };
}
