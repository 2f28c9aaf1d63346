/*
 * topic_end - what a compacted topic says of one key, read to its end: Kafka's own word, where this
 * process' follower may be behind.
 */
#ifndef BECKON_TOPIC_END_H
#define BECKON_TOPIC_END_H

#include <stdint.h>

#include "err.h"
#include "kafka.h"
#include "record.h"

struct topic_end {
	struct kafka_properties kafka;
	const char *topic, *key;
	int64_t silence_max_ms; /* without a record, while there are more */
};

/* Hands over every record of the partition that holds the key, in its order. ERR_AGAIN: Kafka is
   away. */
int topic_end_read(const struct topic_end *t, void (*take)(void *ctx, const struct record *r),
		   void *ctx, struct err *e);

#endif
