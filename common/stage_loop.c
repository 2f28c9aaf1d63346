#include "stage_priv.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crash.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "signals.h"
#include "watchdog.h"

#define TURN_MAX_MS 1000      /* the main queue is polled at least this often */
#define GUARD_AGAIN_MS 250    /* between two questions whether Redis is whole again */
#define GUARD_PULSE_MS 1000   /* and whether it still is */
#define WATCHDOG_S 30         /* a turn that takes longer is stuck */
#define CLOSE_WATCHDOG_S 10   /* leaving the group can take 5 s */

/* ---- works ---- */

static size_t work_bytes(const struct record *r)
{
	size_t n = sizeof(struct work) + r->key_len + r->value_len + r->header_count * sizeof(struct header) + 2;

	for (size_t i = 0; i < r->header_count; i++)
		n += strlen(r->headers[i].name) + 1 + r->headers[i].len + 1;
	return n;
}

static void *put(char **at, const void *bytes, size_t n)
{
	char *p = *at;

	if (n)
		memcpy(p, bytes, n);
	p[n] = '\0';
	*at += n + 1;
	return p;
}

/* One block holds the work and all bytes of its record. */
static struct work *work_new(struct stage_part *part, const struct record *r, const char *topic)
{
	struct work *w = xmalloc(work_bytes(r));
	struct header *headers = (struct header *)(w + 1);
	char *at = (char *)(headers + r->header_count);

	memset(w, 0, sizeof(*w));
	w->rec = *r;
	w->part = part;
	w->rec.headers = headers;
	for (size_t i = 0; i < r->header_count; i++)
		headers[i] = (struct header){
			.name = put(&at, r->headers[i].name, strlen(r->headers[i].name)),
			.value = put(&at, r->headers[i].value, r->headers[i].len),
			.len = r->headers[i].len,
		};
	w->rec.key = r->key ? put(&at, r->key, r->key_len) : NULL;
	w->rec.value = r->value ? put(&at, r->value, r->value_len) : NULL;
	w->rec.topic = topic; /* the configuration's: outlives every fetch buffer */
	w->coords = (struct coords){ topic, r->partition, r->offset };
	return w;
}

const char *work_header(const struct work *w, const char *name, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < w->rec.header_count; i++) {
		const struct header *h = &w->rec.headers[i];
		size_t n = h->len < size - 1 ? h->len : size - 1;

		if (strcmp(h->name, name))
			continue;
		memcpy(out, h->value, n);
		out[n] = '\0';
	}
	return out;
}

int64_t work_header_int(const struct work *w, const char *name, int64_t otherwise)
{
	char text[24], *end;
	long long v;

	work_header(w, name, text, sizeof(text));
	v = strtoll(text, &end, 10);
	return end == text || *end ? otherwise : v;
}

static void work_link(struct run *r, struct work *w)
{
	w->next = r->undone;
	if (w->next)
		w->next->prev = w;
	r->undone = w;
	r->undone_count++;
	r->undone_bytes += w->rec.value_len;
	w->part->undone++;
}

static void work_unlink(struct run *r, struct work *w)
{
	if (w->prev)
		w->prev->next = w->next;
	else
		r->undone = w->next;
	if (w->next)
		w->next->prev = w->prev;
	r->undone_count--;
	r->undone_bytes -= w->rec.value_len;
	w->part->undone--;
}

static void part_free_if_idle(struct run *r, struct stage_part *part)
{
	struct stage_part **link = &r->parts;

	if (part->assigned || part->undone)
		return;
	while (*link != part)
		link = &(*link)->next;
	*link = part->next;
	free(part);
}

/* The end of a work: everything appended for it is with Kafka, so its offset may count as done. */
static void work_end(struct run *r, struct work *w)
{
	struct stage_part *part = w->part;

	if (r->stage->flushed)
		r->stage->flushed(r->ctx, w);
	crash_point("outcome-acknowledged");
	work_unlink(r, w);
	if (!w->disowned && watermark_done(&part->mark, w->rec.offset))
		consumer_store(r->consumer, part->assigned, part->mark.low);
	free(w);
	part_free_if_idle(r, part);
}

