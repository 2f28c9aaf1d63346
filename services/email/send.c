#include "email.h"

#include <stdlib.h>
#include <string.h>

#include "letter.h"
#include "link.h"
#include "log.h"
#include "mem.h"
#include "scrub.h"
#include "smtp_reply.h"
#include "smtp_text.h"

#define KEPT_MAX_BYTES 65536 /* of memory between two letters */
#define ENVID_SIZE 53	     /* local part of the Message-ID */

/* A parcel on its way through a session: what libesmtp is given, and the memory of it, which is
   kept for the next one unless it is secret. */
struct sending {
	struct mail mail;
	struct buf bytes;
	char envid[ENVID_SIZE];
};

/* One session's view of the courier. */
struct session {
	struct email *email;
	struct worker *worker;
	struct parcel *first;
	struct sending sending; /* one at a time */
	bool scrubs;		/* it has had a password: see scrub.h */
};

static const char *domain_of(const char *address)
{
	const char *at = address ? strrchr(address, '@') : NULL;

	return at ? at + 1 : "localhost";
}

static struct letter_sender sender_of(const struct parcel *p)
{
	const struct tenant *t = p->tenant;

	return (struct letter_sender){
		.from_name = t->from_name ? t->from_name : p->job.delivery.tenant,
		.from_address = t->from,
		.reply_to = t->reply_to,
		.contact = t->contact,
		.brand_colour = t->brand_colour,
		.id_domain = domain_of(t->from),
	};
}

static struct letter_facts facts_of(const struct parcel *p)
{
	const json_t *recipient = json_object_get(p->job.data, "recipient");

	return (struct letter_facts){
		.delivery = p->job.id,
		.to = p->job.to,
		.locale = json_string_value(json_object_get(recipient, "locale")),
		.default_locale = p->tenant->default_locale,
		.timezone = json_string_value(json_object_get(recipient, "timezone")),
		.default_timezone = p->tenant->timezone,
		.date_ms = p->claim.first_ms,
		.now_ms = p->claim.now_ms,
		.expires_ms = p->expires_ms,
		.template_version = p->job.template_version,
		.data = p->job.data,
	};
}

/* Where the link of a mail leads: to accept an invitation, or to sign in with a password, and then
   only where the request names the page. NULL = nowhere. */
static const char *link_base(const struct parcel *p)
{
	const json_t *link = json_object_get(p->job.data, "link");

	return job_is_password(&p->job) ? json_string_value(json_object_get(link, "base"))
					: p->job.link_base;
}

static int make_link(const struct parcel *p, struct buf *out, struct err *e)
{
	const char *base = link_base(p);

	if (base)
		return link_build(base, p->token[0] ? p->token : NULL, out, e);
	return job_is_password(&p->job)
		       ? OK
		       : err_set(e, ERR_INVALID,
				 "no link base: neither the request nor the tenant has one");
}

/* The facts that are secret: the link's token, and the password. */
struct secrets {
	struct buf link;
	char *password;
};

static void secrets_wipe(struct secrets *s)
{
	if (s->link.data)
		crypto_wipe(s->link.data, s->link.len);
	buf_clear(&s->link);
	password_forget(s->password);
}

/* *code NULL: it may be tried again, for the key may come. */
static int secrets_make(struct email *email, const struct parcel *p, struct secrets *s,
			const char **code, struct err *e)
{
	int r = make_link(p, &s->link, e);

	*code = "render_failed";
	if (r < 0 || !job_is_password(&p->job))
		return r;
	if (!p->job.username || !p->job.sealed_password)
		return err_set(e, ERR_INVALID, "credentials: the job has none");
	r = password_open(email->passwords, p->job.sealed_password, &s->password, e);
	if (r == ERR_AGAIN)
		*code = NULL;
	return r;
}

static void note_template(struct parcel *p, const struct letter_used *used)
{
	p->template_name = used->name;
	p->template_locale = used->locale;
	p->template_sha256 = used->sha256;
	p->template_version = used->version;
}

static int build(struct email *email, struct parcel *p, struct sending *s, const char **code,
		 struct err *e)
{
	struct letter_sender sender = sender_of(p);
	struct letter_facts facts = facts_of(p);
	struct secrets secrets = { .link = { .max = LINK_MAX } };
	struct letter_used used = { 0 };
	autobuf id = BUF_INIT(128);
	int r = secrets_make(email, p, &secrets, code, e);

	if (r == OK) {
		facts.link = secrets.link.data;
		facts.username = p->job.username;
		facts.password = secrets.password;
		r = letter_build(p->catalog, &sender, &facts, &s->bytes, &used, code, e);
	}
	secrets_wipe(&secrets);
	if (r < 0)
		return r;
	note_template(p, &used);
	letter_message_id(p->job.id, sender.id_domain, &id);
	snprintf(s->envid, sizeof(s->envid), "%.*s", (int)strcspn(id.data, "@"), id.data);
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
	if (build(email, p, s, code, e) < 0) {
		sending_end(s);
		return ERR_INVALID;
	}
	s->mail = (struct mail){
		.from = p->tenant->from,
		.to = p->job.to,
		.envid = s->envid,
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

/* "queued as 4XyZ": what a relay calls the message, where it says so. What does not look like a
   queue's id is left out: a Message-ID, or anything else with an '@', could be an address. */
static void find_message_id(const struct reply *r, char *out, size_t size)
{
	static const char mark[] = "queued as ", id_chars[] = "0123456789abcdefghijklmnopqrstuvwxyz"
							      "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_.";
	const char *at = strstr(r->text, mark);
	size_t n;

	out[0] = '\0';
	if (!at)
		return;
	at += sizeof(mark) - 1;
	n = strspn(at, id_chars);
	if (n < size && (!at[n] || strchr(" \t),;", at[n])))
		snprintf(out, size, "%.*s", (int)n, at);
}

static void done(void *ctx, struct mail *m, const struct mail_result *result)
{
	struct session *session = ctx;
	struct parcel *p = m->user;

	sending_end(&session->sending);
	p->reason[0] = '\0';
	p->retry_after_ms = 0;
	if (result->reach == REACH_TAKEN) {
		find_message_id(&result->reply, p->provider_message_id,
				sizeof(p->provider_message_id));
	} else if (result->reply.code) {
		p->retry_after_ms = smtp_reply_read(&result->reply).retry_after_ms;
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
