#include "clock.h"

#include <string.h>

#include "crash.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define MEASURE_MS 1000

/* ---- numbers ---- */

static const struct metric_family parked_family = { METRIC_GAUGE, "beckon_parked",
						    "Items that wait for their time, by reason." };

/* Every clock tells the same numbers: they are of what waits, not of itself. */
static void tell_parked(struct clock *c, const struct later_stats *stats)
{
	for (size_t i = 0; i < c->nparked; i++)
		metric_set(c->parked[i], 0);
	c->nparked = stats->nreasons;
	for (size_t i = 0; i < stats->nreasons; i++) {
		const struct later_reason *r = &stats->reasons[i];
		const char *labels[] = { "reason", r->name[0] ? r->name : "none", NULL };

		c->parked[i] = metrics_series(stage_metrics(c->run), &parked_family, labels);
		/* what an older version parked was not counted */
		metric_set(c->parked[i], r->waiting > 0 ? (double)r->waiting : 0);
	}
}

static void measure(struct clock *c)
{
	struct later_stats stats;
	struct err e;
	int64_t now = now_mono_ms();

	if (now - c->measured_ms < MEASURE_MS || later_stats(stage_guard(c->run), &stats, &e) < 0)
		return;
	c->measured_ms = now;
	tell_parked(c, &stats);
	metric_set(c->overdue, (double)stats.overdue);
	metric_set(c->due_lag, (double)stats.oldest_overdue_ms / 1000.0);
}

/* ---- batches ---- */

static void batch_clear(struct clock_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		later_leased_clear(&b->items[i]);
	b->n = b->acked = 0;
	b->dropping = false;
}

static int64_t age_ms(const struct clock_batch *b)
{
	return now_boot_ms() - b->leased_ms;
}

static struct clock_batch *batch_free(struct clock *c)
{
	for (size_t i = 0; i < CLOCK_BATCHES; i++)
		if (!c->batches[i].n)
			return &c->batches[i];
	return NULL;
}

/* Kafka has had time enough for one of the batches: what is leased now would come back to us, or to
   another clock, before it is acknowledged. */
static bool kafka_lags(const struct clock *c)
{
	for (size_t i = 0; i < CLOCK_BATCHES; i++)
		if (c->batches[i].n && age_ms(&c->batches[i]) > c->settings.lease_ms / 2)
			return true;
	return false;
}

/* ---- dropping ---- */

/* What is with Kafka need not wait any longer: to be dropped with the next question to Redis. */
static void drop_done(struct clock *c)
{
	struct later_ref refs[CLOCK_BATCH];

	for (size_t k = 0; k < CLOCK_BATCHES; k++) {
		struct clock_batch *b = &c->batches[k];

		b->dropping = b->n && b->acked == b->n;
		if (!b->dropping)
			continue;
		crash_point("put-back");
		for (size_t i = 0; i < b->n; i++)
			refs[i] = (struct later_ref){ b->items[i].item.id, b->items[i].item.turn };
		later_add_drop(stage_guard(c->run), refs, b->n);
	}
}

/* Redis has answered. Had it not, they would be dropped again, or put back twice, which a claim
   finds out. */
static void forget_done(struct clock *c)
{
	for (size_t k = 0; k < CLOCK_BATCHES; k++) {
		if (!c->batches[k].dropping)
			continue;
		crash_point("dropped");
		batch_clear(&c->batches[k]);
	}
}

/* ---- putting back ---- */

static void put_back(struct clock_batch *b, const struct later_item *item)
{
	struct clock *c = b->clock;
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

	if (stage_put(c->run, &m, b, &e) < 0)
		stage_die(c->run, e.text);
	metric_add(c->put_back, 1);
}

/* Whoever was stopped for longer than the lease leaves the rest to the clock that has it now. */
static void put_back_all(struct clock_batch *b)
{
	size_t n = 0;

	while (n < b->n && age_ms(b) < b->clock->settings.lease_ms)
		put_back(b, &b->items[n++].item);
	if (n < b->n)
		log_warn("ev=lease-lost count=%zu", b->n - n);
	for (size_t i = n; i < b->n; i++)
		later_leased_clear(&b->items[i]);
	b->n = n;
}

