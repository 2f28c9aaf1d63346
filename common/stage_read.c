/* Partitions of the input: assigned and revoked, read while there is credit, and handed to the
 * service. */
#include "stage_priv.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"

/* ---- partitions ---- */

static void part_forget_ahead(struct stage_part *part)
{
	part->ahead = NULL;
	part->ahead_end = &part->ahead;
}

static void *on_assigned(void *ctx, struct consumer_partition *p, const char *topic,
			 int32_t partition)
{
	struct run *r = ctx;
	struct stage_part *part = xcalloc(1, sizeof(*part));

	watermark_init(&part->mark);
	part_forget_ahead(part);
	part->assigned = p;
	part->partition = partition;
	part->next = r->parts;
	r->parts = part;
	log_info("ev=assigned topic=%s partition=%d", topic, partition);
	return part;
}

/* Forgets what was read and not handed over. */
static void drop_unhanded(struct run *r, struct stage_part *part)
{
	size_t left = 0;

	for (size_t i = 0; i < r->nkept; i++) {
		if (r->kept[i]->part == part)
			work_drop(r, r->kept[i]);
		else
			r->kept[left++] = r->kept[i];
	}
	r->nkept = left;
	for (struct work *w = part->ahead, *next; w; w = next) {
		next = w->ahead;
		work_drop(r, w);
	}
	part_forget_ahead(part);
}

static void on_revoked(void *ctx, void *user, bool lost)
{
	struct run *r = ctx;
	struct stage_part *part = user;

	log_info("ev=revoked partition=%d undone=%zu lost=%d", part->partition, part->undone, lost);
	drop_unhanded(r, part);
	for (struct work *w = r->undone, *next; w; w = next) {
		next = w->next;
		if (w->part != part || w->disowned)
			continue;
		w->disowned = true;
		if (r->stage->revoked && !w->finished &&
		    !r->dying[0]) /* nothing is given back any more */
			r->stage->revoked(r->ctx, w);
	}
	part->assigned = NULL; /* until here it keeps the part, whatever ends meanwhile */
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

	return consumer_open(&r->consumer, stage_kafka(r, list), &o, &events, e);
}

/* ---- reading ---- */

/* Keeps for the service, in order, what fits into the window of undone offsets. */
static void admit(struct run *r, struct stage_part *part)
{
	struct work *w;

	while ((w = part->ahead) && watermark_read(&part->mark, w->rec.offset)) {
		part->ahead = w->ahead;
		if (!part->ahead)
			part_forget_ahead(part);
		r->kept[r->nkept++] = w;
	}
}

static void on_record(void *ctx, void *user, const struct record *rec)
{
	struct run *r = ctx;
	struct stage_part *part = user;

	if (rec->offset < part->mark.next) {
		if (!r->dying[0]) /* where the group stands is of the former topic */
			consumer_begin_anew(r->consumer);
		stage_die(r, "offsets of a partition went down: has the topic been made anew?");
		return;
	}
	*part->ahead_end = work_new(r, part, rec);
	part->ahead_end = &(*part->ahead_end)->ahead;
	admit(r, part);
}

static size_t credit(const struct run *r, const struct stage_part *part)
{
	if (!part->assigned || part->ahead || watermark_full(&part->mark) ||
	    r->undone_bytes >= STAGE_UNDONE_BYTES_MAX)
		return 0;
	size_t n = STAGE_UNDONE_MAX - r->undone_count, wanted = STAGE_BATCH_MAX;

	if (r->stage->appetite)
		wanted = r->stage->appetite(r->ctx);
	wanted = wanted > r->nkept ? wanted - r->nkept : 0;
	n = n < wanted ? n : wanted;
	return n < STAGE_BATCH_MAX ? n : STAGE_BATCH_MAX;
}

bool stage_read(struct run *r)
{
	bool more = false;

	for (struct stage_part *part = r->parts; part; part = part->next) {
		size_t max;

		admit(r, part);
		max = credit(r, part);
		if (max && consumer_read(r->consumer, part->assigned, max, on_record, r) ==
				   STAGE_BATCH_MAX)
			more = true; /* else it is empty, or the appetite is stilled */
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

void stage_hand_over(struct run *r)
{
	struct err e;

	while (r->nkept && !r->dying[0]) {
		size_t n = r->nkept < STAGE_BATCH_MAX ? r->nkept : STAGE_BATCH_MAX;
		int code = r->stage->handle(r->ctx, r->kept, n, &e);

		if (code == ERR_AGAIN)
			return; /* the next turn asks again */
		if (code == ERR_FATAL) {
			stage_die(r, e.text);
			r->nkept = 0; /* some of them may have been finished, and are gone */
			return;
		}
		r->nkept -= n;
		memmove(r->kept, r->kept + n, r->nkept * sizeof(*r->kept));
	}
}
