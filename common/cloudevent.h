/*
 * cloudevent - CloudEvents 1.0 over Kafka, JSON data only.
 *
 * Reads binary and structured mode, writes binary mode. A record is structured if and only if its
 * content-type begins with application/cloudevents (Kafka protocol binding 3.1); of those only
 * application/cloudevents+json is read. In binary mode attributes are ce_ headers and the value is
 * the data. Everything is bounded: the record by RECORD_MAX_BYTES, its JSON by json_text.h, the
 * attributes by the limits below (in characters, as JSON Schema counts).
 */
#ifndef BECKON_CLOUDEVENT_H
#define BECKON_CLOUDEVENT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "record.h"

#define CLOUDEVENT_PREFIX "dev.beckon." /* of types, unless configured otherwise */
#define CLOUDEVENT_ID_MAX 128
#define CLOUDEVENT_SOURCE_MAX 256 /* a URI reference, so ASCII */
#define CLOUDEVENT_TYPE_MAX 128
#define CLOUDEVENT_SUBJECT_MAX 128
#define CLOUDEVENT_TRACEPARENT_SIZE                                                                \
	sizeof("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
#define CLOUDEVENT_UTF8_SIZE(chars) ((chars)*4 + 1)

/* A read event. Holds no pointer into itself, so it may be moved. "" = the attribute is absent. */
struct cloudevent {
	char id[CLOUDEVENT_UTF8_SIZE(CLOUDEVENT_ID_MAX)];
	char source[CLOUDEVENT_SOURCE_MAX + 1];
	char type[CLOUDEVENT_UTF8_SIZE(
		CLOUDEVENT_TYPE_MAX)]; /* without the prefix; "" = it has another */
	char subject[CLOUDEVENT_UTF8_SIZE(CLOUDEVENT_SUBJECT_MAX)];
	char traceparent[CLOUDEVENT_TRACEPARENT_SIZE]; /* W3C Trace Context; a malformed one is
							  dropped */
	int64_t time_ms;  /* 0 = absent. Never a Kafka timestamp: it may be years old */
	int schema_major; /* from dataschema's v<number> segment; 0 = not told */
	json_t *data;	  /* owned; NULL = the event has none */
	const char
		*data_raw; /* binary mode: the data's bytes, borrowed from the record; else NULL */
	size_t data_len;
};

/* Reads r. prefix is what types begin with, usually CLOUDEVENT_PREFIX. On OK the caller clears out.
   ERR_INVALID: no readable event (it belongs into the dead-letter topic); the text begins with the
   attribute at fault ("id: ...") and never holds a value. out is then untouched. */
int cloudevent_read(const struct record *r, const char *prefix, struct cloudevent *out,
		    struct err *e);
void cloudevent_clear(struct cloudevent *c); /* NULL pointers and a zeroed struct are fine */

/* The attributes of an event to be written. All borrowed; type is whole, with its prefix. */
struct cloudevent_head {
	const char *id, *source, *type;
	const char *subject, *time, *traceparent; /* NULL or "" = left out */
};

#define CLOUDEVENT_HEADERS_MAX 8

/* Fills the headers of binary mode; returns how many. Allocates nothing: values are borrowed from
   head's strings and live as long as they do. */
size_t cloudevent_write_headers(const struct cloudevent_head *head,
				struct header out[CLOUDEVENT_HEADERS_MAX]);

#endif
