#include "smtp_curl_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mem.h"
#include "smtp_text.h"

#define LINE_HEAD 4 /* "250-" */

static bool begins(const char *bytes, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && !memcmp(bytes, word, n);
}

static void said(struct curl_talk *t, const char *bytes, size_t len)
{
	const struct {
		const char *verb;
		struct reply *reply;
	} asked[] = {
		{ "MAIL ", &t->heard.mail },
		{ "RCPT ", &t->heard.rcpt },
		{ "DATA", &t->heard.data },
	};

	smtp_listen_said(&t->listen, bytes, len);
	t->notices = t->notices && t->listen.phase != SMTP_EHLO;
	t->asked = NULL;
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		if (begins(bytes, len, asked[i].verb))
			t->asked = asked[i].reply;
	buf_reset(&t->text);
}

/* A line of a reply, RFC 5321 4.2.1; the last one's code counts. */
static void heard_line(struct curl_talk *t, const char *line)
{
	size_t len = strlen(line);
	bool more = len >= LINE_HEAD && line[LINE_HEAD - 1] == '-';

	if (!t->asked || strspn(line, "0123456789") != LINE_HEAD - 1)
		return;
	if (len > LINE_HEAD)
		buf_str(&t->text, line + LINE_HEAD);
	if (more) {
		buf_byte(&t->text, ' ');
		return;
	}
	smtp_text_reply(t->asked, (int)strtol(line, NULL, 10), NULL, t->text.data);
	buf_reset(&t->text);
}

/* A line of the reply to EHLO, RFC 5321 4.1.1.1. */
static bool offers_notices(const char *line)
{
	static const char dsn[] = "DSN";
	size_t n = sizeof(dsn) - 1;

	return !strncmp(line, "250", LINE_HEAD - 1) && strlen(line) >= LINE_HEAD + n &&
	       !strncasecmp(line + LINE_HEAD, dsn, n) && strchr(" ", line[LINE_HEAD + n]);
}

static void heard(struct curl_talk *t, const char *bytes, size_t len)
{
	char line[SMTP_CURL_REPLY_MAX / 2];

	len = len < sizeof(line) - 1 ? len : sizeof(line) - 1;
	memcpy(line, bytes, len);
	line[len] = '\0';
	smtp_listen_heard(&t->listen, line, len); /* may write into it */
	line[strcspn(line, "\r\n")] = '\0';
	if (t->listen.phase == SMTP_EHLO)
		t->notices |= offers_notices(line);
	heard_line(t, line);
}

int smtp_curl_traffic(CURL *easy, curl_infotype what, char *bytes, size_t len, void *ctx)
{
	(void)easy;
	if (what == CURLINFO_HEADER_OUT)
		said(ctx, bytes, len);
	else if (what == CURLINFO_HEADER_IN)
		heard(ctx, bytes, len);
	return 0;
}
