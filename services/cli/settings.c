#include "settings.h"

#include <stdlib.h>

#include "config_fleet.h"
#include "crypto.h"
#include "guard.h"
#include "mem.h"

#define S struct settings
static const struct config_key keys[] = {
	{ CONFIG_MAP(S, kafka_map), .name = "kafka",
	  .help = "librdkafka properties, bootstrap.servers first of all; SASL and TLS are set "
		  "here." },
	{ CONFIG_STRING(S, redis_url), .name = "redis.url", .fallback = "redis://127.0.0.1:6379",
	  .help = "redis://user@host:port/db or unix:///path.sock." },
	{ CONFIG_SECRET(S, redis_password), .name = "redis.password",
	  .help = "Password of the Redis user." },
	{ CONFIG_STRING(S, redis_prefix), .name = "redis.prefix",
	  .fallback = "beckon:", .help = "Begins every key." },
	{ CONFIG_DURATION(S, redis_timeout_ms), .name = "redis.timeout", .fallback = "500ms",
	  .min = 10, .max = 60000, .help = "How long one answer may take." },
	{ CONFIG_STRING(S, topics[TOPIC_REQUESTED]), .name = "topics.requested",
	  .fallback = "invite-requested", .help = "What applications ask." },
	{ CONFIG_STRING(S, topics[TOPIC_EMAIL]), .name = "topics.email", .fallback = "invite-email",
	  .help = "Deliveries by e-mail." },
	{ CONFIG_STRING(S, topics[TOPIC_SMS]), .name = "topics.sms", .fallback = "invite-sms",
	  .help = "Deliveries by SMS." },
	{ CONFIG_STRING(S, topics[TOPIC_STATUS]), .name = "topics.status",
	  .fallback = "invite-status", .help = "Outcomes." },
	{ CONFIG_STRING(S, topics[TOPIC_STATE]), .name = "topics.state", .fallback = "invite-state",
	  .help = "The folded invitations." },
	{ CONFIG_STRING(S, topics[TOPIC_SETTINGS]), .name = "topics.settings",
	  .fallback = "invite-settings", .help = "Tenants' settings." },
	{ CONFIG_STRING(S, topics[TOPIC_TEMPLATES]), .name = "topics.templates",
	  .fallback = "invite-templates", .help = "Tenants' templates." },
	{ CONFIG_STRING(S, topics[TOPIC_DEAD_LETTER]), .name = "topics.dead_letter",
	  .fallback = "invite-dead-letter", .help = "Bytes that are no readable event." },
	{ CONFIG_STRING(S, seal_public_file), .name = "keys.seal_public_file",
	  .help = "The public key that passwords are sealed for." },
	{ CONFIG_OBJECT(S, relays), .name = "relays",
	  .help = "The relays of the e-mail service, for doctor." },
	{ CONFIG_STRING(S, ring_file), .name = "keys.ring_file",
	  .help = "The keys that sign links, for token verify and doctor." },
	{ CONFIG_STRING(S, recipient_file), .name = "keys.recipient_file",
	  .help = "The key that names recipients, for doctor." },
	{ CONFIG_STRING(S, templates_dir), .name = "templates_dir",
	  .help = "The templates of the e-mail service, for doctor." },
	{ CONFIG_BOOL(S, allow_reserved), .name = "recipients.allow_reserved", .fallback = "false",
	  .help = "As the dispatcher has it, for explain." },
	{ CONFIG_OBJECT(S, tenants), .name = "tenants",
	  .help = "Settings of tenants, for doctor and explain." },
};
#undef S

static struct kafka_properties properties(const struct config_map *m)
{
	struct kafka_property *list = xcalloc(m->count, sizeof(*list));

	for (size_t i = 0; i < m->count; i++)
		list[i] = (struct kafka_property){ m->pairs[i].name, m->pairs[i].value };
	return (struct kafka_properties){ list, m->count };
}

int settings_open(struct settings *out, const struct arg_list *words, struct err *e)
{
	const char *argv[ARG_LIST_MAX + 2] = { "beckon" };
	int r;

	for (size_t i = 0; i < words->count; i++)
		argv[i + 1] = words->items[i];
	*out = (struct settings){ 0 };
	out->table = (struct config_table){ keys, ARRAY_LEN(keys), out, NULL };
	out->program = (struct config_program){ "beckon", "", &out->table, 1, config_fleet };
	r = config_load(&out->config, &out->program, (char **)argv, e);
	if (r)
		return ERR_FATAL;
	out->kafka = properties(&out->kafka_map);
	return OK;
}

void settings_close(struct settings *s)
{
	free((void *)s->kafka.list);
	config_free(s->config);
	*s = (struct settings){ 0 };
}

int settings_guard(const struct settings *s, const char *client, struct guard **out, struct err *e)
{
	struct guard_options o = { .redis_url = s->redis_url,
				   .redis_password = s->redis_password,
				   .prefix = s->redis_prefix,
				   .client_name = client,
				   .timeout_ms = (int)s->redis_timeout_ms,
				   .event_memory_s = 1,
				   .delivery_memory_s = 1 };

	return crypto_init(e) || guard_new(out, &o, e) ? ERR_FATAL : OK;
}

int settings_guard_ready(const struct settings *s, const char *client, struct guard **out,
			 struct err *e)
{
	int r = settings_guard(s, client, out, e);

	if (r == OK && (r = guard_ready(*out, e)) != OK)
		guard_free(*out);
	return r;
}
