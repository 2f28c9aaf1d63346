/*
 * sender - appends a list of people as events, as fast as Kafka takes them, a slice at a time.
 */
#ifndef BECKON_SENDER_H
#define BECKON_SENDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "invite_event.h"
#include "outbox.h"
#include "people.h"
#include "settings.h"

struct sender {
	struct outbox out; /* counts records given, acknowledged, refused */
	const char *topic;
	const struct people *people;
	const struct invite_common *common;
	size_t next; /* of people */
};

/* people and common are borrowed until the end. ERR_AGAIN: no broker; ERR_FATAL: no such topic. */
int sender_open(struct sender *s, const struct settings *settings, const struct people *people,
		const struct invite_common *common, struct err *e);
void sender_close(struct sender *s);

/* Makes fd readable when there is something to do. */
void sender_wake(struct sender *s, int fd);

/* Gives people without trouble to Kafka until its queue is full or all are given, and counts
   answers; waits up to timeout_ms for one. */
int sender_work(struct sender *s, int timeout_ms, struct err *e);
bool sender_done(const struct sender *s); /* all are given and answered */

#endif
