/*
 * cli - what every command of `beckon` shares: its shape and its exit codes.
 *
 * A command is a function like main: argv[0] is its own name, `--help` prints its usage. Tables for
 * people and --json for programs go to standard output, everything else to standard error.
 */
#ifndef BECKON_CLI_H
#define BECKON_CLI_H

/* 64 and up are those of sysexits.h. */
enum cli_exit {
	CLI_GOOD = 0,
	CLI_BAD = 1, /* some of what was asked about is bad */
	CLI_USAGE = 2,
	CLI_AWAY = 69,	 /* Kafka, Redis or a relay does not answer */
	CLI_CONFIG = 78, /* a setting is wrong, or the environment lacks something */
};

struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help; /* one line */
};

#include <jansson.h>

struct err;

/* Prints "beckon COMMAND: text" to standard error; returns the exit code of an error's kind:
   ERR_INVALID is bad, ERR_AGAIN away, ERR_FATAL configuration. */
int cli_fail(const char *command, int kind, const struct err *e);

/* The same for a command line that cannot be meant; returns CLI_USAGE. */
int cli_usage(const char *command, const struct err *e);

/* Prints a JSON value as one line to standard output; takes the reference. NULL is a bug. */
void cli_json(json_t *value);

#endif
