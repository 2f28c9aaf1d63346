/*
 * lookout - the thread that looks at the fleet's processes every ten seconds, whether or not
 * anybody has the page open, and keeps what the last hour was like (past.h). In memory: whoever
 * starts anew begins with nothing.
 */
#ifndef BECKON_LOOKOUT_H
#define BECKON_LOOKOUT_H

#include <jansson.h>

#include "guard.h"

struct lookout;

/* guard becomes its own, and is freed by lookout_close; prefix (of keys in Redis) is borrowed. */
struct lookout *lookout_open(struct guard *guard, const char *prefix);
void lookout_close(struct lookout *l); /* takes NULL */

/* past_json; from any thread. */
json_t *lookout_past(struct lookout *l);

#endif
