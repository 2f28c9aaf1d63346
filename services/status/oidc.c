#include "oidc.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "crypto.h"
#include "curl.h"
#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "thread.h"

#define WORD_BYTES 32
#define TIMEOUT_MS 10000
#define ENDPOINTS_FOR_MS 3600000 /* then they are asked for again */
#define TOKEN_MAX_BYTES 16384
#define FORM_MAX_BYTES 16384
#define LATE_MS 60000 /* clocks may differ by so much */
#define ASKING_MAX 2  /* threads that wait for the issuer; the others have other things to do */
#define ROOM_MS 1500  /* how long another one waits for one of them to be back */
#define QUIET_MS 3000 /* nothing is asked of an issuer that has just not answered */
#define DISCOVERY "/.well-known/openid-configuration"

struct oidc {
	struct oidc_options o;
	char *secret;	      /* a copy: SIGHUP replaces those of the configuration */
	pthread_mutex_t lock; /* of what follows */
	char *authorize, *token;
	int64_t known_ms; /* since when; 0 = not known */
	int64_t quiet_until_ms;
	unsigned asking;
	pthread_cond_t room;
};

struct oidc *oidc_open(const struct oidc_options *options)
{
	struct oidc *o = xcalloc(1, sizeof(*o));

	o->o = *options;
	o->secret = options->secret ? xstrdup(options->secret) : NULL;
	o->o.secret = o->secret;
	pthread_mutex_init(&o->lock, NULL);
	thread_cond_init(&o->room);
	return o;
}

void oidc_close(struct oidc *o)
{
	if (!o)
		return;
	pthread_cond_destroy(&o->room);
	pthread_mutex_destroy(&o->lock);
	config_secret_free(o->secret);
	free(o->authorize);
	free(o->token);
	free(o);
}

static void draw(char out[OIDC_WORD_SIZE])
{
	unsigned char drawn[WORD_BYTES];

	crypto_random(drawn, sizeof(drawn));
	crypto_base64url(drawn, sizeof(drawn), out);
}

void oidc_draw(struct oidc_trip *t)
{
	draw(t->state);
	draw(t->nonce);
	draw(t->verifier);
}

/* ---- asking the issuer ---- */

struct fetched {
	int status;
	json_t *json; /* NULL = the answer is none */
	char text[128];
};

static void on_done(void *ctx, const struct curl_answer *a)
{
	struct fetched *f = ctx;
	struct err e;

	f->status = a->whole ? a->status : 0;
	text_put(f->text, sizeof(f->text), a->text);
	if (a->whole && json_text_parse(a->body, a->len, &f->json, &e))
		f->json = NULL;
}

/* May this thread wait for the issuer? With the lock. */
static int may_ask(struct oidc *o, struct err *e)
{
	int64_t until_ms = now_mono_ms() + ROOM_MS, left_ms;

	while (o->asking == ASKING_MAX && (left_ms = until_ms - now_mono_ms()) > 0)
		thread_wait(&o->room, &o->lock, left_ms);
	if (now_mono_ms() < o->quiet_until_ms)
		return err_set(e, ERR_AGAIN, "the sign-in service does not answer");
	if (o->asking == ASKING_MAX)
		return err_set(e, ERR_AGAIN, "others are waiting for the sign-in service");
	return OK;
}

/* Asks and waits, with the lock, which is given back meanwhile. ERR_AGAIN: no answer, or the issuer
   is ill; ERR_INVALID: it refuses. */
static int fetch(struct oidc *o, struct curl_request *r, json_t **out, struct err *e)
{
	struct curl_options options = { .plain_ok = o->o.private_ok,
					.private_ok = o->o.private_ok,
					.connections = 1,
					.connect_timeout_ms = TIMEOUT_MS / 2 };
	struct fetched f = { 0 };

	if (may_ask(o, e))
		return ERR_AGAIN;
	r->timeout_ms = TIMEOUT_MS;
	r->done = on_done;
	r->user_data = &f;
	o->asking++;
	pthread_mutex_unlock(&o->lock);
	curl_ask(&options, r);
	pthread_mutex_lock(&o->lock);
	o->asking--;
	pthread_cond_signal(&o->room);
	if (!f.status)
		o->quiet_until_ms = now_mono_ms() + QUIET_MS;
	if (f.status == 200 && json_is_object(f.json)) {
		*out = f.json;
		return OK;
	}
	json_decref(f.json);
	if (f.status >= 400 && f.status < 500)
		return err_set(e, ERR_INVALID, "the sign-in service refused (%d)", f.status);
	return err_set(e, ERR_AGAIN, "the sign-in service does not answer: %d %s", f.status,
		       f.text);
}

