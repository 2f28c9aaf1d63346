/*
 * cases - the cases of a check- command: one an argument, one a line with "-", NUL-separated
 * with "-0".
 *
 * Each case is answered by one line on standard output, in order, so that any list can be run
 * against what the fleet decides. The exit code is the worst of all answers.
 */
#ifndef BECKON_CASES_H
#define BECKON_CASES_H

#include <stddef.h>

#include "args.h"
#include "cli.h"

struct cases {
	size_t max_bytes; /* of a case from standard input; a longer one is handed over cut to one
			     more */
	void *ctx;	  /* the command's options: what args fills */
	/* Looks at the options, and those of the configuration where args has them, before the
	   first case; ERR_INVALID ends as a usage error, ERR_FATAL as
	   a wrong setting. NULL = all are good. */
	int (*begin)(void *ctx, const struct arg_list *settings, struct err *e);
	/* Prints the answer to one case (len bytes, NUL-terminated, may hold NUL). */
	enum cli_exit (*check)(void *ctx, const char *text, size_t len);
	/* The same for an argument; NULL = the argument is the case. */
	enum cli_exit (*check_argument)(void *ctx, const char *argument);
};

/* Reads options and cases, in any order, and answers all. */
int cases_run(const struct args *a, const struct cases *c, int argc, char **argv);

#endif
