#include "email.h"

#include <stdlib.h>
#include <string.h>

#include "letter.h"
#include "log.h"
#include "mem.h"
#include "parcel_letter.h"
#include "scrub.h"
#include "smtp_reply.h"
#include "smtp_text.h"

#define KEPT_MAX_BYTES 65536 /* of memory between two letters */

/* A parcel on its way through a session: what libesmtp is given, and the memory of it, which is
   kept for the next one unless it is secret. */
struct sending {
	struct mail mail;
	struct buf bytes;
};

/* One session's view of the courier. */
struct session {
	struct email *email;
	struct worker *worker;
	struct parcel *first;
	struct sending sending; /* one at a time */
	bool scrubs;		/* it has had a password: see scrub.h */
};

static int build(struct email *email, struct parcel *p, struct sending *s, const char **code,
		 struct err *e)
{
	struct letter_sender sender = parcel_sender(p);
	struct letter_facts facts = parcel_facts(p);
	struct parcel_secrets secrets;
	struct letter_used used = { 0 };
	int r = parcel_secrets_make(&secrets, email->basis.passwords, p, code, e);

	if (r == OK) {
		facts.link = secrets.link.data;
		facts.username = p->job.username;
		facts.password = secrets.password;
		r = letter_build(p->catalog, &sender, &facts, &s->bytes, &used, code, e);
	}
	parcel_secrets_wipe(&secrets);
	if (r < 0)
		return r;
	parcel_note_template(p, &used);
	return OK;
}

static void sending_end(struct sending *s)
{
	if (s->bytes.secret || s->bytes.cap > KEPT_MAX_BYTES)
		buf_clear(&s->bytes);
	buf_reset(&s->bytes);
}

static int prepare(struct email *email, struct parcel *p, struct sending *s, const char **code,
		   struct err *e)
{
	bool secret = job_is_password(&p->job);

	if (secret)
		buf_clear(&s->bytes);
	s->bytes.max = LETTER_MAX_BYTES + 4096;
	s->bytes.secret = secret;
	letter_envid(p->job.id, p->envid);
	if (build(email, p, s, code, e) < 0) {
		sending_end(s);
		return ERR_INVALID;
	}
	s->mail = (struct mail){
		.from = p->tenant->from,
		.to = p->job.to,
		.envid = p->envid,
		.bytes = s->bytes.data,
		.len = s->bytes.len,
		.user = p,
	};
	return OK;
}

/* ---- the feed ---- */

/* Until the session has ended, and libesmtp and OpenSSL have freed what they copied. */
static void scrub(struct session *session)
{
	if (!session->scrubs)
		scrub_begin();
	session->scrubs = true;
}

static struct mail *next(void *ctx)
{
	struct session *session = ctx;
	struct parcel *p;

	for (;;) {
		const char *code;
		struct err e = { "" };

		p = session->first ? session->first
				   : parcel_next(session->worker, session->email->settings.idle_ms);
		session->first = NULL;
		if (!p)
			return NULL;
		if (job_is_password(&p->job))
			scrub(session);
		if (prepare(session->email, p, &session->sending, &code, &e) == OK)
			return &session->sending.mail;
		log_warn("ev=render-failed id=%s why=\"%s\"", p->job.id, e.text);
		snprintf(p->reason, sizeof(p->reason), "%s", e.text);
		parcel_answer(session->worker, p,
			      &(struct mail_result){ .reach = REACH_REFUSED, .code = code });
	}
}

static bool dot(void *ctx, struct mail *m)
{
	struct session *session = ctx;

	return parcel_dot(session->worker, m->user);
}

/* "queued as 4XyZ", or a long word after "Ok": what a relay calls the message, where it says so.
   What does not look like an id is left out: a Message-ID, or anything else with an '@', could be
   an address. */
static void find_message_id(const struct reply *r, char *out, size_t size)
{
	static const struct {
		const char *words;
		size_t at_least; /* characters of an id */
	} marks[] = { { "queued as ", 1 }, { "Ok ", 32 }, { "OK ", 32 } };
	static const char id_chars[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				       "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(marks) && !out[0]; i++) {
		const char *at = strstr(r->text, marks[i].words);
		size_t n;

		if (!at)
			continue;
		at += strlen(marks[i].words);
		n = strspn(at, id_chars);
		if (n >= marks[i].at_least && n < size && (!at[n] || strchr(" \t),;", at[n])))
			snprintf(out, size, "%.*s", (int)n, at);
	}
}

static void done(void *ctx, struct mail *m, const struct mail_result *result)
{
	struct session *session = ctx;
	struct parcel *p = m->user;

	sending_end(&session->sending);
	p->reason[0] = '\0';
	p->retry_after_ms = 0;
	p->suppress = SUPPRESS_NOT;
	if (result->reach == REACH_TAKEN) {
		find_message_id(&result->reply, p->provider_message_id,
				sizeof(p->provider_message_id));
	} else if (result->reply.code) {
		struct smtp_reading reading = smtp_reply_read(&result->reply);

		p->retry_after_ms = reading.retry_after_ms;
		if (reading.suppress)
			p->suppress = SUPPRESS_FAILED;
		smtp_text_reason(&result->reply, p->reason);
	}
	parcel_answer(session->worker, p, result);
}

void email_work(void *ctx, struct worker *w, struct parcel *first)
{
	const struct email_route *route = ctx;
	struct session session = { .email = route->email, .worker = w, .first = first };
	struct feed feed = { &session, next, dot, done };
	struct transport *t = relay_transport(route->relay);
	struct err e = { "" };

	if (t->session(t, &feed, &e) < 0)
		log_warn("ev=session-failed route=%s why=\"%s\"", relay_terms(route->relay)->name,
			 e.text);
	if (session.first)
		parcel_answer(
			w, session.first,
			&(struct mail_result){ .reach = REACH_NOT_SENT, .route_fault = true });
	buf_clear(&session.sending.bytes);
	if (session.scrubs)
		scrub_end();
}

int email_probe(void *ctx, struct err *e)
{
	const struct email_route *route = ctx;
	struct transport *t = relay_transport(route->relay);

	return t->probe(t, e);
}
