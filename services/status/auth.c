#include "auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "desk.h"
#include "ids.h"
#include "mem.h"

#define BEARER "Bearer "
#define SESSION_BYTES 24
#define SESSION_CHARS 32 /* of the cookie: base64url */
#define SESSION_KEY_SIZE 128
#define COOKIE_SIZE 160

struct auth {
	const struct site_settings *settings;
	const struct site_shared *shared;
};

/* ---- API keys ---- */

static int by_key(struct auth *a, const char *text, struct web_request *q, struct err *e)
{
	struct web_person *p = &q->person;
	struct desk_key key;

	if (!desk_key(a->shared->desk, text, q->now_ms, &key))
		return err_set(e, ERR_INVALID, "this API key is not known, or holds no more");
	p->proof = WEB_PROOF_KEY;
	p->role = web_role_of(key.role);
	snprintf(p->id, sizeof(p->id), "key:%s", key.id);
	text_put(p->name, sizeof(p->name), key.name);
	text_put(p->tenant, sizeof(p->tenant), key.tenant);
	return OK;
}

/* ---- sessions ---- */

/* What a page's changes carry: whoever can read it has been given the page by us. */
static void make_csrf(const struct site_shared *s, const char *of, char out[WEB_CSRF_SIZE])
{
	unsigned char sum[CRYPTO_HASH_BYTES];
	struct crypto_mac m;

	crypto_mac_init(&m, s->recipient_key, strlen(s->recipient_key));
	crypto_mac_str(&m, "csrf");
	crypto_mac_str(&m, of);
	crypto_mac_final(&m, sum);
	crypto_base64url(sum, sizeof(sum), out);
}

static const char *session_key(const struct site_shared *s, const char *cookie,
			       char out[SESSION_KEY_SIZE])
{
	char hash[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1];

	crypto_sha256_hex(cookie, strlen(cookie), hash);
	snprintf(out, SESSION_KEY_SIZE, "%ssession:%s", s->common->redis_prefix, hash);
	return out;
}

static void put_text(char *out, size_t size, const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	text_put(out, size, s ? s : "");
}

static int by_session(const struct auth *a, struct guard *g, const char *cookie,
		      struct web_request *q, struct err *e)
{
	char key[SESSION_KEY_SIZE], role[16];
	const char *argv[] = { "GET", session_key(a->shared, cookie, key) };
	struct web_person *p = &q->person;
	const struct redis_reply *reply;
	json_t *kept;
	int r = site_ask(g, ARRAY_LEN(argv), argv, &reply, e);

	if (r || redis_type(reply) != REDIS_STRING)
		return r;
	kept = json_loads(redis_str(reply, NULL), 0, NULL);
	put_text(role, sizeof(role), kept, "role");
	put_text(p->id, sizeof(p->id), kept, "id");
	put_text(p->name, sizeof(p->name), kept, "name");
	put_text(p->email, sizeof(p->email), kept, "email");
	put_text(p->tenant, sizeof(p->tenant), kept, "tenant");
	p->role = web_role_of(role);
	p->proof = WEB_PROOF_SESSION;
	make_csrf(a->shared, cookie, p->csrf);
	json_decref(kept);
	return OK;
}

static void set_cookie(const struct site_shared *s, struct http_response *a, const char *value,
		       int seconds)
{
	char text[COOKIE_SIZE];

	snprintf(text, sizeof(text),
		 AUTH_COOKIE "=%s; Path=/; HttpOnly; SameSite=Lax; Max-Age=%d%s", value, seconds,
		 s->secure ? "; Secure" : "");
	http_add_header(a, "Set-Cookie", text);
}

int auth_begin(const struct site_shared *s, struct guard *g, const struct web_person *p,
	       struct http_response *out, struct err *e)
{
	unsigned char drawn[SESSION_BYTES];
	char cookie[SESSION_CHARS + 1], key[SESSION_KEY_SIZE], seconds[16];
	json_t *kept = json_pack("{ss,ss,ss,ss,ss}", "id", p->id, "name", p->name, "email",
				 p->email, "role", web_roles[p->role], "tenant", p->tenant);
	autofree char *text = json_dumps(kept, JSON_COMPACT);
	const char *argv[] = { "SET", key, text ? text : "{}", "EX", seconds };
	const struct redis_reply *reply;
	int r;

