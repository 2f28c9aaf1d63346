#include "sms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "answer.h"
#include "crypto.h"
#include "letter_sms.h"
#include "log.h"
#include "mem.h"
#include "parcel_letter.h"
#include "scrub.h"

#define RUN_MS 1000  /* the loop's word that it lives is looked at after each answer anyway */
#define IDLE_MS 5000 /* the thread waits so long, then where it came from */
#define KEY_BYTES 16
#define KEY_SIZE (CRYPTO_BASE32_LEN(KEY_BYTES) + 1)

/* A provider's thread at work. */
struct session {
	struct sms_route *route;
	struct worker *worker;
	struct sending *spare; /* memory of those that have ended */
	bool scrubs;	       /* it has had a password: see scrub.h */
};

/* A parcel on its way to the provider, and the memory of it. */
struct sending {
	struct sending *next;
	struct session *session;
	struct parcel *parcel;
	struct description *description;
	struct composed composed;
	struct buf text;
};

static struct sending *sending_new(struct session *s, struct parcel *p)
{
	struct sending *x = s->spare;

	if (x)
		s->spare = x->next;
	else
		x = xcalloc(1, sizeof(*x));
	x->session = s;
	x->parcel = p;
	x->text.max = LETTER_SMS_MAX_BYTES;
	x->text.secret = job_is_password(&p->job);
	if (x->text.secret && !s->scrubs)
		scrub_begin();
	s->scrubs |= x->text.secret;
	return x;
}

static void sending_end(struct sending *x)
{
	struct session *s = x->session;

	composed_clear(&x->composed);
	description_free(x->description);
	x->description = NULL;
	if (x->text.data)
		crypto_wipe(x->text.data, x->text.len);
	buf_clear(&x->text);
	x->next = s->spare;
	s->spare = x;
}

/* ---- its text ---- */

static int write_text(struct sending *x, const struct sms *m, const char **code, struct err *e)
{
	struct parcel *p = x->parcel;
	struct letter_sender sender = parcel_sender(p);
	struct letter_facts facts = parcel_facts(p);
	struct letter_sms_rules rules = { p->tenant->segment_cap, m->settings.plain };
	struct letter_sms told = { .code = NULL };
	struct parcel_secrets secrets;
	int r = parcel_secrets_make(&secrets, m->basis.passwords, p, code, e);

	if (r == OK) {
		facts.link = secrets.link.data;
		facts.username = p->job.username;
		facts.password = secrets.password;
		r = letter_sms_build(p->catalog, &sender, &facts, &rules, &x->text, &told, e);
		*code = told.code;
	}
	parcel_secrets_wipe(&secrets);
	if (r < 0)
		return r;
	parcel_note_template(p, &told.used);
	p->segments = (unsigned)told.count.segments;
	p->encoding = sms_encoding_word(told.count.encoding);
	return (int)told.count.encoding;
}

/* The delivery's own name towards providers: the same for each try, and it tells nothing. */
static void make_key(const char *delivery, char out[KEY_SIZE])
{
	unsigned char hash[CRYPTO_HASH_BYTES];

	crypto_sha256(delivery, strlen(delivery), hash);
	crypto_base32(hash, KEY_BYTES, out);
}

/* ---- there and back ---- */

static bool begin(void *ctx)
{
	struct sending *x = ctx;

	return parcel_dot(x->session->worker, x->parcel);
}

/* The id that receipts will name. Our own is known although no answer came: then a receipt may be
   all that is ever heard of the message. */
static void note_id(struct parcel *p, const struct description *d, const struct answer *a)
{
	enum reach reach = a->result.reach;
	char key[KEY_SIZE];

	make_key(p->job.id, key);
	if (reach == REACH_TAKEN || (reach == REACH_IN_DOUBT && d->own_id) || a->id[0])
		text_put(p->provider_message_id, sizeof(p->provider_message_id),
			 d->own_id ? key : a->id);
}

