#include "sender.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"

#define SLICE 500 /* events between two looks at the answers */

int sender_open(struct sender *s, const struct settings *settings, const struct people *people,
		const struct invite_common *common, struct err *e)
{
	*s = (struct sender){ .topic = settings->topics[TOPIC_REQUESTED],
			      .people = people,
			      .common = common };
	return outbox_open(&s->out, settings, s->topic, e);
}

void sender_close(struct sender *s)
{
	outbox_close(&s->out);
}

void sender_wake(struct sender *s, int fd)
{
	producer_wake(s->out.producer, fd);
}

static int give(struct sender *s, const struct person *p, struct err *e)
{
	char event_id[INVITE_ID_SIZE], own_id[INVITE_ID_SIZE];
	json_t *data = invite_data(p, s->common);
	struct outbox_event event = { .id = invite_event_id(p, s->common, event_id),
				      .type = INVITE_TYPE,
				      .tenant = s->common->tenant,
				      .invite = invite_id(p, s->common, own_id),
				      .data = data };
	int r = outbox_put_event(&s->out, s->topic, &event, e);

	json_decref(data);
	return r;
}

int sender_work(struct sender *s, int timeout_ms, struct err *e)
{
	int r = OK;

	for (int i = 0; i < SLICE && s->next < s->people->count && r == OK; i++) {
		const struct person *p = &s->people->list[s->next];

		if (!p->trouble.code)
			r = give(s, p, e);
		s->next += r == OK;
	}
	producer_poll(s->out.producer,
		      r == ERR_AGAIN || s->next == s->people->count ? timeout_ms : 0);
	if (producer_fatal(s->out.producer))
		return err_set(e, ERR_FATAL, "Kafka: %s", producer_fatal(s->out.producer));
	return r == ERR_AGAIN ? OK : r;
}

bool sender_done(const struct sender *s)
{
	return s->next == s->people->count && s->out.acked == s->out.given;
}
