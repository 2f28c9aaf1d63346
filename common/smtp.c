#include "smtp.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "library.h"
#include "mem.h"
#include "smtp_connect.h"
#include "smtp_curl.h"
#include "smtp_talk.h"
#include "smtp_text.h"

#define TIMEOUT_MIN_MS 1000 /* libesmtp's own floor */

struct smtp_transport {
	struct transport base; /* first: what callers hold */
	struct smtp_route route;
	struct smtp_end (*talk)(const struct smtp_route *route, struct feed *feed,
				struct mail *first); /* one connection */
};

static const char *const fault_words[] = {
	[SMTP_FAULT_NONE] = "takes no mail",
	[SMTP_FAULT_DNS] = "name not found",
	[SMTP_FAULT_CONNECT] = "cannot connect",
	[SMTP_FAULT_GREETING] = "not greeted",
	[SMTP_FAULT_TLS] = "no TLS",
	[SMTP_FAULT_AUTH] = "not authenticated",
};

/* "relay.example:587: no TLS: certificate has expired", "…: not authenticated: 535 5.7.8 …". */
static int route_fault(const struct smtp_route *route, const struct smtp_end *end, struct err *e)
{
	char reason[SMTP_REASON_SIZE] = "";

	if (*end->detail)
		snprintf(reason, sizeof(reason), "%s", end->detail);
	else if (end->result.reply.code)
		smtp_text_reason(&end->result.reply, reason);
	return err_set(e, ERR_AGAIN, "%s: %s%s%s", route->server, fault_words[end->fault],
		       reason[0] ? ": " : "", reason);
}

/* Each turn of the loop is a connection that answered something, but for the last. */
static int session(struct transport *base, struct feed *feed, struct err *e)
{
	struct smtp_transport *t = (struct smtp_transport *)base;
	struct mail *mail;

	smtp_connect_forget_deadline();
	mail = smtp_talk_next(feed);
	while (mail) {
		struct smtp_end end = t->talk(&t->route, feed, mail);

		mail = end.mail;
		if (!mail || end.again)
			continue;
		feed->done(feed->ctx, mail, &end.result);
		return end.result.route_fault ? route_fault(&t->route, &end, e) : OK;
	}
	return OK;
}

static int probe(struct transport *base, struct err *e)
{
	struct smtp_transport *t = (struct smtp_transport *)base;
	struct smtp_end end;

	smtp_connect_forget_deadline();
	end = t->talk(&t->route, NULL, NULL);
	return end.fault == SMTP_FAULT_NONE ? OK : route_fault(&t->route, &end, e);
}

static void transport_free(struct transport *base)
{
	struct smtp_transport *t = (struct smtp_transport *)base;

	if (!t)
		return;
	smtp_tls_free(t->route.tls);
	free((char *)t->route.o.host);
	free((char *)t->route.o.ca_file);
	free((char *)t->route.o.username);
	free((char *)t->route.o.helo);
	free(t->route.server);
	free(t);
}

static int default_int(int given, int otherwise)
{
	return given > 0 ? given : otherwise;
}

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

static void options_copy(struct smtp_options *to, const struct smtp_options *o)
{
	char name[256] = "";

	*to = *o;
	gethostname(name, sizeof(name) - 1);
	to->host = copy(o->host);
	to->ca_file = copy(o->ca_file);
	to->username = copy(o->username);
	to->helo = xstrdup(o->helo && *o->helo ? o->helo : name[0] ? name : "localhost");
	to->port = o->port ? o->port : o->implicit_tls ? 465 : 25;
	to->by_curl = o->by_curl || o->implicit_tls || o->tls_13;
	to->connect_timeout_ms = default_int(o->connect_timeout_ms, 10 * 1000);
	to->command_timeout_ms = default_int(o->command_timeout_ms, 30 * 1000);
	to->data_timeout_ms = default_int(o->data_timeout_ms, 60 * 1000);
	to->max_messages = default_int(o->max_messages, 40);
	to->max_age_ms = default_int(o->max_age_ms, 5 * 60 * 1000);
}

/* A name as it may stand in a command: printable, no space. */
static bool is_word(const char *s)
{
	for (const char *p = s; *p; p++)
		if (*p <= ' ' || *p >= 0x7f)
			return false;
	return *s != '\0';
}

static int options_check(const struct smtp_options *o, struct err *e)
{
	if (!o->host || !is_word(o->host) || strchr(o->host, ':'))
		return err_set(e, ERR_FATAL, "smtp: '%s' is not a host name or IPv4 address",
			       o->host ? o->host : "");
	if (o->helo && *o->helo && !is_word(o->helo))
		return err_set(e, ERR_FATAL, "smtp: the helo name is not one word");
	if (o->username && o->tls == SMTP_TLS_OFF)
		return err_set(e, ERR_FATAL, "smtp: a user name needs TLS");
	if ((o->implicit_tls || o->tls_13) && o->tls == SMTP_TLS_OFF)
		return err_set(e, ERR_FATAL, "smtp: TLS is asked for and switched off");
	if (o->username && (!o->password || strlen(o->username) >= SMTP_SECRET_SIZE))
		return err_set(e, ERR_FATAL,
			       "smtp: a user name (at most %d octets) and its password "
			       "go together",
			       SMTP_SECRET_SIZE - 1);
	if ((o->command_timeout_ms && o->command_timeout_ms < TIMEOUT_MIN_MS) ||
	    (o->data_timeout_ms && o->data_timeout_ms < TIMEOUT_MIN_MS))
		return err_set(e, ERR_FATAL, "smtp: a time-out is at least %d ms", TIMEOUT_MIN_MS);
	return OK;
}

static void use_curl(struct smtp_transport *t)
{
	const struct smtp_curl *curl = library_load(SMTP_CURL_FILE, SMTP_CURL_NAME);

	curl->init();
	t->talk = curl->talk;
}

int smtp_transport_new(struct transport **out, const struct smtp_options *o, struct err *e)
{
	struct smtp_transport *t;
	int r = options_check(o, e);

	if (r != OK)
		return r;
	signal(SIGPIPE, SIG_IGN);
	t = xcalloc(1, sizeof(*t));
	t->base = (struct transport){
		.name = "smtp", .session = session, .probe = probe, .free = transport_free
	};
	options_copy(&t->route.o, o);
	t->talk = smtp_talk;
	if (t->route.o.by_curl)
		use_curl(t);
	t->route.server = xasprintf("%s:%u", t->route.o.host, t->route.o.port);
	if (o->tls != SMTP_TLS_OFF)
		r = smtp_tls_new(&t->route.tls, o->host, o->ca_file, o->tls == SMTP_TLS_REQUIRED,
				 e);
	if (r != OK) {
		transport_free(&t->base);
		return r;
	}
	*out = &t->base;
	return OK;
}
