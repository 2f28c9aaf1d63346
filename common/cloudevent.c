#include "cloudevent.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "form.h"
#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "utf8.h"

#define DATASCHEMA_MAX 512
#define TIME_MAX 40

/* An attribute's value as it came, before any check. */
struct span {
	const char *s; /* NULL = absent */
	size_t len;
};

enum {
	SPECVERSION,
	ID,
	SOURCE,
	TYPE,
	SUBJECT,
	TIME,
	DATASCHEMA,
	DATACONTENTTYPE,
	TRACEPARENT,
	ATTRIBUTES
};

struct attribute {
	const char *name;
	size_t name_len;
	size_t max; /* characters */
	bool required;
	bool (*form)(const char *s, size_t len);
	const char *rule;
};

#define NAME(s) s, sizeof(s) - 1

static const struct attribute attributes[ATTRIBUTES] = {
	[SPECVERSION] = { NAME("specversion"), 3, true, form_line, "must be 1.0" },
	[ID] = { NAME("id"), CLOUDEVENT_ID_MAX, true, form_line,
		 "1 to 128 characters, none a control" },
	[SOURCE] = { NAME("source"), CLOUDEVENT_SOURCE_MAX, true, form_uri_reference,
		     "must be a URI reference of 1 to 256 characters" },
	[TYPE] = { NAME("type"), CLOUDEVENT_TYPE_MAX, true, form_line,
		   "1 to 128 characters, none a control" },
	[SUBJECT] = { NAME("subject"), CLOUDEVENT_SUBJECT_MAX, false, form_line,
		      "1 to 128 characters, none a control" },
	[TIME] = { NAME("time"), TIME_MAX, false, form_line, "must be an RFC 3339 date and time" },
	[DATASCHEMA] = { NAME("dataschema"), DATASCHEMA_MAX, false, form_uri_reference,
			 "must be a URI of at most 512 characters" },
	[DATACONTENTTYPE] = { NAME("datacontenttype"), 256, false, form_line, "must name JSON" },
	[TRACEPARENT] = { NAME("traceparent"), 256, false, NULL, NULL },
};

static int refuse(struct err *e, int attribute)
{
	const struct attribute *a = &attributes[attribute];

	return err_set(e, ERR_INVALID, "%s: %s", a->name, a->rule);
}

static bool span_is(struct span v, const char *s)
{
	return v.len == strlen(s) && memcmp(v.s, s, v.len) == 0;
}

/* The media type without parameters and spaces (RFC 9110 8.3.1). */
static struct span media_type(struct span v)
{
	const char *end = v.s ? memchr(v.s, ';', v.len) : NULL;

	if (end)
		v.len = (size_t)(end - v.s);
	while (v.len > 0 && (v.s[v.len - 1] == ' ' || v.s[v.len - 1] == '\t'))
		v.len--;
	while (v.len > 0 && (v.s[0] == ' ' || v.s[0] == '\t')) {
		v.s++;
		v.len--;
	}
	return v;
}

static bool media_is(struct span media, const char *s)
{
	return media.len == strlen(s) && strncasecmp(media.s, s, media.len) == 0;
}

/* No content type means JSON here (CloudEvents JSON format 3.1). */
static bool is_json(struct span content_type)
{
	struct span m = media_type(content_type);

	return !m.s || media_is(m, "application/json") ||
	       (m.len > 5 && strncasecmp(m.s + m.len - 5, "+json", 5) == 0);
}

static bool is_structured(struct span content_type)
{
	static const char start[] = "application/cloudevents";
	struct span m = media_type(content_type);

	return m.s && m.len >= sizeof(start) - 1 && strncasecmp(m.s, start, sizeof(start) - 1) == 0;
}

/* "00-<32 hex>-<16 hex>-<2 hex>", of later versions the same part (W3C Trace Context 3.2). */
static bool is_traceparent(struct span v)
{
	static const size_t dashes[] = { 2, 35, 52 };

	if (v.len < CLOUDEVENT_TRACEPARENT_SIZE - 1)
		return false;
	for (size_t i = 0; i < CLOUDEVENT_TRACEPARENT_SIZE - 1; i++) {
		bool dash = i == dashes[0] || i == dashes[1] || i == dashes[2];

		if (dash ? v.s[i] != '-' : !memchr("0123456789abcdef", v.s[i], 16))
			return false;
	}
	return true;
}

