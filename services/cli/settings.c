#include "settings.h"

#include <stdlib.h>

#include "config_fleet.h"
#include "crypto.h"
#include "guard.h"
#include "mem.h"
#include "redis.h"

#define S struct settings
static const struct config_key keys[] = {
	CONFIG_CLIENT_KEYS(S, kafka_map),
	{ CONFIG_STRING(S, seal_file), .name = "keys.seal_file",
	  .help = "The keys that open passwords, for doctor." },
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
	{ CONFIG_OBJECT(S, receipts), .name = "receipts",
	  .help = "Who may tell what became of messages, for check-receipt." },
	{ CONFIG_OBJECT(S, providers), .name = "providers",
	  .help = "Who takes SMS, for what they cost." },
	{ CONFIG_OBJECT(S, routes), .name = "routes", .help = "Which of them, likewise." },
	{ CONFIG_STRING(S, public_listen), .name = "http.public",
	  .help = "Where beckon-status takes receipts, for doctor." },
	{ CONFIG_STRING(S, providers_dir), .name = "providers_dir",
	  .fallback = "/usr/share/beckon/providers", .help = "Their descriptions, likewise." },
	{ CONFIG_DURATION(S, event_memory_ms), .name = "memory.events", .fallback = "120d",
	  .min = 1000, .max = 63072000000, .help = "As the services have it, for rebuild." },
	{ CONFIG_DURATION(S, delivery_memory_ms), .name = "memory.deliveries", .fallback = "8d",
	  .min = 1000, .max = 63072000000, .help = "As the services have it, for rebuild." },
	{ CONFIG_DURATION(S, rebuild_wait_ms), .name = "rebuild.wait", .fallback = "75s", .min = 0,
	  .max = 3600000, .help = "How long what is being sent may take to be told, for rebuild." },
	{ CONFIG_INT(S, rebuild_share), .name = "rebuild.share", .fallback = "75000", .min = 1,
	  .max = 10000000, .help = "Requests that a rebuild has in hand at a time." },
	{ CONFIG_DURATION(S, message_deadline_ms), .name = "message_deadline", .fallback = "60s",
	  .min = 1000, .max = 3600000, .help = "As the couriers have it, for doctor." },
};
#undef S

/* What is wrong a command says itself: librdkafka is quiet unless it is told otherwise. */
static struct kafka_properties properties(const struct config_map *m)
{
	struct kafka_property *list = xcalloc(m->count + 1, sizeof(*list));

	list[0] = (struct kafka_property){ "log_level", "0" };
	for (size_t i = 0; i < m->count; i++)
		list[i + 1] = (struct kafka_property){ m->pairs[i].name, m->pairs[i].value };
	return (struct kafka_properties){ list, m->count + 1 };
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

	if (r == OK && (r = guard_ready(*out, e)) != OK) {
		struct err why = *e;

		if (!redis_connected(guard_redis(*out)))
			err_set(e, r, "%.200s; see redis.url", why.text);
		guard_free(*out);
		*out = NULL;
	}
	return r;
}
