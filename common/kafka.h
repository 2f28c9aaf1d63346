/*
 * kafka - a producer and a group consumer as a service needs them.
 *
 * Together with kafka_admin, kafka_reader and kafka_mock the only includer of librdkafka.
 * Producer: idempotent, acks=all, murmur2_random (the partitioner of Java's clients), no time-out:
 * a record is acknowledged or the process ends. Consumer: offsets are stored by hand; each
 * partition has a queue of its own which is read only while there is credit: nothing is ever
 * paused, resumed or sought (reliability.md has the proofs). All functions of one handle are called
 * by one thread.
 */
#ifndef BECKON_KAFKA_H
#define BECKON_KAFKA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "record.h"

/* A librdkafka property. Ours are applied first, the user's over them; those on which a promise
   rests (acks, enable.idempotence, enable.auto.offset.store ...) are refused. */
struct kafka_property {
	const char *name, *value;
};

struct kafka_properties {
	const struct kafka_property *list;
	size_t count;
};

/* Whether clients of both kinds can be made of them, as far as can be told without making one.
   ERR_FATAL with text that begins with "kafka.NAME". */
int kafka_properties_check(struct kafka_properties user, struct err *e);

/* Is a broker believed that cannot show that it is one: certificate or name not looked at? False
   where they are no properties of a client. */
bool kafka_properties_trusting(struct kafka_properties user);

/* Before the first client and before threads start. librdkafka has Cyrus SASL load every mechanism
   that is installed, Berkeley DB among them; it uses it for Kerberos alone, so without that nothing
   is loaded. */
void kafka_begin(struct kafka_properties user);

/* A record to append. Everything is copied. partition -1 = by key. Keys and headers may be absent.
 */
struct kafka_message {
	const char *topic;
	int32_t partition;
	const void *key;
	size_t key_len;
	const void *value;
	size_t value_len;
	const struct header *headers;
	size_t header_count;
};

/* ---- producer ---- */

struct producer;

/* acked is called from producer_poll, once per message sent, in the order of acknowledgement: error
   is NULL when every in-sync replica has it, else why the broker refused this record for good. */
typedef void (*producer_acked)(void *ctx, void *opaque, const char *error);

int producer_open(struct producer **out, struct kafka_properties user, producer_acked acked,
		  void *ctx, struct err *e);
/* ERR_AGAIN: the queue is full; ERR_INVALID: larger than message.max.bytes. */
int producer_send(struct producer *p, const struct kafka_message *m, void *opaque, struct err *e);
void producer_poll(struct producer *p, int timeout_ms); /* runs acked */
/* Makes fd (an eventfd) readable when there are acknowledgements to poll. */
void producer_wake(struct producer *p, int fd);
/* Metadata of a topic is asked for, so that the first send does not wait. ERR_AGAIN: no broker;
   ERR_FATAL: the topic does not exist. *partitions (may be NULL) is its count. */
int producer_warm(struct producer *p, const char *topic, int timeout_ms, int32_t *partitions,
		  struct err *e);
bool producer_flush(struct producer *p, int timeout_ms); /* true = everything is acknowledged */
size_t producer_queued(const struct producer *p);
/* Why no broker answers; NULL = one does. May wait a tenth of a second, once a second, while none
 * does. */
const char *producer_away(struct producer *p);
/* A fatal error of the client (fenced ...): the process must end. NULL = none. */
const char *producer_fatal(struct producer *p);
void producer_close(struct producer *p);

/* Where murmur2 puts a key in a topic of so many partitions (Java's and our partitioner). */
int32_t kafka_partition_of(const void *key, size_t len, int32_t partitions);

/* ---- consumer of a group ---- */

struct consumer;
struct consumer_partition; /* an assigned partition; dies with its revocation */

struct consumer_events {
	/* The group gave us this partition; what is returned stays with it as its user pointer. */
	void *(*assigned)(void *ctx, struct consumer_partition *part, const char *topic,
			  int32_t partition);
	/* It is ours no longer (lost: somebody else may already have it). Offsets stored before
	   this returns are committed. */
	void (*revoked)(void *ctx, void *user, bool lost);
	void *ctx;
};

struct consumer_options {
	const char *group;
	const char *instance; /* group.instance.id: static membership; NULL = dynamic */
	const char *const *topics;
	size_t ntopics;
	int wake_fd; /* eventfd made readable when a queue of ours has something */
};

int consumer_open(struct consumer **out, struct kafka_properties user,
		  const struct consumer_options *o, const struct consumer_events *events,
		  struct err *e);
/* Rebalances and errors; runs the events. ERR_FATAL: end the process. ERR_AGAIN: no broker answers
   (text); may wait as producer_away does. A static member whose session ended while no broker
   answered joins anew where a commit of its former life has fenced it. */
int consumer_poll(struct consumer *c, struct err *e);
/* Reads up to max records of one partition without waiting, handing each to take; the record is
   borrowed during the call. Returns how many. */
size_t consumer_read(struct consumer *c, struct consumer_partition *part, size_t max,
		     void (*take)(void *ctx, void *user, const struct record *r), void *ctx);
/* Everything below offset is done. False: the partition is not ours any more. */
bool consumer_store(struct consumer *c, struct consumer_partition *part, int64_t offset);
/* The topic is another one under the same name: the group's next member begins with the first
   record of each partition that is ours, not where the former one was left. Before consumer_close.
 */
void consumer_begin_anew(struct consumer *c);
/* Has the group said which partitions are ours? There may be none, where it has more members. */
bool consumer_joined(const struct consumer *c);
/* High watermark minus position: records not read yet; -1 = unknown. position -1: nothing has been
   read since the partition was assigned. */
int64_t consumer_lag(struct consumer *c, struct consumer_partition *part, int64_t position);
/* Commits what is stored and leaves the group, unless membership is static (which keeps the
   partitions for the restart). Waits 4 s at most: what is not committed by then is read again. */
void consumer_close(struct consumer *c);

#endif