static void observe_late(struct clock *c, const struct clock_batch *b, int64_t now)
{
	for (size_t i = 0; i < b->n; i++)
		metric_observe(c->late, (double)(now - b->items[i].item.due_ms) / 1000.0);
}

/* Leases into b. Returns in how many ms it is worth looking again; ERR_AGAIN: Redis is away. */
static int64_t lease(struct clock *c, struct clock_batch *b)
{
	struct later_due due;
	struct err e;

	b->clock = c;
	b->leased_ms = now_boot_ms();
	if (later_lease(stage_guard(c->run), c->settings.lease_ms, CLOCK_BATCH, b->items, &due,
			&e) < 0)
		return ERR_AGAIN;
	b->n = due.n;
	if (due.unreadable) {
		metric_add(c->unreadable, (double)due.unreadable);
		log_error("ev=unreadable count=%zu why=\"parked by a newer version, left to it\"",
			  due.unreadable);
	}
	if (b->n)
		crash_point("leased");
	observe_late(c, b, due.now_ms);
	put_back_all(b);
	if (b->n)
		log_debug("ev=put-back count=%zu", b->n);
	return due.next_due_ms > due.now_ms ? due.next_due_ms - due.now_ms : 0;
}

/* ---- what the skeleton calls ---- */

/* An acknowledgement wakes us before the time is over. */
int64_t clock_tick(void *ctx)
{
	struct clock *c = ctx;
	struct clock_batch *b = batch_free(c);
	int64_t next = c->settings.poll_ms;
	struct err e;

	if (!stage_ready(c->run))
		return next;
	drop_done(c);
	if (b && !stage_stopping(c->run) && !kafka_lags(c))
		next = lease(c, b);
	else if (guard_run(stage_guard(c->run), &e) < 0)
		next = ERR_AGAIN;
	if (next < 0)
		return c->settings.poll_ms;
	forget_done(c);
	measure(c);
	if (resume_look(&c->resume, c->run))
		next = 0;
	return next < c->settings.poll_ms ? next : c->settings.poll_ms;
}

void clock_acked(void *ctx, void *cookie)
{
	struct clock_batch *b = cookie;

	(void)ctx;
	b->acked++;
}

size_t clock_draining(void *ctx, bool over)
{
	const struct clock *c = ctx;
	size_t left = 0;

	(void)over; /* what is not acknowledged yet is put back again when its lease ends */
	for (size_t i = 0; i < CLOCK_BATCHES; i++)
		left += c->batches[i].n;
	return left;
}

int clock_open(void *ctx, struct run *r, struct err *e)
{
	static const struct metric_family families[] = {
		{ METRIC_GAUGE, "beckon_parked_overdue",
		  "Items that are due and not put back yet." },
		{ METRIC_GAUGE, "beckon_due_lag_seconds",
		  "How long the oldest due item has been due; 0 = none." },
		{ METRIC_COUNTER, "beckon_put_back_total", "Items put back on their topic." },
		{ METRIC_HISTOGRAM, "beckon_put_back_late_seconds",
		  "How long after their due time items were leased." },
		{ METRIC_COUNTER, "beckon_parked_unreadable_total",
		  "Times that a due item was left to the newer version that has parked it." },
	};
	struct clock *c = ctx;
	struct metric **own[] = { &c->overdue, &c->due_lag, &c->put_back, &c->late,
				  &c->unreadable };

	c->run = r;
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		*own[i] = metrics_series(stage_metrics(r), &families[i], NULL);
	return stage_follow(r, NULL, e); /* for the pauses */
}

void clock_close(void *ctx)
{
	struct clock *c = ctx;

	for (size_t i = 0; i < CLOCK_BATCHES; i++)
		batch_clear(&c->batches[i]);
}
