#include "settings_view.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "form.h"
#include "mem.h"
#include "now.h"

#define KEY_MAX (PAUSE_KEY_SIZE - 1)

struct settings_view {
	json_t *base;			   /* the configuration's tenants; NULL = none */
	json_t *tenants;		   /* name -> record */
	struct tenants *made;		   /* of both; NULL = one of them has changed since */
	json_t *pauses;			   /* key -> record */
	struct suppressions *suppressions; /* NULL = nobody asked yet */
	struct suppress_change *news;	   /* since then */
	size_t nnews;
};

int settings_view_new(struct settings_view **out, const json_t *base, struct err *e)
{
	struct settings_view *v;
	struct tenants *t;

	if (tenants_load(&t, base, e) < 0)
		return ERR_FATAL;
	tenants_free(t);
	v = xcalloc(1, sizeof(*v));
	*v = (struct settings_view){ .base = json_deep_copy(base),
				     .tenants = json_object(),
				     .pauses = json_object() };
	*out = v;
	return OK;
}

void settings_view_free(struct settings_view *v)
{
	if (!v)
		return;
	json_decref(v->base);
	json_decref(v->tenants);
	json_decref(v->pauses);
	tenants_free(v->made);
	suppressions_free(v->suppressions);
	free(v->news);
	free(v);
}

/* ---- one record ---- */

static int check_settings(const char *tenant, const json_t *record, struct err *e)
{
	const json_t *settings = json_object_get(record, "settings");
	json_t *section;
	struct tenants *t;
	int r;

	if (json_integer_value(json_object_get(record, "version")) < 1)
		return err_set(e, ERR_INVALID, "no version");
	if (!json_is_object(settings))
		return err_set(e, ERR_INVALID, "no settings");
	section = json_pack("{s:O}", tenant, settings);
	r = tenants_load(&t, section, e);
	json_decref(section);
	if (r < 0)
		return ERR_INVALID;
	tenants_free(t);
	return OK;
}

static bool is_paused(const json_t *record)
{
	return json_is_true(json_object_get(record, "paused"));
}

static int check_pause(const json_t *record, struct err *e)
{
	const json_t *reason = json_object_get(record, "reason");
	const json_t *until = json_object_get(record, "until");
	size_t len = json_string_length(reason);
	int64_t ms;

	if (!json_is_boolean(json_object_get(record, "paused")))
		return err_set(e, ERR_INVALID, "paused must be true or false");
	if (is_paused(record) && (!json_is_string(reason) || !len || len > PAUSE_REASON_MAX ||
				  !form_line(json_string_value(reason), len)))
		return err_set(e, ERR_INVALID, "reason must be one line of 1 to %d bytes",
			       PAUSE_REASON_MAX);
	if (until && (!json_is_string(until) || !now_parse(json_string_value(until), &ms)))
		return err_set(e, ERR_INVALID, "until must be a time of RFC 3339");
	return OK;
}

/* The value as JSON of our format; NULL with why it is none. */
static json_t *read_value(const struct record *r, struct err *e)
{
	json_t *value = NULL;

	if (r->value_len > RECORD_MAX_BYTES)
		err_set(e, ERR_INVALID, "more than %u bytes", RECORD_MAX_BYTES);
	else if (!(value = json_loadb(r->value, r->value_len, JSON_REJECT_DUPLICATES, NULL)))
		err_set(e, ERR_INVALID, "no JSON");
	else if (json_integer_value(json_object_get(value, "format")) == SETTINGS_FORMAT)
		return value;
	else
		err_set(e, ERR_INVALID, "not of format %d", SETTINGS_FORMAT);
	json_decref(value);
	return NULL;
}

/* Puts what the record says behind name, unless it is wrong. */
static int put(json_t *map, const char *name, const struct record *r, bool pause, struct err *e)
{
	json_t *value;
	int code;

	if (!r->value) {
		json_object_del(map, name);
		return OK;
	}
	value = read_value(r, e);
	if (!value)
		return ERR_INVALID;
	code = pause ? check_pause(value, e) : check_settings(name, value, e);
	if (code == OK)
		json_object_set(map, name, value);
	json_decref(value);
	return code;
}

