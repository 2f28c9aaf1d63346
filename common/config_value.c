#include "config_value.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_number.h"
#include "mem.h"
#include "nearest.h"

const char *config_scalar(const json_t *v, char tmp[32])
{
	if (json_is_string(v))
		return json_string_value(v);
	if (json_is_boolean(v))
		return json_is_true(v) ? "true" : "false";
	if (!json_is_integer(v))
		return NULL;
	snprintf(tmp, 32, "%lld", (long long)json_integer_value(v));
	return tmp;
}

static int scalar_of(const json_t *v, char tmp[32], const char **out, struct err *e)
{
	*out = config_scalar(v, tmp);
	if (!*out)
		return err_set(e, ERR_INVALID,
			       json_is_null(v) ? "has no value" : "must be a single value");
	if (strlen(*out) > CONFIG_TEXT_MAX)
		return err_set(e, ERR_INVALID, "is longer than %d bytes", CONFIG_TEXT_MAX);
	for (const char *p = *out; *p; p++)
		if (iscntrl((unsigned char)*p))
			return err_set(e, ERR_INVALID, "holds a control character");
	return OK;
}

/* One of the allowed words, if there are such. */
static int in_words(const struct config_key *k, const char *s, struct err *e)
{
	struct nearest near = { .word = s };

	if (!k->words)
		return OK;
	for (const char *const *w = k->words; *w; w++) {
		if (strcmp(*w, s) == 0)
			return OK;
		nearest_offer(&near, *w);
	}
	return err_set(e, ERR_INVALID, "\"%.40s\" is not allowed, the nearest allowed is \"%s\"", s,
		       near.best);
}

static int set_string(const struct config_key *k, void *field, const json_t *v, struct err *e)
{
	char tmp[32], **to = field;
	const char *s;
	int r;

	if ((r = scalar_of(v, tmp, &s, e)) < 0 || (r = in_words(k, s, e)) < 0)
		return r;
	free(*to);
	*to = xstrdup(s);
	return OK;
}

static int set_number(const struct config_key *k, void *field, const json_t *v, struct err *e)
{
	char tmp[32];
	const char *s;
	int r = scalar_of(v, tmp, &s, e);

	return r < 0 ? r : config_number(k, s, field, e);
}

static int set_bool(const struct config_key *k, void *field, const json_t *v, struct err *e)
{
	char tmp[32];
	const char *s;
	int r = scalar_of(v, tmp, &s, e);

	(void)k;
	if (r < 0)
		return r;
	if (strcmp(s, "true") != 0 && strcmp(s, "false") != 0)
		return err_set(e, ERR_INVALID, "\"%.40s\" is neither true nor false", s);
	*(bool *)field = *s == 't';
	return OK;
}

/* A sequence as it is; the text "a, b" as the sequence [a, b]. The caller drops it. */
static json_t *sequence_of(const json_t *v)
{
	json_t *array;

	if (!json_is_string(v))
		return json_is_array(v) ? json_incref((json_t *)v) : NULL;
	array = json_array();
	for (const char *p = json_string_value(v); *p;) {
		size_t n = strcspn(p, ","), from = strspn(p, " ");
		size_t to = n;

		while (to > from && p[to - 1] == ' ')
			to--;
		if (to > from)
			json_array_append_new(array, json_stringn(p + from, to - from));
		p += n + (p[n] == ',');
	}
	return array;
}

static void clear_list(void *field)
{
	struct config_list *l = field;

	for (size_t i = 0; i < l->count; i++)
		free(l->items[i]);
	free(l->items);
	*l = (struct config_list){ 0 };
}

static int list_fill(const struct config_key *k, struct config_list *l, const json_t *array,
		     struct err *e)
{
	char tmp[32];
	const char *s;
	int r;

	for (size_t i = 0; i < json_array_size(array); i++) {
		if ((r = scalar_of(json_array_get(array, i), tmp, &s, e)) < 0 ||
		    (r = in_words(k, s, e)) < 0)
			return r;
		l->items[l->count++] = xstrdup(s);
	}
	return OK;
}

static int durations_fill(const struct config_key *k, struct config_durations *d,
			  const json_t *array, struct err *e)
{
	char tmp[32];
	const char *s;
	int r;

	for (size_t i = 0; i < json_array_size(array); i++) {
		if ((r = scalar_of(json_array_get(array, i), tmp, &s, e)) < 0 ||
		    (r = config_number(k, s, &d->ms[d->count], e)) < 0)
			return r;
		d->count++;
	}
	return OK;
}

