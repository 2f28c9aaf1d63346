#include "smtp_curl_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "library.h"
#include "mem.h"
#include "now.h"
#include "smtp_connect.h"
#include "smtp_wire.h"

#define ROUND_TRIPS 6 /* at most, before the first MAIL */
#define MECHANISMS "AUTH=PLAIN;AUTH=LOGIN"

/* Not less: libcurl takes whole seconds here. */
static long seconds(int ms)
{
	return (ms + 999) / 1000;
}

static void init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT))
		abort(); /* out of memory */
}

/* --- the connection --- */

static curl_socket_t on_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct curl_talk *t = ctx;

	(void)purpose;
	t->fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
	t->listen = (struct smtp_listen){ 0 };
	t->notices = false;
	t->answered = 0;
	t->opened_ms = now_mono_ms();
	return t->fd;
}

/* The number may mean another file from here on. */
static int on_close(void *ctx, curl_socket_t fd)
{
	struct curl_talk *t = ctx;

	if (fd == t->fd) {
		t->connected = t->connected || smtp_connect_made();
		smtp_connect_end();
		smtp_connect_begin(t->route->o.connect_timeout_ms);
		t->fd = CURL_SOCKET_BAD;
	}
	return close(fd);
}

/* What MAIL says behind its address. Whether it may is known only now; libcurl copies it, and adds
   the last bracket. */
static void ask_for_notices(struct curl_talk *t)
{
	const char *envid = t->mail ? t->mail->envid : NULL;
	autofree char *from = NULL;

	if (!t->notices || !envid || !wire_xtext_ok(envid) || strpbrk(envid, "+=<>@"))
		return;
	from = xasprintf("<%s> RET=HDRS ENVID=<%s", t->mail->from, envid);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, from);
}

/* The last chance to keep an envelope back. */
static int on_ready(void *ctx, char *to, char *from, int to_port, int from_port)
{
	struct curl_talk *t = ctx;

	(void)to, (void)from, (void)to_port, (void)from_port;
	if (t->route->o.username && !t->listen.authenticated) {
		t->heard.fault = SMTP_FAULT_AUTH;
		return CURL_PREREQFUNC_ABORT;
	}
	t->ready = true;
	ask_for_notices(t);
	return CURL_PREREQFUNC_OK;
}

static void wait_for_replies(struct curl_talk *t, int ms)
{
	curl_easy_setopt(t->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds(ms));
}

/* libcurl asks for more when all before has been written; at the end the dot is next, and the reply
   to it may take its own time. */
static size_t on_read(char *to, size_t size, size_t n, void *ctx)
{
	struct curl_talk *t = ctx;
	size_t left = t->mail->len - t->read, room = size * n;

	if (!t->read_ms)
		t->read_ms = now_mono_ms();
	if (left) {
		left = left < room ? left : room;
		memcpy(to, t->mail->bytes + t->read, left);
		t->read += left;
		return left;
	}
	wait_for_replies(t, t->route->o.data_timeout_ms);
	t->heard.dot = now_mono_ms() - t->read_ms < t->route->o.data_timeout_ms &&
		       !smtp_connect_lost() && t->feed->dot(t->feed->ctx, t->mail);
	t->withheld = !t->heard.dot;
	return t->withheld ? CURL_READFUNC_ABORT : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *ctx)
{
	(void)bytes, (void)ctx;
	return size * n;
}

/* --- options --- */

static void set_tls(struct curl_talk *t)
{
	const struct smtp_options *o = &t->route->o;
	bool verify = o->tls == SMTP_TLS_REQUIRED;
	long use = CURLUSESSL_NONE;

	if (o->tls == SMTP_TLS_REQUIRED || o->username) /* no password in the clear */
		use = CURLUSESSL_ALL;
	else if (o->tls == SMTP_TLS_OPTIONAL_INSECURE)
		use = CURLUSESSL_TRY;
	curl_easy_setopt(t->easy, CURLOPT_USE_SSL, use);
	curl_easy_setopt(t->easy, CURLOPT_SSLVERSION,
			 (long)(o->tls_13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2));
	curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYPEER, verify ? 1L : 0L);
	curl_easy_setopt(t->easy, CURLOPT_SSL_VERIFYHOST, verify ? 2L : 0L);
	if (o->ca_file)
		curl_easy_setopt(t->easy, CURLOPT_CAINFO, o->ca_file);
}

static void set_url(struct curl_talk *t)
{
	const struct smtp_options *o = &t->route->o;
	char *helo = curl_easy_escape(t->easy, o->helo, 0);
	autofree char *url = xasprintf("%s://%s/%s", o->implicit_tls ? "smtps" : "smtp",
				       t->route->server, helo ? helo : "");

	curl_free(helo);
	curl_easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	curl_easy_setopt(t->easy, CURLOPT_URL, url);
	curl_easy_setopt(t->easy, CURLOPT_PROXY, ""); /* whatever the environment says */
}

