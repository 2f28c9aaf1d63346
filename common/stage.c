#include "stage_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_client.h"
#include "config_fleet.h"
#include "crypto.h"
#include "http_address.h"
#include "log.h"
#include "mem.h"
#include "redis_url.h"
#include "signals.h"
#include "watchdog.h"

#define METADATA_WAIT_MS 2000

static const char *const log_levels[] = { "error", "warn", "info", "debug", NULL };
static const char *const log_formats[] = { "logfmt", "json", NULL };

#define S struct stage_settings
static const struct config_key common_keys[] = {
	CONFIG_CLIENT_KEYS(S, kafka),
	{ CONFIG_STRING(S, group), .name = "group",
	  .help = "Consumer group; default beckon-<service>. Each service must have its own." },
	{ CONFIG_STRING(S, slot), .name = "slot",
	  .help = "Name of this worker, unique in its group: static membership and, with "
		  "state_dir, the journal." },
	{ CONFIG_STRING(S, state_dir), .name = "state_dir", .fallback = "/var/lib/beckon",
	  .help = "Where the journal of deliveries in flight lives; must survive a restart." },
	{ CONFIG_STRING(S, http_listen), .name = "http.listen", .fallback = "127.0.0.1:0",
	  .help = "Address of /metrics, /healthz and /readyz; port 0 = any free one." },
	{ CONFIG_STRING(S, log_level), .name = "log.level", .fallback = "info", .words = log_levels,
	  .help = "The least urgent level written." },
	{ CONFIG_STRING(S, log_format), .name = "log.format", .fallback = "logfmt",
	  .words = log_formats, .help = "logfmt or json, one line a fact." },
	{ CONFIG_DURATION(S, drain_ms), .name = "drain", .fallback = "25s", .min = 0, .max = 600000,
	  .help = "After SIGTERM, how long what is in flight may take to end." },
	{ CONFIG_DURATION(S, event_memory_ms), .name = "memory.events", .fallback = "120d",
	  .min = 1000, .max = 63072000000, .help = "How long an event is recognised as seen." },
	{ CONFIG_DURATION(S, delivery_memory_ms), .name = "memory.deliveries", .fallback = "8d",
	  .min = 1000, .max = 63072000000,
	  .help = "How long a final verdict is kept; longer than the job topic's retention." },
};
#undef S

const struct stage_settings *stage_settings(const struct run *r)
{
	return &r->settings;
}

const char *stage_topic(const struct run *r, enum stage_topic t)
{
	return r->settings.topics[t];
}

struct guard *stage_guard(struct run *r)
{
	return r->guard;
}

struct journal *stage_journal(struct run *r)
{
	return r->journal;
}

struct metrics *stage_metrics(struct run *r)
{
	return stage_health_metrics(r);
}

struct producer *stage_producer(struct run *r)
{
	return r->producer;
}

int stage_wake_fd(const struct run *r)
{
	return r->wake_fd;
}

bool stage_ready(const struct run *r)
{
	return r->guard_ok && guard_is_ready(r->guard);
}

bool stage_stopping(const struct run *r)
{
	return r->stopping;
}

void stage_die(struct run *r, const char *why)
{
	if (!r->dying[0])
		snprintf(r->dying, sizeof(r->dying), "%s", why);
}

static struct kafka_properties properties(const struct config_map *m, struct kafka_property *list)
{
	for (size_t i = 0; i < m->count; i++)
		list[i] = (struct kafka_property){ m->pairs[i].name, m->pairs[i].value };
	return (struct kafka_properties){ list, m->count };
}

/* What is told at once instead of when Kafka, Redis and the door of metrics are opened. */
static int check(const void *settings, struct err *e)
{
	const struct stage_settings *s = settings;
	autofree struct kafka_property *list = xcalloc(s->kafka.count, sizeof(*list));
	struct redis_url url;

	if (kafka_properties_check(properties(&s->kafka, list), e) < 0)
		return ERR_FATAL;
	if (redis_url_parse(s->redis_url, &url, e) < 0)
		return err_prefix(e, ERR_FATAL, "redis.url");
	return http_address_check("http.listen", s->http_listen, e);
}

static int load(struct run *r, void *settings, char **argv, struct err *e)
{
	autofree char *program_name = xasprintf("beckon-%s", r->stage->name);
	struct config_table tables[] = {
		{ common_keys, ARRAY_LEN(common_keys), &r->settings, check },
		{ r->stage->keys, r->stage->key_count, settings, r->stage->check },
	};
	struct config_program program = { program_name, r->stage->summary, tables,
					  ARRAY_LEN(tables), config_fleet };

	if (crypto_init(e) < 0) /* checks may read keys */
		return ERR_FATAL;
	return config_load(&r->config, &program, argv, e);
}

static void apply_log(const struct run *r)
{
	enum log_level level = LOG_LEVEL_ERROR;

	while (log_levels[level] && strcmp(log_levels[level], r->settings.log_level))
		level++;
	log_setup(r->stage->name, level, !strcmp(r->settings.log_format, "json"));
}

