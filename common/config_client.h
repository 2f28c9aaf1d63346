/*
 * config_client - the keys that every program of ours has: where Kafka and Redis are, and what the
 * topics are called.
 *
 * Rows of a table of keys for a struct with the members redis_url, redis_password, redis_prefix,
 * redis_timeout_ms, topics[TOPIC_COUNT] and a config_map for librdkafka's properties.
 */
#ifndef BECKON_CONFIG_CLIENT_H
#define BECKON_CONFIG_CLIENT_H

#include "config.h"

enum topic {
	TOPIC_REQUESTED,
	TOPIC_EMAIL,
	TOPIC_SMS,
	TOPIC_STATUS,
	TOPIC_STATE,
	TOPIC_SETTINGS,
	TOPIC_TEMPLATES,
	TOPIC_DEAD_LETTER,
	TOPIC_COUNT,
};

/* clang-format off */
/* redis.timeout: a turn of a service waits for several answers, and must end before the loop counts
   as stuck. */
#define CONFIG_CLIENT_KEYS(S, kafka_map) \
	{ CONFIG_MAP(S, kafka_map), .name = "kafka", \
	  .help = "librdkafka properties, bootstrap.servers first of all; SASL and TLS are set here." }, \
	{ CONFIG_STRING(S, redis_url), .name = "redis.url", .fallback = "redis://127.0.0.1:6379", \
	  .help = "redis://user@host:port/db or unix:///path.sock; rediss:// where the build has it." }, \
	{ CONFIG_SECRET(S, redis_password), .name = "redis.password", \
	  .help = "Password of the Redis user." }, \
	{ CONFIG_STRING(S, redis_prefix), .name = "redis.prefix", .fallback = "beckon:", \
	  .help = "Begins every key." }, \
	{ CONFIG_DURATION(S, redis_timeout_ms), .name = "redis.timeout", .fallback = "500ms", \
	  .min = 10, .max = 5000, .help = "How long one answer may take." }, \
	{ CONFIG_STRING(S, topics[TOPIC_REQUESTED]), .name = "topics.requested", \
	  .fallback = "invite-requested", .help = "What applications ask." }, \
	{ CONFIG_STRING(S, topics[TOPIC_EMAIL]), .name = "topics.email", \
	  .fallback = "invite-email", .help = "Deliveries by e-mail." }, \
	{ CONFIG_STRING(S, topics[TOPIC_SMS]), .name = "topics.sms", \
	  .fallback = "invite-sms", .help = "Deliveries by SMS." }, \
	{ CONFIG_STRING(S, topics[TOPIC_STATUS]), .name = "topics.status", \
	  .fallback = "invite-status", .help = "Outcomes." }, \
	{ CONFIG_STRING(S, topics[TOPIC_STATE]), .name = "topics.state", \
	  .fallback = "invite-state", .help = "The folded invitations, latest only." }, \
	{ CONFIG_STRING(S, topics[TOPIC_SETTINGS]), .name = "topics.settings", \
	  .fallback = "invite-settings", .help = "Tenants' settings, pauses, suppressions, API keys." }, \
	{ CONFIG_STRING(S, topics[TOPIC_TEMPLATES]), .name = "topics.templates", \
	  .fallback = "invite-templates", .help = "Tenants' templates." }, \
	{ CONFIG_STRING(S, topics[TOPIC_DEAD_LETTER]), .name = "topics.dead_letter", \
	  .fallback = "invite-dead-letter", .help = "Bytes that are no readable event." }
/* clang-format on */

#endif
