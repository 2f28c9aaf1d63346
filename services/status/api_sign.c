/* Signing in by OpenID Connect: away to the issuer, and back with a session. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api.h"
#include "auth.h"
#include "crypto.h"
#include "log.h"
#include "mem.h"
#include "oidc.h"

#define COOKIE "beckon_signin"
#define AWAY_S "600"
#define TO_MAX 512
#define CODE_MAX 2048
#define KEY_SIZE 192

/* A path of ours, or the first page: never somebody else's. */
static const char *local_path(const char *to)
{
	if (!to || to[0] != '/' || to[1] == '/' || strchr(to, '\\') || strlen(to) > TO_MAX)
		return "/";
	for (const char *p = to; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p > '~')
			return "/";
	return to;
}

static const char *trip_key(const struct site_shared *s, const char *state, char out[KEY_SIZE])
{
	char hash[CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) + 1];

	crypto_sha256_hex(state, strlen(state), hash);
	snprintf(out, KEY_SIZE, "%ssignin:%s", s->common->redis_prefix, hash);
	return out;
}

static void set_cookie(const struct site_shared *s, struct http_response *a, const char *value)
{
	char text[128];

	snprintf(text, sizeof(text), COOKIE "=%s; Path=/auth; HttpOnly; SameSite=Lax; Max-Age=%s%s",
		 value, *value ? AWAY_S : "0", s->secure ? "; Secure" : "");
	http_add_header(a, "Set-Cookie", text);
}

static void go(struct http_response *a, const char *where)
{
	a->status = 303;
	http_add_header(a, "Location", where);
}

/* Whoever comes by a browser reads it on the page where one signs in. */
static void refuse(struct web_request *q, struct http_response *a, int why, const struct err *e)
{
	const char *accept = web_header(q, "Accept");

	log_warn("ev=sign-in-refused why=\"%s\"", e->text);
	if (accept && strstr(accept, "text/html"))
		go(a, why == ERR_INVALID ? "/?sign_in=refused" : "/?sign_in=away");
	else if (why == ERR_INVALID)
		web_problem(a, 403, "not_signed_in", "%s", e->text);
	else
		web_fail(a, why, e);
}

static bool configured(const struct site_shared *s, struct http_response *a)
{
	if (!s->oidc)
		web_problem(a, 404, "not_found",
			    "nobody signs in here: auth.oidc_issuer is not set");
	return s->oidc;
}

static void login(struct web_request *q, struct http_response *a)
{
	const struct site_shared *s = q->ctx;
	autobuf where = BUF_INIT(8192);
	const struct redis_reply *reply;
	char key[KEY_SIZE];
	struct oidc_trip t;
	struct err e;
	int r;

	if (!configured(s, a))
		return;
	oidc_draw(&t);
	json_t *kept = json_pack("{ss,ss,ss}", "nonce", t.nonce, "verifier", t.verifier, "to",
				 local_path(web_query(q, "to")));
	autofree char *text = json_dumps(kept, JSON_COMPACT);
	const char *argv[] = { "SET", trip_key(s, t.state, key), text, "EX", AWAY_S };

	json_decref(kept);
	r = site_ask(q->local, ARRAY_LEN(argv), argv, &reply, &e);
	if (r == OK)
		r = oidc_where(s->oidc, &t, &where, &e);
	if (r) {
		refuse(q, a, r, &e);
		return;
	}
	set_cookie(s, a, t.state);
	go(a, where.data);
}

/* ---- back again ---- */

static void take_text(char *out, size_t size, const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	text_put(out, size, s ? s : "");
}

/* What was kept when this browser left; it can be taken once. */
static int take_trip(struct web_request *q, struct oidc_trip *t, json_t **out, struct err *e)
{
	const char *state = web_query(q, "state"), *cookie = http_cookie(q->http, COOKIE);
	const struct redis_reply *reply;
	char key[KEY_SIZE];
	struct err away;

	err_set(e, ERR_INVALID, "this sign-in was not begun here, or too long ago; begin again");
	if (!state || !cookie || strlen(state) != sizeof(t->state) - 1 || strcmp(state, cookie))
		return ERR_INVALID;
	const char *argv[] = { "GETDEL", trip_key(q->ctx, state, key) };

	if (site_ask(q->local, ARRAY_LEN(argv), argv, &reply, &away))
		return err_set(e, ERR_AGAIN, "%s", away.text);
	*out = json_loads(redis_str(reply, NULL), 0, NULL); /* "": it is not there */
	if (!*out)
		return ERR_INVALID;
	text_put(t->state, sizeof(t->state), state);
	take_text(t->nonce, sizeof(t->nonce), *out, "nonce");
	take_text(t->verifier, sizeof(t->verifier), *out, "verifier");
	return OK;
}

