/*
 * settings_topic - topic invite-settings as the tool reads and writes it.
 *
 * The topic is read to its end each time. Who changes a tenant's settings holds a lock in Redis
 * from reading to writing, so that nobody's change is lost; readers never need it.
 */
#ifndef BECKON_CLI_SETTINGS_TOPIC_H
#define BECKON_CLI_SETTINGS_TOPIC_H

#include <jansson.h>

#include "err.h"
#include "settings.h"
#include "settings_record.h"
#include "settings_view.h"

/* Records that are wrong are told on standard error and passed over. ERR_AGAIN: Kafka is away. */
int settings_topic_read(struct settings_view **out, const struct settings *s, struct err *e);

/* Hands over every record of the topic, in its order; what take refuses is passed over. */
int settings_topic_each(const struct settings *s,
			int (*take)(void *ctx, const struct record *r, struct err *e), void *ctx,
			struct err *e);

/* Appends a record (NULL = a tombstone, which takes it away) and waits until Kafka has it. */
int settings_topic_put(const struct settings *s, const char *key, const json_t *record,
		       struct err *e);

/* The lock on what is changed: "settings/acme", "templates/acme"; see redis_lock.h. */
struct settings_lock;
int settings_lock_take(struct settings_lock **out, const struct settings *s, const char *what,
		       struct err *e);
void settings_lock_release(struct settings_lock *l); /* NULL is fine */

/* Who runs this command, and now; actor NULL = the user of this process. */
struct settings_author settings_author(const char *actor);

#endif
