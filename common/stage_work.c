/* Works: a record in hand, from its reading until everything appended for it is acknowledged. */
#include "stage_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crash.h"
#include "mem.h"

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
struct work *work_new(struct stage_part *part, const struct record *r, const char *topic)
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

void work_link(struct run *r, struct work *w)
{
	w->next = r->undone;
	if (w->next)
		w->next->prev = w;
	r->undone = w;
	r->undone_count++;
	r->undone_bytes += w->rec.value_len;
	w->part->undone++;
}

void work_unlink(struct run *r, struct work *w)
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
