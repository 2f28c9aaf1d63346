/*
 * stage - the skeleton of every service: arguments, configuration, signals, health, metrics, the
 * loop.
 *
 * A service is data: a struct stage with its tables and callbacks. The skeleton reads records into
 * works, hands them over, counts the records appended for each, and stores an offset once
 * everything below it is done and acknowledged: claim, send, settle, outcome acknowledged by Kafka,
 * offset stored. A service cannot get that order wrong. Standing still means reading no partition
 * queue; nothing is ever paused.
 *
 * One thread, the loop, owns Kafka and Redis. Channel threads wake it through stage_wake_fd.
 */
#ifndef BECKON_STAGE_H
#define BECKON_STAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "config.h"
#include "config_client.h"
#include "err.h"
#include "guard.h"
#include "journal.h"
#include "kafka.h"
#include "metrics.h"
#include "pause.h"
#include "record.h"
#include "suppress.h"
#include "tenant.h"

#define STAGE_UNDONE_MAX 2048			  /* records in hand, a process */
#define STAGE_UNDONE_BYTES_MAX ((size_t)32 << 20) /* and their bytes */
#define STAGE_BATCH_MAX 128			  /* works handed over at once */

struct run; /* a stage that runs */

/* A record in hand. Its memory is a copy: fetch buffers are given back at once. */
struct work {
	struct record rec;
	struct coords coords; /* the same coordinates, as guard asks for them */
	struct stage_part *part;
	struct work *prev, *next; /* in the list of undone works */
	struct work *ahead;	  /* the next that waits for room in the window */
	unsigned pending;	  /* records appended for it that Kafka has not acknowledged */
	bool finished;		  /* the service is through with it */
	bool disowned;		  /* somebody else will do it: its offset is not stored */
	void *user;		  /* the service's own */
};

enum stage_topic {
	STAGE_TOPIC_REQUESTED = TOPIC_REQUESTED,
	STAGE_TOPIC_EMAIL = TOPIC_EMAIL,
	STAGE_TOPIC_SMS = TOPIC_SMS,
	STAGE_TOPIC_STATUS = TOPIC_STATUS,
	STAGE_TOPIC_STATE = TOPIC_STATE,
	STAGE_TOPIC_SETTINGS = TOPIC_SETTINGS,
	STAGE_TOPIC_TEMPLATES = TOPIC_TEMPLATES,
	STAGE_TOPIC_DEAD_LETTER = TOPIC_DEAD_LETTER,
	STAGE_TOPIC_COUNT = TOPIC_COUNT,
	STAGE_TOPIC_NONE = TOPIC_COUNT,
};

struct stage {
	const char *name; /* "email": the program is beckon-email, the source of its events
			     beckon/email */
	const char *summary;
	enum stage_topic input;
	const struct config_key *keys; /* the service's own */
	size_t key_count;
	/* What no single key can tell: reads what the settings name, and forgets it. Part of
	   --check; may be NULL. */
	int (*check)(const void *settings, struct err *e);
	bool journal; /* keeps a journal of deliveries in flight where a slot is given */

	/* After configuration, producer and guard are there. ERR_FATAL ends the process with
	 * exit 78. */
	int (*open)(void *ctx, struct run *r, struct err *e);
	/* Takes n works, each to be answered by stage_finish sometime. ERR_AGAIN: Redis or Kafka
	   cannot answer; nothing was taken, all are handed over again later. NULL where the stage
	   reads nothing. */
	int (*handle)(void *ctx, struct work **works, size_t n, struct err *e);
	/* How many more works it would take now, within the bounds above; NULL = as many as there
	 * are. */
	size_t (*appetite)(void *ctx);
	/* Every turn of the loop, also while standing still. Returns in how many ms it is next
	   needed at the latest; ERR_AGAIN as text in e when it cannot work now. */
	int64_t (*tick)(void *ctx);
	/* Everything appended for w is acknowledged and w is finished: the last chance to look at
	 * it. */
	void (*flushed)(void *ctx, struct work *w);
	/* w's partition is gone. Unsent work is given back; finish it as usual, but no other work
	 * from here. */
	void (*revoked)(void *ctx, struct work *w);
	/* A stage without input: what was put with this cookie is acknowledged. */
	void (*acked)(void *ctx, void *cookie);
	/* Kafka refused a record of w for good; true = another went in its place. Else the process
	 * ends. */
	bool (*refused)(void *ctx, struct work *w);
	/* SIGTERM: how many works are still in flight. Called until 0; once the drain time is over
	   what can be ended is to be ended, and there is one second for it. */
	size_t (*draining)(void *ctx, bool over);
	/* What stands in the way of working, beside Redis and Kafka: text for /readyz; NULL =
	 * nothing. */
	const char *(*waits)(void *ctx);
	/* How its ways out do, as JSON (routes_seen.h), for those who watch the fleet; about twice
	   a second. True: something has changed that they should know at once. NULL = it has none.
	 */
	bool (*routes)(void *ctx, struct buf *out);
	/* SIGHUP: secrets have been read again. */
	void (*reloaded)(void *ctx);
	void (*close)(void *ctx);
};

