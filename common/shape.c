#include "shape.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "form.h"
#include "now.h"
#include "utf8.h"

static void where_add(struct walk *w, const char *name, size_t index)
{
	size_t n = strlen(w->where);

	if (name)
		snprintf(w->where + n, sizeof(w->where) - n, "/%s", name);
	else
		snprintf(w->where + n, sizeof(w->where) - n, "/%zu", index);
}

int shape_refuse(struct walk *w, const char *member, const char *code, const char *rule)
{
	w->code = code ? code : "schema_invalid";
	w->where[0] = '\0';
	for (int i = 0; i < w->depth; i++)
		where_add(w, w->path[i].name, w->path[i].index);
	if (member)
		where_add(w, member, 0);
	return err_set(w->e, ERR_INVALID, "%s%s%s", w->where, *w->where ? ": " : "", rule);
}

static int refuse_value(struct walk *w, const struct field *f, const char *rule)
{
	return shape_refuse(w, NULL, f->code, rule);
}

/* Checks a value one level deeper. */
static int descend(struct walk *w, const char *name, size_t index, const struct field *f,
		   const json_t *v)
{
	int result;

	assert(w->depth < SHAPE_DEPTH_MAX);
	w->path[w->depth].name = name;
	w->path[w->depth].index = index;
	w->depth++;
	result = f->check(w, f, v);
	w->depth--;
	return result;
}

static void *place(struct walk *w, const struct field *f)
{
	return (char *)w->out + f->at;
}

static bool known(const struct shape *s, const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->fields[i].name, name) == 0)
			return true;
	return false;
}

static int refuse_unknown(struct walk *w, const struct shape *s, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)object, name, value)
		if (!known(s, name))
			break;
	if (name && form_name(name, strlen(name)))
		return shape_refuse(w, name, NULL, "no such field");
	return shape_refuse(w, NULL, NULL, "a field that is not known here");
}

int shape_check(struct walk *w, const struct shape *s, const json_t *object)
{
	const json_t *found[SHAPE_FIELDS_MAX];
	size_t present = 0;

	assert(s->count <= SHAPE_FIELDS_MAX);
	for (size_t i = 0; i < s->count; i++) {
		found[i] = json_object_getn(object, s->fields[i].name, s->fields[i].name_len);
		present += found[i] != NULL;
	}
	if (present <
	    json_object_size(object)) /* a misspelt field explains more than a missing one */
		return refuse_unknown(w, s, object);
	for (size_t i = 0; i < s->count; i++) {
		const struct field *f = &s->fields[i];

		if (found[i] && descend(w, f->name, 0, f, found[i]) < 0)
			return ERR_INVALID;
		if (!found[i] && f->required)
			return shape_refuse(w, f->name, f->missing, "required");
	}
	return s->also ? s->also(w, object) : OK;
}

static int refuse_string(struct walk *w, const struct field *f)
{
	char rule[160];

	snprintf(rule, sizeof(rule), "must be a string of %d to %d characters: %s", (int)f->min,
		 (int)f->max, f->form->rule);
	return refuse_value(w, f, rule);
}

int shape_string(struct walk *w, const struct field *f, const json_t *v)
{
	const char *s = json_string_value(v);
	size_t len = json_string_length(v);

	if (!s || len > (size_t)f->max * 4)
		return refuse_string(w, f);
	size_t chars = utf8_count(s, len);

	if (chars < (size_t)f->min || chars > (size_t)f->max || !f->form->ok(s, len))
		return refuse_string(w, f);
	if (f->at)
		*(const char **)place(w, f) = s;
	return OK;
}

static int refuse_word(struct walk *w, const struct field *f)
{
	autobuf rule = BUF_INIT(200);

	buf_str(&rule, "must be one of");
	for (size_t i = 0; f->words[i]; i++)
		buf_fmt(&rule, "%s %s", i ? "," : "", f->words[i]);
	return refuse_value(w, f, rule.data);
}

