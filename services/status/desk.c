#include "desk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "redis_lock.h"
#include "settings_record.h"
#include "settings_view.h"
#include "suppress.h"
#include "tenant.h"
#include "tenant_defaults.h"
#include "thread.h"
#include "topic_end.h"
#include "topic_follow.h"

#define TURN_MS 100
#define FOLLOWED_MS 2000 /* how long a change is waited for here */

/* What the topic says. The follower has one and makes copies of it. */
struct known {
	struct apikeys *keys;
	struct settings_view *view; /* the follower's */
	json_t *tenants, *pauses;   /* a copy's: tenant -> record, key -> record */
};

struct desk {
	struct desk_options o;
	struct topic_follow *follow;
	struct known following; /* the follower's own */
	json_t *tenants;	/* the follower's: which tenants have records */
	pthread_mutex_t lock;	/* of known */
	pthread_cond_t changed;
	struct known *known; /* NULL = nothing yet */
};

/* ---- following ---- */

static void view_reset(void *ctx)
{
	struct desk *d = ctx;
	struct err e;

	apikeys_free(d->following.keys);
	settings_view_free(d->following.view);
	json_decref(d->tenants);
	d->following.keys = apikeys_new();
	settings_view_new(&d->following.view, NULL, &e); /* of nothing, which nobody refuses */
	d->tenants = json_object();
}

static int view_take(void *ctx, const struct record *r, bool *changed, struct err *e)
{
	struct desk *d = ctx;
	autofree char *key = xstrndup(r->key_len ? r->key : "", r->key_len);
	bool keys = false, settings = false;
	struct suppress_who who;
	int status;

	*changed = false;
	if (suppress_key_read(key, &who)) /* who is not written to is nothing that is asked here */
		return OK;
	status = apikeys_take(d->following.keys, r, &keys, e);
	if (status == OK && !keys)
		status = settings_view_take(d->following.view, r, &settings, e);
	key[strcspn(key, "/")] = '\0';
	if (settings)
		json_object_set_new(d->tenants, key, json_true());
	*changed = keys || settings;
	return status;
}

static void *view_made(void *ctx)
{
	struct desk *d = ctx;
	struct known *k = xcalloc(1, sizeof(*k));
	const char *tenant;
	json_t *value;

	k->keys = apikeys_copy(d->following.keys);
	k->tenants = json_object();
	json_object_foreach (d->tenants, tenant, value) {
		const json_t *record = settings_view_tenant(d->following.view, tenant);

		if (record)
			json_object_set_new(k->tenants, tenant, json_deep_copy(record));
	}
	k->pauses = json_deep_copy(settings_view_all_pauses(d->following.view));
	return k;
}

static void view_drop(void *made)
{
	struct known *k = made;

	if (!k)
		return;
	apikeys_free(k->keys);
	json_decref(k->tenants);
	json_decref(k->pauses);
	free(k);
}

struct desk *desk_open(const struct desk_options *o)
{
	struct desk *d = xcalloc(1, sizeof(*d));
	struct topic_follow_options follow = {
		.what = "desk",
		.kafka = o->kafka,
		.topic = o->topic,
		.view = { d, view_reset, view_take, view_made, view_drop },
		.wake_fd = o->wake_fd,
	};

	d->o = *o;
	view_reset(d);
	pthread_mutex_init(&d->lock, NULL);
	thread_cond_init(&d->changed);
	d->follow = topic_follow_open(&follow);
	return d;
}

void desk_close(struct desk *d)
{
	if (!d)
		return;
	topic_follow_close(d->follow);
	apikeys_free(d->following.keys);
	settings_view_free(d->following.view);
	json_decref(d->tenants);
	view_drop(d->known);
	pthread_cond_destroy(&d->changed);
	pthread_mutex_destroy(&d->lock);
	free(d);
}

const char *desk_look(struct desk *d)
{
	const char *why = topic_follow_waits(d->follow);
	struct known *known = topic_follow_take(d->follow), *former;

	if (!known)
		return why;
	pthread_mutex_lock(&d->lock);
	former = d->known;
	d->known = known;
	pthread_cond_broadcast(&d->changed);
	pthread_mutex_unlock(&d->lock);
	view_drop(former);
	return why;
}

/* ---- asking ---- */

bool desk_key(struct desk *d, const char *text, int64_t now_ms, struct desk_key *out)
{
	struct apikey key;
	bool good;

	pthread_mutex_lock(&d->lock);
	good = d->known && apikeys_find(d->known->keys, text, now_ms, &key);
	if (good) {
		text_put(out->id, sizeof(out->id), key.id);
		text_put(out->tenant, sizeof(out->tenant), key.tenant);
		text_put(out->role, sizeof(out->role), key.role);
		text_put(out->name, sizeof(out->name), key.name);
	}
	pthread_mutex_unlock(&d->lock);
	return good;
}

