#include "yamldoc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "buf.h"
#include "file.h"
#include "mem.h"

#define PATH_MAX_BYTES 1024

struct reader {
	yaml_parser_t parser;
	const char *name;
	json_t *lines;
	struct buf path; /* of the value being read */
	int depth;
	struct err *e;
};

#define autoevent __attribute__((cleanup(yaml_event_delete))) yaml_event_t

static int fail(struct reader *r, const yaml_mark_t *at, const char *why)
{
	return err_set(r->e, ERR_INVALID, "%s:%zu:%zu: %s", r->name, at->line + 1, at->column + 1,
		       why);
}

static int next(struct reader *r, yaml_event_t *ev)
{
	if (yaml_parser_parse(&r->parser, ev))
		return OK;
	/* the scanner and the parser have a mark, the reader (encoding) has only an offset */
	if (r->parser.error == YAML_READER_ERROR)
		return err_set(r->e, ERR_INVALID, "%s: byte %zu: %s", r->name,
			       r->parser.problem_offset, r->parser.problem);
	return fail(r, &r->parser.problem_mark,
		    r->parser.problem ? r->parser.problem : "unreadable");
}

/* A plain scalar as the JSON value whose text it is; NULL = it stays text. */
static json_t *plain_value(const char *s)
{
	char again[32];
	long long n;

	if (!*s || strcmp(s, "~") == 0 || strcmp(s, "null") == 0)
		return json_null();
	if (strcmp(s, "true") == 0 || strcmp(s, "false") == 0)
		return json_boolean(*s == 't');
	n = strtoll(s, NULL, 10);
	snprintf(again, sizeof(again), "%lld", n);
	return strcmp(s, again) == 0 ? json_integer(n) : NULL;
}

static int scalar(struct reader *r, const yaml_event_t *ev, json_t **out)
{
	const char *s = (const char *)ev->data.scalar.value;
	json_t *v = NULL;

	if (strlen(s) != ev->data.scalar.length)
		return fail(r, &ev->start_mark, "a NUL character");
	if (ev->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		v = plain_value(s);
	*out = v ? v : json_string(s);
	return *out ? OK : fail(r, &ev->start_mark, "not UTF-8");
}

static int node(struct reader *r, const yaml_event_t *ev, json_t **out);

/* One value below the key or index that has just been added to the path. */
static int child(struct reader *r, const yaml_event_t *ev, size_t parent_len, json_t **out)
{
	int ret;

	if (r->path.full)
		return fail(r, &ev->start_mark, "keys are too long");
	json_object_set_new(r->lines, r->path.data,
			    json_integer((json_int_t)ev->start_mark.line + 1));
	ret = node(r, ev, out);
	r->path.len = parent_len;
	return ret;
}

static int sequence(struct reader *r, json_t *array)
{
	size_t parent_len = r->path.len;
	json_t *item;
	int ret;

	for (;;) {
		autoevent ev = { 0 };

		if ((ret = next(r, &ev)) < 0 || ev.type == YAML_SEQUENCE_END_EVENT)
			return ret;
		buf_fmt(&r->path, "[%zu]", json_array_size(array));
		if ((ret = child(r, &ev, parent_len, &item)) < 0)
			return ret;
		json_array_append_new(array, item);
	}
}

/* Reads the value of the key in ev and puts both into object. */
static int member(struct reader *r, const yaml_event_t *ev, json_t *object)
{
	size_t parent_len = r->path.len;
	const char *key = (const char *)ev->data.scalar.value;
	autoevent value_ev = { 0 };
	json_t *value;
	int ret;

	if (ev->type != YAML_SCALAR_EVENT)
		return fail(r, &ev->start_mark, "a key must be a scalar");
	if (!*key || strlen(key) != ev->data.scalar.length)
		return fail(r, &ev->start_mark, "a key must not be empty or hold NUL");
	buf_fmt(&r->path, "%s%s", parent_len ? "." : "", key);
	if (!r->path.full && json_object_get(r->lines, r->path.data))
		return fail(r, &ev->start_mark, "this key is given twice");
	if ((ret = next(r, &value_ev)) < 0)
		return ret;
	if ((ret = child(r, &value_ev, parent_len, &value)) < 0)
		return ret;
	if (json_object_set_new(object, key, value) < 0)
		return fail(r, &ev->start_mark, "not UTF-8");
	return OK;
}

static int mapping(struct reader *r, json_t *object)
{
	int ret;

	for (;;) {
		autoevent ev = { 0 };

		if ((ret = next(r, &ev)) < 0 || ev.type == YAML_MAPPING_END_EVENT)
			return ret;
		if ((ret = member(r, &ev, object)) < 0)
			return ret;
	}
}

static int collection(struct reader *r, const yaml_event_t *ev, json_t **out)
{
	bool is_mapping = ev->type == YAML_MAPPING_START_EVENT;
	json_t *v;
	int ret;

	if (++r->depth > YAMLDOC_MAX_DEPTH)
		return fail(r, &ev->start_mark, "nested too deeply");
	v = is_mapping ? json_object() : json_array();
	ret = is_mapping ? mapping(r, v) : sequence(r, v);
	r->depth--;
	if (ret < 0)
		json_decref(v);
	else
		*out = v;
	return ret;
}

static const yaml_char_t *tag_of(const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return ev->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return ev->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return ev->data.mapping_start.tag;
	default:
		return NULL;
	}
}

