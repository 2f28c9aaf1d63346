/*
 * kafka_admin - topics are made and looked at.
 */
#ifndef BECKON_KAFKA_ADMIN_H
#define BECKON_KAFKA_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "kafka.h"

struct kafka_topic {
	const char *name;
	int partitions, replication;
	const struct kafka_property *config;
	size_t nconfig;
};

/* Makes one topic; one that exists is left as it is and *created is false. ERR_AGAIN: no broker. */
int kafka_topic_create(struct kafka_properties user, const struct kafka_topic *t, int timeout_ms,
		       bool *created, struct err *e);

/* Reads one configuration value of a topic into out; "" where the broker does not say. */
int kafka_topic_config(struct kafka_properties user, const char *topic, const char *name, char *out,
		       size_t size, struct err *e);

/* What a topic holds now. */
struct kafka_size {
	int32_t partitions;
	int64_t records; /* that are kept; with those that compaction has removed */
	int64_t ever;	 /* that were ever appended */
};
int kafka_topic_size(struct kafka_properties user, const char *topic, int timeout_ms,
		     struct kafka_size *out, struct err *e);

/* Sum over partitions of (end - start) offsets: 0 = nothing was ever kept there. ERR_INVALID: no
 * such topic. */
int kafka_topic_records(struct kafka_properties user, const char *topic, int timeout_ms,
			int64_t *records, struct err *e);

#endif
