#include "cli.h"

#include <assert.h>
#include <stdio.h>

#include "err.h"

int cli_fail(const char *command, int kind, const struct err *e)
{
	fprintf(stderr, "beckon %s: %s\n", command, e->text);
	return kind == ERR_AGAIN ? CLI_AWAY : kind == ERR_FATAL ? CLI_CONFIG : CLI_BAD;
}

int cli_usage(const char *command, const struct err *e)
{
	fprintf(stderr, "beckon %s: %s\nTry 'beckon help %s'.\n", command, e->text, command);
	return CLI_USAGE;
}

void cli_json(json_t *value)
{
	assert(value);
	json_dumpf(value, stdout, JSON_COMPACT | JSON_ENCODE_ANY);
	putchar('\n');
	fflush(stdout);
	json_decref(value);
}
