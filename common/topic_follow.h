/*
 * topic_follow - a small compacted topic, followed while a service runs.
 *
 * A thread of its own reads the topic from its start, folds it into a view and, once it has come to
 * the end and whenever something new is there, leaves what holds for the loop to take. Nothing in
 * the topic can stop a service: a bad record is logged and passed over. Where the topic does not
 * exist (or is not ours to read, which looks the same) what the view holds without it is left, and
 * the topic is looked for again; where it was there before, what was known holds on.
 */
#ifndef BECKON_TOPIC_FOLLOW_H
#define BECKON_TOPIC_FOLLOW_H

#include <stdbool.h>

#include "err.h"
#include "kafka.h"
#include "record.h"

struct topic_follow;

/* What the topic is folded into. Called by the thread alone, but for drop; ctx is borrowed until
   topic_follow_close. */
struct topic_view {
	void *ctx;
	void (*reset)(void *ctx); /* everything anew: what the topic does not say holds no more */
	/* ERR_INVALID: the record is refused and changes nothing. *changed: something holds that
	   did not. */
	int (*take)(void *ctx, const struct record *r, bool *changed, struct err *e);
	void *(*made)(void *ctx); /* what holds now, for the loop; never NULL */
	void (*drop)(void *made); /* what nobody took, from any thread */
};

struct topic_follow_options {
	const char *what;	       /* names it in the log: "settings" */
	struct kafka_properties kafka; /* borrowed until topic_follow_close, as are the texts */
	const char *topic;
	struct topic_view view;
	int wake_fd; /* eventfd: made readable when there is something to take */
};

struct topic_follow *topic_follow_open(const struct topic_follow_options *o);

/* What is new, for the caller to drop; NULL = nothing. Cheap then. What was found known by
   topic_follow_waits before is taken. */
void *topic_follow_take(struct topic_follow *f);

/* Why what holds is not known yet; NULL = it is. Borrowed until the next call. */
const char *topic_follow_waits(struct topic_follow *f);

void topic_follow_close(struct topic_follow *f); /* NULL is fine */

#endif
