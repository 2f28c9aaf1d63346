#include "asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloudevent.h"
#include "crypto.h"
#include "ids.h"
#include "kafka_reader.h"
#include "mem.h"
#include "now.h"
#include "outbox.h"
#include "request.h"

#define DRAWN_BYTES 12
#define TURN_MS 200

/* Requests on their way. */
struct asked {
	const struct asking *a;
	char (*ids)[ASKING_ID_SIZE];
	json_t *open; /* id -> its place, of those without an answer */
};

static void write_invite(const struct asking *a, size_t i)
{
	json_object_set_new(a->data, "invite", json_string(a->invites->list[i]));
}

int asking_check(const struct asking *a, struct err *e)
{
	struct cloudevent event = { .id = "x", .source = OUTBOX_SOURCE };
	struct request request;

	write_invite(a, 0);
	snprintf(event.type, sizeof(event.type), "%s", a->type);
	snprintf(event.subject, sizeof(event.subject), "%s", a->invites->list[0]);
	event.data = a->data;
	return request_read(&event, &request, e);
}

/* The older generation's end is told beside the answer. */
const char *asking_answers(const struct told *t)
{
	const json_t *request = json_object_get(t->event.data, "request");
	const char *source = json_string_value(json_object_get(request, "source"));

	if (t->word == WORD_SUPERSEDED || !source || strcmp(source, OUTBOX_SOURCE))
		return NULL;
	return json_string_value(json_object_get(request, "id"));
}

/* ---- asking ---- */

static void draw(char id[ASKING_ID_SIZE])
{
	unsigned char drawn[DRAWN_BYTES];

	crypto_random(drawn, sizeof(drawn));
	crypto_base32(drawn, sizeof(drawn), id);
}

static int put_all(struct asked *q, struct outbox *out, const char *topic, struct err *e)
{
	const struct asking *a = q->a;
	int r = OK;

	for (size_t i = 0; i < a->invites->count && r == OK; i++) {
		struct outbox_event event = { .id = q->ids[i],
					      .type = a->type,
					      .tenant = a->tenant,
					      .invite = a->invites->list[i],
					      .data = a->data };

		draw(q->ids[i]);
		json_object_set_new(q->open, q->ids[i], json_integer((json_int_t)i));
		write_invite(a, i);
		do
			r = outbox_put_event(out, topic, &event, e);
		while (r == ERR_AGAIN && !(r = outbox_flush(out, e)));
	}
	return r == OK ? outbox_flush(out, e) : r;
}

static int put(struct asked *q, const struct settings *s, struct err *e)
{
	const char *topic = s->topics[TOPIC_REQUESTED];
	struct outbox out;
	int r = outbox_open(&out, s, topic, e);

	if (r)
		return r;
	r = put_all(q, &out, topic, e);
	outbox_close(&out);
	return r;
}

/* ---- answers ---- */

/* True: it answers one of ours. */
static bool take(struct asked *q, struct told *t)
{
	const char *id = asking_answers(t);
	const json_t *place = id ? json_object_get(q->open, id) : NULL;
	size_t i;

	if (!place)
		return false;
	i = (size_t)json_integer_value(place);
	q->a->answered(q->a->ctx, i, q->ids[i], t);
	json_object_del(q->open, q->ids[i]);
	return true;
}

static int await(struct asked *q, struct kafka_reader *k, struct err *e)
{
	int64_t end_ms = now_mono_ms() + q->a->wait_ms;
	struct record record;
	struct told t;

	while (json_object_size(q->open) && now_mono_ms() < end_ms) {
		int r = kafka_reader_next(k, TURN_MS, &record, e);

		if (r == ERR_FATAL)
			return ERR_AGAIN;
		if (r != OK || told_read(&record, &t, e))
			continue;
		if (take(q, &t))
			end_ms = now_mono_ms() + q->a->wait_ms;
		told_clear(&t);
	}
	if (!json_object_size(q->open))
		return OK;
	return err_set(e, ERR_AGAIN,
		       "%zu of %zu have no answer within %lld s; what was asked stands and is "
		       "served when the dispatcher runs: beckon show tells what became of it",
		       json_object_size(q->open), q->a->invites->count,
		       (long long)(q->a->wait_ms / 1000));
}

static void tell_asked(const struct asked *q)
{
	for (size_t i = 0; i < q->a->invites->count; i++)
		q->a->answered(q->a->ctx, i, q->ids[i], NULL);
}

static int ask(struct asked *q, const struct settings *s, struct err *e)
{
	const struct asking *a = q->a;
	char key[IDS_KEY_SIZE];
	struct kafka_span span = { .topic = s->topics[TOPIC_STATUS], .since_ms = KAFKA_SPAN_NEW };
	struct kafka_reader *k = NULL;
	int r = OK;

	if (a->invites->count == 1)
		span.key = ids_key(a->tenant, a->invites->list[0], key);
	if (a->wait_ms) /* opened first, so that no answer is missed */
		r = kafka_reader_open_span(&k, s->kafka, &span, e);
	if (r == OK)
		r = put(q, s, e);
	if (r == OK && k)
		r = await(q, k, e);
	else if (r == OK)
		tell_asked(q);
	kafka_reader_close(k);
	return r;
}

int asking_ask(const struct asking *a, const struct settings *s, struct err *e)
{
	struct asked q = { .a = a,
			   .ids = xcalloc(a->invites->count, ASKING_ID_SIZE),
			   .open = json_object() };
	int r = ask(&q, s, e);

	free(q.ids);
	json_decref(q.open);
	return r;
}
