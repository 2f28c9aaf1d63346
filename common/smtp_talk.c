#include "smtp_talk.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <auth-client.h>
#include <libesmtp.h>

#include "mem.h"
#include "now.h"
#include "smtp_connect.h"
#include "smtp_letter.h"
#include "smtp_listen.h"

struct talk {
	const struct smtp_route *route;
	struct feed *feed; /* NULL: a probe */
	smtp_session_t session;
	auth_context_t auth;
	void *ssl; /* OpenSSL's, once encrypted */
	struct smtp_listen listen;
	bool connected;
	enum smtp_fault fault;
	const char *detail;
	struct letter letter; /* the latest */
	int answered;
	int64_t opened_ms;
	char password[SMTP_SECRET_SIZE];
};

/* --- before the first MAIL --- */

static void fail(struct talk *t, enum smtp_fault fault, const char *detail)
{
	t->fault = fault;
	t->detail = detail;
	smtp_connect_cut();
}

/* The QUIT of a probe takes the place of its MAIL, which can no longer be written after it. */
static void quit_instead(struct talk *t)
{
	if (t->ssl)
		smtp_tls_quit(t->ssl);
	else
		smtp_connect_say("QUIT\r\n", 6);
	smtp_connect_cut();
}

/* The last chance to keep an envelope back: libesmtp writes MAIL after this returns. */
static void opening(struct talk *t)
{
	const struct smtp_options *o = &t->route->o;

	if (o->tls == SMTP_TLS_REQUIRED && !t->ssl)
		fail(t, SMTP_FAULT_TLS, "not encrypted");
	else if (o->username && !t->ssl)
		fail(t, SMTP_FAULT_AUTH, "no password without encryption");
	else if (o->username && !t->listen.authenticated)
		fail(t, SMTP_FAULT_AUTH, t->listen.auth_tried ? NULL : "no mechanism in common");
	else if (!t->feed)
		quit_instead(t);
}

/* libesmtp's monitor: after bytes were read (in its own buffer), before bytes are written. */
static void on_traffic(const char *bytes, int len, int writing, void *arg)
{
	struct talk *t = arg;
	bool was_open = t->listen.phase == SMTP_OPEN;

	if (t->fault != SMTP_FAULT_NONE && !writing)
		return;
	if (!writing) {
		smtp_listen_heard(&t->listen, (char *)bytes, (size_t)len);
		if (t->listen.tampered)
			fail(t, SMTP_FAULT_TLS, "more was said than asked for: tampered with");
		return;
	}
	smtp_listen_said(&t->listen, bytes, (size_t)len);
	if (t->listen.quit)
		smtp_connect_deafen();
	else if (!was_open && t->listen.phase == SMTP_OPEN)
		opening(t);
}

/* --- messages --- */

static void letter_begin(struct talk *t, struct mail *mail)
{
	t->letter = (struct letter){ .mail = mail,
				     .feed = t->feed,
				     .data_timeout_ms = t->route->o.data_timeout_ms };
	letter_add(&t->letter, t->session);
}

static struct smtp_trace trace(const struct talk *t)
{
	struct smtp_trace trace = { .fault = t->fault, .reused = t->answered > 0 };

	if (t->fault != SMTP_FAULT_NONE)
		smtp_listen_reply(&t->listen, &trace.session);
	letter_trace(&t->letter, &trace);
	trace.ours = t->letter.withheld || smtp_connect_deadline();
	return trace;
}

struct mail *smtp_talk_next(struct feed *feed)
{
	struct mail *mail;

	while ((mail = feed->next(feed->ctx))) {
		struct mail_result refused = { .reach = REACH_REFUSED, .code = letter_fault(mail) };

		if (!refused.code)
			break;
		feed->done(feed->ctx, mail, &refused);
	}
	return mail;
}

static void feed_next(struct talk *t)
{
	const struct smtp_options *o = &t->route->o;
	struct mail *mail;

	if (t->answered >= o->max_messages || now_mono_ms() - t->opened_ms >= o->max_age_ms)
		return;
	mail = smtp_talk_next(t->feed);
	if (mail)
		letter_begin(t, mail);
}

/* The relay has spoken about the message. What that does not decide waits for the end of the
   connection. */
