#include "cases.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

/* The command line taken apart: args reads options only, since cases may be many. */
struct words {
	char **options, **operands;
	int option_count, operand_count;
};

static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] && strcmp(word, "-0") != 0;
}

/* w's arrays have room for every word and a NULL behind them. */
static void split(struct words *w, const struct args *a, int argc, char **argv)
{
	bool ended = false;

	w->options[w->option_count++] = argv[0];
	for (int i = 1; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended && is_option(argv[i])) {
			w->options[w->option_count++] = argv[i];
			if (i + 1 < argc && args_takes_next(a, argv[i]))
				w->options[w->option_count++] = argv[++i];
		} else {
			w->operands[w->operand_count++] = argv[i];
		}
	}
}

static enum cli_exit worse(enum cli_exit a, enum cli_exit b)
{
	return a > b ? a : b;
}

/* Reads up to separator or the end; what is over max + 1 bytes is dropped. False = nothing was
 * left. */
static bool next_case(char *text, size_t max, int separator, size_t *len)
{
	int c = getchar();

	*len = 0;
	if (c == EOF)
		return false;
	for (; c != EOF && c != separator; c = getchar())
		if (*len <= max)
			text[(*len)++] = (char)c;
	if (separator == '\n' && *len && text[*len - 1] == '\r')
		(*len)--; /* a line as Windows ends it */
	text[*len] = '\0';
	return true;
}

static enum cli_exit check_input(const struct cases *c, int separator)
{
	autofree char *text = xmalloc(c->max_bytes + 2);
	enum cli_exit worst = CLI_GOOD;
	size_t len;

	while (next_case(text, c->max_bytes, separator, &len))
		worst = worse(worst, c->check(c->ctx, text, len));
	return worst;
}

static enum cli_exit check_operand(const struct cases *c, const char *operand)
{
	if (strcmp(operand, "-") == 0)
		return check_input(c, '\n');
	if (strcmp(operand, "-0") == 0)
		return check_input(c, '\0');
	if (c->check_argument)
		return c->check_argument(c->ctx, operand);
	return c->check(c->ctx, operand, strlen(operand));
}

int cases_run(const struct args *a, const struct cases *c, int argc, char **argv)
{
	autofree char **options = xcalloc((size_t)argc + 1, sizeof(*options));
	autofree char **operands = xcalloc((size_t)argc + 1, sizeof(*operands));
	struct words w = { .options = options, .operands = operands };
	struct arg_words rest = { 0 };
	int status = CLI_GOOD, r;
	struct err e;

	split(&w, a, argc, argv);
	if (args_end(a, w.option_count, options, c->ctx, &rest, &status))
		return status;
	if (w.operand_count == 0) {
		fprintf(stderr,
			"beckon %s: say what to look at, or - to read it from standard input\n"
			"Try 'beckon %s --help'.\n",
			a->command, a->command);
		return CLI_USAGE;
	}
	r = c->begin ? c->begin(c->ctx, &rest.settings, &e) : OK;
	if (r < 0)
		return r == ERR_FATAL ? cli_fail(a->command, r, &e) : cli_usage(a->command, &e);
	for (int i = 0; i < w.operand_count; i++)
		status = (int)worse(status, check_operand(c, operands[i]));
	return status;
}