	json_decref(kept);
	crypto_random(drawn, sizeof(drawn));
	crypto_base64url(drawn, sizeof(drawn), cookie);
	session_key(s, cookie, key);
	snprintf(seconds, sizeof(seconds), "%d", AUTH_SESSION_S);
	r = site_ask(g, ARRAY_LEN(argv), argv, &reply, e);
	if (r == OK)
		set_cookie(s, out, cookie, AUTH_SESSION_S);
	return r;
}

int auth_end(const struct site_shared *s, struct guard *g, const struct web_request *q,
	     struct http_response *out, struct err *e)
{
	const char *cookie = http_cookie(q->http, AUTH_COOKIE);
	char key[SESSION_KEY_SIZE];
	const char *argv[] = { "DEL", key };
	const struct redis_reply *reply;
	int r = OK;

	if (!cookie)
		return OK;
	session_key(s, cookie, key);
	r = site_ask(g, ARRAY_LEN(argv), argv, &reply, e);
	if (r == OK)
		set_cookie(s, out, "", 0);
	return r;
}

/* ---- a proxy that has signed people in ---- */

bool auth_by_proxy(const struct site_settings *s, const struct web_request *q)
{
	for (size_t i = 0; i < s->proxies.count; i++)
		if (!strcmp(s->proxies.items[i], q->http->peer))
			return true;
	return false;
}

/* The header's text, or what goes for it. */
static const char *said(const struct web_request *q, const char *header, const char *otherwise)
{
	const char *s = header ? web_header(q, header) : NULL;

	return s && *s ? s : otherwise;
}

bool auth_tenant(struct web_person *p, const char *name)
{
	if (strcmp(name, "*") && !ids_name_ok(name, strlen(name)))
		return false;
	text_put(p->tenant, sizeof(p->tenant), name);
	return true;
}

/* A proxy that adds its header to one that came says two things: which of both is its own? */
static bool says_once(const struct site_settings *s, const struct web_request *q)
{
	const char *const headers[] = { s->proxy_user, s->proxy_name, s->proxy_email, s->proxy_role,
					s->proxy_tenant };

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		if (headers[i] &&
		    web_header(q, headers[i]) != http_header_last(q->http, headers[i]))
			return false;
	return true;
}

static int by_proxy(const struct auth *a, struct web_request *q, struct err *e)
{
	const struct site_settings *s = a->settings;
	struct web_person *p = &q->person;
	const char *user = auth_by_proxy(a->settings, q) ? said(q, s->proxy_user, NULL) : NULL;

	if (!user)
		return OK;
	if (!says_once(s, q))
		return err_set(e, ERR_INVALID, "a header that says who signed in is there twice");
	p->role = web_role_of(said(q, s->proxy_role, s->role));
	if (strlen(user) > WEB_ID_MAX || !p->role ||
	    !auth_tenant(p, said(q, s->proxy_tenant, s->tenant ? s->tenant : ""))) {
		p->role = WEB_ANYONE;
		return err_set(e, ERR_INVALID, "who signed in has no role or no tenant here");
	}
	p->proof = WEB_PROOF_PROXY;
	text_put(p->id, sizeof(p->id), user);
	text_put(p->name, sizeof(p->name), said(q, s->proxy_name, ""));
	text_put(p->email, sizeof(p->email), said(q, s->proxy_email, ""));
	make_csrf(a->shared, p->id, p->csrf);
	return OK;
}

/* ---- the gate ---- */

static int who(void *ctx, void *local, struct web_request *q, struct err *e)
{
	struct auth *a = ctx;
	const char *bearer = web_header(q, "Authorization");
	const char *cookie = http_cookie(q->http, AUTH_COOKIE);
	int r = OK;

	if (bearer && !strncasecmp(bearer, BEARER, strlen(BEARER)))
		return by_key(a, bearer + strlen(BEARER), q, e);
	if (cookie && strlen(cookie) == SESSION_CHARS)
		r = by_session(a, local, cookie, q, e);
	if (r == OK && !q->person.role)
		r = by_proxy(a, q, e);
	return r;
}

static void *gate_open(void *ctx)
{
	return site_guard_open((void *)((struct auth *)ctx)->shared);
}

struct web_gate auth_gate(struct auth *a)
{
	return (struct web_gate){ who, a, gate_open, site_guard_close,
				  a->shared->oidc ? "/auth/login" : NULL };
}

struct auth *auth_open(const struct site_settings *s, const struct site_shared *shared)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	*a = (struct auth){ s, shared };
	return a;
}

void auth_close(struct auth *a)
{
	free(a);
}
