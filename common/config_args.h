/*
 * config_args - the command line, taken apart.
 *
 * Part of config. Every flag is either one of the program's keys or one of the few that all
 * programs have: --config, --set, --check, --show, --help, --help-markdown, --version.
 */
#ifndef BECKON_CONFIG_ARGS_H
#define BECKON_CONFIG_ARGS_H

#include <stddef.h>

#include "config_slots.h"
#include "err.h"

/* What is printed instead of running. */
enum config_answer {
	ANSWER_NONE,
	ANSWER_CHECK,
	ANSWER_SHOW,
	ANSWER_HELP,
	ANSWER_MARKDOWN,
	ANSWER_VERSION,
};

struct config_args {
	enum config_answer answer; /* the last one asked for */
	const char **files;	   /* borrowed from argv */
	size_t file_count;
	struct setting *settings; /* names and values are ours */
	size_t setting_count;
};

/* Fills *out, which the caller clears in any case. ERR_INVALID: an unknown flag, a missing value,
   a word that is no flag. */
int config_args_parse(const struct config *c, char **argv, struct config_args *out, struct err *e);
void config_args_clear(struct config_args *a);

/* Applies the settings among the arguments. */
int config_args_apply(struct config *c, const struct config_args *a, struct err *e);

#endif
