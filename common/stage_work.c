/* Works: a record in hand, from its reading until everything appended for it is acknowledged. */
#include "stage_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "mem.h"

static size_t work_bytes(const struct record *r)
{
	size_t n = sizeof(struct work) + r->key_len + r->value_len +
		   r->header_count * sizeof(struct header) + 2;

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

static void work_link(struct run *r, struct work *w)
{
	w->next = r->undone;
	if (w->next)
		w->next->prev = w;
	r->undone = w;
	r->undone_count++;
	r->undone_bytes += work_bytes(&w->rec);
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
	r->undone_bytes -= work_bytes(&w->rec);
	w->part->undone--;
}

/* One block holds the work and all bytes of its record. */
static struct work *work_copy(const struct record *rec)
{
	struct work *w = xmalloc(work_bytes(rec));
	struct header *headers = (struct header *)(w + 1);
	char *at = (char *)(headers + rec->header_count);

	memset(w, 0, sizeof(*w));
	w->rec = *rec;
	w->rec.headers = headers;
	for (size_t i = 0; i < rec->header_count; i++) {
		const struct header *h = &rec->headers[i];

		headers[i].name = put(&at, h->name, strlen(h->name));
		headers[i].value = h->value ? put(&at, h->value, h->len) : NULL;
		headers[i].len = h->len;
	}
	w->rec.key = rec->key ? put(&at, rec->key, rec->key_len) : NULL;
	w->rec.value = rec->value ? put(&at, rec->value, rec->value_len) : NULL;
	return w;
}

struct work *work_new(struct run *r, struct stage_part *part, const struct record *rec)
{
	const char *topic = stage_topic(r, r->stage->input); /* outlives every fetch buffer */
	struct work *w = work_copy(rec);

	w->rec.topic = topic;
	w->coords = (struct coords){ topic, rec->partition, rec->offset };
	w->part = part;
	work_link(r, w);
	return w;
}

const char *work_header(const struct work *w, const char *name, char *out, size_t size)
{
	out[0] = '\0';
	for (size_t i = 0; i < w->rec.header_count; i++) {
		const struct header *h = &w->rec.headers[i];
		size_t n = h->len < size - 1 ? h->len : size - 1;

		if (strcmp(h->name, name) || !h->value)
			continue;
		memcpy(out, h->value, n);
		out[n] = '\0';
	}
	return out;
}

void part_free_if_idle(struct run *r, struct stage_part *part)
{
	struct stage_part **link = &r->parts;

	if (part->assigned || part->undone)
		return;
	while (*link != part)
		link = &(*link)->next;
	*link = part->next;
	free(part);
}

void work_drop(struct run *r, struct work *w)
{
	work_unlink(r, w);
	free(w);
}

/* The end of a work: everything appended for it is with Kafka, so its offset may count as done. Not
   in a process that dies: what it dies of may be that something could not be appended for this very
   work. */
static void work_end(struct run *r, struct work *w)
{
	struct stage_part *part = w->part;

	if (r->stage->flushed)
		r->stage->flushed(r->ctx, w);
	crash_point("outcome-acknowledged");
	work_unlink(r, w);
	if (!w->disowned && !r->dying[0] && watermark_done(&part->mark, w->rec.offset))
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
	while (r->undone)
		work_drop(r, r->undone);
	while (r->parts) {
		struct stage_part *part = r->parts;

		r->parts = part->next;
		free(part);
	}
}
