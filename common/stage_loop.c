/* The turn of the loop: signals, Kafka, Redis, reading, the service's tick, sleep. */
#include "stage_priv.h"

#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "signals.h"
#include "watchdog.h"

#define TURN_MAX_MS 1000    /* the main queue is polled at least this often */
#define GUARD_AGAIN_MS 250  /* between two questions whether Redis is whole again */
#define GUARD_PULSE_MS 1000 /* and whether it still is */
#define DRAIN_END_MS                                                                               \
	1000	      /* from the end of the drain time: what was cut off is settled and told      \
		       */
#define WATCHDOG_S 30 /* a turn that takes longer is stuck */
#define CLOSE_WATCHDOG_S 10 /* leaving the group can take some of it */
#define FLUSH_MS 5000

static void set_waits(struct run *r, const char *text)
{
	if (text && strcmp(r->waits, text))
		log_warn("ev=standing-still why=\"%s\"", text);
	else if (!text && r->waits[0])
		log_info("ev=working");
	snprintf(r->waits, sizeof(r->waits), "%s", text ? text : "");
}

/* Asks Redis whether it is whole: often while it is not, and now and then while it is, since a
   service with nothing to do would not notice. */
static void look_at_guard(struct run *r)
{
	bool was_ready = guard_is_ready(r->guard);
	int64_t now = now_mono_ms();
	struct err e;

	r->guard_ok = r->guard_ok && was_ready;
	if (now < r->guard_again_ms && (was_ready || r->guard_again_ms - now <= GUARD_AGAIN_MS))
		return;
	r->guard_ok = guard_ready(r->guard, &e) == OK;
	r->guard_again_ms = now_mono_ms() + (r->guard_ok ? GUARD_PULSE_MS : GUARD_AGAIN_MS);
	if (!r->guard_ok)
		r->guard_why = e;
}

/* Where there is no consumer the producer knows. */
static int look_at_kafka(struct run *r, struct err *e)
{
	const char *away;

	if (r->consumer)
		return consumer_poll(r->consumer, e);
	away = producer_away(r->producer);
	return away ? err_set(e, ERR_AGAIN, "kafka: %s", away) : OK;
}

static void look_around(struct run *r)
{
	struct err kafka;
	int code;
	const char *own = stage_follow_look(r), *templates = stage_templates_look(r);

	own = own ? own : templates;
	if (!own && r->stage->waits)
		own = r->stage->waits(r->ctx);
	producer_poll(r->producer, 0);
	code = look_at_kafka(r, &kafka);
	if (code == ERR_FATAL)
		stage_die(r, kafka.text);
	if (producer_fatal(r->producer))
		stage_die(r, producer_fatal(r->producer));
	look_at_guard(r);
	r->standing = !r->guard_ok || own;
	set_waits(r, !r->guard_ok ? r->guard_why.text : code != OK ? kafka.text : own);
}

static void reload(struct run *r)
{
	struct err e;

	if (config_reload_secrets(r->config, &e) < 0) {
		log_error("ev=reload-failed why=\"%s\"", e.text);
		return;
	}
	redis_password(guard_redis(r->guard), r->settings.redis_password);
	if (r->stage->reloaded)
		r->stage->reloaded(r->ctx);
	log_info("ev=reloaded");
}

static void on_signals(struct run *r)
{
	switch (signals_read(r->signal_fd)) {
	case SIGNALS_STOP:
		log_info("ev=stopping undone=%zu", r->undone_count);
		r->stopping = true;
		r->drain_until_ms = now_mono_ms() + r->settings.drain_ms;
		break;
	case SIGNALS_RELOAD:
		reload(r);
		break;
	case SIGNALS_NONE:
		break;
	}
}

static void sleep_until_needed(struct run *r, int64_t ms)
{
	struct pollfd fds[] = { { .fd = r->wake_fd, .events = POLLIN },
				{ .fd = r->signal_fd, .events = POLLIN } };
	uint64_t count;

	if (ms > 0)
		poll(fds, ARRAY_LEN(fds), ms < TURN_MAX_MS ? (int)ms : TURN_MAX_MS);
	if (read(r->wake_fd, &count, sizeof(count)) < 0)
		return; /* it was a signal or the time */
}

static bool drained(struct run *r)
{
	int64_t late_ms = now_mono_ms() - r->drain_until_ms;
	size_t left = r->stage->draining ? r->stage->draining(r->ctx, late_ms >= 0) : 0;

	return left == 0 || late_ms >= DRAIN_END_MS;
}

/* Returns false when the loop is to end. */
static bool turn(struct run *r)
{
	bool more = false;
	int64_t next;

	watchdog_feed(WATCHDOG_S);
	on_signals(r);
	look_around(r);
	if (r->consumer && !r->standing && !r->stopping && !r->dying[0]) {
		more = stage_read(r);
		stage_hand_over(r);
	}
	next = r->dying[0] ? 0 : r->stage->tick(r->ctx);
	if (!guard_is_ready(r->guard) && next > GUARD_AGAIN_MS)
		next = GUARD_AGAIN_MS;
	stage_health_publish(r);
	if (r->dying[0] || (r->stopping && drained(r)))
		return false;
	sleep_until_needed(r, more ? 0 : next);
	return true;
}

static void leave(struct run *r)
{
	struct err e;

	watchdog_feed(CLOSE_WATCHDOG_S);
	if (!r->dying[0] && look_at_kafka(r, &e) == OK)
		producer_flush(r->producer, FLUSH_MS);
	consumer_close(r->consumer);
	r->consumer = NULL;
}

int stage_loop(struct run *r)
{
	while (turn(r))
		;
	if (r->dying[0])
		log_error("ev=dying why=\"%s\"", r->dying);
	leave(r);
	return r->dying[0] ? 70 : 0;
}