static void clear_durations(void *field)
{
	struct config_durations *d = field;

	free(d->ms);
	*d = (struct config_durations){ 0 };
}

static int set_sequence(const struct config_key *k, void *field, const json_t *v, struct err *e)
{
	json_t *array = sequence_of(v);
	size_t n = json_array_size(array);
	int r;

	if (!array)
		return err_set(e, ERR_INVALID, "must be a list");
	if (n > CONFIG_LIST_MAX) {
		r = err_set(e, ERR_INVALID, "has more than %d items", CONFIG_LIST_MAX);
	} else if (k->type == CONFIG_TYPE_LIST) {
		struct config_list l = { .items = xcalloc(n, sizeof(*l.items)) };

		r = list_fill(k, &l, array, e);
		clear_list(r < 0 ? &l : field);
		if (r == OK)
			*(struct config_list *)field = l;
	} else {
		struct config_durations d = { .ms = xcalloc(n, sizeof(*d.ms)) };

		r = durations_fill(k, &d, array, e);
		clear_durations(r < 0 ? &d : field);
		if (r == OK)
			*(struct config_durations *)field = d;
	}
	json_decref(array);
	return r;
}

static int set_object(const struct config_key *k, void *field, const json_t *v, struct err *e)
{
	json_t **to = field;

	(void)k;
	(void)e;
	json_decref(*to);
	*to = json_incref((json_t *)v);
	return OK;
}

int config_map_set(struct config_map *m, const char *name, const json_t *v, const char *origin,
		   struct err *e)
{
	struct config_pair *p = m->pairs, *end = m->pairs + m->count;
	char tmp[32];
	const char *s;
	int r;

	if ((r = scalar_of(v, tmp, &s, e)) < 0)
		return r;
	while (p < end && strcmp(p->name, name) != 0)
		p++;
	if (p == end) {
		if (m->count == CONFIG_LIST_MAX)
			return err_set(e, ERR_INVALID, "is one more than %d", CONFIG_LIST_MAX);
		m->pairs = xrealloc(m->pairs, (m->count + 1) * sizeof(*m->pairs));
		p = &m->pairs[m->count++];
		*p = (struct config_pair){ .name = xstrdup(name) };
	}
	free(p->value);
	free(p->origin);
	p->value = xstrdup(s);
	p->origin = xstrdup(origin);
	return OK;
}

static void clear_map(void *field)
{
	struct config_map *m = field;

	for (size_t i = 0; i < m->count; i++) {
		free(m->pairs[i].name);
		config_secret_free(m->pairs[i].value);
		free(m->pairs[i].origin);
	}
	free(m->pairs);
	*m = (struct config_map){ 0 };
}

static void clear_text(void *field)
{
	config_secret_free(*(char **)field);
	*(char **)field = NULL;
}

static void clear_object(void *field)
{
	json_decref(*(json_t **)field);
	*(json_t **)field = NULL;
}

static const struct {
	const char *word;
	int (*set)(const struct config_key *k, void *field, const json_t *v, struct err *e);
	void (*clear)(void *field);
} types[CONFIG_TYPE_COUNT] = {
	[CONFIG_TYPE_STRING] = { "text", set_string, clear_text },
	[CONFIG_TYPE_INT] = { "number", set_number, NULL },
	[CONFIG_TYPE_BOOL] = { "true or false", set_bool, NULL },
	[CONFIG_TYPE_DURATION] = { "duration", set_number, NULL },
	[CONFIG_TYPE_BYTES] = { "size", set_number, NULL },
	[CONFIG_TYPE_LIST] = { "list", set_sequence, clear_list },
	[CONFIG_TYPE_DURATION_LIST] = { "list of durations", set_sequence, clear_durations },
	[CONFIG_TYPE_MAP] = { "map", NULL, clear_map },
	[CONFIG_TYPE_OBJECT] = { "structure", set_object, clear_object },
	[CONFIG_TYPE_SECRET] = { "secret", NULL, clear_text },
};

int config_value_set(const struct config_key *k, void *field, const json_t *v, struct err *e)
{
	return types[k->type].set(k, field, v, e);
}

void config_value_clear(enum config_type type, void *field)
{
	if (types[type].clear)
		types[type].clear(field);
}

const char *config_type_word(enum config_type type)
{
	return types[type].word;
}