json_t *desk_settings(struct desk *d, const char *tenant)
{
	json_t *record;

	pthread_mutex_lock(&d->lock);
	record = d->known ? json_deep_copy(json_object_get(d->known->tenants, tenant)) : NULL;
	pthread_mutex_unlock(&d->lock);
	return record;
}

json_t *desk_defaults(struct desk *d, const char *tenant)
{
	json_t *out = tenant_defaults(), *record;

	tenant_lay(out, json_object_get(d->o.base, "*"));
	if (!strcmp(tenant, "*"))
		return out;
	record = desk_settings(d, "*");
	tenant_lay(out, json_object_get(record, "settings"));
	tenant_lay(out, json_object_get(d->o.base, tenant));
	json_decref(record);
	return out;
}

json_t *desk_pauses(struct desk *d)
{
	json_t *out;

	pthread_mutex_lock(&d->lock);
	out = d->known ? json_deep_copy(d->known->pauses) : json_object();
	pthread_mutex_unlock(&d->lock);
	return out;
}

/* ---- changing ---- */

/* Waits until the record behind key is the one here, too. Whoever asks next should see it; where
   that takes too long it is there all the same. */
static void await(struct desk *d, const char *key, const json_t *record)
{
	int64_t until_ms = now_mono_ms() + FOLLOWED_MS;
	autofree char *tenant = xstrndup(key, strcspn(key, "/"));

	pthread_mutex_lock(&d->lock);
	while (now_mono_ms() < until_ms) {
		const struct known *k = d->known;

		if (k && (json_equal(json_object_get(k->pauses, key), record) ||
			  json_equal(json_object_get(k->tenants, tenant), record)))
			break;
		thread_wait(&d->changed, &d->lock, TURN_MS);
	}
	pthread_mutex_unlock(&d->lock);
}

int desk_put(struct desk *d, const char *key, const json_t *record, struct err *e)
{
	autofree char *value = json_dumps(record, JSON_COMPACT);
	struct kafka_message m = { .topic = d->o.topic,
				   .partition = -1,
				   .key = key,
				   .key_len = strlen(key),
				   .value = value,
				   .value_len = strlen(value) };
	int r;

	if (m.value_len > RECORD_MAX_BYTES)
		return err_set(e, ERR_INVALID, "the record would have more than %u bytes",
			       RECORD_MAX_BYTES);
	r = outlet_put(d->o.outlet, &m, e);
	if (r == OK)
		await(d, key, record);
	return r;
}

static void view_one(void *ctx, const struct record *r)
{
	struct err wrong;

	settings_view_take(ctx, r, NULL, &wrong); /* what is wrong is passed over */
}

/* Would services take it? As they read it. */
static int check(const struct desk_change *c, struct err *e)
{
	json_t *section = json_pack("{s:O}", c->tenant, c->settings);
	struct tenants *t = NULL;
	int r = section ? tenants_load(&t, section, e) : err_set(e, ERR_INVALID, "no settings");

	json_decref(section);
	tenants_free(t);
	return r == OK ? OK : ERR_INVALID;
}

static int set_locked(struct desk *d, const struct desk_change *c, json_t **out, struct err *e)
{
	autofree char *key = xasprintf("%s/settings", c->tenant);
	struct topic_end end = { d->o.kafka, d->o.topic, key, outlet_patience_ms(d->o.outlet) };
	struct settings_author author = { c->actor, now_ms() };
	struct settings_view *v;
	const json_t *former;
	json_t *record;
	int r = settings_view_new(&v, NULL, e);

	if (r == OK)
		r = topic_end_read(&end, view_one, v, e);
	former = r == OK ? settings_view_tenant(v, c->tenant) : NULL;
	if (r == OK && c->version != settings_record_version(former))
		r = DESK_OLD;
	if (r == OK) {
		record = settings_record_next(former, c->settings, &author);
		r = desk_put(d, key, record, e);
		if (r == OK)
			*out = record;
		else
			json_decref(record);
	}
	settings_view_free(v);
	return r;
}

int desk_set(struct desk *d, struct guard *g, const struct desk_change *c, json_t **out,
	     struct err *e)
{
	autofree char *what = xasprintf("settings/%s", c->tenant);
	struct redis_lock lock;
	int r = check(c, e);

	if (r == OK)
		r = redis_lock_take(&lock, guard_redis(g), d->o.redis_prefix, what, e);
	if (r != OK)
		return r;
	r = set_locked(d, c, out, e);
	redis_lock_give(&lock);
	return r;
}