static void answered(struct talk *t, bool goes_on)
{
	struct smtp_trace heard = trace(t);
	struct mail_result r = smtp_verdict(&heard);
	struct mail *mail = t->letter.mail;

	if (!mail || (r.reach != REACH_TAKEN && r.reach != REACH_REFUSED))
		return;
	t->letter.mail = NULL;
	t->answered++;
	t->feed->done(t->feed->ctx, mail, &r);
	if (goes_on)
		feed_next(t);
}

/* --- libesmtp's events --- */

static void on_mail_status(struct talk *t, va_list ap)
{
	va_arg(ap, const char *);
	if (va_arg(ap, smtp_message_t) == t->letter.message &&
	    smtp_reverse_path_status(t->letter.message)->code / 100 != 2)
		answered(t, true);
}

static void on_rcpt_status(struct talk *t, va_list ap)
{
	va_arg(ap, const char *);
	if (va_arg(ap, smtp_recipient_t) == t->letter.recipient &&
	    smtp_recipient_status(t->letter.recipient)->code / 100 != 2)
		answered(t, true);
}

/* Without a dot this is DATA refused: libesmtp has already found that nothing follows. */
static void on_message_sent(struct talk *t, va_list ap)
{
	if (va_arg(ap, smtp_message_t) == t->letter.message)
		answered(t, t->letter.dot);
}

/* Once more if the first address of the host turned us away: nothing of it counts any more. */
static void on_connect(struct talk *t, va_list ap)
{
	(void)ap;
	smtp_auth_set_context(t->session, NULL);
	t->ssl = NULL;
	t->connected = true;
	t->fault = SMTP_FAULT_NONE;
	t->detail = NULL;
	t->listen = (struct smtp_listen){ 0 };
}

/* AUTH exists only from here on. */
static void on_tls(struct talk *t, va_list ap)
{
	t->ssl = va_arg(ap, void *);
	if (t->auth)
		smtp_auth_set_context(t->session, t->auth);
}

static void on_no_tls(struct talk *t, va_list ap)
{
	(void)ap;
	t->fault = SMTP_FAULT_TLS;
	t->detail = "STARTTLS is not offered";
}

/* libesmtp compares the certificate with the name that DNS returned; ours was compared with the
   configured one before (or is not to be compared at all). */
static void on_other_name(struct talk *t, va_list ap)
{
	(void)t;
	*va_arg(ap, int *) = 1;
}

static void on_bad_certificate(struct talk *t, va_list ap)
{
	va_arg(ap, long);
	*va_arg(ap, int *) = t->route->o.tls == SMTP_TLS_OPTIONAL_INSECURE;
}

static const struct event {
	int number;
	void (*handle)(struct talk *t, va_list ap);
} events[] = {
	{ SMTP_EV_MAILSTATUS, on_mail_status },
	{ SMTP_EV_RCPTSTATUS, on_rcpt_status },
	{ SMTP_EV_MESSAGESENT, on_message_sent },
	{ SMTP_EV_CONNECT, on_connect },
	{ SMTP_EV_STARTTLS_OK, on_tls },
	{ SMTP_EV_EXTNA_STARTTLS, on_no_tls },
	{ SMTP_EV_WRONG_PEER_CERTIFICATE, on_other_name },
	{ SMTP_EV_INVALID_PEER_CERTIFICATE, on_bad_certificate },
};

static void on_event(smtp_session_t session, int number, void *arg, ...)
{
	struct talk *t = arg;
	va_list ap;

	(void)session;
	if (number == SMTP_EV_MESSAGEDATA)
		return; /* once for each line */
	va_start(ap, arg);
	for (size_t i = 0; i < ARRAY_LEN(events); i++)
		if (events[i].number == number)
			events[i].handle(t, ap);
	va_end(ap);
}

/* --- a connection --- */

/* Fills in what a mechanism asks for; the plug-ins copy it into buffers of 255 octets. */
static int on_credentials(auth_client_request_t request, char **result, int fields, void *arg)
{
	struct talk *t = arg;

	for (int i = 0; i < fields; i++) {
		if (request[i].flags & AUTH_USER)
			result[i] = (char *)t->route->o.username;
		else if (request[i].flags & AUTH_PASS)
			result[i] = t->password;
		else
			return 0;
	}
	return 1;
}

