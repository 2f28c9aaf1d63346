#include "view_tell.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "cloudevent.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define TELL_MS 10000 /* within which Kafka acknowledges a batch, or all begins again */
#define WARM_MS 5000
#define HURRY_MS 1000 /* from when the process is to end */

static void on_acked(void *ctx, void *opaque, const char *error)
{
	struct view_tell *t = ctx;

	(void)opaque;
	t->untold--;
	if (error)
		log_warn("ev=state-refused why=\"%s\"", error);
}

/* What is not acknowledged by then is told again by whoever comes next. */
static bool ends(const struct view_tell *t)
{
	return t->ending && atomic_load(t->ending);
}

/* Made once there is a broker: it tells whether there is a topic of states. */
int view_tell_open(struct view_tell *t, struct kafka_properties kafka, const char *topic,
		   struct err *e)
{
	int r = t->producer ? OK : producer_open(&t->producer, kafka, on_acked, t, e);
	struct err missing;

	if (r < 0)
		return r;
	t->topic = topic;
	r = producer_warm(t->producer, topic, WARM_MS, NULL, &missing);
	if (r == ERR_AGAIN)
		return err_set(e, ERR_AGAIN, "%s", missing.text);
	t->tells = r == OK;
	if (!t->tells)
		log_warn("ev=state-missing why=\"%s\"", missing.text);
	return OK;
}

void view_tell_close(struct view_tell *t)
{
	producer_close(t->producer);
	*t = (struct view_tell){ .ending = t->ending };
}

int view_tell_put(struct view_tell *t, const struct kafka_message *m, struct err *e)
{
	int r = producer_send(t->producer, m, NULL, e);

	t->untold += r == OK;
	return r == ERR_INVALID ? OK : r; /* too large for Kafka: it stands in Redis alone */
}

static int tell(struct view_tell *t, const struct view_state *s, struct err *e)
{
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char id[IDS_KEY_SIZE + INT_TEXT_SIZE];
	struct cloudevent_head head = { .id = id,
					.source = "beckon/status",
					.type = CLOUDEVENT_PREFIX "invite.state",
					.subject = s->invite };
	struct kafka_message m = { .topic = t->topic,
				   .partition = -1,
				   .key = s->key,
				   .key_len = strlen(s->key),
				   .value = s->json,
				   .value_len = s->len,
				   .headers = headers };

	snprintf(id, sizeof(id), "%s.%lld", s->key, (long long)s->version);
	m.header_count = cloudevent_write_headers(&head, headers);
	return view_tell_put(t, &m, e);
}

int view_tell_all(struct view_tell *t, const struct view_batch *b, struct err *e)
{
	struct view_state s;

	for (size_t at = 0; t->tells && view_batch_next(b, &at, &s);)
		if (tell(t, &s, e) < 0)
			return ERR_AGAIN;
	return OK;
}

int view_tell_gone(struct view_tell *t, const char *key, struct err *e)
{
	struct kafka_message m = {
		.topic = t->topic, .partition = -1, .key = key, .key_len = strlen(key)
	};

	return t->tells ? view_tell_put(t, &m, e) : OK;
}

int view_tell_await(struct view_tell *t, struct err *e)
{
	int64_t until = now_mono_ms() + TELL_MS;

	for (int64_t now; t->untold && (now = now_mono_ms()) < until;) {
		if (ends(t) && until - now > HURRY_MS)
			until = now + HURRY_MS;
		producer_poll(t->producer, 100);
	}
	return t->untold ? err_set(e, ERR_AGAIN, "kafka: states are not acknowledged") : OK;
}
