/*
 * view - how every invite stands, kept in Redis for whoever wants to see it, and told on
 * invite-state.
 *
 * A thread of its own, with its own connections, follows the topics of outcomes and requests in a
 * consumer group whose name ends with Redis' epoch. So where Redis has lost its memory and was made
 * anew, the group is a new one too and the view is filled from the topics' beginning; several
 * processes share the partitions. An offset is stored when what it says is in Redis and told.
 *
 * Where Redis or Kafka does not answer the view stands still and begins again from what was stored;
 * nothing else waits for it, and nobody decides on it.
 */
#ifndef BECKON_VIEW_H
#define BECKON_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "guard.h"
#include "kafka.h"
#include "tenant.h"

struct view;

/* Strings and kafka are borrowed until view_close. */
struct view_options {
	struct kafka_properties kafka;
	struct guard_options guard;
	const char *group;    /* the epoch is added */
	const char *instance; /* static membership; NULL = dynamic */
	const char *topic_status, *topic_requested;
	const char *topic_state; /* where it does not exist nothing is told there */
};

int view_open(struct view **out, const struct view_options *o, struct err *e);
void view_close(struct view *v); /* takes NULL */

/* What tenants have settled, from now on: how long what has ended is kept. Any thread. */
void view_publish(struct view *v, struct tenants *tenants);

/* For metrics, from any thread. */
struct view_stand {
	int64_t records; /* taken so far */
	int64_t lag;	 /* not read yet, in the partitions of this process; -1 = not known */
};
struct view_stand view_stand(struct view *v);

#endif