static void done(void *ctx, const struct curl_answer *reply)
{
	struct sending *x = ctx;
	struct session *s = x->session;
	struct parcel *p = x->parcel;
	struct answer a;

	answer_read(x->description, reply, &a);
	if (a.unknown_code) {
		s->route->unknown_codes++;
		log_warn("ev=unknown-code provider=%s code=%s",
			 provider_terms(s->route->provider)->name, a.code);
	}
	note_id(p, x->description, &a);
	text_put(p->reason, sizeof(p->reason), a.reason);
	p->retry_after_ms = a.retry_after_ms;
	p->suppress = a.suppress;
	sending_end(x);
	parcel_answer(s->worker, p, &a.result);
}

static struct curl_request request_of(struct sending *x)
{
	static const enum curl_auth auths[AUTH_COUNT] = {
		[AUTH_BASIC] = CURL_AUTH_BASIC, [AUTH_AWS] = CURL_AUTH_AWS
	};
	const struct description *d = x->description;
	const struct sms_route *route = x->session->route;
	int64_t timeout_ms = provider_timeout_ms(route->provider);
	struct curl_request r = {
		.method = d->method,
		.url = x->composed.url.data,
		.nheaders = x->composed.nheaders,
		.body = d->body == BODY_QUERY ? NULL : x->composed.body.data,
		.body_len = x->composed.body.len,
		.auth = auths[d->auth],
		.user = x->composed.user,
		.secret = x->composed.secret,
		.aws = x->composed.aws,
		.timeout_ms = timeout_ms < route->sms->settings.basis.deadline_ms
				      ? timeout_ms
				      : route->sms->settings.basis.deadline_ms,
		.begin = begin,
		.done = done,
		.user_data = x,
	};

	memcpy(r.headers, x->composed.headers, sizeof(r.headers));
	return r;
}

static void give_up(struct sending *x, const char *code, const struct err *e)
{
	struct parcel *p = x->parcel;

	log_warn("ev=render-failed id=%s why=\"%s\"", p->job.id, e->text);
	text_put(p->reason, sizeof(p->reason), e->text);
	sending_end(x);
	parcel_answer(x->session->worker, p,
		      &(struct mail_result){ .reach = REACH_REFUSED, .code = code });
}

static void send(struct session *s, struct parcel *p)
{
	struct sending *x = sending_new(s, p);
	struct compose_facts facts = { .to = p->job.to, .sender = p->tenant->sms_id };
	struct curl_request request;
	const char *code = "render_failed";
	struct err e = { "" };
	char key[KEY_SIZE];
	int encoding = write_text(x, s->route->sms, &code, &e);

	if (encoding < 0) {
		give_up(x, code, &e);
		return;
	}
	p->cost = provider_cost(s->route->provider, p->job.to, p->segments);
	make_key(p->job.id, key);
	facts.key = key;
	facts.text = x->text.data;
	if (provider_compose(s->route->provider, &facts, encoding, &x->composed, &x->description,
			     &e) < 0) {
		give_up(x, "render_failed", &e);
		return;
	}
	request = request_of(x);
	curl_wire_add(provider_wire(s->route->provider), &request);
}

void sms_work(void *ctx, struct worker *w, struct parcel *first)
{
	struct session s = { .route = ctx, .worker = w };
	struct curl_wire *wire = provider_wire(s.route->provider);
	size_t most = (size_t)provider_terms(s.route->provider)->sessions;
	struct parcel *p = first;

	while (p) {
		send(&s, p);
		p = NULL;
		while (!p && curl_wire_busy(wire)) {
			if (curl_wire_busy(wire) < most)
				p = parcel_next(w, 0);
			if (!p)
				curl_wire_run(wire, RUN_MS);
			if (parcel_is_cut(w))
				curl_wire_cut(wire);
		}
		if (!p)
			p = parcel_next(w, IDLE_MS);
	}
	for (struct sending *x = s.spare, *next; x; x = next) {
		next = x->next;
		free(x);
	}
	if (s.scrubs)
		scrub_end();
}

void sms_wake(void *ctx)
{
	struct sms_route *route = ctx;

	curl_wire_wake(provider_wire(route->provider));
}

int sms_probe(void *ctx, struct err *e)
{
	struct sms_route *route = ctx;

	return provider_probe(route->provider, e);
}
