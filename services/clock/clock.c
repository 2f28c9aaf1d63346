#include "clock.h"

#include <string.h>

#include "crash.h"
#include "log.h"
#include "now.h"

#define MEASURE_MS 1000

static void measure(struct clock *c)
{
	struct later_stats stats;
	struct err e;
	int64_t now = now_mono_ms();

	if (now - c->measured_ms < MEASURE_MS || later_stats(stage_guard(c->run), &stats, &e) < 0)
		return;
	c->measured_ms = now;
	metric_set(c->parked, (double)stats.waiting);
	metric_set(c->overdue, (double)stats.overdue);
	metric_set(c->due_lag, (double)stats.oldest_overdue_ms / 1000.0);
}

/* Everything of the batch is with Kafka: it need not wait any longer. */
static int drop(struct clock *c)
{
	struct later_ref refs[CLOCK_BATCH];
	struct err e;

	if (!c->nleased || c->nacked < c->nleased)
		return OK;
	crash_point("put-back");
	for (size_t i = 0; i < c->nleased; i++)
		refs[i] = (struct later_ref){ c->leased[i].item.id, c->leased[i].item.turn };
	if (later_drop(stage_guard(c->run), refs, c->nleased, &e) < 0)
		return ERR_AGAIN; /* dropped when Redis is back; or put back twice, which a claim
				     finds out */
	crash_point("dropped");
	for (size_t i = 0; i < c->nleased; i++)
		later_leased_clear(&c->leased[i]);
	c->nleased = c->nacked = 0;
	return OK;
}

static void put_back(struct clock *c, const struct later_item *item)
{
	struct err e;
	struct kafka_message m = {
		.topic = item->topic,
		.partition = -1,
		.key = item->key,
		.key_len = strlen(item->key),
		.value = item->value,
		.value_len = item->value_len,
		.headers = item->headers,
		.header_count = item->header_count,
	};

	if (stage_put(c->run, &m, c, &e) < 0)
		stage_die(c->run, e.text);
	metric_add(c->put_back, 1);
}

/* Returns in how many ms it is worth looking again. */
static int64_t lease(struct clock *c)
{
	int64_t next_due, now;
	struct err e;

	if (c->nleased || stage_stopping(c->run))
		return c->settings.poll_ms;
	if (later_lease(stage_guard(c->run), c->settings.lease_ms, CLOCK_BATCH, c->leased,
			&c->nleased, &next_due, &now, &e) < 0)
		return c->settings.poll_ms;
	crash_point("leased");
	for (size_t i = 0; i < c->nleased; i++)
		put_back(c, &c->leased[i].item);
	if (c->nleased) {
		log_debug("ev=put-back count=%zu", c->nleased);
		return INT64_MAX; /* the acknowledgements wake us */
	}
	return next_due - now < c->settings.poll_ms ? next_due - now : c->settings.poll_ms;
}

int64_t clock_tick(void *ctx)
{
	struct clock *c = ctx;
	int64_t next;

	if (!stage_ready(c->run) || drop(c) < 0)
		return c->settings.poll_ms;
	next = lease(c);
	measure(c);
	return next > 0 ? next : 1;
}

void clock_acked(void *ctx, void *cookie)
{
	struct clock *c = cookie;

	(void)ctx;
	c->nacked++;
}

size_t clock_draining(void *ctx, bool over)
{
	(void)over; /* what is not acknowledged yet is put back again when its lease ends */
	return ((struct clock *)ctx)->nleased;
}

int clock_open(void *ctx, struct run *r, struct err *e)
{
	static const struct metric_family families[] = {
		{ METRIC_GAUGE, "beckon_parked", "Items that wait for their time." },
		{ METRIC_GAUGE, "beckon_parked_overdue",
		  "Items that are due and not put back yet." },
		{ METRIC_GAUGE, "beckon_due_lag_seconds",
		  "How long the oldest due item has been due; 0 = none." },
		{ METRIC_COUNTER, "beckon_put_back_total", "Items put back on their topic." },
	};
	struct clock *c = ctx;
	struct metric **own[] = { &c->parked, &c->overdue, &c->due_lag, &c->put_back };

	(void)e;
	c->run = r;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		*own[i] = metrics_series(stage_metrics(r), &families[i], NULL);
	return OK;
}

void clock_close(void *ctx)
{
	struct clock *c = ctx;

	for (size_t i = 0; i < c->nleased; i++)
		later_leased_clear(&c->leased[i]);
}
