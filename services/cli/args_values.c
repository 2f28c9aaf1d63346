#include "args_values.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "codes.h"
#include "mem.h"
#include "outcome.h"
#include "suppress.h"
#include "told.h"
#include "view_query.h"

#define WORDS_MAX_BYTES 16384

/* ---- kinds: the i-th word of each, NULL behind the last ---- */

static const char *code_at(size_t i)
{
	size_t n;
	const struct code *all = codes_all(&n);

	return i < n ? all[i].name : NULL;
}

static const char *outcome_at(size_t i)
{
	return i < WORD_COUNT ? outcome_words[i].name : NULL;
}

static const char *status_at(size_t i)
{
	return i < VIEW_STATUSES    ? view_statuses[i]
	       : i == VIEW_STATUSES ? "pending" /* view_statuses_read knows it as well */
				    : NULL;
}

static const char *column_at(size_t i)
{
	return i < VIEW_SORTS ? view_sorts[i] : NULL;
}

static const char *why_at(size_t i)
{
	return i + 1 < SUPPRESS_WHYS ? suppress_whys[i + 1] : NULL; /* the first is "not" */
}

static const struct kind {
	const char *name;
	const char *(*at)(size_t i);
} kinds[] = {
	{ "CODE", code_at },	 { "OUTCOME", outcome_at }, { "STATUS", status_at },
	{ "COLUMN", column_at }, { "WHY", why_at },	    { "REASON", told_reason_at },
};

/* ---- one option ---- */

static void add(struct buf *words, const char *word, size_t len)
{
	if (words->len)
		buf_byte(words, ' ');
	buf_add(words, word, len);
}

static bool add_kind(struct buf *words, const char *name, size_t len)
{
	for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
		if (strlen(kinds[k].name) != len || strncmp(kinds[k].name, name, len) != 0)
			continue;
		for (size_t i = 0; kinds[k].at(i); i++)
			add(words, kinds[k].at(i), strlen(kinds[k].at(i)));
		return true;
	}
	return false;
}

static bool is_path(const char *value)
{
	return !strncmp(value, "FILE", 4) || !strncmp(value, "DIR", 3);
}

/* value: what stands between bars is a kind, or a word. */
static void print(const char *command, const char *option, const char *value)
{
	autobuf words = BUF_INIT(WORDS_MAX_BYTES);

	for (const char *s = value; *s && !is_path(value);) {
		size_t n = strcspn(s, "|");

		if (!add_kind(&words, s, n) && islower((unsigned char)*s))
			add(&words, s, n);
		s += n + (s[n] == '|');
	}
	printf("\t'%s --%s') values='%s' ;;\n", command, option,
	       words.len	? words.data
	       : is_path(value) ? ARGS_VALUES_FILES
				: ARGS_VALUES_OWN);
}

void args_values(const struct args *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->list[i].value)
			print(a->command, a->list[i].name, a->list[i].value);
	if (!a->settings)
		return;
	print(a->command, "config", "FILE");
	print(a->command, "set", "KEY=VALUE");
}