void stage_disown(struct work *w)
{
	w->disowned = true;
}

void stage_finish(struct run *r, struct work *w)
{
	assert(!w->finished);
	w->finished = true;
	if (!w->pending)
		work_end(r, w);
}

static int send(struct run *r, const struct kafka_message *m, void *opaque, struct err *e)
{
	int code = producer_send(r->producer, m, opaque, e);

	if (code == ERR_AGAIN || code == ERR_FATAL)
		stage_die(r, e->text);
	return code;
}

int stage_append(struct run *r, struct work *w, const struct kafka_message *m, struct err *e)
{
	int code = send(r, m, w, e);

	if (code == OK)
		w->pending++;
	return code;
}

int stage_put(struct run *r, const struct kafka_message *m, void *cookie, struct err *e)
{
	return send(r, m, cookie, e);
}

static void work_acked(struct run *r, struct work *w, const char *error)
{
	if (error && !(r->stage->refused && r->stage->refused(r->ctx, w)))
		stage_die(r, error);
	w->pending--;
	if (w->finished && !w->pending && !r->dying[0])
		work_end(r, w);
}

void stage_on_acked(void *ctx, void *opaque, const char *error)
{
	struct run *r = ctx;

	if (r->stage->input != STAGE_TOPIC_NONE)
		work_acked(r, opaque, error);
	else if (error)
		stage_die(r, error);
	else
		r->stage->acked(r->ctx, opaque);
}

/* Whatever is still in hand at the end is read again by whoever has the partition then. */
void stage_free_works(struct run *r)
{
	while (r->undone) {
		struct work *w = r->undone;

		work_unlink(r, w);
		free(w);
	}
	while (r->parts) {
		struct stage_part *part = r->parts;

		r->parts = part->next;
		free(part);
	}
}

/* ---- partitions ---- */

static void *on_assigned(void *ctx, struct consumer_partition *p, const char *topic, int32_t partition)
{
	struct run *r = ctx;
	struct stage_part *part = xcalloc(1, sizeof(*part));

	watermark_init(&part->mark);
	part->assigned = p;
	part->partition = partition;
	part->next = r->parts;
	r->parts = part;
	log_info("ev=assigned topic=%s partition=%d", topic, partition);
	return part;
}

/* Works the service has not taken are simply forgotten; it gives back the others as fast as it can. */
static void drop_kept(struct run *r, struct stage_part *part)
{
	size_t left = 0;

	for (size_t i = 0; i < r->nkept; i++) {
		if (r->kept[i]->part != part) {
			r->kept[left++] = r->kept[i];
			continue;
		}
		work_unlink(r, r->kept[i]);
		free(r->kept[i]);
	}
	r->nkept = left;
}

static void on_revoked(void *ctx, void *user, bool lost)
{
	struct run *r = ctx;
	struct stage_part *part = user;

	log_info("ev=revoked partition=%d undone=%zu lost=%d", part->partition, part->undone, lost);
	drop_kept(r, part);
	part->assigned = NULL;
	for (struct work *w = r->undone, *next; w; w = next) {
		next = w->next;
		if (w->part != part || w->disowned)
			continue;
		w->disowned = true;
		if (r->stage->revoked && !w->finished)
			r->stage->revoked(r->ctx, w);
	}
	part_free_if_idle(r, part);
}

int stage_open_consumer(struct run *r, struct err *e)
{
	const char *topics[] = { stage_topic(r, r->stage->input) };
	struct consumer_options o = {
		.group = r->settings.group,
		.instance = r->settings.slot,
		.topics = topics,
		.ntopics = 1,
		.wake_fd = r->wake_fd,
	};
	struct consumer_events events = { on_assigned, on_revoked, r };
	autofree struct kafka_property *list = xcalloc(r->settings.kafka.count, sizeof(*list));

	for (size_t i = 0; i < r->settings.kafka.count; i++)
		list[i] = (struct kafka_property){ r->settings.kafka.pairs[i].name, r->settings.kafka.pairs[i].value };
	return consumer_open(&r->consumer, (struct kafka_properties){ list, r->settings.kafka.count }, &o, &events, e);
}

