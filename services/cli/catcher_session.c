#include "catcher_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

#define REPLIES_MAX ((size_t)256 << 10)

/* A command: what follows its name is handed to run. */
struct verb {
	const char *name;
	void (*run)(struct catcher_session *s, char *rest);
};

/* Local parts that are refused, to see what a refusal looks like. */
static const struct {
	const char *local, *reply;
} refused[] = {
	{ "nobody", "550 5.1.1 no such mailbox" },
	{ "disabled", "550 5.2.1 mailbox disabled" },
};

static void say(struct catcher_session *s, const char *line)
{
	buf_fmt(&s->out, "%s\r\n", line);
	if (s->out.full)
		s->over = true; /* it asks and asks and never reads an answer */
}

static void forget_mail(struct catcher_session *s)
{
	for (size_t i = 0; i < s->nto; i++)
		free(s->to[i]);
	s->nto = 0;
	free(s->from);
	s->from = NULL;
	buf_clear(&s->message);
	s->too_large = false;
	if (s->stage > SESSION_READY)
		s->stage = SESSION_READY;
}

void catcher_session_init(struct catcher_session *s, const struct catcher_options *o)
{
	*s = (struct catcher_session){ .options = o,
				       .message = BUF_INIT(CATCHER_MESSAGE_MAX),
				       .out = BUF_INIT(REPLIES_MAX) };
	say(s, "220 localhost ESMTP beckon catcher");
}

void catcher_session_clear(struct catcher_session *s)
{
	forget_mail(s);
	buf_clear(&s->out);
}

static void on_helo(struct catcher_session *s, char *rest)
{
	(void)rest;
	forget_mail(s);
	s->stage = SESSION_READY;
	say(s, "250 localhost");
}

static void on_ehlo(struct catcher_session *s, char *rest)
{
	char text[128];

	(void)rest;
	forget_mail(s);
	s->stage = SESSION_READY;
	snprintf(text, sizeof(text),
		 "250-localhost\r\n250-PIPELINING\r\n250-SIZE %zu\r\n250-8BITMIME\r\n250 "
		 "ENHANCEDSTATUSCODES",
		 CATCHER_MESSAGE_MAX);
	say(s, text);
}

/* Cuts the path out of "FROM:<path> parameters": returns it, *parameters behind it; NULL = no such
   thing. The null path <> is allowed where a sender stands. */
static char *path(char *rest, const char *keyword, char **parameters)
{
	size_t n = strlen(keyword);
	char *open, *end;

	if (strncasecmp(rest, keyword, n))
		return NULL;
	open = rest + n + strspn(rest + n, " ");
	end = strchr(open, '>');
	if (*open != '<' || !end || (end[1] && end[1] != ' '))
		return NULL;
	*end = '\0';
	*parameters = end + 1;
	return open + 1;
}

/* The reply to parameters of MAIL that are not welcome; NULL = all are. */
static const char *refuse_parameters(char *parameters)
{
	char *save;

	for (char *p = strtok_r(parameters, " ", &save); p; p = strtok_r(NULL, " ", &save)) {
		if (!strncasecmp(p, "SIZE=", 5) && strtoull(p + 5, NULL, 10) > CATCHER_MESSAGE_MAX)
			return "552 5.3.4 message too large";
		if (strncasecmp(p, "SIZE=", 5) && strcasecmp(p, "BODY=8BITMIME") &&
		    strcasecmp(p, "BODY=7BIT"))
			return "555 5.5.4 parameter not recognised";
	}
	return NULL;
}

static void on_mail(struct catcher_session *s, char *rest)
{
	char *parameters, *from = path(rest, "FROM:", &parameters);
	const char *refusal;

	if (s->stage != SESSION_READY) {
		say(s, s->stage == SESSION_NEW ? "503 5.5.1 EHLO first"
					       : "503 5.5.1 one sender at a time");
		return;
	}
	refusal = from ? refuse_parameters(parameters) : "501 5.5.4 MAIL FROM:<address>";
	if (refusal) {
		say(s, refusal);
		return;
	}
	s->from = xstrdup(from);
	s->stage = SESSION_MAIL;
	say(s, "250 2.1.0 ok");
}

static const char *refuse_recipient(const struct catcher_session *s, const char *to)
{
	size_t local = strcspn(to, "@");

	if (s->stage != SESSION_MAIL && s->stage != SESSION_RCPT)
		return "503 5.5.1 MAIL first";
	if (!*to || !to[local])
		return "501 5.1.3 RCPT TO:<address>";
	if (s->nto == CATCHER_RECIPIENTS_MAX)
		return "452 4.5.3 too many recipients";
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		if (strlen(refused[i].local) == local && !strncasecmp(to, refused[i].local, local))
			return refused[i].reply;
	return NULL;
}

