/*
 * view_tell - the states that a batch changed, told on topic invite-state.
 *
 * Told is at once, and acknowledged later: whoever stores offsets awaits that first. A producer of
 * its own, used by one thread.
 */
#ifndef BECKON_VIEW_TELL_H
#define BECKON_VIEW_TELL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "kafka.h"
#include "view_batch.h"

/* All zero = not open. */
struct view_tell {
	struct producer *producer;
	const char *topic;	   /* borrowed */
	bool tells;		   /* there is such a topic */
	size_t untold;		   /* not acknowledged */
	const atomic_bool *ending; /* true: nothing is waited for long; NULL = never; borrowed */
};

/* Does nothing where it is open. Where the topic does not exist nothing is told (ev=state-missing).
   t stays where it is until the close. ERR_AGAIN: there is no broker. */
int view_tell_open(struct view_tell *t, struct kafka_properties kafka, const char *topic,
		   struct err *e);
void view_tell_close(struct view_tell *t);

/* ERR_AGAIN: some may be told, the others are not. */
int view_tell_all(struct view_tell *t, const struct view_batch *b, struct err *e);

/* Any record that is told with them. */
int view_tell_put(struct view_tell *t, const struct kafka_message *m, struct err *e);

/* An invite is gone: a tombstone, after which the topic forgets it. */
int view_tell_gone(struct view_tell *t, const char *key, struct err *e);

/* Until Kafka has all that was told; ERR_AGAIN: it does not come to an end. */
int view_tell_await(struct view_tell *t, struct err *e);

#endif
