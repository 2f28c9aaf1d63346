/*
 * outlet - events that the HTTP threads append, and the wait until Kafka has them.
 *
 * One producer for all threads, under one lock; a thread of its own hears the acknowledgements.
 * What is answered with OK is in Kafka. Where it was not acknowledged in time it may still get
 * there, so whoever asks again asks with the same ids; until it is, others are not made to wait as
 * long.
 */
#ifndef BECKON_OUTLET_H
#define BECKON_OUTLET_H

#include <jansson.h>
#include <stddef.h>

#include "err.h"
#include "kafka.h"

#define OUTLET_SOURCE "beckon/api" /* of every event that people and programs ask for here */
#define OUTLET_WAIT_MS 8000	   /* without an acknowledgement: Kafka is away */

struct outlet;

/* topic: that of events. Does not connect. ERR_FATAL: a property that librdkafka refuses. */
int outlet_open(struct outlet **out, struct kafka_properties kafka, const char *topic,
		struct err *e);
void outlet_close(struct outlet *o); /* takes NULL */

struct outlet_event {
	const char *id, *type; /* type without its prefix */
	const char *tenant, *invite;
	const json_t *data;
	const char *value; /* the data as bytes; NULL = as data is */
};

/* Appends all and waits for all. ERR_AGAIN: Kafka is away, some may be there; ERR_INVALID: Kafka
   refused some for good. Any thread. */
int outlet_append(struct outlet *o, const struct outlet_event *list, size_t n, struct err *e);

/* The same for one record of any topic. */
int outlet_put(struct outlet *o, const struct kafka_message *m, struct err *e);

/* How long Kafka's silence is borne now, by whoever reads it as well. */
int64_t outlet_patience_ms(struct outlet *o);

/* From now on nobody waits for long: the process is about to end. Any thread. */
void outlet_hurry(struct outlet *o);

/* Why this process must end, or NULL. */
const char *outlet_fatal(struct outlet *o);

#endif