static int node(struct reader *r, const yaml_event_t *ev, json_t **out)
{
	if (ev->type == YAML_ALIAS_EVENT)
		return fail(r, &ev->start_mark, "aliases are not supported");
	if (tag_of(ev))
		return fail(r, &ev->start_mark, "tags are not supported");
	if (ev->type == YAML_SCALAR_EVENT)
		return scalar(r, ev, out);
	return collection(r, ev, out);
}

static int document(struct reader *r, json_t **out)
{
	autoevent start = { 0 }, doc = { 0 }, root = { 0 }, doc_end = { 0 }, end = { 0 };
	int ret;

	if ((ret = next(r, &start)) < 0 || (ret = next(r, &doc)) < 0)
		return ret;
	if (doc.type == YAML_STREAM_END_EVENT) {
		*out = json_null();
		return OK;
	}
	if ((ret = next(r, &root)) < 0 || (ret = node(r, &root, out)) < 0)
		return ret;
	if ((ret = next(r, &doc_end)) < 0 || (ret = next(r, &end)) < 0)
		goto out;
	if (end.type != YAML_STREAM_END_EVENT)
		ret = fail(r, &end.start_mark, "only one document is allowed");
out:
	if (ret < 0)
		json_decref(*out);
	return ret;
}

int yamldoc_parse(struct yamldoc *y, const char *name, const char *text, size_t len, struct err *e)
{
	struct reader r = { .name = name, .path = BUF_INIT(PATH_MAX_BYTES), .e = e };
	json_t *value = NULL;
	int ret;

	if (len > YAMLDOC_MAX_BYTES)
		return err_set(e, ERR_INVALID, "%s is larger than %zu bytes", name,
			       YAMLDOC_MAX_BYTES);
	if (!yaml_parser_initialize(&r.parser))
		abort(); /* out of memory */
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, len);
	r.lines = json_object();
	ret = document(&r, &value);
	yaml_parser_delete(&r.parser);
	buf_clear(&r.path);
	if (ret < 0)
		json_decref(r.lines);
	else
		*y = (struct yamldoc){ .value = value, .lines = r.lines };
	return ret;
}

int yamldoc_read(struct yamldoc *y, const char *path, struct err *e)
{
	autobuf text = BUF_INIT(YAMLDOC_MAX_BYTES);
	int r = file_read(path, &text, e);

	return r < 0 ? r : yamldoc_parse(y, path, text.data ? text.data : "", text.len, e);
}

int yamldoc_line(const struct yamldoc *y, const char *path)
{
	return (int)json_integer_value(json_object_get(y->lines, path));
}

void yamldoc_clear(struct yamldoc *y)
{
	json_decref(y->value);
	json_decref(y->lines);
	*y = (struct yamldoc){ 0 };
}
