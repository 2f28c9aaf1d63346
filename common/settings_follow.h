/*
 * settings_follow - topic invite-settings, followed while a service runs.
 *
 * The topic is folded (settings_view.h) over the configuration by a thread of its own
 * (topic_follow.h), and the loop takes what holds. Where the topic does not exist the configuration
 * alone holds; where it was there before, what was known holds on.
 */
#ifndef BECKON_SETTINGS_FOLLOW_H
#define BECKON_SETTINGS_FOLLOW_H

#include <jansson.h>
#include <stdbool.h>

#include "err.h"
#include "kafka.h"
#include "pause.h"
#include "suppress.h"
#include "tenant.h"

struct settings_follow;

struct settings_follow_options {
	struct kafka_properties kafka; /* borrowed until settings_follow_close */
	const char *topic;
	const json_t *base; /* the configuration's `tenants`; may be NULL */
	int wake_fd;	    /* eventfd: made readable when there is something to take */
};

/* ERR_FATAL as tenants_load. */
int settings_follow_open(struct settings_follow **out, const struct settings_follow_options *o,
			 struct err *e);

/* What the loop works with; all are held. */
struct settings_now {
	struct tenants *tenants;
	struct pauses *pauses;
	struct suppressions *suppressions;
};

void settings_now_clear(struct settings_now *now);

/* Puts what holds into *now, dropping what was there. True: it is news. Cheap without. What was
   found known by settings_follow_waits before is taken. */
bool settings_follow_take(struct settings_follow *f, struct settings_now *now);

/* Why what holds is not known yet; NULL = it is. Borrowed until the next call. */
const char *settings_follow_waits(struct settings_follow *f);

void settings_follow_close(struct settings_follow *f); /* NULL is fine */

#endif