static void on_rcpt(struct catcher_session *s, char *rest)
{
	char *parameters, *to = path(rest, "TO:", &parameters);
	const char *refusal = refuse_recipient(s, to ? to : "");

	if (!refusal && *parameters)
		refusal = "555 5.5.4 parameter not recognised";
	if (refusal) {
		say(s, refusal);
		return;
	}
	s->to[s->nto++] = xstrdup(to);
	s->stage = SESSION_RCPT;
	say(s, "250 2.1.5 ok");
}

static void on_data(struct catcher_session *s, char *rest)
{
	(void)rest;
	if (s->stage == SESSION_MAIL) {
		say(s, "554 5.5.1 no valid recipients");
	} else if (s->stage != SESSION_RCPT) {
		say(s, "503 5.5.1 MAIL and RCPT first");
	} else {
		s->stage = SESSION_DATA;
		say(s, "354 end with a dot on a line of its own");
	}
}

static void on_rset(struct catcher_session *s, char *rest)
{
	(void)rest;
	forget_mail(s);
	say(s, "250 2.0.0 ok");
}

static void on_noop(struct catcher_session *s, char *rest)
{
	(void)rest;
	say(s, "250 2.0.0 ok");
}

static void on_vrfy(struct catcher_session *s, char *rest)
{
	(void)rest;
	say(s, "252 2.1.5 send some mail, it will be caught");
}

static void on_quit(struct catcher_session *s, char *rest)
{
	(void)rest;
	say(s, "221 2.0.0 bye");
	s->over = true;
}

static const struct verb verbs[] = {
	{ "EHLO", on_ehlo }, { "HELO", on_helo }, { "MAIL", on_mail },
	{ "RCPT", on_rcpt }, { "DATA", on_data }, { "RSET", on_rset },
	{ "NOOP", on_noop }, { "VRFY", on_vrfy }, { "QUIT", on_quit },
};

static void command(struct catcher_session *s, const char *line, size_t n)
{
	autofree char *text = xstrndup(line, n);
	size_t word = strcspn(text, " ");

	if (strlen(text) != n) {
		say(s, "500 5.5.2 NUL in a command");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (word == 4 && !strncasecmp(text, verbs[i].name, word)) {
			verbs[i].run(s, text + word + strspn(text + word, " "));
			return;
		}
	}
	say(s, "500 5.5.2 command not recognised");
}

/* The dot has come. */
static void finish_mail(struct catcher_session *s)
{
	struct caught m = { .from = s->from,
			    .to = (const char *const *)s->to,
			    .nto = s->nto,
			    .data = s->message.data ? s->message.data : "",
			    .len = s->message.len };
	bool large = s->too_large || s->message.full;
	bool kept = !large && s->options->caught(s->options->ctx, &m) == OK;

	forget_mail(s);
	say(s, large  ? "552 5.3.4 message too large"
	       : kept ? "250 2.0.0 caught"
		      : "451 4.3.0 cannot be kept now");
}

/* One line of DATA, or the beginning of one (whole = false) that is too long to wait for. */
static void data_line(struct catcher_session *s, const char *line, size_t n, bool whole)
{
	bool first = !s->line_started;

	s->line_started = !whole;
	if (first && whole && n == 1 && line[0] == '.') {
		finish_mail(s);
		return;
	}
	if (first && n && line[0] == '.') {
		line++;
		n--;
	}
	if (s->message.len + n + 2 > CATCHER_MESSAGE_MAX)
		s->too_large = true;
	if (s->too_large)
		return;
	buf_add(&s->message, line, n);
	if (whole)
		buf_str(&s->message, "\r\n");
}

/* A line that does not end: data goes on, a command has gone wrong. Its last byte may be the CR of
   a line end, so it stays. */
static size_t overlong(struct catcher_session *s, const char *bytes, size_t n)
{
	if (s->stage == SESSION_DATA) {
		data_line(s, bytes, n - 1, false);
		return n - 1;
	}
	say(s, "500 5.5.6 line too long");
	s->over = true;
	return n;
}

size_t catcher_session_feed(struct catcher_session *s, const char *bytes, size_t n)
{
	size_t taken = 0;

	while (!s->over) {
		const char *from = bytes + taken;
		const char *end = memmem(from, n - taken, "\r\n", 2);

		if (!end && n - taken >= CATCHER_LINE_MAX) {
			taken += overlong(s, from, n - taken);
			continue;
		}
		if (!end)
			return taken;
		if (s->stage == SESSION_DATA)
			data_line(s, from, (size_t)(end - from), true);
		else if ((size_t)(end - from) + 2 > CATCHER_LINE_MAX)
			overlong(s, from, n - taken);
		else
			command(s, from, (size_t)(end - from));
		taken = (size_t)(end + 2 - bytes);
	}
	return n;
}