/* The time-out of connecting is the connect(2) of smtp_connect; libcurl's is for all that comes
   before the first MAIL. */
static void set_times(struct curl_talk *t)
{
	const struct smtp_options *o = &t->route->o;

	curl_easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)o->connect_timeout_ms + ROUND_TRIPS * (long)o->command_timeout_ms);
	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(t->easy, CURLOPT_LOW_SPEED_TIME, seconds(o->data_timeout_ms));
	curl_easy_setopt(t->easy, CURLOPT_MAXAGE_CONN, seconds(o->max_age_ms));
	curl_easy_setopt(t->easy, CURLOPT_MAXCONNECTS, 1L);
}

static void set_callbacks(struct curl_talk *t)
{
	curl_easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(t->easy, CURLOPT_VERBOSE,
			 1L); /* smtp_curl_traffic is called, nothing is printed */
	curl_easy_setopt(t->easy, CURLOPT_DEBUGFUNCTION, smtp_curl_traffic);
	curl_easy_setopt(t->easy, CURLOPT_DEBUGDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	curl_easy_setopt(t->easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(t->easy, CURLOPT_CLOSESOCKETDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_PREREQFUNCTION, on_ready);
	curl_easy_setopt(t->easy, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_READFUNCTION, on_read);
	curl_easy_setopt(t->easy, CURLOPT_READDATA, t);
	curl_easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
}

/* False where there is a user name and no password now. */
static bool set_credentials(struct curl_talk *t)
{
	const struct smtp_options *o = &t->route->o;

	if (!o->username)
		return true;
	if (!o->password(o->password_ctx, t->password, sizeof(t->password)))
		return false;
	t->password[sizeof(t->password) - 1] = '\0';
	curl_easy_setopt(t->easy, CURLOPT_USERNAME, o->username);
	curl_easy_setopt(t->easy, CURLOPT_PASSWORD, t->password);
	curl_easy_setopt(t->easy, CURLOPT_LOGIN_OPTIONS, MECHANISMS);
	curl_easy_setopt(t->easy, CURLOPT_SASL_IR, 1L);
	return true;
}

/* --- a message --- */

static bool is_tls_fault(CURLcode r)
{
	static const CURLcode codes[] = {
		CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION,
		CURLE_USE_SSL_FAILED,	 CURLE_SSL_CERTPROBLEM,
		CURLE_SSL_CIPHER,	 CURLE_SSL_CACERT_BADFILE,
		CURLE_SSL_ISSUER_ERROR,
	};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i] == r)
			return true;
	return false;
}

/* Why there was no MAIL. */
static enum smtp_fault fault_of(const struct curl_talk *t, CURLcode r)
{
	static const enum smtp_fault unopened[] = {
		[SMTP_GREETING] = SMTP_FAULT_GREETING, [SMTP_EHLO] = SMTP_FAULT_GREETING,
		[SMTP_STARTTLS] = SMTP_FAULT_TLS,      [SMTP_AUTH] = SMTP_FAULT_AUTH,
		[SMTP_OPEN] = SMTP_FAULT_GREETING,
	};
	bool clear = t->route->o.tls != SMTP_TLS_REQUIRED;

	if (r == CURLE_COULDNT_RESOLVE_HOST)
		return SMTP_FAULT_DNS;
	if (!t->connected)
		return SMTP_FAULT_CONNECT;
	if (r == CURLE_LOGIN_DENIED)
		return SMTP_FAULT_AUTH;
	if (is_tls_fault(r) && clear && t->route->o.username)
		return SMTP_FAULT_AUTH; /* no password without encryption */
	if (is_tls_fault(r) || t->listen.tampered)
		return SMTP_FAULT_TLS;
	if (r == CURLE_REMOTE_ACCESS_DENIED && t->listen.phase == SMTP_EHLO && !clear)
		return SMTP_FAULT_TLS; /* no EHLO, no STARTTLS */
	return unopened[t->listen.phase];
}

static void mail_begin(struct curl_talk *t, struct mail *mail)
{
	t->mail = mail;
	t->read = 0;
	t->read_ms = 0;
	t->connected = t->ready = t->withheld = false;
	t->heard = (struct smtp_trace){ 0 };
	t->detail = NULL;
	t->asked = NULL;
	t->error[0] = '\0';
	t->handed_ms = now_mono_ms();
	wait_for_replies(t, t->route->o.command_timeout_ms);
	if (!mail) {
		curl_easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, "NOOP");
		return;
	}
	curl_slist_free_all(t->to);
	t->to = curl_slist_append(NULL, mail->to);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_FROM, mail->from);
	curl_easy_setopt(t->easy, CURLOPT_MAIL_RCPT, t->to);
	curl_easy_setopt(t->easy, CURLOPT_UPLOAD, 1L);
	curl_easy_setopt(t->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)mail->len);
}