int shape_word(struct walk *w, const struct field *f, const json_t *v)
{
	const char *s = json_string_value(v);

	for (unsigned i = 0; s && f->words[i]; i++) {
		if (strcmp(f->words[i], s) != 0 || strlen(s) != json_string_length(v))
			continue;
		*(unsigned *)place(w, f) = i;
		return OK;
	}
	return refuse_word(w, f);
}

/* JSON Schema calls 3.0 an integer too. */
static bool integer(const json_t *v, int64_t *out)
{
	double d = json_real_value(v);

	if (json_is_integer(v))
		*out = json_integer_value(v);
	else if (json_is_real(v) && d == floor(d) && fabs(d) < 9e15)
		*out = (int64_t)d;
	else
		return false;
	return true;
}

int shape_int(struct walk *w, const struct field *f, const json_t *v)
{
	char rule[80];
	int64_t n;

	if (!integer(v, &n) || n < f->min || n > f->max) {
		snprintf(rule, sizeof(rule), "must be an integer from %lld to %lld",
			 (long long)f->min, (long long)f->max);
		return refuse_value(w, f, rule);
	}
	*(int64_t *)place(w, f) = n;
	return OK;
}

int shape_true(struct walk *w, const struct field *f, const json_t *v)
{
	if (!json_is_true(v))
		return refuse_value(w, f, "must be true, or left out");
	*(bool *)place(w, f) = true;
	return OK;
}

int shape_time(struct walk *w, const struct field *f, const json_t *v)
{
	const char *s = json_string_value(v);
	int64_t ms;

	if (!s || strlen(s) != json_string_length(v) || !now_parse(s, &ms))
		return refuse_value(
			w, f, "must be an RFC 3339 date and time, such as 2025-03-14T18:00:00Z");
	*(int64_t *)place(w, f) = ms;
	return OK;
}

int shape_scalar(struct walk *w, const struct field *f, const json_t *v)
{
	if (json_is_string(v))
		return shape_string(w, f, v);
	if (json_is_number(v) || json_is_boolean(v))
		return OK;
	return refuse_value(w, f, "must be a string, a number, true or false");
}

int shape_object(struct walk *w, const struct field *f, const json_t *v)
{
	if (!json_is_object(v))
		return refuse_value(w, f, "must be an object");
	return shape_check(w, f->object, v);
}

static int refuse_count(struct walk *w, const struct field *f, const char *what)
{
	char rule[80];

	snprintf(rule, sizeof(rule), "must be %s of at most %d", what, (int)f->max);
	return refuse_value(w, f, rule);
}

int shape_array(struct walk *w, const struct field *f, const json_t *v)
{
	if (!json_is_array(v) || json_array_size(v) > (size_t)f->max)
		return refuse_count(w, f, "an array");
	for (size_t i = 0; i < json_array_size(v); i++)
		if (descend(w, NULL, i, f->item, json_array_get(v, i)) < 0)
			return ERR_INVALID;
	*(const json_t **)place(w, f) = v;
	return OK;
}

/* A map's names are the sender's own words: only plain ones are repeated in a pointer. */
static int check_member(struct walk *w, const struct field *f, const char *name,
			const json_t *value)
{
	size_t len = strlen(name);

	if (len == 0 || len > (size_t)SHAPE_KEY_MAX * 4 || utf8_count(name, len) > SHAPE_KEY_MAX ||
	    !f->form->ok(name, len))
		return refuse_value(w, f, f->form->rule);
	if (form_name(name, len))
		return descend(w, name, 0, f->item, value);
	return f->item->check(w, f->item, value);
}

int shape_map(struct walk *w, const struct field *f, const json_t *v)
{
	const char *name;
	json_t *value;

	if (!json_is_object(v) || json_object_size(v) > (size_t)f->max)
		return refuse_count(w, f, "an object");
	json_object_foreach ((json_t *)v, name, value)
		if (check_member(w, f, name, value) < 0)
			return ERR_INVALID;
	*(const json_t **)place(w, f) = v;
	return OK;
}
