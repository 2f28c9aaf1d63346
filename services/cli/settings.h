/*
 * settings - where Kafka and Redis are: the same keys, file and variables as the services use.
 *
 * One file serves the whole fleet, so sections that belong to the services are passed over.
 */
#ifndef BECKON_CLI_SETTINGS_H
#define BECKON_CLI_SETTINGS_H

#include <jansson.h>

#include "args.h"
#include "config_client.h"
#include "err.h"
#include "kafka.h"

/* Not to be moved while it is open. */
struct settings {
	struct config *config; /* owns what is below */
	struct config_table table;
	struct config_program program;
	struct config_map kafka_map;
	struct kafka_properties kafka; /* the same, as the wrappers take it */
	char *redis_url, *redis_password, *redis_prefix;
	int64_t redis_timeout_ms;
	char *topics[TOPIC_COUNT];
	char *seal_file, *seal_public_file; /* NULL = none */
	/* Of the services, for doctor and token verify; NULL = not told. */
	char *ring_file, *recipient_file, *templates_dir;
	json_t *relays, *tenants, *receipts, *providers, *routes; /* as they stand in the file */
	char *providers_dir;
	char *public_listen; /* http.public */
	bool allow_reserved;
	int64_t event_memory_ms, delivery_memory_ms, rebuild_wait_ms; /* for rebuild */
	int64_t rebuild_share, message_deadline_ms;
};

/* words are what args_read put aside. ERR_FATAL: a wrong setting, told as file, key and value. */
int settings_open(struct settings *out, const struct arg_list *words, struct err *e);
void settings_close(struct settings *s);

struct guard;

/* Redis, as these settings name it, for a command that asks and claims nothing. client tells Redis
   who it is. ERR_FATAL: a wrong setting; with `ready`, ERR_AGAIN: it is away or not whole. */
int settings_guard(const struct settings *s, const char *client, struct guard **out, struct err *e);
int settings_guard_ready(const struct settings *s, const char *client, struct guard **out,
			 struct err *e);

#endif
