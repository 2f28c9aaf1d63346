#include "rebuild.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kafka_admin.h"
#include "kafka_reader.h"
#include "mem.h"
#include "now.h"

#define PASSES_MAX 4096
#define LEASE_MS 15000
#define KEEP_MS 1000 /* between two times that the lease is kept */
#define STEP_MS 100  /* a step ends after about so long */
#define KAFKA_TIMEOUT_MS 5000
#define READ_BATCH 1000 /* records between two pipelines, and their bytes */
#define READ_BYTES ((size_t)1 << 20)
#define WRITE_BATCH 500 /* invites: less than a MiB */
#define OTHERS_AGAIN_MS 500
#define FAILED_AGAIN_MS 500
#define EMPTY_AGAIN_MS 5000

enum phase { PHASE_ELECT, PHASE_WAIT, PHASE_WIPE, PHASE_TOLD, PHASE_ASKED, PHASE_WRITE, PHASE_END };

struct rebuild {
	struct rebuild_options o;
	struct pass pass;
	enum phase phase;
	struct refill_progress progress;
	int64_t began_ms, kept_ms, worked_ms; /* monotonic: the wait, the lease, the work */
	int64_t cursor, removed;
	struct kafka_size told, asked; /* when it began */
	int32_t of, kept_of, share; /* shares: by partition, by key among them, the one in hand */
	struct kafka_reader *reader;
	bool more; /* of the share before not all has been written */
	struct rebuild_sum sum;
};

struct rebuild *rebuild_open(const struct rebuild_options *o)
{
	struct rebuild *r = xcalloc(1, sizeof(*r));

	r->o = *o;
	r->pass.o = &r->o.pass;
	text_put(r->progress.by, sizeof(r->progress.by), o->by);
	return r;
}

static void begin_again(struct rebuild *r)
{
	kafka_reader_close(r->reader);
	r->reader = NULL;
	pass_clear(&r->pass);
	r->pass = (struct pass){ .o = &r->o.pass };
	r->more = false;
	r->phase = PHASE_ELECT;
	r->progress = (struct refill_progress){ 0 };
}

void rebuild_close(struct rebuild *r)
{
	struct err e;

	if (!r)
		return;
	if (r->phase != PHASE_ELECT)
		refill_leave(r->o.pass.guard, r->o.by, &e); /* else it ends by itself */
	begin_again(r);
	free(r);
}

const struct refill_progress *rebuild_progress(const struct rebuild *r)
{
	return &r->progress;
}

const struct rebuild_sum *rebuild_sum(const struct rebuild *r)
{
	return &r->sum;
}

/* ---- shares ---- */