static const char *text_at(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* With the lock, which is given back meanwhile. */
static int discover(struct oidc *o, struct err *e)
{
	size_t n = strlen(o->o.issuer);
	autofree char *url = xasprintf(
		"%.*s" DISCOVERY, (int)(n && o->o.issuer[n - 1] == '/' ? n - 1 : n), o->o.issuer);
	struct curl_request r = { .method = "GET", .url = url };
	json_t *said;

	if (o->known_ms && now_mono_ms() - o->known_ms < ENDPOINTS_FOR_MS)
		return OK;
	if (fetch(o, &r, &said, e))
		return o->known_ms ? OK : ERR_AGAIN; /* what it said before holds on */
	const char *authorize = text_at(said, "authorization_endpoint");
	const char *token = text_at(said, "token_endpoint"), *issuer = text_at(said, "issuer");

	if (authorize && token && issuer && !strcmp(issuer, o->o.issuer)) {
		free(o->authorize);
		free(o->token);
		o->authorize = xstrdup(authorize);
		o->token = xstrdup(token);
		o->known_ms = now_mono_ms();
	}
	json_decref(said);
	return o->known_ms ? OK
			   : err_set(e, ERR_AGAIN, "what the issuer says of itself does not fit");
}

/* Copies of both endpoints; the caller frees them. */
static int endpoints(struct oidc *o, char **authorize, char **token, struct err *e)
{
	int r;

	pthread_mutex_lock(&o->lock);
	r = discover(o, e);
	if (r == OK) {
		*authorize = xstrdup(o->authorize);
		*token = xstrdup(o->token);
	}
	pthread_mutex_unlock(&o->lock);
	return r;
}

static void put(struct buf *out, const char *name, const char *value)
{
	buf_fmt(out, "%s%s=", out->len ? "&" : "", name);
	curl_percent(value, out);
}

int oidc_where(struct oidc *o, const struct oidc_trip *t, struct buf *out, struct err *e)
{
	autofree char *authorize = NULL, *token = NULL;
	autobuf query = BUF_INIT(FORM_MAX_BYTES);
	unsigned char sum[CRYPTO_HASH_BYTES];
	char challenge[CRYPTO_BASE64URL_LEN(CRYPTO_HASH_BYTES) + 1];

	if (endpoints(o, &authorize, &token, e))
		return ERR_AGAIN;
	crypto_sha256(t->verifier, strlen(t->verifier), sum);
	crypto_base64url(sum, sizeof(sum), challenge);
	put(&query, "response_type", "code");
	put(&query, "client_id", o->o.client);
	put(&query, "redirect_uri", o->o.redirect);
	put(&query, "scope", "openid profile email");
	put(&query, "state", t->state);
	put(&query, "nonce", t->nonce);
	put(&query, "code_challenge", challenge);
	put(&query, "code_challenge_method", "S256");
	buf_fmt(out, "%s%c%s", authorize, strchr(authorize, '?') ? '&' : '?', query.data);
	return OK;
}

int oidc_claims(struct oidc *o, const struct oidc_trip *t, const char *code, json_t **claims,
		struct err *e)
{
	autofree char *authorize = NULL, *token = NULL;
	autobuf form = BUF_INIT(FORM_MAX_BYTES);
	struct oidc_expect x = { o->o.issuer, o->o.client, t->nonce, now_ms() };
	json_t *answer;
	int r = endpoints(o, &authorize, &token, e);

	if (r)
		return r;
	put(&form, "grant_type", "authorization_code");
	put(&form, "code", code);
	put(&form, "redirect_uri", o->o.redirect);
	put(&form, "code_verifier", t->verifier);
	if (!o->o.secret)
		put(&form, "client_id", o->o.client);
	struct curl_request ask = { .method = "POST",
				    .url = token,
				    .headers = { "Content-Type: "
						 "application/x-www-form-urlencoded",
						 "Accept: application/json" },
				    .nheaders = 2,
				    .body = form.data,
				    .body_len = form.len,
				    .auth = o->o.secret ? CURL_AUTH_BASIC : CURL_AUTH_NONE,
				    .user = o->o.client,
				    .secret = o->o.secret };

	pthread_mutex_lock(&o->lock);
	r = fetch(o, &ask, &answer, e);
	pthread_mutex_unlock(&o->lock);
	if (r)
		return r;
	const char *id_token = text_at(answer, "id_token");

	r = id_token ? oidc_read(id_token, &x, claims, e)
		     : err_set(e, ERR_INVALID, "the sign-in service sent no ID token");
	json_decref(answer);
	return r;
}

/* ---- the ID token ---- */

static bool is_for(const json_t *audience, const char *client)
{
	const json_t *one;
	size_t i;

	if (json_is_string(audience))
		return !strcmp(json_string_value(audience), client);
	json_array_foreach (audience, i, one)
		if (json_is_string(one) && !strcmp(json_string_value(one), client))
			return true;
	return false;
}

static const char *fault_of(const json_t *claims, const struct oidc_expect *x)
{
	const char *issuer = text_at(claims, "iss"), *nonce = text_at(claims, "nonce");
	const char *subject = text_at(claims, "sub");

	if (!issuer || strcmp(issuer, x->issuer))
		return "it is of another issuer";
	if (!is_for(json_object_get(claims, "aud"), x->client))
		return "it is for somebody else";
	if (!nonce || strlen(nonce) != strlen(x->nonce) ||
	    !crypto_equal(nonce, x->nonce, strlen(nonce)))
		return "it is of another sign-in";
	if (json_number_value(json_object_get(claims, "exp")) * 1000 <
	    (double)(x->now_ms - LATE_MS))
		return "it has expired";
	return subject && *subject ? NULL : "it names nobody";
}

int oidc_read(const char *token, const struct oidc_expect *x, json_t **claims, struct err *e)
{
	const char *body = strchr(token, '.'), *end = body ? strchr(body + 1, '.') : NULL;
	const char *fault;
	json_t *said;
	size_t len;

	if (!end || end - body > TOKEN_MAX_BYTES)
		return err_set(e, ERR_INVALID, "the ID token is none");
	autofree char *text = xmalloc((size_t)(end - body));

	if (!crypto_unbase64(body + 1, (size_t)(end - body) - 1, text, (size_t)(end - body),
			     &len) ||
	    json_text_parse(text, len, &said, e))
		return err_set(e, ERR_INVALID, "the ID token is none");
	fault = fault_of(said, x);
	if (!fault) {
		*claims = said;
		return OK;
	}
	json_decref(said);
	return err_set(e, ERR_INVALID, "the ID token is not good: %s", fault);
}
