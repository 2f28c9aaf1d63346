#include "view_keep.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloudevent.h"
#include "crypto.h"
#include "guard_view.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "request.h"
#include "state.h"

#define ID_BYTES 16
#define ID_SIZE 64
#define EVERY_MS 60000 /* between two passes */

/* An invite that is to go. */
struct going {
	char name[IDS_NAME_MAX + 1];
	struct state state;
	struct guard_view_gone op;
};

struct page {
	const char *tenant;
	int64_t before_ms; /* what ended before then goes */
	struct going list[VIEW_KEEP_PAGE];
	size_t n;
	json_t *names; /* of all invites of the page */
	bool ends;     /* nothing behind it is old enough */
};

/* ---- which ---- */

/* What nothing but refusals were told of has no status, and no moment but its first. */
static int64_t last_ms(const struct state *s)
{
	return s->updated_ms ? s->updated_ms : s->requested_ms;
}

static int read_names(struct view_keep *k, struct guard *g, struct page *p, struct err *e)
{
	autofree char *key = xasprintf("vz:%s", p->tenant);
	autofree char *from = xasprintf("(%lld", (long long)k->seen);
	autofree char *most = xasprintf("%d", VIEW_KEEP_PAGE);
	const char *argv[] = {
		"ZRANGEBYSCORE", key, from, "+inf", "WITHSCORES", "LIMIT", "0", most
	};
	const struct redis_reply *v;

	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	v = guard_view_answer(g, 0);
	for (size_t i = 0; i + 1 < redis_len(v); i += 2) {
		json_array_append_new(p->names, json_string(redis_str(redis_at(v, i), NULL)));
		k->seen = redis_int(redis_at(v, i + 1));
	}
	p->ends = json_array_size(p->names) < VIEW_KEEP_PAGE;
	return OK;
}

static void look(struct page *p, const char *name, const struct redis_reply *v)
{
	struct going *to = &p->list[p->n];
	struct state s = { 0 };
	struct err e;
	size_t len;
	const char *value = redis_str(v, &len);

	if (!len || state_read(value, len, &s, &e) < 0)
		return;
	if (last_ms(&s) < p->before_ms)
		p->ends = false; /* others of its age may follow */
	if (last_ms(&s) >= p->before_ms || !view_status_ends(state_status(&s))) {
		state_clear(&s);
		return;
	}
	text_put(to->name, sizeof(to->name), name);
	to->state = s;
	p->n++;
}

static int read_page(struct view_keep *k, const struct view_keep_world *w, struct page *p,
		     struct err *e)
{
	bool last;
	json_t *name;
	size_t i;

	if (read_names(k, w->guard, p, e) < 0)
		return ERR_AGAIN;
	json_array_foreach (p->names, i, name) {
		autofree char *key = xasprintf("v:%s/%s", p->tenant, json_string_value(name));
		const char *argv[] = { "GET", key };

		guard_view_ask(w->guard, 2, argv);
	}
	if (i && guard_view_read(w->guard, e) < 0)
		return ERR_AGAIN;
	last = p->ends;
	p->ends = true;
	json_array_foreach (p->names, i, name)
		look(p, json_string_value(name), guard_view_answer(w->guard, i));
	p->ends |= last;
	return OK;
}

/* ---- what becomes of them ---- */

/* The same for the same state, so that asking twice is one wish. */
static const char *wish_id(const struct page *p, const struct going *g, char id[ID_SIZE])
{
	unsigned char sum[CRYPTO_HASH_BYTES];
	struct crypto_hash h;
	char drawn[ID_SIZE];

	crypto_hash_init(&h);
	crypto_hash_str(&h, p->tenant);
	crypto_hash_str(&h, g->name);
	crypto_hash_u64(&h, (uint64_t)g->state.version);
	crypto_hash_final(&h, sum);
	crypto_base32(sum, ID_BYTES, drawn);
	snprintf(id, ID_SIZE, "keep.%s", drawn);
	return id;
}

static int wish_to_forget(const struct view_keep_world *w, const struct page *p,
			  const struct going *g, struct err *e)
{
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char id[ID_SIZE], key[IDS_KEY_SIZE];
	autofree char *type = xasprintf("%s%s", CLOUDEVENT_PREFIX, request_types[REQUEST_FORGET]);
	autofree char *value =
		xasprintf("{\"tenant\":\"%s\",\"invite\":\"%s\"}", p->tenant, g->name);
	struct cloudevent_head head = {
		.id = wish_id(p, g, id), .source = "beckon/status", .type = type, .subject = g->name
	};
	struct kafka_message m = { .topic = w->topic_requested,
				   .partition = -1,
				   .key = ids_key(p->tenant, g->name, key),
				   .value = value,
				   .value_len = strlen(value),
				   .headers = headers };

	m.key_len = strlen(m.key);
	m.header_count = cloudevent_write_headers(&head, headers);
	return view_tell_put(w->tell, &m, e);
}