/* Back-off is lengthened at random: differently in each process. */
static void seed(void)
{
	unsigned drawn;

	crypto_random(&drawn, sizeof(drawn));
	srandom(drawn);
}

static int open_journal(struct run *r, struct err *e)
{
	if (!r->stage->journal || !r->settings.slot)
		return OK;
	if (mkdir(r->settings.state_dir, 0700) < 0 && errno != EEXIST)
		return err_set(e, ERR_FATAL, "state_dir %s: %s", r->settings.state_dir,
			       strerror(errno));
	return journal_open(&r->journal, r->settings.state_dir, r->settings.slot, STAGE_UNDONE_MAX,
			    e);
}

static int open_guard(struct run *r, struct err *e)
{
	unsigned char random[12];
	char holder[sizeof(random) * 2 + 1];
	struct guard_options o = {
		.redis_url = r->settings.redis_url,
		.redis_password = r->settings.redis_password,
		.prefix = r->settings.redis_prefix,
		.client_name = r->stage->name,
		.timeout_ms = (int)r->settings.redis_timeout_ms,
		.event_memory_s = r->settings.event_memory_ms / 1000,
		.delivery_memory_s = r->settings.delivery_memory_ms / 1000,
		.incarnation = 1,
	};

	crypto_random(random, sizeof(random));
	crypto_hex(random, sizeof(random), holder);
	o.holder = holder;
	if (r->journal) {
		o.holder = journal_id(r->journal);
		o.incarnation = journal_incarnation(r->journal);
	}
	return guard_new(&r->guard, &o, e);
}

struct kafka_properties stage_kafka(const struct run *r, struct kafka_property *list)
{
	return properties(&r->settings.kafka, list);
}

static int open_producer(struct run *r, struct err *e)
{
	autofree struct kafka_property *list = xcalloc(r->settings.kafka.count, sizeof(*list));
	struct kafka_properties user = stage_kafka(r, list);
	int code;

	kafka_begin(user);
	code = producer_open(&r->producer, user, stage_on_acked, r, e);
	if (code == OK)
		producer_wake(r->producer, r->wake_fd);
	return code;
}

/* The outcome topic's metadata is there before the first append. A broker that is away is no reason
   not to start: the loop waits for it. */
static int warm(struct run *r, struct err *e)
{
	int code = producer_warm(r->producer, stage_topic(r, STAGE_TOPIC_STATUS), METADATA_WAIT_MS,
				 NULL, e);

	if (code == ERR_AGAIN)
		log_warn("ev=kafka-away why=\"%s\"", e->text);
	return code == ERR_AGAIN ? OK : code;
}

static void tell_insecure(struct run *r)
{
	autofree struct kafka_property *list = xcalloc(r->settings.kafka.count, sizeof(*list));

	if (kafka_properties_trusting(stage_kafka(r, list)))
		stage_insecure(r, "kafka");
}

static int open_all(struct run *r, struct err *e)
{
	r->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!r->settings.group)
		r->settings.group = xasprintf("beckon-%s", r->stage->name);
	if (open_journal(r, e) < 0 || open_guard(r, e) < 0 || open_producer(r, e) < 0 ||
	    warm(r, e) < 0 || stage_health_open(r, e) < 0)
		return ERR_FATAL;
	tell_insecure(r);
	if (r->stage->open(r->ctx, r, e) < 0)
		return ERR_FATAL;
	if (r->stage->input == STAGE_TOPIC_NONE)
		return OK;
	return stage_open_consumer(r, e);
}

static void close_all(struct run *r)
{
	r->stage->close(r->ctx);
	stage_follow_close(r);
	stage_templates_close(r);
	stage_health_close(r);
	stage_free_works(r);
	producer_close(r->producer);
	guard_free(r->guard);
	journal_close(r->journal);
	close(r->wake_fd);
	close(r->signal_fd);
	config_free(r->config);
}

int stage_main(const struct stage *stage, void *ctx, void *settings, char **argv)
{
	struct run *r = xcalloc(1, sizeof(*r));
	struct err e = { "" };
	int code;

	r->stage = stage;
	r->ctx = ctx;
	code = load(r, settings, argv, &e);
	if (code == CONFIG_DONE)
		return 0;
	if (code < 0) {
		fprintf(stderr, "beckon-%s: %s\n", stage->name, e.text);
		return CONFIG_EXIT;
	}
	apply_log(r);
	seed();
	watchdog_no_core();
	watchdog_open();
	if (signals_open(&r->signal_fd, &e) < 0 || open_all(r, &e) < 0) {
		fprintf(stderr, "beckon-%s: %s\n", stage->name, e.text);
		return CONFIG_EXIT;
	}
	log_info("ev=started version=%s group=%s http_port=%d", BECKON_VERSION, r->settings.group,
		 stage_health_port(r));
	code = stage_loop(r);
	log_info("ev=stopped code=%d", code);
	close_all(r);
	free(r);
	return code;
}
