#include "outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloudevent.h"
#include "ids.h"
#include "mem.h"
#include "now.h"

#define WARM_TIMEOUT_MS 10000
#define SILENCE_MAX_MS 30000 /* without one acknowledgement: Kafka is away */
#define TURN_MS 100

static void acked(void *ctx, void *opaque, const char *error)
{
	struct outbox *o = ctx;

	(void)opaque;
	o->acked++;
	if (!error)
		return;
	o->refused++;
	snprintf(o->why, sizeof(o->why), "%s", error);
}

/* In the words of those who read (kafka_admin.c). */
static int err_away(struct err *e)
{
	struct err why = *e;

	return err_set(e, ERR_AGAIN, "Kafka does not answer (%.200s); see kafka.bootstrap.servers",
		       why.text);
}

int outbox_open(struct outbox *o, const struct settings *s, const char *topic, struct err *e)
{
	int r;

	*o = (struct outbox){ 0 };
	r = producer_open(&o->producer, s->kafka, acked, o, e);
	if (r)
		return r;
	r = producer_warm(o->producer, topic, WARM_TIMEOUT_MS, NULL, e);
	if (r)
		outbox_close(o);
	return r == ERR_AGAIN ? err_away(e) : r;
}

void outbox_close(struct outbox *o)
{
	if (o->producer)
		producer_close(o->producer);
	o->producer = NULL;
}

int outbox_put(struct outbox *o, const struct kafka_message *m, struct err *e)
{
	int r = producer_send(o->producer, m, NULL, e);

	if (r == ERR_AGAIN) { /* its queue is full */
		producer_poll(o->producer, TURN_MS);
		r = producer_send(o->producer, m, NULL, e);
	}
	o->given += r == OK;
	producer_poll(o->producer, 0);
	return r;
}

int outbox_put_event(struct outbox *o, const char *topic, const struct outbox_event *event,
		     struct err *e)
{
	char key[IDS_KEY_SIZE], time[NOW_TEXT_SIZE];
	autofree char *type = xasprintf("%s%s", CLOUDEVENT_PREFIX, event->type);
	autofree char *value = json_dumps(event->data, JSON_COMPACT);
	struct header headers[CLOUDEVENT_HEADERS_MAX + 1];
	struct cloudevent_head head = { .id = event->id,
					.source = OUTBOX_SOURCE,
					.type = type,
					.subject = event->invite,
					.time = now_text(now_ms(), time) };
	struct kafka_message m = { .topic = topic,
				   .partition = -1,
				   .key = ids_key(event->tenant, event->invite, key),
				   .key_len = strlen(key),
				   .value = value,
				   .value_len = strlen(value),
				   .headers = headers,
				   .header_count = cloudevent_write_headers(&head, headers) };

	if (event->header)
		headers[m.header_count++] = (struct header){ event->header, event->header_value,
							     strlen(event->header_value) };
	return outbox_put(o, &m, e);
}

int outbox_flush(struct outbox *o, struct err *e)
{
	int64_t heard_ms = now_mono_ms();

	while (o->acked < o->given) {
		size_t before = o->acked;

		producer_poll(o->producer, TURN_MS);
		if (producer_fatal(o->producer))
			return err_set(e, ERR_FATAL, "Kafka: %s", producer_fatal(o->producer));
		if (o->acked != before)
			heard_ms = now_mono_ms();
		if (now_mono_ms() - heard_ms > SILENCE_MAX_MS)
			return err_set(e, ERR_AGAIN,
				       "Kafka has stopped answering; %zu of %zu records are taken",
				       o->acked, o->given);
	}
	if (o->refused)
		return err_set(e, ERR_INVALID, "Kafka refused %zu records: %s", o->refused, o->why);
	return OK;
}
