#include "clock.h"

#include <string.h>

#include "crash.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define MEASURE_MS 1000
#define AHEAD_MS 400
#define ANSWER_AGAIN_MS 1 /* between two looks whether Redis has answered */
#define BUSY_AGAIN_MS 10  /* where nothing can be leased */

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
	b->n = b->put = b->acked = 0;
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

/* Something in hand has a time that no question may make us miss. */
static bool any_to_come(const struct clock *c)
{
	for (size_t i = 0; i < CLOCK_BATCHES; i++)
		if (c->batches[i].put < c->batches[i].n)
			return true;
	return false;
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

/* How long before its time an item is leased: what Redis may take to answer while everything goes
   on time; the better part of the lease is for Kafka. */
static int64_t ahead_ms(const struct clock *c)
{
	return c->settings.lease_ms / 4 < AHEAD_MS ? c->settings.lease_ms / 4 : AHEAD_MS;
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
static void give_up(struct clock_batch *b)
{
	log_warn("ev=lease-lost count=%zu", b->n - b->put);
	for (size_t i = b->put; i < b->n; i++)
		later_leased_clear(&b->items[i]);
	b->n = b->put;
}

static void put_due(struct clock *c, struct clock_batch *b, int64_t now)
{
	size_t before = b->put;

	while (b->put < b->n && b->items[b->put].next_ms <= now) {
		const struct later_item *item = &b->items[b->put].item;

		if (age_ms(b) >= c->settings.lease_ms) {
			give_up(b);
			break;
		}
		put_back(b, item);
		metric_observe(c->late, (double)(now - item->due_ms) / 1000.0);
		b->put++;
	}
	if (b->put > before)
		log_debug("ev=put-back count=%zu", b->put - before);
}

/* Returns in how many ms the next one in hand is due. */
static int64_t put_all_due(struct clock *c)
{
	int64_t now = redis_time_at(&c->time, now_mono_ms()), next = INT64_MAX;

	for (size_t i = 0; i < CLOCK_BATCHES; i++) {
		struct clock_batch *b = &c->batches[i];

		put_due(c, b, now);
		if (b->put < b->n && b->items[b->put].next_ms - now < next)
			next = b->items[b->put].next_ms - now;
	}
	return next;
}

/* ---- asking Redis ---- */

/* What is with Kafka need not wait any longer. Returns of how many batches. */
static size_t add_drops(struct clock *c)
{
	struct later_ref refs[CLOCK_BATCH];
	size_t dropping = 0;

	for (size_t k = 0; k < CLOCK_BATCHES; k++) {
		struct clock_batch *b = &c->batches[k];

		b->dropping = b->n && b->acked == b->n;
		if (!b->dropping)
			continue;
		crash_point("put-back");
		for (size_t i = 0; i < b->n; i++)
			refs[i] = (struct later_ref){ b->items[i].item.id, b->items[i].item.turn };
		later_add_drop(stage_guard(c->run), refs, b->n);
		dropping++;
	}
	return dropping;
}

static void add_lease(struct clock *c, struct clock_batch *b)
{
	struct later_lease *l = &c->question.lease;

	*l = (struct later_lease){ .lease_ms = c->settings.lease_ms,
				   .ahead_ms = ahead_ms(c),
				   .max = CLOCK_BATCH,
				   .items = b->items };
	b->clock = c;
	b->leased_ms = now_boot_ms();
	later_add_lease(stage_guard(c->run), l);
}

/* Asks where something is to be leased or dropped by now. */
static void ask(struct clock *c, int64_t now)
{
	struct clock_question *q = &c->question;
	struct clock_batch *b = batch_free(c);
	bool may_lease = b && !stage_stopping(c->run) && !kafka_lags(c);
	size_t dropping = add_drops(c);

	if (now >= c->lease_at_ms && !may_lease)
		c->lease_at_ms = now + BUSY_AGAIN_MS;
	q->into = now >= c->lease_at_ms ? b : NULL;
	if (q->into)
		add_lease(c, b);
	q->under_way = q->into || dropping;
	q->asked_ms = now;
	if (q->under_way)
		guard_send(stage_guard(c->run));
}

/* ---- hearing it ---- */

/* Had Redis not answered, they would be dropped again, or put back twice, which a claim finds out.
 */
static void forget_done(struct clock *c)
{
	for (size_t k = 0; k < CLOCK_BATCHES; k++) {
		if (!c->batches[k].dropping)
			continue;
		crash_point("dropped");
		batch_clear(&c->batches[k]);
	}
}

/* What is leased is ours; when to lease more. */
static void take(struct clock *c, struct clock_batch *b, int64_t now)
{
	const struct later_lease *l = &c->question.lease;
	int64_t wait_ms = c->settings.poll_ms;

	b->n = l->n;
	redis_time_note(&c->time, l->now_ms, now);
	if (l->next_ms < l->now_ms + ahead_ms(c) / 2 + wait_ms)
		wait_ms = l->next_ms - l->now_ms - ahead_ms(c) / 2;
	c->lease_at_ms = now + (wait_ms > 0 ? wait_ms : 0);
	if (l->unreadable) {
		metric_add(c->unreadable, (double)l->unreadable);
		log_error("ev=unreadable count=%zu why=\"parked by a newer version, left to it\"",
			  l->unreadable);
	}
	if (b->n)
		crash_point("leased");
}

static void hear(struct clock *c)
{
	struct err e;

	c->question.under_way = false;
	if (guard_hear(stage_guard(c->run), &e) < 0)
		return; /* the stage finds out when Redis is there again */
	forget_done(c);
	if (c->question.into)
		take(c, c->question.into, now_mono_ms());
	measure(c);
	if (resume_look(&c->resume, c->run))
		c->lease_at_ms = 0;
}

/* ---- what the skeleton calls ---- */

/* Hears what was asked and asks the next; waits for the answer only where nothing in hand has to go
   meanwhile, or Redis has not answered for longer than was leased ahead. */
int64_t clock_tick(void *ctx)
{
	struct clock *c = ctx;
	int64_t now = now_mono_ms(), next, ask_in_ms;

	if (c->question.under_way &&
	    (guard_answered(stage_guard(c->run)) || now - c->question.asked_ms > ahead_ms(c)))
		hear(c);
	next = put_all_due(c);
	if (!c->question.under_way && stage_ready(c->run)) {
		ask(c, now);
		if (c->question.under_way && !any_to_come(c)) {
			hear(c);
			next = put_all_due(c);
		}
	}
	ask_in_ms = c->question.under_way ? ANSWER_AGAIN_MS
		    : stage_ready(c->run) ? c->lease_at_ms - now
					  : c->settings.poll_ms;
	next = next < ask_in_ms ? next : ask_in_ms;
	return next > 0 ? next : 0;
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
		  "How long after their due time items were put back." },
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
