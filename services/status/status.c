#include "status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http_address.h"
#include "log.h"
#include "mem.h"
#include "receipt.h"
#include "redis.h"

#define LOOK_MS 250 /* between two looks at a Redis that is whole, or away */

/* ---- what is told ---- */

static void tell_progress(struct status *s)
{
	const struct refill_progress *p = rebuild_progress(s->rebuild);

	metric_set(s->running, p->phase[0] && !strcmp(p->by, s->by));
	metric_set(s->done, (double)p->done);
	metric_set(s->total, (double)p->total);
	if (!strcmp(s->phase, p->phase))
		return;
	text_put(s->phase, sizeof(s->phase), p->phase);
	if (p->phase[0])
		log_info("ev=rebuild phase=%s by=%s", p->phase, p->by);
}

static void tell_done(struct status *s)
{
	const struct rebuild_sum *sum = rebuild_sum(s->rebuild);

	metric_add(s->rebuilds, 1);
	metric_set(s->seconds, (double)sum->took_ms / 1000.0);
	log_info("ev=rebuilt invites=%lld parked=%lld records=%lld passes=%lld took_ms=%lld",
		 (long long)sum->invites, (long long)sum->parked, (long long)sum->records,
		 (long long)sum->passes, (long long)sum->took_ms);
}

static void tell_view(struct status *s)
{
	struct view_stand stand = view_stand(s->view);

	if (s->view_settings != stage_settings_count(s->run)) {
		s->view_settings = stage_settings_count(s->run);
		view_publish(s->view, stage_tenants(s->run));
	}
	metric_set(s->view_lag, (double)stand.lag);
	metric_add(s->view_records, (double)(stand.records - s->view_told));
	s->view_told = stand.records;
}

/* ---- what the skeleton calls ---- */

int64_t status_tick(void *ctx)
{
	struct status *s = ctx;
	enum rebuild_answer answer;
	int64_t again_ms;
	struct err e;

	site_tick(s->site);
	tell_view(s);
	if (stage_ready(s->run) || !redis_connected(guard_redis(stage_guard(s->run))))
		return LOOK_MS;
	if (stage_stopping(s->run))
		return LOOK_MS;
	struct rebuild_policy policy = { stage_tenants(s->run), stage_catalog(s->run),
					 s->settings.recipient_key };

	if (rebuild_step(s->rebuild, &policy, &answer, &again_ms, &e))
		log_warn("ev=rebuild-failed why=\"%s\"", e.text);
	else if (answer == REBUILD_DONE)
		tell_done(s);
	tell_progress(s);
	return again_ms;
}

int status_check(const void *settings, struct err *e)
{
	const struct status_settings *s = settings;
	struct tenants *tenants = NULL;
	struct receipt_sources sources = { 0 };
	struct keyring *ring = NULL;
	int r = tenants_load(&tenants, s->tenants, e);

	tenants_free(tenants);
	if (r == OK && s->ring_file)
		r = keyring_load(&ring, s->ring_file, e);
	keyring_free(ring);
	if (r == OK)
		r = receipt_sources_open(&sources, s->site.receipts, s->site.providers_dir, e);
	receipt_sources_close(&sources);
	if (r == OK)
		r = http_address_check("http.public", s->site.public_listen, e);
	if (r == OK)
		r = http_address_check("http.private", s->site.private_listen, e);
	return r;
}

const char *status_waits(void *ctx)
{
	const struct status *s = ctx;

	return site_waits(s->site);
}

static void open_metrics(struct status *s)
{
	static const struct metric_family families[] = {
		{ METRIC_GAUGE, "beckon_rebuild_running",
		  "1 while this process makes Redis anew." },
		{ METRIC_GAUGE, "beckon_rebuild_done",
		  "How far the rebuild's phase is: records, keys or milliseconds." },
		{ METRIC_GAUGE, "beckon_rebuild_total", "Of how many; 0 = not known." },
		{ METRIC_COUNTER, "beckon_rebuilds_total",
		  "Times that this process made Redis anew." },
		{ METRIC_GAUGE, "beckon_rebuild_seconds",
		  "How long the last one took, without the wait." },
		{ METRIC_GAUGE, "beckon_view_lag",
		  "Records that the view has not read yet, of this process; -1 = not known." },
		{ METRIC_COUNTER, "beckon_view_records_total",
		  "Records that the view has taken in." },
	};
	struct metric **own[] = { &s->running, &s->done,     &s->total,	      &s->rebuilds,
				  &s->seconds, &s->view_lag, &s->view_records };

	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		*own[i] = metrics_series(stage_metrics(s->run), &families[i], NULL);
}

