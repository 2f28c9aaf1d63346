#include "smtp_verdict.h"

#include <stddef.h>

#include "smtp_reply.h"

static const char *const fault_codes[] = {
	[SMTP_FAULT_DNS] = "dns_temporary",
	[SMTP_FAULT_CONNECT] = "connect_failed",
	[SMTP_FAULT_GREETING] = "provider_unavailable",
	[SMTP_FAULT_TLS] = "tls_failed",
	[SMTP_FAULT_AUTH] = "auth_failed",
};

/* RFC 5321 3.8: the relay closes the channel after 421, which says nothing about the message. */
static bool closing(const struct reply *r)
{
	return r->code == 421;
}

static bool refusal(const struct reply *r)
{
	return r->code >= 400 && r->code <= 599 && !closing(r);
}

/* Before MAIL. A temporary failure of the relay's own password check is no reason to believe that
   ours is wrong, and a greeting may say why it turns everybody away. */
static struct mail_result unopened(const struct smtp_trace *t)
{
	struct mail_result r = {
		.reach = REACH_NOT_SENT,
		.reply = t->session,
		.route_fault = true,
		.code = fault_codes[t->fault],
	};
	bool spoken = t->session.code >= 400 && t->session.code <= 499;

	if (t->fault == SMTP_FAULT_AUTH && spoken)
		r.code = "provider_unavailable";
	if (t->fault == SMTP_FAULT_GREETING && t->session.code >= 400)
		r.code = smtp_reply_read(&t->session).code;
	return r;
}

static struct mail_result refused(const struct reply *reply)
{
	struct smtp_reading reading = smtp_reply_read(reply);

	return (struct mail_result){
		.reach = reading.route_fault ? REACH_NOT_SENT : REACH_REFUSED,
		.reply = *reply,
		.route_fault = reading.route_fault,
		.code = reading.code,
	};
}

/* The last that was said, for the log. */
static const struct reply *last_word(const struct smtp_trace *t)
{
	if (t->data.code)
		return &t->data;
	return t->rcpt.code ? &t->rcpt : &t->mail;
}

/* The connection ended without an answer that decides. A message that was the first on its
   connection and heard nothing at all tells of the relay; any other loss may be its own doing. */
static struct mail_result lost(const struct smtp_trace *t)
{
	struct mail_result r = { .reach = REACH_NOT_SENT, .reply = *last_word(t) };

	if (t->dot) {
		r.reach = REACH_IN_DOUBT;
		r.code = "outcome_unknown";
		return r;
	}
	r.route_fault = t->mail.code == 0 && !t->reused && !t->ours;
	r.code = closing(&r.reply) ? smtp_reply_read(&r.reply).code : "provider_unavailable";
	return r;
}

struct mail_result smtp_verdict(const struct smtp_trace *t)
{
	if (t->fault != SMTP_FAULT_NONE)
		return unopened(t);
	if (refusal(&t->mail))
		return refused(&t->mail);
	if (refusal(&t->rcpt))
		return refused(&t->rcpt);
	if (refusal(&t->data) || (closing(&t->data) && t->dot))
		return refused(&t->data);
	if (t->complete && t->data.code >= 200 && t->data.code <= 299)
		return (struct mail_result){ .reach = REACH_TAKEN, .reply = t->data };
	return lost(t);
}
