#include "asking.h"

#include <stdio.h>
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

int asking_check(const struct asking *a, struct err *e)
{
	struct cloudevent event = { .id = "x", .source = OUTBOX_SOURCE };
	struct request request;
	int r;

	snprintf(event.type, sizeof(event.type), "%s", a->type);
	snprintf(event.subject, sizeof(event.subject), "%s", a->invite);
	event.data = json_incref((json_t *)a->data);
	r = request_read(&event, &request, e);
	json_decref(event.data);
	return r;
}

/* The older generation's end is told beside the answer. */
bool asking_answers(const struct told *t, const char *id)
{
	const json_t *request = json_object_get(t->event.data, "request");
	const char *named = json_string_value(json_object_get(request, "id"));
	const char *source = json_string_value(json_object_get(request, "source"));

	return t->word != WORD_SUPERSEDED && named && source && !strcmp(named, id) &&
	       !strcmp(source, OUTBOX_SOURCE);
}

static int await(const struct asking *a, struct kafka_reader *k, struct told *answer, struct err *e)
{
	int64_t end_ms = now_mono_ms() + a->wait_ms;
	struct record record;

	while (now_mono_ms() < end_ms) {
		int r = kafka_reader_next(k, TURN_MS, &record, e);

		if (r == ERR_FATAL)
			return ERR_AGAIN;
		if (r != OK || told_read(&record, answer, e))
			continue;
		if (asking_answers(answer, a->id))
			return OK;
		told_clear(answer);
	}
	return err_set(e, ERR_AGAIN,
		       "no answer within %lld s; the request %s stands and is served when the "
		       "dispatcher runs: beckon show tells what became of it",
		       (long long)(a->wait_ms / 1000), a->id);
}

static int put(const struct asking *a, const struct settings *s, struct err *e)
{
	const char *topic = s->topics[TOPIC_REQUESTED];
	struct outbox_event event = { .id = a->id,
				      .type = a->type,
				      .tenant = a->tenant,
				      .invite = a->invite,
				      .data = a->data };
	struct outbox out;
	int r = outbox_open(&out, s, topic, e);

	if (r)
		return r;
	r = outbox_put_event(&out, topic, &event, e);
	if (r == OK)
		r = outbox_flush(&out, e);
	outbox_close(&out);
	return r;
}

int asking_ask(struct asking *a, const struct settings *s, struct told *answer, struct err *e)
{
	unsigned char drawn[DRAWN_BYTES];
	char key[IDS_KEY_SIZE];
	struct kafka_span span = { .topic = s->topics[TOPIC_STATUS],
				   .key = ids_key(a->tenant, a->invite, key),
				   .since_ms = KAFKA_SPAN_NEW };
	struct kafka_reader *k = NULL;
	int r = OK;

	crypto_random(drawn, sizeof(drawn));
	crypto_base32(drawn, sizeof(drawn), a->id);
	if (a->wait_ms) /* opened first, so that no answer is missed */
		r = kafka_reader_open_span(&k, s->kafka, &span, e);
	if (r == OK)
		r = put(a, s, e);
	if (r == OK && k)
		r = await(a, k, answer, e);
	kafka_reader_close(k);
	return r;
}
