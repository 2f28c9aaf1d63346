#include "smtp_listen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "smtp_text.h"

/* A reply ends with the line whose code is followed by no hyphen (RFC 5321 4.2.1). */
static void heard_byte(struct smtp_listen *l, char c)
{
	if (c == '\n') {
		l->line_whole = true;
		l->whole = l->head_len < sizeof(l->head) || l->head[3] != '-';
		l->head_len = 0;
		return;
	}
	if (!l->line_whole && l->line_len < sizeof(l->line) - 1)
		l->line[l->line_len++] = c;
	if (l->head_len < sizeof(l->head))
		l->head[l->head_len++] = c;
}

/* Anywhere in the reply and in whatever pieces it comes: the last letter is in time. (Neither word
   has its first letter once more.) */
static void strike_out(struct smtp_listen *l, char *c)
{
	static const char *const words[ARRAY_LEN(l->struck)] = { "CHUNKING", "NTLM" };
	int upper = toupper((unsigned char)*c);

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		size_t *n = &l->struck[i];

		*n = upper == words[i][*n] ? *n + 1 : upper == words[i][0];
		if (words[i][*n])
			continue;
		*c = 'X';
		*n = 0;
	}
}

void smtp_listen_heard(struct smtp_listen *l, char *bytes, size_t len)
{
	if (l->phase == SMTP_OPEN || l->quit)
		return;
	for (size_t i = 0; i < len && !l->tampered; i++) {
		l->tampered = l->whole;
		if (l->phase == SMTP_EHLO)
			strike_out(l, &bytes[i]);
		heard_byte(l, bytes[i]);
	}
	if (l->phase == SMTP_AUTH && l->whole && strncmp(l->line, "235", 3) == 0)
		l->authenticated = true;
}

static const struct verb {
	const char *word;
	enum smtp_phase phase;
} verbs[] = {
	{ "EHLO ", SMTP_EHLO }, { "HELO ", SMTP_EHLO }, { "STARTTLS\r\n", SMTP_STARTTLS },
	{ "AUTH ", SMTP_AUTH }, { "MAIL ", SMTP_OPEN },
};

static bool begins(const char *bytes, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(bytes, word, n) == 0;
}

/* Lines without a verb of ours belong to the exchange that AUTH began. */
void smtp_listen_said(struct smtp_listen *l, const char *bytes, size_t len)
{
	if (begins(bytes, len, "QUIT"))
		l->quit = true;
	if (l->phase == SMTP_OPEN || l->quit)
		return;
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (begins(bytes, len, verbs[i].word))
			l->phase = verbs[i].phase;
	if (l->phase == SMTP_OPEN)
		return;
	l->auth_tried = l->auth_tried || l->phase == SMTP_AUTH;
	l->line_len = l->head_len = 0;
	l->line_whole = l->whole = false;
}

void smtp_listen_reply(const struct smtp_listen *l, struct reply *r)
{
	char line[sizeof(l->line)];
	char *rest;
	long code;

	memcpy(line, l->line, l->line_len);
	line[l->line_len] = '\0';
	code = strtol(line, &rest, 10);
	if (rest != line + 3 || code < 200 || code > 599)
		code = 0;
	smtp_text_reply(r, (int)code, NULL, *rest ? rest + 1 : rest);
}
