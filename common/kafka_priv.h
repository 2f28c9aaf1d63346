/*
 * kafka_priv - what the Kafka wrappers share. Included by kafka*.c only.
 */
#ifndef BECKON_KAFKA_PRIV_H
#define BECKON_KAFKA_PRIV_H

#include <librdkafka/rdkafka.h>

#include "kafka.h"

/* A configuration from ours under the user's; properties on which a promise rests are refused.
   Properties that only the other kind of client knows are left out. NULL with text in e. */
rd_kafka_conf_t *kafka_conf_new(rd_kafka_type_t type, struct kafka_properties user,
				const struct kafka_property *ours, size_t nours, struct err *e);

/* Makes the client; takes conf. NULL with text in e. */
rd_kafka_t *kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, struct err *e);

/* Do brokers answer? The library tells of connections that fail, and never when one is back. */
struct kafka_link {
	char why[120]; /* there is doubt: what was told last */
	bool away;     /* one was asked, and did not answer */
	int64_t ask_at_ms;
};

/* The library's error callback says so. */
void kafka_link_error(struct kafka_link *l, int code, const char *reason);
/* A broker has answered something. */
void kafka_link_works(struct kafka_link *l);

/* Why no broker answers; NULL = one does. In doubt one is asked, for a moment and once a second. */
const char *kafka_link_away(struct kafka_link *l, rd_kafka_t *rk);

/* A borrowed view of a message; headers are written into the caller's array. */
void kafka_record_view(const rd_kafka_message_t *m, struct header headers[RECORD_HEADERS_MAX],
		       struct record *r);

/* A code of the library as a kind and a text: ERR_AGAIN where no broker answers, else ERR_INVALID.
 */
int kafka_failure(rd_kafka_resp_err_t code, struct err *e);

/* How many partitions a topic has; a topic that does not exist is not made by asking: ERR_INVALID.
 */
int kafka_partitions(rd_kafka_t *rk, const char *topic, int timeout_ms, int32_t *partitions,
		     struct err *e);

#endif
