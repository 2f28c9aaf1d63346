#include "sender.h"

#include <stdio.h>
#include <string.h>

#include "cloudevent.h"
#include "ids.h"
#include "mem.h"
#include "now.h"

#define WARM_TIMEOUT_MS 10000
#define SLICE 500 /* events between two looks at the answers */

static void acked(void *ctx, void *opaque, const char *error)
{
	struct sender *s = ctx;

	(void)opaque;
	s->acked++;
	if (!error)
		return;
	s->refused++;
	snprintf(s->why, sizeof(s->why), "%s", error);
}

int sender_open(struct sender *s, const struct settings *settings, const struct people *people,
		const struct invite_common *common, struct err *e)
{
	int r;

	*s = (struct sender){ .topic = settings->topics[TOPIC_REQUESTED],
			      .people = people,
			      .common = common };
	r = producer_open(&s->producer, settings->kafka, acked, s, e);
	if (r)
		return r;
	r = producer_warm(s->producer, s->topic, WARM_TIMEOUT_MS, NULL, e);
	if (r)
		sender_close(s);
	return r;
}

void sender_close(struct sender *s)
{
	if (s->producer)
		producer_close(s->producer);
	s->producer = NULL;
}

void sender_wake(struct sender *s, int fd)
{
	producer_wake(s->producer, fd);
}

static int give(struct sender *s, const struct person *p, struct err *e)
{
	char event_id[INVITE_ID_SIZE], own_id[INVITE_ID_SIZE], key[IDS_KEY_SIZE],
		time[NOW_TEXT_SIZE];
	const char *invite = invite_id(p, s->common, own_id);
	struct cloudevent_head head = { .id = invite_event_id(p, s->common, event_id),
					.source = INVITE_SOURCE,
					.type = CLOUDEVENT_PREFIX INVITE_TYPE,
					.subject = invite,
					.time = now_text(now_ms(), time) };
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	json_t *data = invite_data(p, s->common);
	autofree char *value = json_dumps(data, JSON_COMPACT);
	struct kafka_message m = { .topic = s->topic,
				   .partition = -1,
				   .key = ids_key(s->common->tenant, invite, key),
				   .value = value,
				   .headers = headers,
				   .header_count = cloudevent_write_headers(&head, headers) };

	json_decref(data);
	m.key_len = strlen(key);
	m.value_len = strlen(value);
	return producer_send(s->producer, &m, NULL, e);
}

int sender_work(struct sender *s, int timeout_ms, struct err *e)
{
	int r = OK;

	for (int i = 0; i < SLICE && s->next < s->people->count && r == OK; i++) {
		const struct person *p = &s->people->list[s->next];

		if (!p->trouble.code)
			r = give(s, p, e);
		if (r == OK) {
			s->given += !p->trouble.code;
			s->next++;
		}
	}
	producer_poll(s->producer, r == ERR_AGAIN || s->next == s->people->count ? timeout_ms : 0);
	if (producer_fatal(s->producer))
		return err_set(e, ERR_FATAL, "Kafka: %s", producer_fatal(s->producer));
	return r == ERR_AGAIN ? OK : r;
}

bool sender_done(const struct sender *s)
{
	return s->next == s->people->count && s->acked == s->given;
}