static int put_settings(struct settings_view *v, const char *tenant, const struct record *r,
			struct err *e)
{
	tenants_free(v->made);
	v->made = NULL;
	return put(v->tenants, tenant, r, false, e);
}

static int take_suppression(struct settings_view *v, const struct suppress_who *who,
			    const struct record *r, struct err *e)
{
	struct suppress_change change = { .who = *who };
	json_t *value = NULL;
	int code = OK;

	if (r->value && !(value = read_value(r, e)))
		return ERR_INVALID;
	if (value)
		code = suppress_record_read(value, &change.said, e);
	json_decref(value);
	if (code < 0)
		return code;
	v->news = xgrow(v->news, v->nnews, sizeof(*v->news));
	v->news[v->nnews++] = change;
	return OK;
}

int settings_view_take(struct settings_view *v, const struct record *r, bool *changed,
		       struct err *e)
{
	autofree char *text = xstrndup(r->key_len ? r->key : "", r->key_len);
	char *slash = strchr(text, '/');
	struct suppress_who who;
	enum pause_scope scope;
	bool pause, suppression, ours;

	if (!r->key_len || r->key_len > KEY_MAX || strlen(text) != r->key_len || !slash)
		return err_set(e, ERR_INVALID, "a key is <tenant>/<section>");
	pause = pause_key_scope(text, &scope);
	suppression = !pause && suppress_key_read(text, &who);
	ours = pause || suppression || !strcmp(slash, "/settings");
	if (changed)
		*changed = ours;
	if (pause)
		return put(v->pauses, text, r, true, e);
	if (suppression)
		return take_suppression(v, &who, r, e);
	*slash = '\0';
	return ours ? put_settings(v, text, r, e) : OK;
}

/* ---- what holds ---- */

static struct tenants *make_tenants(const struct settings_view *v)
{
	json_t *own = json_object();
	const char *name;
	json_t *record;
	struct tenants *t = NULL;
	struct err e;

	/* Copied, since the tenants outlive this view, and other threads hold them. */
	json_object_foreach (v->tenants, name, record)
		json_object_set_new(own, name, json_deep_copy(json_object_get(record, "settings")));
	const json_t *layers[] = { v->base, own };
	int r = tenants_stack(&t, layers, ARRAY_LEN(layers), &e);

	assert(r == OK); /* each record was checked when it was taken */
	(void)r;
	json_decref(own);
	return t;
}

/* Made once for as long as they hold: suppressions come by the thousand, and change no tenant. */
struct tenants *settings_view_tenants(struct settings_view *v)
{
	if (!v->made)
		v->made = make_tenants(v);
	return tenants_hold(v->made);
}

struct pauses *settings_view_pauses(const struct settings_view *v)
{
	autofree struct pause *list = xcalloc(json_object_size(v->pauses) + 1, sizeof(*list));
	const char *key;
	json_t *record;
	size_t n = 0;

	json_object_foreach (v->pauses, key, record) {
		const char *until = json_string_value(json_object_get(record, "until"));
		struct pause *p = &list[n];

		if (!is_paused(record))
			continue;
		*p = (struct pause){ 0 };
		pause_key_scope(key, &p->scope);
		snprintf(p->key, sizeof(p->key), "%s", key);
		snprintf(p->reason, sizeof(p->reason), "%s",
			 json_string_value(json_object_get(record, "reason")));
		if (until)
			now_parse(until, &p->until_ms);
		n++;
	}
	return pauses_new(list, n);
}

struct suppressions *settings_view_suppressions(struct settings_view *v)
{
	if (v->nnews || !v->suppressions) {
		struct suppressions *former = v->suppressions;

		v->suppressions = suppressions_next(former, v->news, v->nnews);
		suppressions_free(former);
		free(v->news);
		v->news = NULL;
		v->nnews = 0;
	}
	return suppressions_hold(v->suppressions);
}

const json_t *settings_view_tenant(const struct settings_view *v, const char *tenant)
{
	return json_object_get(v->tenants, tenant);
}

const json_t *settings_view_pause(const struct settings_view *v, const char *key)
{
	return json_object_get(v->pauses, key);
}

const json_t *settings_view_all_pauses(const struct settings_view *v)
{
	return v->pauses;
}