/* A claim's text, or the first of an array's: groups often come so. */
static const char *claim(const json_t *claims, const char *name, const char *otherwise)
{
	const json_t *value = name ? json_object_get(claims, name) : NULL;
	const char *s = json_string_value(json_is_array(value) ? json_array_get(value, 0) : value);

	return s && *s ? s : otherwise;
}

/* The highest role that the claim names: groups come as an array, in no order, among others that
   mean nothing here. */
static enum web_role role_of(const json_t *claims, const struct site_settings *s)
{
	const json_t *said = s->oidc_role ? json_object_get(claims, s->oidc_role) : NULL, *one;
	enum web_role highest = WEB_ANYONE;
	size_t i;

	if (!json_is_array(said) || !json_array_size(said))
		return web_role_of(claim(claims, s->oidc_role, s->role));
	json_array_foreach (said, i, one) {
		const char *word = json_string_value(one);
		enum web_role role = word ? web_role_of(word) : WEB_ANYONE;

		highest = role > highest ? role : highest;
	}
	return highest;
}

/* At most 255 characters (OpenID Connect Core 5.1); a long one is not cut, since it could be
   another's then. */
static void put_subject(char out[WEB_ID_MAX + 1], const char *subject)
{
	_Static_assert(CRYPTO_HEX_LEN(CRYPTO_HASH_BYTES) <= WEB_ID_MAX, "fits");
	if (strlen(subject) > WEB_ID_MAX)
		crypto_sha256_hex(subject, strlen(subject), out);
	else
		text_put(out, WEB_ID_MAX + 1, subject);
}

static int person_of(const struct site_settings *s, const json_t *claims, struct web_person *p,
		     struct err *e)
{
	*p = (struct web_person){ .proof = WEB_PROOF_SESSION, .role = role_of(claims, s) };
	put_subject(p->id, claim(claims, "sub", ""));
	text_put(p->name, sizeof(p->name), claim(claims, "name", ""));
	text_put(p->email, sizeof(p->email), claim(claims, "email", ""));
	if (p->role && auth_tenant(p, claim(claims, s->oidc_tenant, s->tenant ? s->tenant : "")))
		return OK;
	return err_set(e, ERR_INVALID, "who signed in has no role or no tenant here");
}

static int sign_in(struct web_request *q, const struct oidc_trip *t, struct http_response *a,
		   struct err *e)
{
	const struct site_shared *s = q->ctx;
	const char *code = web_query(q, "code");
	char by[WEB_ID_MAX + 1];
	struct web_person p;
	json_t *claims;
	int r;

	if (!code || !*code || strlen(code) > CODE_MAX)
		return err_set(e, ERR_INVALID, "the sign-in service did not let you in");
	r = oidc_claims(s->oidc, t, code, &claims, e);
	if (r)
		return r;
	r = person_of(s->settings, claims, &p, e);
	json_decref(claims);
	if (r == OK)
		r = auth_begin(s, q->local, &p, a, e);
	if (r == OK)
		log_info("ev=audit what=sign-in tenant=%s by=%s role=%s", p.tenant,
			 site_audit_name(s, &p, by), web_roles[p.role]);
	return r;
}

static void callback(struct web_request *q, struct http_response *a)
{
	const struct site_shared *s = q->ctx;
	struct oidc_trip t;
	json_t *kept = NULL;
	struct err e;
	int r;

	if (!configured(s, a))
		return;
	r = take_trip(q, &t, &kept, &e);
	if (r == OK)
		r = sign_in(q, &t, a, &e);
	if (r)
		refuse(q, a, r, &e);
	else
		go(a, local_path(json_string_value(json_object_get(kept, "to"))));
	set_cookie(s, a, "");
	json_decref(kept);
}

static const struct web_route routes[] = {
	{ "GET", "/auth/login", WEB_PRIVATE, WEB_ANYONE, .handle = login },
	{ "GET", "/auth/callback", WEB_PRIVATE, WEB_ANYONE, .handle = callback },
};

struct web_module api_sign_module(struct site_shared *s)
{
	return (struct web_module){ routes, ARRAY_LEN(routes), s, site_guard_open,
				    site_guard_close };
}