/* Settings that every service has; filled before open. */
struct stage_settings {
	struct config_map kafka;
	char *group, *slot, *state_dir;
	char *redis_url, *redis_password, *redis_prefix;
	int64_t redis_timeout_ms;
	char *topics[STAGE_TOPIC_COUNT];
	char *http_listen;
	char *log_level, *log_format;
	int64_t drain_ms;
	int64_t event_memory_ms, delivery_memory_ms;
};

/* The program: returns main's exit status. settings is the zeroed struct that keys' offsets belong
 * to. */
int stage_main(const struct stage *stage, void *ctx, void *settings, char **argv);

const struct stage_settings *stage_settings(const struct run *r);
const char *stage_topic(const struct run *r, enum stage_topic t);
struct guard *stage_guard(struct run *r);
struct journal *stage_journal(struct run *r); /* NULL without a slot */
struct metrics *stage_metrics(struct run *r);
int stage_wake_fd(const struct run *r); /* eventfd: writing 8 bytes wakes the loop */
bool stage_ready(const struct run *r);	/* Redis is whole */
bool stage_stopping(const struct run *r);
struct producer *stage_producer(struct run *r);

/* To be called by open: topic invite-settings is followed from now on, over base, the
   configuration's `tenants` (may be NULL). Nothing is read before its end has been reached; while
   everything is paused the service stands still. ERR_FATAL as tenants_load. */
int stage_follow(struct run *r, const json_t *base, struct err *e);
/* What holds now, until the next turn of the loop; to be held by whoever keeps it longer. */
struct tenants *stage_tenants(const struct run *r);
struct pauses *stage_pauses(const struct run *r);
struct suppressions *stage_suppressions(const struct run *r);
/* Another number whenever settings or pauses have changed. */
unsigned stage_settings_count(const struct run *r);
/* Everything is paused, or it is not known yet whether it is: begin nothing. */
bool stage_paused(const struct run *r);

/* To be called by open: topic invite-templates is followed from now on, over base, which is held
   (NULL: the versions alone are of interest). keep: the records are kept with the entries. Nothing
   is read before its end has been reached. */
void stage_follow_templates(struct run *r, struct catalog *base, bool keep);
/* What holds now, until the next turn of the loop; to be held by whoever keeps it longer. NULL:
   nothing is followed. */
struct catalog *stage_catalog(const struct run *r);
/* Has the topic been read, so that what is not in it is nowhere? */
bool stage_templates_known(const struct run *r);

/* Appends a record on behalf of w. ERR_INVALID: too large. A queue that is full cannot
   happen within the bounds above, and ends the process. */
int stage_append(struct run *r, struct work *w, const struct kafka_message *m, struct err *e);

/* Appends a record that no work stands behind: acked is told of it. For stages without input. */
int stage_put(struct run *r, const struct kafka_message *m, void *cookie, struct err *e);

/* The service is through with w; it is freed once everything appended for it is acknowledged. */
void stage_finish(struct run *r, struct work *w);

/* Not done, and not to be done by this process: once finished, w is forgotten and its offset, with
   all that follow it, is not stored. For what is unsent when a service stops. */
void stage_disown(struct work *w);

/* To be called by open: the configuration has whoever answers in place of `what` (kafka, a route)
   believed. Said once in the log, and by a metric while the process lives. */
void stage_insecure(struct run *r, const char *what);

/* Ends the process after this turn, with exit status 70 (70 = EX_SOFTWARE): a crash is a normal
 * path. */
void stage_die(struct run *r, const char *why);

/* Header by name, as text in out (cut to fit), or "" */
const char *work_header(const struct work *w, const char *name, char *out, size_t size);

#endif
