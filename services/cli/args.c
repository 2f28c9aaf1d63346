#include "args.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args_show.h"
#include "args_values.h"
#include "cli.h"
#include "mem.h"
#include "nearest.h"

#define TYPO_MAX 3

/* What a key of the configuration begins with as an option: see settings.h. */
static const char *const setting_names[] = { "config", "set", "kafka-", "redis-", "topics-" };

/* name ends at '=' or at the end of the word. */
static const struct arg *find(const struct args *a, const char *name, size_t len)
{
	for (size_t i = 0; i < a->count; i++)
		if (strlen(a->list[i].name) == len && !strncmp(a->list[i].name, name, len))
			return &a->list[i];
	return NULL;
}

static bool is_setting(const char *name, size_t len)
{
	for (size_t i = 0; i < ARRAY_LEN(setting_names); i++) {
		size_t n = strlen(setting_names[i]);

		if (!strncmp(name, setting_names[i], n) &&
		    (setting_names[i][n - 1] == '-' ? len > n : len == n))
			return true;
	}
	return false;
}

static int unknown(const struct args *a, const char *name, size_t len, struct err *e)
{
	char word[NEAREST_MAX + 1];
	struct nearest n = { .word = word };

	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	for (size_t i = 0; i < a->count; i++)
		nearest_offer(&n, a->list[i].name);
	if (n.best && n.distance <= TYPO_MAX)
		return err_set(e, ERR_INVALID, "there is no option --%s; did you mean --%s?", word,
			       n.best);
	return err_set(e, ERR_INVALID, "there is no option --%s", word);
}

static int set_number(const struct arg *r, const char *value, int64_t *to, struct err *e)
{
	char *end;

	errno = 0;
	long long v = strtoll(value, &end, 10);

	if (end == value || *end || errno || v < r->min || v > r->max)
		return err_set(e, ERR_INVALID, "--%s takes a number from %lld to %lld", r->name,
			       (long long)r->min, (long long)r->max);
	*to = v;
	return OK;
}

static int add(struct arg_list *l, const char *word, struct err *e)
{
	if (l->count == ARG_LIST_MAX)
		return err_set(e, ERR_INVALID, "more than %d of a kind", ARG_LIST_MAX);
	l->items[l->count++] = word;
	return OK;
}

static int set(const struct arg *r, const char *value, void *options, struct err *e)
{
	void *to = (char *)options + r->offset;

	switch (r->type) {
	case ARG_FLAG:
		*(bool *)to = true;
		return OK;
	case ARG_TEXT:
		*(const char **)to = value;
		return OK;
	case ARG_NUMBER:
		return set_number(r, value, to, e);
	case ARG_LIST:
		return add(to, value, e);
	}
	return OK;
}

/* Reads the option in words[0], whose value may be words[1] (NULL = the line ends); *used says how
   many words it took. */
static int option(const struct args *a, char **words, void *options, size_t *used, struct err *e)
{
	const char *name = words[0] + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] ? name + len + 1 : NULL;
	const struct arg *r = find(a, name, len);

	*used = 1;
	if (!r)
		return unknown(a, name, len, e);
	if (r->type == ARG_FLAG)
		return value ? err_set(e, ERR_INVALID, "--%s takes no value", r->name)
			     : set(r, NULL, options, e);
	if (!value) {
		value = words[1];
		*used = 2;
	}
	if (!value)
		return err_set(e, ERR_INVALID, "--%s needs a value: %s", r->name, r->value);
	return set(r, value, options, e);
}

/* The same for an option of the configuration, which is checked by whoever reads that. */
static int setting(const struct args *a, char **words, struct arg_list *settings, size_t *used,
		   struct err *e)
{
	bool whole = strchr(words[0], '=') != NULL;

	*used = whole ? 1 : 2;
	if (!a->settings)
		return unknown(a, words[0] + 2, strlen(words[0] + 2), e);
	if (!whole && !words[1])
		return err_set(e, ERR_INVALID, "%s needs a value", words[0]);
	if (add(settings, words[0], e))
		return ERR_INVALID;
	return whole ? OK : add(settings, words[1], e);
}

static int operand(const struct args *a, const char *word, struct arg_list *operands, struct err *e)
{
	if (!a->operands)
		return err_set(e, ERR_INVALID, "'%s' is no option", word);
	return add(operands, word, e);
}

int args_read(const struct args *a, int argc, char **argv, void *options, struct arg_words *words,
	      struct err *e)
{
	bool ended = false;
	size_t used;
	int r;

	for (char **w = argv + 1; w < argv + argc; w += used) {
		bool option_like = !ended && w[0][0] == '-' && w[0][1];

		used = 1;
		if (!option_like)
			r = operand(a, *w, &words->operands, e);
		else if (!strcmp(*w, "--"))
			r = OK, ended = true;
		else if (w[0][1] != '-')
			r = err_set(e, ERR_INVALID, "options are written with two dashes: '%s'",
				    *w);
		else if (is_setting(*w + 2, strcspn(*w + 2, "=")))
			r = setting(a, w, &words->settings, &used, e);
		else
			r = option(a, w, options, &used, e);
		if (r)
			return r;
	}
	return OK;
}

bool args_takes_next(const struct args *a, const char *option)
{
	const char *name = option + 2;
	const struct arg *row;

	if (strncmp(option, "--", 2) != 0 || strchr(name, '='))
		return false;
	row = find(a, name, strlen(name));
	return row ? row->type != ARG_FLAG : a->settings && is_setting(name, strlen(name));
}

/* What a command tells of itself instead of doing its work. */
static const struct {
	const char *option;
	void (*show)(const struct args *a);
} shows[] = {
	{ "--help", args_usage },     { "-h", args_usage },   { ARGS_WORDS, args_words },
	{ ARGS_VALUES, args_values }, { ARGS_MAN, args_man },
};

static bool shown(const struct args *a, const char *word)
{
	for (size_t i = 0; i < ARRAY_LEN(shows); i++) {
		if (strcmp(word, shows[i].option))
			continue;
		shows[i].show(a);
		return true;
	}
	return false;
}

bool args_end(const struct args *a, int argc, char **argv, void *options, struct arg_words *words,
	      int *status)
{
	struct err e;

	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (shown(a, argv[i])) {
			*status = CLI_GOOD;
			return true;
		}
	}
	if (args_read(a, argc, argv, options, words, &e) == OK)
		return false;
	fprintf(stderr, "beckon %s: %s\nTry 'beckon %s --help'.\n", a->command, e.text, a->command);
	*status = CLI_USAGE;
	return true;
}