static void auth_prepare(struct talk *t)
{
	const struct smtp_options *o = &t->route->o;

	if (!o->username || !o->password ||
	    !o->password(o->password_ctx, t->password, sizeof(t->password)))
		return;
	t->password[sizeof(t->password) - 1] = '\0';
	t->auth = auth_create_context();
	auth_set_mechanism_flags(t->auth, AUTH_PLUGIN_PLAIN, 0);
	auth_set_interact_cb(t->auth, on_credentials, t);
}

static void talk_open(struct talk *t)
{
	const struct smtp_options *o = &t->route->o;
	static const int short_waits[] = { Timeout_GREETING, Timeout_ENVELOPE, Timeout_DATA };
	static const int long_waits[] = { Timeout_TRANSFER, Timeout_DATA2 };

	t->session = smtp_create_session();
	if (!t->session)
		abort(); /* out of memory */
	smtp_set_server(t->session, t->route->server);
	smtp_set_hostname(t->session, o->helo);
	smtp_set_eventcb(t->session, on_event, t);
	smtp_set_monitorcb(t->session, on_traffic, t, 0);
	for (size_t i = 0; i < ARRAY_LEN(short_waits); i++)
		smtp_set_timeout(t->session, short_waits[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
				 o->command_timeout_ms);
	for (size_t i = 0; i < ARRAY_LEN(long_waits); i++)
		smtp_set_timeout(t->session, long_waits[i] | Timeout_OVERRIDE_RFC2822_MINIMUM,
				 o->data_timeout_ms);
	if (t->route->tls)
		smtp_tls_use(t->route->tls, t->session, o->tls == SMTP_TLS_REQUIRED);
	auth_prepare(t);
}

/* Blocks until the connection has ended. */
static void talk_run(struct talk *t)
{
	static const enum smtp_fault unopened[] = {
		[SMTP_GREETING] = SMTP_FAULT_GREETING, [SMTP_EHLO] = SMTP_FAULT_GREETING,
		[SMTP_STARTTLS] = SMTP_FAULT_TLS,      [SMTP_AUTH] = SMTP_FAULT_AUTH,
		[SMTP_OPEN] = SMTP_FAULT_NONE,
	};

	smtp_tls_reset();
	smtp_connect_begin(t->route->o.connect_timeout_ms);
	t->opened_ms = now_mono_ms();
	smtp_start_session(t->session);
	if (t->fault != SMTP_FAULT_NONE)
		return;
	if (!t->connected)
		t->fault = smtp_errno() > 0 ? SMTP_FAULT_DNS : SMTP_FAULT_CONNECT;
	else
		t->fault = unopened[t->listen.phase];
	if (t->fault == SMTP_FAULT_TLS)
		t->detail = smtp_tls_reason();
}

static struct smtp_end talk_end(struct talk *t)
{
	struct smtp_trace heard = trace(t);
	struct smtp_end end = { .fault = t->fault };

	if (t->detail)
		text_put(end.detail, sizeof(end.detail), t->detail);
	end.result = smtp_verdict(&heard);
	end.mail = t->letter.mail;
	end.again = end.mail && end.result.reach == REACH_NOT_SENT && heard.reused && !heard.ours &&
		    now_mono_ms() - t->letter.handed_ms < t->route->o.command_timeout_ms;
	return end;
}

static void talk_close(struct talk *t)
{
	smtp_connect_end();
	smtp_destroy_session(t->session);
	if (t->auth)
		auth_destroy_context(t->auth);
	explicit_bzero(t->password, sizeof(t->password));
	free(t);
}

struct smtp_end smtp_talk(const struct smtp_route *route, struct feed *feed, struct mail *first)
{
	/* libesmtp opens no connection without a message; a probe's never gets as far as MAIL. */
	struct mail nothing = { .from = "", .to = "nobody", .bytes = "", .len = 0 };
	struct talk *t = xcalloc(1, sizeof(*t));
	struct smtp_end end;

	t->route = route;
	t->feed = feed;
	talk_open(t);
	letter_begin(t, first ? first : &nothing);
	t->letter.mail = first;
	talk_run(t);
	end = talk_end(t);
	talk_close(t);
	return end;
}
