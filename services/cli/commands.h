/*
 * commands - the table of all commands of `beckon`, in the order in which the help lists them.
 */
#ifndef BECKON_COMMANDS_H
#define BECKON_COMMANDS_H

#include <stddef.h>

#include "cli.h"

extern const struct command commands[];
extern const size_t command_count;

extern const char cli_exit_codes[]; /* what each means, a line each: main.c */

int cmd_help(int argc, char **argv); /* main.c: it knows them all */

#endif
