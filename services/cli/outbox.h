/*
 * outbox - records that the tool appends: events of its own, and letters that go out again.
 */
#ifndef BECKON_CLI_OUTBOX_H
#define BECKON_CLI_OUTBOX_H

#include <jansson.h>
#include <stddef.h>

#include "err.h"
#include "kafka.h"
#include "settings.h"

#define OUTBOX_SOURCE "beckon/cli" /* of every event of the tool */

struct outbox {
	struct producer *producer;
	size_t given, acked, refused; /* records; refused = the broker will never take it */
	char why[160];		      /* of the last one refused */
};

/* Not to be moved while it is open. topic is one that will be written to. ERR_AGAIN: no broker;
   ERR_FATAL: no such topic. */
int outbox_open(struct outbox *o, const struct settings *s, const char *topic, struct err *e);
void outbox_close(struct outbox *o); /* a zeroed one is fine */

int outbox_put(struct outbox *o, const struct kafka_message *m, struct err *e);

/* One of our own events: its whole is copied. */
struct outbox_event {
	const char *id, *type; /* without the prefix */
	const char *tenant, *invite;
	const json_t *data;
	const char *header, *header_value; /* one more; NULL = none */
};
int outbox_put_event(struct outbox *o, const char *topic, const struct outbox_event *event,
		     struct err *e);

/* Waits until everything given is answered. ERR_AGAIN: Kafka is silent; ERR_INVALID: it refused
   some. */
int outbox_flush(struct outbox *o, struct err *e);

#endif