static bool is_boundary(char c)
{
	return c && strchr("/:.#?=&", c);
}

/* The highest number among the segments "v<number>" of a schema's URI, 0 = it has none. */
static int schema_major(struct span v)
{
	int found = 0;

	for (size_t i = 0; i + 1 < v.len; i++) {
		size_t n = i + 1;
		int number = 0;

		if (v.s[i] != 'v' || (i > 0 && !is_boundary(v.s[i - 1])))
			continue;
		for (; n < v.len && n < i + 6 && v.s[n] >= '0' && v.s[n] <= '9'; n++)
			number = number * 10 + (v.s[n] - '0');
		if (n > i + 1 && (n == v.len || is_boundary(v.s[n])) && number > found)
			found = number;
	}
	return found;
}

static bool time_read(struct span v, int64_t *ms)
{
	char text[TIME_MAX + 1];

	if (v.len > TIME_MAX) /* so many characters are fine, but not so many bytes */
		return false;
	memcpy(text, v.s, v.len);
	text[v.len] = '\0';
	return now_parse(text, ms);
}

/* Form and length of every attribute. */
static int check_all(const struct span v[ATTRIBUTES], struct err *e)
{
	for (int i = 0; i < ATTRIBUTES; i++) {
		const struct attribute *a = &attributes[i];

		if (!v[i].s && a->required)
			return err_set(e, ERR_INVALID, "%s: missing", a->name);
		if (!v[i].s || !a->form)
			continue;
		if (v[i].len == 0 || v[i].len > a->max * 4 || !utf8_valid(v[i].s, v[i].len) ||
		    utf8_count(v[i].s, v[i].len) > a->max || !a->form(v[i].s, v[i].len))
			return refuse(e, i);
	}
	if (!span_is(v[SPECVERSION], "1.0"))
		return refuse(e, SPECVERSION);
	return is_json(v[DATACONTENTTYPE]) ? OK : refuse(e, DATACONTENTTYPE);
}

static void copy(char *to, struct span v)
{
	if (v.s)
		memcpy(to, v.s, v.len);
}

/* Checks the attributes and copies them into out, whose bytes are zero. */
static int take(const struct span v[ATTRIBUTES], const char *prefix, struct cloudevent *out,
		struct err *e)
{
	size_t skip = strlen(prefix);
	struct span type = v[TYPE];

	if (check_all(v, e) < 0)
		return ERR_INVALID;
	if (v[TIME].s && !time_read(v[TIME], &out->time_ms))
		return refuse(e, TIME);
	copy(out->id, v[ID]);
	copy(out->source, v[SOURCE]);
	copy(out->subject, v[SUBJECT]);
	if (type.len > skip && memcmp(type.s, prefix, skip) == 0)
		copy(out->type, (struct span){ type.s + skip, type.len - skip });
	if (v[TRACEPARENT].s && is_traceparent(v[TRACEPARENT]))
		memcpy(out->traceparent, v[TRACEPARENT].s, CLOUDEVENT_TRACEPARENT_SIZE - 1);
	if (v[DATASCHEMA].s)
		out->schema_major = schema_major(v[DATASCHEMA]);
	return OK;
}

static int attribute_find(const char *name)
{
	size_t len = strlen(name);

	for (int i = 0; i < ATTRIBUTES; i++)
		if (attributes[i].name_len == len && memcmp(attributes[i].name, name, len) == 0)
			return i;
	return ATTRIBUTES;
}

/* Collects what Kafka headers say: the ce_ ones, the content type and a tracer's own header. */
static int from_headers(const struct record *r, struct span v[ATTRIBUTES], struct err *e)
{
	struct span trace = { 0 };

	for (size_t i = 0; i < r->header_count; i++) {
		const struct header *h = &r->headers[i];
		struct span value = { h->value ? h->value : "", h->value ? h->len : 0 };
		int a = ATTRIBUTES;

		if (strncmp(h->name, "ce_", 3) == 0)
			a = attribute_find(h->name + 3);
		else if (strcasecmp(h->name, "content-type") == 0)
			a = DATACONTENTTYPE;
		else if (strcasecmp(h->name, "traceparent") == 0)
			trace = value;
		if (a == ATTRIBUTES)
			continue;
		if (v[a].s)
			return err_set(e, ERR_INVALID, "%s: given twice", attributes[a].name);
		v[a] = value;
	}
	if (!v[TRACEPARENT].s)
		v[TRACEPARENT] = trace;
	return OK;
}

