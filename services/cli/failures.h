/*
 * failures - invites that ended as an error with one code and have not moved on since, as the
 * status topic tells it.
 */
#ifndef BECKON_CLI_FAILURES_H
#define BECKON_CLI_FAILURES_H

#include <jansson.h>
#include <stddef.h>

#include "ids.h"
#include "told.h"

#define FAILURES_MAX 100000 /* more are left for the next run */

struct failure {
	char tenant[IDS_NAME_MAX + 1], invite[IDS_NAME_MAX + 1];
	char outcome[IDS_OUTCOME_SIZE];
	int64_t sequence[3], at_ms;
	int replays; /* that led to it */
	bool moved_on;
};

struct failures {
	const char *code, *tenant; /* tenant NULL = all */
	json_t *places;		   /* "tenant/invite" -> its place in list */
	struct failure *list;
	size_t count;
};

void failures_init(struct failures *f, const char *code, const char *tenant);
void failures_clear(struct failures *f);

/* Takes an outcome, in the order of the topic. */
void failures_take(struct failures *f, const struct told *t);

#endif
