/* Recipients that nobody has: nothing leaves for them, all is told as for anybody else. */
#include "courier_priv.h"

#include <stdio.h>
#include <string.h>

#include "cloudevent.h"
#include "json_write.h"
#include "test_recipient.h"

#define TYPE CLOUDEVENT_PREFIX "delivery.receipt-received"
#define SOURCE "beckon/test"
#define VALUE_MAX ((size_t)1024)

bool courier_test_answers(struct parcel *p)
{
	struct test_recipient t;

	if (!p->tenant->test_recipients || !test_recipient_find(p->job.to, p->job.attempt, &t))
		return false;
	p->tested = true;
	p->elsewhere = true; /* it says nothing of the route */
	p->result = t.result;
	p->test_receipt = t.receipt;
	p->test_receipt_code = t.receipt_code;
	return true;
}

static void write_value(const struct parcel *p, struct buf *out)
{
	json_write_open(out, NULL);
	json_write_text(out, "tenant", p->job.delivery.tenant);
	json_write_text(out, "invite", p->job.delivery.invite);
	json_write_text(out, "delivery", p->job.id);
	json_write_text(out, "status", p->test_receipt);
	json_write_text(out, "code", p->test_receipt_code);
	json_write_close(out);
}

void courier_test_receipt(struct courier *c, struct parcel *p)
{
	autobuf value = BUF_INIT(VALUE_MAX);
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char id[IDS_HASH_SIZE];
	struct cloudevent_head head = {
		.id = id, .source = SOURCE, .type = TYPE, .subject = p->job.delivery.invite
	};
	struct kafka_message m = { .topic = stage_topic(c->run, STAGE_TOPIC_REQUESTED),
				   .partition = -1,
				   .key = p->job.invite_key,
				   .key_len = strlen(p->job.invite_key),
				   .headers = headers };
	struct err e;

	if (!p->test_receipt || p->verdict.word != WORD_SENT)
		return;
	ids_event_hash((struct ids_event){ SOURCE, p->job.id }, id);
	write_value(p, &value);
	m.value = value.data;
	m.value_len = value.len;
	m.header_count = cloudevent_write_headers(&head, headers);
	if (stage_append(c->run, p->work, &m, &e) < 0)
		stage_die(c->run, e.text);
}
