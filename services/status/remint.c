#include "remint.h"

#include <stdio.h>

#include "json_write.h"

#define SOURCE "beckon/status"
#define TYPE CLOUDEVENT_PREFIX "invite.resend-requested"
#define VALUE_MAX ((size_t)4096) /* bytes: two ids and a user name */

bool remint_is_wanted(const struct kept *k, const char *sealed_password)
{
	return k->request.kind == KIND_PASSWORD && !sealed_password && k->request.credentials.mint;
}

/* Whoever asked first has confirmed it. */
static void write_value(const struct request *q, struct buf *out)
{
	json_write_open(out, NULL);
	json_write_text(out, "tenant", q->tenant);
	json_write_text(out, "invite", q->invite);
	json_write_open(out, "credentials");
	json_write_text(out, "username", q->credentials.username);
	json_write_name(out, "mint");
	buf_str(out, "true");
	json_write_close(out);
	json_write_name(out, "confirm");
	buf_str(out, "true");
	json_write_close(out);
}

/* The id is computed: however often Redis is made anew, the password is drawn once more only. */
void remint_fill(struct remint *r, const struct kept *k, const char *topic, struct later_item *item)
{
	char name[IDS_DELIVERY_SIZE + INT_TEXT_SIZE + 1];
	struct cloudevent_head head = {
		.id = r->event, .source = SOURCE, .type = TYPE, .subject = k->request.invite
	};

	snprintf(name, sizeof(name), "%s/%lld", item->id, (long long)item->turn);
	ids_event_hash((struct ids_event){ SOURCE, name }, r->event);
	r->value = (struct buf)BUF_INIT(VALUE_MAX);
	write_value(&k->request, &r->value);
	item->topic = topic;
	item->value = r->value.data;
	item->value_len = r->value.len;
	item->headers = r->headers;
	item->header_count = cloudevent_write_headers(&head, r->headers);
}

void remint_clear(struct remint *r)
{
	buf_clear(&r->value);
}