static void name_us(struct status *s)
{
	char host[64] = "";

	gethostname(host, sizeof(host) - 1);
	snprintf(s->by, sizeof(s->by), "%s/%ld", host, (long)getpid());
}

static int open_view(struct status *s, struct kafka_properties kafka, struct err *e)
{
	const struct stage_settings *common = stage_settings(s->run);
	struct view_options o = {
		.kafka = kafka,
		.guard = { .redis_url = common->redis_url,
			   .redis_password = common->redis_password,
			   .prefix = common->redis_prefix,
			   .client_name = "status-view",
			   .timeout_ms = (int)common->redis_timeout_ms,
			   .event_memory_s = common->event_memory_ms / 1000,
			   .delivery_memory_s = common->delivery_memory_ms / 1000,
			   .incarnation = 1 },
		.group = common->group,
		.instance = common->slot,
		.topic_status = common->topics[STAGE_TOPIC_STATUS],
		.topic_requested = common->topics[STAGE_TOPIC_REQUESTED],
		.topic_state = common->topics[STAGE_TOPIC_STATE],
	};

	return view_open(&s->view, &o, e);
}

int status_open(void *ctx, struct run *r, struct err *e)
{
	struct status *s = ctx;
	const struct stage_settings *common = stage_settings(r);
	struct rebuild_options o = {
		.pass = { .guard = stage_guard(r),
			  .topic_requested = stage_topic(r, STAGE_TOPIC_REQUESTED),
			  .topic_email = stage_topic(r, STAGE_TOPIC_EMAIL),
			  .topic_sms = stage_topic(r, STAGE_TOPIC_SMS),
			  .event_memory_ms = common->event_memory_ms,
			  .delivery_memory_ms = common->delivery_memory_ms },
		.topic_status = stage_topic(r, STAGE_TOPIC_STATUS),
		.wait_ms = s->settings.wait_ms,
		.share = s->settings.share,
		.by = s->by,
	};

	s->run = r;
	name_us(s);
	if (s->settings.ring_file && keyring_load(&s->ring, s->settings.ring_file, e) < 0)
		return ERR_FATAL;
	if (stage_follow(r, s->settings.tenants, e) < 0)
		return ERR_FATAL;
	s->kafka = xcalloc(common->kafka.count + 1, sizeof(*s->kafka));
	for (size_t i = 0; i < common->kafka.count; i++)
		s->kafka[i] = (struct kafka_property){ common->kafka.pairs[i].name,
						       common->kafka.pairs[i].value };
	o.kafka = (struct kafka_properties){ s->kafka, common->kafka.count };
	o.pass.ring = s->ring;
	s->rebuild = rebuild_open(&o);
	open_metrics(s);
	if (open_view(s, o.kafka, e) < 0)
		return ERR_FATAL;
	if (!s->settings.site.private_listen)
		stage_follow_templates(r, NULL, false); /* else they are followed to be edited */
	return site_open(&s->site, r, &s->settings.site,
			 &(struct site_shared){ .common = common,
						.recipient_key = s->settings.recipient_key,
						.ring = s->ring,
						.kafka = o.kafka,
						.view = s->view,
						.base = s->settings.tenants },
			 e);
}

void status_reloaded(void *ctx)
{
	site_reload(((struct status *)ctx)->site);
}

void status_close(void *ctx)
{
	struct status *s = ctx;

	site_close(s->site);
	view_close(s->view);
	rebuild_close(s->rebuild);
	keyring_free(s->ring);
	free(s->kafka);
}
