/*
 * beckon - the tool: everything that a person or a script asks of the fleet from a terminal.
 *
 * A table of commands (commands.c). Each lives in a file of its own and reads its own arguments.
 */
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "commands.h"
#include "nearest.h"

/* A word further away than this is no typing mistake. */
#define TYPO_MAX 2

const char cli_exit_codes[] =
	"  0   good\n"
	"  1   some of what was asked about is bad\n"
	"  2   usage: an unknown command or option\n"
	"  69  a service that is needed (Kafka, Redis, a relay) does not answer in time\n"
	"  75  the same, of beckon bounce: the mail server hands the mail over again\n"
	"  78  configuration: a setting is wrong or missing\n";

static const struct command *find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int unknown(const char *name)
{
	struct nearest n = { .word = name };

	for (size_t i = 0; i < command_count; i++)
		nearest_offer(&n, commands[i].name);
	fprintf(stderr, "beckon: there is no command '%s'", name);
	if (n.distance <= TYPO_MAX)
		fprintf(stderr, "; did you mean '%s'?", n.best);
	fprintf(stderr, "\nTry 'beckon help'.\n");
	return CLI_USAGE;
}

int cmd_help(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "help") && argv[1][0] != '-') {
		const struct command *c = find(argv[1]);
		char *help[] = { argv[1], (char[]){ "--help" }, NULL };

		return c ? c->run(2, help) : unknown(argv[1]);
	}
	printf("beckon %s - invite people: by event in, by e-mail or SMS out\n\nUsage: beckon "
	       "COMMAND "
	       "[OPTION...]\n\n",
	       BECKON_VERSION);
	for (size_t i = 0; i < command_count; i++)
		printf("  %-13s  %s\n", commands[i].name, commands[i].help);
	printf("\nExit codes:\n%s", cli_exit_codes);
	return CLI_GOOD;
}

static int version(void)
{
	printf("beckon %s\n", BECKON_VERSION);
	return CLI_GOOD;
}

/* What was printed must have arrived: a full disk or a closed pipe is not a success. */
static int finish(int status)
{
	bool written = fflush(stdout) == 0 && !ferror(stdout);

	return written || status ? status : CLI_BAD;
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;
	const struct command *c;

	setlocale(LC_CTYPE, "C.UTF-8"); /* tables measure characters */
	signal(SIGPIPE, SIG_IGN);	/* a command ends by its exit code, never by a signal */
	if (!name) {
		cmd_help(1, argv);
		return CLI_USAGE;
	}
	if (!strcmp(name, "--version"))
		return finish(version());
	if (!strcmp(name, "--help") || !strcmp(name, "-h"))
		return finish(cmd_help(1, argv));
	c = find(name);
	return finish(c ? c->run(argc - 1, argv + 1) : unknown(name));
}
