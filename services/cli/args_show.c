#include "args_show.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "mem.h"

#define MARGIN 26 /* left of what an option is for */
#define WIDTH 80

/* The services' options, for a command that takes them. */
static const struct arg settings_rows[] = {
	{ "config", ARG_TEXT, 0, "FILE", "the services' configuration file; so does BECKON_CONFIG",
	  0, 0 },
	{ "set", ARG_TEXT, 0, "KEY=VALUE", "one key of it, e.g. --set redis.url=redis://127.0.0.1;",
	  0, 0 },
};

static const struct arg help_row = { "help", ARG_FLAG, 0, NULL, "this text", 0, 0 };

/* Goes on from that column, and below it where a terminal of usual width ends. */
static void wrapped(const char *text, size_t column)
{
	while (*text) {
		size_t n = strcspn(text, " ");

		if (column + 1 + n > WIDTH && column > MARGIN) {
			printf("\n%*s", MARGIN, "");
			column = MARGIN;
		}
		printf(" %.*s", (int)n, text);
		column += n + 1;
		text += n + (text[n] == ' ');
	}
	putchar('\n');
}

static void usage_line(const char *name, const char *value, const char *help)
{
	char left[64];
	int n = snprintf(left, sizeof(left), "  --%s%s%s", name, value ? " " : "",
			 value ? value : "");

	printf("%-*s", MARGIN, left);
	wrapped(help, n > MARGIN ? (size_t)n : MARGIN);
}

void args_usage(const struct args *a)
{
	printf("Usage: beckon %s %s\n\n%s\n\nOptions:\n", a->command, a->synopsis, a->about);
	for (size_t i = 0; i < a->count; i++)
		usage_line(a->list[i].name, a->list[i].value, a->list[i].help);
	if (a->settings) {
		for (size_t i = 0; i < ARRAY_LEN(settings_rows); i++)
			usage_line(settings_rows[i].name, settings_rows[i].value,
				   settings_rows[i].help);
		usage_line("kafka-..., --redis-..., --topics-...", NULL, "the same by name, e.g.");
		printf("  %-24s %s\n", "", "--kafka-bootstrap-servers 127.0.0.1:9092");
	}
	usage_line(help_row.name, help_row.value, help_row.help);
}

/* ---- for completion ---- */

/* "get|set [KEY=VALUE...]": words of lower case with a bar between them are verbs. */
static void print_verbs(const char *synopsis)
{
	size_t n = strcspn(synopsis, " ");

	if (!memchr(synopsis, '|', n))
		return;
	for (size_t i = 0; i < n; i++)
		if (!islower((unsigned char)synopsis[i]) && !strchr("|-", synopsis[i]))
			return;
	for (size_t i = 0; i < n; i++)
		putchar(synopsis[i] == '|' ? ' ' : synopsis[i]);
	putchar(' ');
}

void args_words(const struct args *a)
{
	print_verbs(a->synopsis);
	for (size_t i = 0; i < a->count; i++)
		printf("--%s ", a->list[i].name);
	for (size_t i = 0; a->settings && i < ARRAY_LEN(settings_rows); i++)
		printf("--%s ", settings_rows[i].name);
	printf("--%s", help_row.name);
}

/* ---- for the manual ---- */

/* A line that begins with a dot or quote would be a request, and a backslash an escape. */
void args_roff(const char *text)
{
	bool begins = true;

	for (; *text; text++) {
		if (begins && (*text == '.' || *text == '\''))
			fputs("\\&", stdout);
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
		begins = *text == '\n';
	}
}

static void roff_option(const struct arg *row)
{
	printf(".TP\n\\fB\\-\\-%s\\fR", row->name);
	if (row->value) {
		fputs(" \\fI", stdout);
		args_roff(row->value);
		fputs("\\fR", stdout);
	}
	putchar('\n');
	args_roff(row->help && *row->help ? row->help : "see the description");
	putchar('\n');
}

void args_man(const struct args *a)
{
	printf(".SH SYNOPSIS\n\\fBbeckon %s\\fR ", a->command);
	args_roff(a->synopsis);
	printf("\n.SH DESCRIPTION\n.nf\n");
	args_roff(a->about);
	printf("\n.fi\n.SH OPTIONS\n");
	for (size_t i = 0; i < a->count; i++)
		roff_option(&a->list[i]);
	for (size_t i = 0; a->settings && i < ARRAY_LEN(settings_rows); i++)
		roff_option(&settings_rows[i]);
	roff_option(&help_row);
	printf(".SH SEE ALSO\nbeckon(1), which has the exit codes\n");
}