static int32_t common_divisor(int32_t a, int32_t b)
{
	while (b) {
		int32_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* Partitions of both topics whose numbers leave the same rest hold the same keys. So many shares
   are made of them as are worth it, since one is read while the one before is written; and where
   that is not enough, more by the keys themselves, for which the topics are read again. */
static void plan_shares(struct rebuild *r)
{
	int32_t divisor = common_divisor(r->told.partitions, r->asked.partitions);
	int64_t worth = r->asked.records / r->o.share + 1;
	int64_t needed = r->asked.records / (2 * r->o.share) + 1;

	r->of = 1;
	while (r->of < worth && r->of < divisor)
		do
			r->of++;
		while (divisor % r->of);
	r->kept_of = (int32_t)((needed + r->of - 1) / r->of);
	if (r->kept_of > PASSES_MAX)
		r->kept_of = PASSES_MAX;
	r->share = 0;
}

/* Is this record's invite in the share in hand? */
static bool in_share(const struct rebuild *r, const struct record *rec)
{
	return r->kept_of == 1 ||
	       (rec->key &&
		kafka_partition_of(rec->key, rec->key_len, r->of * r->kept_of) / r->of ==
			r->share / r->of);
}

static int open_reader(struct rebuild *r, const char *topic, struct err *e)
{
	struct kafka_span span = { .topic = topic,
				   .timeout_ms = KAFKA_TIMEOUT_MS,
				   .of = r->of,
				   .part = r->share % r->of };

	return kafka_reader_open_span(&r->reader, r->o.kafka, &span, e);
}

/* What was read leaves together with some of the share before. */
static int send_some(struct rebuild *r, struct err *e)
{
	return r->more ? pass_write(&r->pass, WRITE_BATCH, &r->more, e) : pass_send(&r->pass, e);
}

/* Reads for a step; *end: the topic's share has been read. */
static int read_some(struct rebuild *r, bool *end, struct err *e)
{
	int64_t until = now_mono_ms() + STEP_MS;
	struct record rec;
	int code = OK;

	while (!(*end = kafka_reader_caught_up(r->reader)) && now_mono_ms() < until) {
		for (size_t n = 0, bytes = 0;
		     n < READ_BATCH && bytes < READ_BYTES && !kafka_reader_caught_up(r->reader);
		     n++, bytes += rec.value_len) {
			code = kafka_reader_next(r->reader, STEP_MS, &rec, e);
			if (code == ERR_FATAL)
				return code;
			if (code != OK)
				break; /* nothing within a step, or an end */
			r->progress.done++;
			if (!in_share(r, &rec))
				continue;
			if (r->phase == PHASE_TOLD)
				pass_told(&r->pass, &rec);
			else if (pass_asked(&r->pass, &rec, e) < 0)
				return ERR_AGAIN;
		}
		if (send_some(r, e) < 0)
			return ERR_AGAIN;
	}
	return OK;
}

/* ---- phases: each does a little, and says which comes next ---- */

static int phase_wait(struct rebuild *r, struct err *e)
{
	(void)e;
	r->progress.done = now_mono_ms() - r->began_ms;
	r->progress.total = r->o.wait_ms;
	if (r->progress.done < r->o.wait_ms)
		return OK;
	r->cursor = r->removed = 0;
	r->phase = PHASE_WIPE;
	r->worked_ms = now_mono_ms();
	return OK;
}

static int phase_wipe(struct rebuild *r, struct err *e)
{
	int64_t until = now_mono_ms() + STEP_MS;

	do
		if (refill_wipe(r->o.pass.guard, &r->cursor, &r->removed, e) < 0)
			return ERR_AGAIN;
	while (r->cursor && now_mono_ms() < until);
	r->progress.done = r->removed;
	r->progress.total = 0;
	if (r->cursor)
		return OK;
	if (kafka_topic_size(r->o.kafka, r->o.topic_status, KAFKA_TIMEOUT_MS, &r->told, e) ||
	    kafka_topic_size(r->o.kafka, r->o.pass.topic_requested, KAFKA_TIMEOUT_MS, &r->asked, e))
		return ERR_AGAIN;
	plan_shares(r);
	r->pass.partitions = r->asked.partitions;
	r->progress.done = 0;
	r->progress.total = (r->told.records + r->asked.records) * r->kept_of;
	r->phase = PHASE_TOLD;
	return OK;
}

/* Reads a topic's share for a step, and goes on to the next phase at its end. */
static int read_topic(struct rebuild *r, const char *topic, enum phase next, struct err *e)
{
	bool end;

	if (!r->reader && open_reader(r, topic, e))
		return ERR_AGAIN;
	if (read_some(r, &end, e))
		return ERR_AGAIN;
	if (!end)
		return OK;
	kafka_reader_close(r->reader);
	r->reader = NULL;
	r->phase = next;
	return OK;
}

static int phase_told(struct rebuild *r, struct err *e)
{
	return read_topic(r, r->o.topic_status, PHASE_ASKED, e);
}

static int phase_asked(struct rebuild *r, struct err *e)
{
	return read_topic(r, r->o.pass.topic_requested, PHASE_WRITE, e);
}

/* What is left of the share before; then the one that was read is turned over, and written while
   the next is read, or here where it is the last. */
static int phase_write(struct rebuild *r, struct err *e)
{
	int64_t until = now_mono_ms() + STEP_MS;
	int32_t shares = r->of * r->kept_of;

	while (r->more && now_mono_ms() < until)
		if (pass_write(&r->pass, WRITE_BATCH, &r->more, e) < 0)
			return ERR_AGAIN;
	if (r->more)
		return OK;
	if (r->share == shares) {
		r->phase = PHASE_END;
		return OK;
	}
	pass_turn(&r->pass);
	r->more = true;
	if (++r->share < shares)
		r->phase = PHASE_TOLD;
	return OK;
}

/* What was told since reading began would be missing: read again. Nothing is told without an epoch,
   so that is a sending which took longer than was waited for. */
static int phase_end(struct rebuild *r, struct err *e)
{
	struct kafka_size now;
	enum refill_answer answer;

	if (kafka_topic_size(r->o.kafka, r->o.topic_status, KAFKA_TIMEOUT_MS, &now, e))
		return ERR_AGAIN;
	if (now.ever != r->told.ever) {
		r->began_ms = 0;
		return err_set(e, ERR_AGAIN, "%lld outcomes were told meanwhile: once more",
			       (long long)(now.ever - r->told.ever));
	}
	pass_write_lines(&r->pass);
	if (refill_run(r->o.pass.guard, e) < 0 ||
	    refill_finish(r->o.pass.guard, r->o.by, &answer, e) < 0)
		return ERR_AGAIN;
	if (answer != REFILL_MINE)
		return err_set(e, ERR_AGAIN, "the lease of the rebuild was lost");
	r->sum = (struct rebuild_sum){ .invites = r->pass.written,
				       .parked = r->pass.parked,
				       .records = r->progress.done,
				       .passes = r->share,
				       .took_ms = now_mono_ms() - r->worked_ms };
	return OK;
}

static const struct {
	const char *name;
	int (*step)(struct rebuild *r, struct err *e);
	int64_t again_ms;
} phases[] = {
	[PHASE_ELECT] = { "electing", NULL, 0 },
	[PHASE_WAIT] = { "waiting", phase_wait, 100 },
	[PHASE_WIPE] = { "emptying", phase_wipe, 0 },
	[PHASE_TOLD] = { "outcomes", phase_told, 0 },
	[PHASE_ASKED] = { "requests", phase_asked, 0 },
	[PHASE_WRITE] = { "writing", phase_write, 0 },
	[PHASE_END] = { "ending", phase_end, 0 },
};

/* ---- the election ---- */

/* May this step be done by us? */
static int hold(struct rebuild *r, enum refill_answer *out, struct err *e)
{
	bool first = r->phase == PHASE_ELECT;
	struct refill_progress mine = r->progress;
	int64_t since_ms = now_mono_ms() - r->kept_ms;

	*out = REFILL_MINE;
	if (!first && since_ms < KEEP_MS)
		return OK;
	if (since_ms >= LEASE_MS)
		r->began_ms = 0; /* it may have been somebody else's meanwhile */
	text_put(mine.by, sizeof(mine.by), r->o.by);
	text_put(mine.phase, sizeof(mine.phase), phases[r->phase].name);
	r->kept_ms = now_mono_ms();
	return refill_hold(r->o.pass.guard, first, LEASE_MS, &mine, out, e);
}

static int elect(struct rebuild *r, enum rebuild_answer *out, struct err *e)
{
	int64_t told;

	if (kafka_topic_records(r->o.kafka, r->o.topic_status, KAFKA_TIMEOUT_MS, &told, e))
		return ERR_AGAIN;
	*out = told ? REBUILD_BUSY : REBUILD_EMPTY;
	r->phase = told ? PHASE_WAIT : PHASE_ELECT;
	if (!r->began_ms) /* else it is tried once more: nobody has acted since */
		r->began_ms = now_mono_ms();
	return OK;
}

/* Somebody else's turn: nothing of ours is worth keeping. */
static int leave_it(struct rebuild *r, enum refill_answer answer, enum rebuild_answer *out,
		    struct err *e)
{
	bool lost = r->phase != PHASE_ELECT;

	begin_again(r);
	r->began_ms = 0;
	if (answer == REFILL_WHOLE) {
		*out = REBUILD_WHOLE;
		return OK;
	}
	if (lost)
		return err_set(e, ERR_AGAIN, "Redis was emptied, or the lease was lost: once more");
	*out = REBUILD_OTHERS;
	return refill_look(r->o.pass.guard, &r->progress, e);
}

static int step(struct rebuild *r, enum rebuild_answer *out, struct err *e)
{
	enum refill_answer answer;
	enum phase phase = r->phase;

	if (hold(r, &answer, e) < 0)
		return ERR_AGAIN;
	if (answer != REFILL_MINE)
		return leave_it(r, answer, out, e);
	*out = REBUILD_BUSY;
	if (phase == PHASE_ELECT)
		return elect(r, out, e);
	if (phases[phase].step(r, e))
		return ERR_AGAIN;
	if (phase == PHASE_END) {
		begin_again(r);
		r->began_ms = 0;
		*out = REBUILD_DONE;
	}
	return OK;
}

int rebuild_step(struct rebuild *r, const struct rebuild_policy *policy, enum rebuild_answer *out,
		 int64_t *again_ms, struct err *e)
{
	r->pass.tenants = policy->tenants;
	r->pass.catalog = policy->catalog;
	r->pass.recipient_key = policy->recipient_key;
	r->pass.now_ms = now_ms();
	*again_ms = FAILED_AGAIN_MS;
	if (step(r, out, e)) {
		refill_forget(r->o.pass.guard);
		begin_again(r);
		return ERR_AGAIN;
	}
	*again_ms = *out == REBUILD_BUSY    ? phases[r->phase].again_ms
		    : *out == REBUILD_EMPTY ? EMPTY_AGAIN_MS
					    : OTHERS_AGAIN_MS;
	if (r->phase != PHASE_ELECT) {
		text_put(r->progress.by, sizeof(r->progress.by), r->o.by);
		text_put(r->progress.phase, sizeof(r->progress.phase), phases[r->phase].name);
	}
	return OK;
}
