/*
 * explain - each rule that an event meets, the value that the rule reads, and its verdict.
 *
 * Nothing is decided here: the event is read, looked up and decided by the dispatcher's own code
 * (ask.h), except that it is not claimed; what is told is what that code found.
 */
#ifndef BECKON_CLI_EXPLAIN_H
#define BECKON_CLI_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "advice.h"
#include "ask.h"
#include "buf.h"
#include "catalog.h"
#include "facts.h"
#include "settings.h"
#include "settings_view.h"

enum ruling { RULING_OK, RULING_NOTE, RULING_WAIT, RULING_NO };

/* One rule's answer; value is appended to. */
struct explained {
	struct buf value;
	enum ruling ruling;
};

/* Everything that rules look at. */
struct explaining {
	struct settings *settings;
	struct advice *advice;
	struct ask ask;
	struct work work;
	struct settings_view *view; /* of tenants and pauses */
	struct tenants *tenants;
	struct pauses *pauses;
	struct catalog *catalog;   /* NULL = there is none to look at */
	char *recipient_key;	   /* NULL = not told */
	bool asked;		   /* Redis has answered */
	char holder[IDS_KEY_SIZE]; /* the invite that has the address; "" = none */
	int64_t now_ms;
};

/* The next rule from *i on that applies: its name; NULL = there are no more. out is filled. */
const char *explain_next(const struct explaining *v, size_t *i, struct explained *out);

#endif
