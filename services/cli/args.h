/*
 * args - a command's options as a table: read, checked and printed from the same rows.
 *
 * GNU style: --name value, --name=value, flags without a value, "--" ends the options. What is no
 * option is an operand. Nothing is copied: texts point into argv.
 */
#ifndef BECKON_ARGS_H
#define BECKON_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

enum arg_type {
	ARG_FLAG,   /* bool */
	ARG_TEXT,   /* const char * */
	ARG_NUMBER, /* int64_t, min..max */
	ARG_LIST,   /* struct arg_list: the option may be repeated */
};

#define ARG_LIST_MAX 64

struct arg_list {
	const char *items[ARG_LIST_MAX];
	size_t count;
};

struct arg {
	const char *name; /* without the dashes */
	enum arg_type type;
	size_t offset;	   /* of its member in the command's options */
	const char *value; /* what the value is called in the usage; NULL for a flag */
	const char *help;
	int64_t min, max; /* ARG_NUMBER */
};

/* A command line. */
struct args {
	const char *command, *synopsis; /* "tail", "[OPTION...]" */
	const char *about;		/* what it does, wrapped, for --help */
	const struct arg *list;
	size_t count;
	bool operands; /* words that are no options are welcome */
	bool settings; /* so are those options that set a key of the configuration: settings.h */
};

/* What is not in the table: operands, and options of the configuration with their values, in order.
 */
struct arg_words {
	struct arg_list operands, settings;
};

/* Fills options and words. ERR_INVALID: an unknown option (the nearest is named), a missing or
   wrong value. */
int args_read(const struct args *a, int argc, char **argv, void *options, struct arg_words *words,
	      struct err *e);

/* The same for a command's first lines: prints the usage where --help is asked for and the error
   where there is one, and then returns true with *status what the command returns. */
bool args_end(const struct args *a, int argc, char **argv, void *options, struct arg_words *words,
	      int *status);

/* Is the word behind this one, an option, its value? */
bool args_takes_next(const struct args *a, const char *option);

#endif