/* Collects what the members of a structured event say; null means absent (JSON format 3.1). */
static int from_members(const json_t *event, struct span v[ATTRIBUTES], struct err *e)
{
	for (int i = 0; i < ATTRIBUTES; i++) {
		const json_t *m =
			json_object_getn(event, attributes[i].name, attributes[i].name_len);

		if (!m || json_is_null(m))
			continue;
		if (!json_is_string(m))
			return err_set(e, ERR_INVALID, "%s: must be a string", attributes[i].name);
		v[i] = (struct span){ json_string_value(m), json_string_length(m) };
	}
	return OK;
}

static int read_binary(const struct record *r, struct span v[ATTRIBUTES], const char *prefix,
		       struct cloudevent *out, struct err *e)
{
	if (take(v, prefix, out, e) < 0)
		return ERR_INVALID;
	out->data_raw = r->value;
	out->data_len = r->value_len;
	if (r->value_len == 0)
		return OK;
	if (json_text_parse(r->value, r->value_len, &out->data, e) < 0)
		return err_prefix(e, ERR_INVALID, "data");
	return OK;
}

static int read_members(const json_t *event, struct span trace, const char *prefix,
			struct cloudevent *out, struct err *e)
{
	struct span v[ATTRIBUTES] = { 0 };

	if (!json_is_object(event))
		return err_set(e, ERR_INVALID, "event: must be a JSON object");
	if (from_members(event, v, e) < 0)
		return ERR_INVALID;
	if (!v[TRACEPARENT].s)
		v[TRACEPARENT] = trace;
	if (json_object_get(event, "data_base64"))
		return err_set(e, ERR_INVALID, "data_base64: only JSON data is read");
	if (take(v, prefix, out, e) < 0)
		return ERR_INVALID;
	out->data = json_incref(json_object_get(event, "data"));
	return OK;
}

static int read_structured(const struct record *r, const struct span v[ATTRIBUTES],
			   const char *prefix, struct cloudevent *out, struct err *e)
{
	json_t *event = NULL;
	int result;

	if (!media_is(media_type(v[DATACONTENTTYPE]), "application/cloudevents+json"))
		return err_set(e, ERR_INVALID,
			       "content-type: of structured events only "
			       "application/cloudevents+json is read");
	if (r->value_len == 0)
		return err_set(e, ERR_INVALID, "event: empty");
	if (json_text_parse(r->value, r->value_len, &event, e) < 0)
		return err_prefix(e, ERR_INVALID, "event");
	result = read_members(event, v[TRACEPARENT], prefix, out, e);
	json_decref(event);
	return result;
}

int cloudevent_read(const struct record *r, const char *prefix, struct cloudevent *out,
		    struct err *e)
{
	struct span v[ATTRIBUTES] = { 0 };
	struct cloudevent found = { 0 };
	int result;

	if (r->value_len > RECORD_MAX_BYTES)
		return err_set(e, ERR_INVALID, "event: more than %u bytes", RECORD_MAX_BYTES);
	if (from_headers(r, v, e) < 0)
		return ERR_INVALID;
	result = is_structured(v[DATACONTENTTYPE]) ? read_structured(r, v, prefix, &found, e)
						   : read_binary(r, v, prefix, &found, e);
	if (result == OK)
		*out = found;
	return result;
}

void cloudevent_clear(struct cloudevent *c)
{
	json_decref(c->data);
	c->data = NULL;
}

size_t cloudevent_write_headers(const struct cloudevent_head *head,
				struct header out[CLOUDEVENT_HEADERS_MAX])
{
	const struct {
		const char *name, *value;
	} all[CLOUDEVENT_HEADERS_MAX] = {
		{ "ce_specversion", "1.0" },
		{ "ce_id", head->id },
		{ "ce_source", head->source },
		{ "ce_type", head->type },
		{ "ce_subject", head->subject },
		{ "ce_time", head->time },
		{ "content-type", "application/json" },
		{ "traceparent", head->traceparent },
	};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i].value && *all[i].value)
			out[n++] =
				(struct header){ all[i].name, all[i].value, strlen(all[i].value) };
	return n;
}
