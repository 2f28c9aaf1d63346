/*
 * kafka_reader - reads whole topics without a group: every partition, from the start or from now.
 *
 * For tools and for the rebuild. Nothing is committed.
 */
#ifndef BECKON_KAFKA_READER_H
#define BECKON_KAFKA_READER_H

#include <stdbool.h>

#include "err.h"
#include "kafka.h"

struct kafka_reader;

int kafka_reader_open(struct kafka_reader **out, struct kafka_properties user,
		      const char *const *topics, size_t ntopics, bool from_start, struct err *e);

/* A part of one topic. */
#define KAFKA_SPAN_NEW INT64_MAX
struct kafka_span {
	const char *topic;
	const char *key;  /* only the partition that holds this key; NULL = all */
	int64_t since_ms; /* what the broker has taken since then; 0 = all that is kept;
			     KAFKA_SPAN_NEW = what comes from now on */
	int timeout_ms;	  /* of one answer, while it opens; 0 = ten seconds */
	int32_t of, part; /* of over 0: only the partitions whose number leaves `part` when divided
			     by it */
};
int kafka_reader_open_span(struct kafka_reader **out, struct kafka_properties user,
			   const struct kafka_span *span, struct err *e);

/* Hands one record, borrowed until the next call. OK with *r filled, ERR_AGAIN when timeout_ms
   passed without one, ERR_FATAL on a fatal client error. */
int kafka_reader_next(struct kafka_reader *k, int timeout_ms, struct record *r, struct err *e);
/* kafka_reader_next, now or the next time, returns as if its time had passed. From any thread. */
void kafka_reader_interrupt(struct kafka_reader *k);
/* Makes fd (an eventfd) readable when there are records to read after there were none. */
void kafka_reader_wake(struct kafka_reader *k, int fd);
/* True when every partition has been read up to the end it had when the reader was opened. */
bool kafka_reader_caught_up(const struct kafka_reader *k);
/* Hands over every record up to there; what take refuses is its own affair. ERR_AGAIN: Kafka is
   away, or silence_max_ms passed without a record. */
int kafka_reader_each(struct kafka_reader *k, int64_t silence_max_ms,
		      void (*take)(void *ctx, const struct record *r), void *ctx, struct err *e);
void kafka_reader_close(struct kafka_reader *k);

#endif
