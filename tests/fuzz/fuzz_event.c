/* Any record as an event: never a crash, every refusal has a code and a text. The first byte
   chooses what the rest is: a structured event, binary data behind good headers, or header values
   by lines. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "cloudevent.h"
#include "codes.h"
#include "dead.h"
#include "mem.h"
#include "request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct header header(const char *name, const char *value)
{
	return (struct header){ name, value, strlen(value) };
}

static void good_headers(struct record *r, struct header h[RECORD_HEADERS_MAX])
{
	const struct cloudevent_head head = { .id = "e",
					      .source = "s",
					      .type = "dev.beckon.invite.requested" };

	r->header_count = cloudevent_write_headers(&head, h);
}

/* Each line of the input is the value of the next attribute. */
static void line_headers(struct record *r, struct header h[RECORD_HEADERS_MAX], const char *s,
			 size_t left)
{
	static const char *const names[] = { "content-type", "ce_specversion", "ce_id",
					     "ce_source",    "ce_type",	       "ce_time",
					     "ce_subject",   "ce_dataschema",  "traceparent" };

	for (; left > 0 && r->header_count < ARRAY_LEN(names); r->header_count++) {
		const char *end = memchr(s, '\n', left);
		size_t n = end ? (size_t)(end - s) : left;

		h[r->header_count] = (struct header){ names[r->header_count], s, n };
		s += n + (end != NULL);
		left -= n + (end != NULL);
	}
	r->value = "{}";
	r->value_len = 2;
}

static void check_request(struct cloudevent *c)
{
	struct request request;
	struct err e = { "" };

	if (request_read(c, &request, &e) == OK)
		assert(!request.code && request.tenant && request.invite);
	else
		assert(codes_find(request.code) && e.text[0] &&
		       strlen(request.where) < sizeof(request.where));
	cloudevent_clear(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct header h[RECORD_HEADERS_MAX] = { header("content-type",
						       "application/cloudevents+json") };
	struct record r = { .topic = "t", .headers = h, .header_count = 1 };
	struct cloudevent event;
	struct dead dead;
	struct err e = { "" };

	if (size == 0)
		return 0;
	r.value = data + 1;
	r.value_len = size - 1;
	if (data[0] % 3 == 1)
		good_headers(&r, h);
	if (data[0] % 3 == 2) {
		r.header_count = 0;
		line_headers(&r, h, (const char *)data + 1, size - 1);
	}
	if (cloudevent_read(&r, CLOUDEVENT_PREFIX, &event, &e) == OK) {
		check_request(&event);
	} else {
		assert(strchr(e.text, ':')); /* "<attribute>: <rule>" */
		dead_fill(&dead, &r, e.text);
	}
	return 0;
}