/* ---- reading ---- */

static void on_record(void *ctx, void *user, const struct record *rec)
{
	struct run *r = ctx;
	struct stage_part *part = user;

	if (!watermark_read(&part->mark, rec->offset)) {
		stage_die(r, "an offset lies outside the window of undone ones");
		return;
	}
	struct work *w = work_new(part, rec, stage_topic(r, r->stage->input));

	work_link(r, w);
	r->kept[r->nkept++] = w;
}

static size_t credit(const struct run *r, const struct stage_part *part)
{
	if (!part->assigned || watermark_full(&part->mark) || r->undone_bytes >= STAGE_UNDONE_BYTES_MAX)
		return 0;
	size_t n = STAGE_UNDONE_MAX - r->undone_count;

	return n < STAGE_BATCH_MAX ? n : STAGE_BATCH_MAX;
}

/* True: some partition gave all it was asked for, so there may be more. */
static bool read_partitions(struct run *r)
{
	bool more = false;

	for (struct stage_part *part = r->parts; part; part = part->next) {
		size_t max = credit(r, part);

		if (max && consumer_read(r->consumer, part->assigned, max, on_record, r) == max)
			more = true;
	}
	/* The list is turned so that no partition is always read first. */
	if (r->parts && r->parts->next) {
		struct stage_part *first = r->parts, *last = first;

		while (last->next)
			last = last->next;
		r->parts = first->next;
		first->next = NULL;
		last->next = first;
	}
	return more;
}

static void hand_over(struct run *r)
{
	struct err e;

	while (r->nkept && !r->dying[0]) {
		size_t n = r->nkept < STAGE_BATCH_MAX ? r->nkept : STAGE_BATCH_MAX;
		int code = r->stage->handle(r->ctx, r->kept, n, &e);

		if (code == ERR_AGAIN)
			return; /* the guard knows it is not ready: the next turn looks after it */
		if (code == ERR_FATAL) {
			stage_die(r, e.text);
			return;
		}
		r->nkept -= n;
		memmove(r->kept, r->kept + n, r->nkept * sizeof(*r->kept));
	}
}

/* ---- the turn ---- */

static void set_waits(struct run *r, const char *text)
{
	if (text && strcmp(r->waits, text))
		log_warn("ev=standing-still why=\"%s\"", text);
	else if (!text && r->waits[0])
		log_info("ev=working");
	snprintf(r->waits, sizeof(r->waits), "%s", text ? text : "");
}

/* Asks Redis whether it is whole: often while it is not, and now and then while it is, since a service with
   nothing to do would not notice. */
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

static void look_around(struct run *r)
{
	struct err kafka;
	int code = r->consumer ? consumer_poll(r->consumer, &kafka) : OK;
	const char *own = r->stage->waits ? r->stage->waits(r->ctx) : NULL;

	producer_poll(r->producer, 0);
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
	struct pollfd fds[] = { { .fd = r->wake_fd, .events = POLLIN }, { .fd = r->signal_fd, .events = POLLIN } };
	uint64_t count;

	if (ms > 0)
		poll(fds, ARRAY_LEN(fds), ms < TURN_MAX_MS ? (int)ms : TURN_MAX_MS);
	if (read(r->wake_fd, &count, sizeof(count)) < 0)
		return; /* it was a signal or the time */
}

static bool drained(struct run *r)
{
	size_t left = r->stage->draining ? r->stage->draining(r->ctx) : 0;

	return left == 0 || now_mono_ms() >= r->drain_until_ms;
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
		more = read_partitions(r);
		hand_over(r);
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
	watchdog_feed(CLOSE_WATCHDOG_S);
	if (!r->dying[0])
		producer_flush(r->producer, 5000);
	if (r->consumer && !r->dying[0])
		consumer_commit(r->consumer);
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
