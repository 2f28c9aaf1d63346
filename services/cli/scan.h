/*
 * scan - a span of a topic read to the end that it has now.
 */
#ifndef BECKON_CLI_SCAN_H
#define BECKON_CLI_SCAN_H

#include "err.h"
#include "kafka_reader.h"
#include "settings.h"

/* Takes one record; OK to go on, else the scan ends with what it returns. */
typedef int scan_take(void *ctx, const struct record *r, struct err *e);

/* ERR_AGAIN: Kafka is away, or silent for half a minute. */
int scan_topic(const struct settings *s, const struct kafka_span *span, scan_take *take, void *ctx,
	       struct err *e);

#endif
