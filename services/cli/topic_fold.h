/*
 * topic_fold - a compacted topic as the tool reads and writes it: whole, and one record at a time.
 */
#ifndef BECKON_CLI_TOPIC_FOLD_H
#define BECKON_CLI_TOPIC_FOLD_H

#include <jansson.h>

#include "err.h"
#include "record.h"
#include "settings.h"

/* Reads the topic to its end. Records that take refuses (ERR_INVALID) are told on standard error
   and passed over. ERR_AGAIN: Kafka is away. */
int topic_fold_read(const struct settings *s, const char *topic,
		    int (*take)(void *view, const struct record *r, struct err *e), void *view,
		    struct err *e);

/* Appends a record (NULL = a tombstone, which takes it away) and waits until Kafka has it. */
int topic_fold_put(const struct settings *s, const char *topic, const char *key,
		   const json_t *record, struct err *e);

#endif