/* Fills t->heard. */
static void perform(struct curl_talk *t)
{
	CURLcode r = curl_easy_perform(t->easy);
	long opened = 0;

	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &opened);
	t->heard.reused = opened == 0 && t->answered > 0;
	t->connected = t->connected || smtp_connect_made();
	t->heard.complete = r == CURLE_OK;
	t->heard.ours = t->withheld || smtp_connect_deadline();
	if (t->ready)
		return;
	if (t->heard.fault == SMTP_FAULT_NONE)
		t->heard.fault = fault_of(t, r);
	smtp_listen_reply(&t->listen, &t->heard.session);
	if (t->heard.fault == SMTP_FAULT_TLS)
		t->detail = t->error;
	else if (t->heard.fault == SMTP_FAULT_AUTH && !t->listen.auth_tried)
		t->detail = "no mechanism in common";
}

static void tell(const struct curl_talk *t, struct smtp_end *end)
{
	end->fault = t->heard.fault;
	if (t->detail)
		snprintf(end->detail, sizeof(end->detail), "%s", t->detail);
}

/* True: the relay has spoken about the mail, and it is answered. Else end says how it ended. */
static bool deliver(struct curl_talk *t, struct mail *mail, struct smtp_end *end)
{
	struct mail_result r;

	mail_begin(t, mail);
	perform(t);
	r = smtp_verdict(&t->heard);
	if (r.reach == REACH_TAKEN || r.reach == REACH_REFUSED) {
		t->answered++;
		t->feed->done(t->feed->ctx, mail, &r);
		return true;
	}
	tell(t, end);
	end->mail = mail;
	end->result = r;
	end->again = r.reach == REACH_NOT_SENT && t->heard.reused && !t->heard.ours &&
		     now_mono_ms() - t->handed_ms < t->route->o.command_timeout_ms;
	return false;
}

static struct mail *next_of(struct curl_talk *t)
{
	const struct smtp_options *o = &t->route->o;

	if (t->answered >= o->max_messages || now_mono_ms() - t->opened_ms >= o->max_age_ms)
		return NULL;
	return smtp_talk_next(t->feed);
}

/* --- */

static struct curl_talk *talk_open(const struct smtp_route *route, struct feed *feed)
{
	struct curl_talk *t = xcalloc(1, sizeof(*t));

	t->route = route;
	t->feed = feed;
	t->fd = CURL_SOCKET_BAD;
	t->text.max = SMTP_CURL_REPLY_MAX;
	t->easy = curl_easy_init();
	if (!t->easy)
		abort(); /* out of memory */
	set_url(t);
	set_tls(t);
	set_times(t);
	set_callbacks(t);
	smtp_connect_begin(route->o.connect_timeout_ms);
	return t;
}

/* QUIT leaves, and nobody waits for what is said to it: libcurl would for two minutes. */
static void talk_close(struct curl_talk *t)
{
	if (t->fd != CURL_SOCKET_BAD)
		smtp_connect_deafen();
	curl_easy_cleanup(t->easy);
	smtp_connect_end();
	curl_slist_free_all(t->to);
	buf_clear(&t->text);
	explicit_bzero(t->password, sizeof(t->password));
	free(t);
}

static void talk_run(struct curl_talk *t, struct mail *first, struct smtp_end *end)
{
	if (!set_credentials(t)) {
		*end = (struct smtp_end){ .mail = first, .fault = SMTP_FAULT_AUTH };
		end->result = smtp_verdict(&(struct smtp_trace){ .fault = SMTP_FAULT_AUTH });
		snprintf(end->detail, sizeof(end->detail), "there is no password");
		return;
	}
	if (!t->feed) {
		mail_begin(t, NULL);
		perform(t);
		tell(t, end);
		end->result = smtp_verdict(&t->heard);
		return;
	}
	for (struct mail *mail = first; mail && deliver(t, mail, end);)
		mail = next_of(t);
}

static struct smtp_end talk(const struct smtp_route *route, struct feed *feed, struct mail *first)
{
	struct curl_talk *t = talk_open(route, feed);
	struct smtp_end end = { 0 };

	talk_run(t, first, &end);
	talk_close(t);
	return end;
}

LIBRARY_IS_OF_THIS_VERSION
const struct smtp_curl beckon_smtp_curl = { init, talk };