/* Kafka has all of it before anything goes. */
static int tell(const struct view_keep_world *w, const struct page *p, struct err *e)
{
	char key[IDS_KEY_SIZE];
	int r = OK;

	for (size_t i = 0; i < p->n && r == OK; i++) {
		const struct going *g = &p->list[i];

		if (!state_is_forgotten(&g->state))
			r = wish_to_forget(w, p, g, e);
		if (r == OK)
			r = view_tell_gone(w->tell, ids_key(p->tenant, g->name, key), e);
	}
	return r == OK ? view_tell_await(w->tell, e) : ERR_AGAIN;
}

static int take_out(const struct view_keep_world *w, struct page *p, struct err *e)
{
	for (size_t i = 0; i < p->n; i++) {
		struct going *g = &p->list[i];
		enum view_status status = state_status(&g->state);

		g->op = (struct guard_view_gone){
			.tenant = p->tenant,
			.invite = g->name,
			.version = g->state.version,
			.was = { .status = status == VIEW_STATUSES ? NULL : view_statuses[status],
				 .code = status == VIEW_ERROR ? state_code(&g->state) : NULL,
				 .batch = state_batch(&g->state) },
		};
		guard_add_view_gone(w->guard, &g->op);
	}
	return guard_run(w->guard, e);
}

static int do_page(struct view_keep *k, const struct view_keep_world *w, struct page *p,
		   struct err *e)
{
	int r = read_page(k, w, p, e);

	if (r == OK && p->n)
		r = tell(w, p, e);
	if (r == OK && p->n)
		r = take_out(w, p, e);
	for (size_t i = 0; i < p->n; i++) {
		k->gone += r == OK && !p->list[i].op.lost;
		state_clear(&p->list[i].state);
	}
	return r;
}

/* ---- the pass ---- */

/* How long the tenant keeps what has ended; 0 = for ever. */
static int64_t keep_ms(struct view_keep *k, const char *tenant)
{
	int64_t ms;

	pthread_mutex_lock(&k->lock);
	ms = tenant && k->settings ? tenants_find(k->settings, tenant)->keep_ms : 0;
	pthread_mutex_unlock(&k->lock);
	return ms;
}

int view_keep_step(struct view_keep *k, const struct view_keep_world *w, int64_t now_ms, bool *more,
		   struct err *e)
{
	int64_t seen = k->seen, keep;
	struct page *p;
	int r = OK;

	if (!k->tenants && view_tenants(w->guard, &k->tenants, e) < 0)
		return ERR_AGAIN;
	p = xcalloc(1, sizeof(*p));
	p->tenant = json_string_value(json_array_get(k->tenants, k->tenant));
	p->names = json_array();
	p->ends = true;
	keep = keep_ms(k, p->tenant);
	p->before_ms = now_ms - keep;
	if (keep)
		r = do_page(k, w, p, e);
	if (r < 0)
		k->seen = seen;
	else if (p->ends) {
		k->tenant++;
		k->seen = 0;
	}
	*more = r < 0 || k->tenant < json_array_size(k->tenants);
	json_decref(p->names);
	free(p);
	return r;
}

static void end(struct view_keep *k)
{
	if (k->gone)
		log_info("ev=view-kept-long-enough invites=%zu", k->gone);
	json_decref(k->tenants);
	k->tenants = NULL;
	k->tenant = k->gone = 0;
	k->next_ms = now_mono_ms() + EVERY_MS;
}

bool view_keep_due(struct view_keep *k)
{
	bool known;

	pthread_mutex_lock(&k->lock);
	known = k->settings != NULL;
	pthread_mutex_unlock(&k->lock);
	return known && now_mono_ms() >= k->next_ms;
}

int view_keep_turn(struct view_keep *k, const struct view_keep_world *w, struct err *e)
{
	bool more;
	int r = view_keep_step(k, w, now_ms(), &more, e);

	if (r == OK && !more)
		end(k);
	return r;
}

/* ---- life ---- */

void view_keep_open(struct view_keep *k)
{
	*k = (struct view_keep){ 0 };
	pthread_mutex_init(&k->lock, NULL);
}

void view_keep_close(struct view_keep *k)
{
	json_decref(k->tenants);
	tenants_free(k->settings);
	pthread_mutex_destroy(&k->lock);
}

void view_keep_publish(struct view_keep *k, struct tenants *settings)
{
	struct tenants *former;

	pthread_mutex_lock(&k->lock);
	former = k->settings;
	k->settings = tenants_hold(settings);
	pthread_mutex_unlock(&k->lock);
	tenants_free(former);
}
