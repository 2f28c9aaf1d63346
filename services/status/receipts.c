#include "receipts.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "auth.h"
#include "background.h"
#include "log.h"
#include "mem.h"
#include "receipt_keys.h"
#include "receipt_pass.h"

#define LOOK_MS 500   /* between two looks at what came too early */
#define AGAIN_MS 5000 /* where Redis or Kafka is away */
#define ACTOR "beckon/status"

/* Who may tell, as the files said when they were last read: whoever reads a call holds it. */
struct known {
	_Atomic int holders;
	struct receipt_sources sources;
};

struct receipts {
	const json_t *entries;
	const char *providers_dir;
	struct known *known; /* under the lock of background */
	struct site_shared *shared;
	const char *settings_topic;
	_Atomic uint64_t counts[RECEIPTS_ENDS], unknown;
	struct receipt_keys *keys;
	struct background background;
};

const char *const receipts_ends[RECEIPTS_ENDS] = {
	[RECEIPTS_TOLD] = "told", [RECEIPTS_PASSING] = "passing", [RECEIPTS_KEPT] = "kept",
	[RECEIPTS_LOST] = "lost", [RECEIPTS_STRANGE] = "strange", [RECEIPTS_REFUSED] = "refused",
};

static void count(struct receipts *r, enum receipts_ends end, size_t n)
{
	atomic_fetch_add(&r->counts[end], n);
}

void receipts_counted(struct receipts *r, uint64_t out[RECEIPTS_ENDS])
{
	for (int i = 0; i < RECEIPTS_ENDS; i++)
		out[i] = atomic_exchange(&r->counts[i], 0);
}

uint64_t receipts_unknown(struct receipts *r)
{
	return atomic_exchange(&r->unknown, 0);
}

/* ---- who may tell ---- */

static int known_open(struct known **out, const struct receipts *r, struct err *e)
{
	struct known *k = xcalloc(1, sizeof(*k));

	k->holders = 1;
	if (receipt_sources_open(&k->sources, r->entries, r->providers_dir, e) < 0) {
		free(k);
		return ERR_FATAL;
	}
	*out = k;
	return OK;
}

static struct known *known_hold(struct receipts *r)
{
	struct known *k;

	pthread_mutex_lock(&r->background.lock);
	k = r->known;
	k->holders++;
	pthread_mutex_unlock(&r->background.lock);
	return k;
}

static void known_drop(struct known *k)
{
	if (--k->holders)
		return;
	receipt_sources_close(&k->sources);
	free(k);
}

int receipts_reload(struct receipts *r, struct err *e)
{
	struct known *fresh, *former;

	if (known_open(&fresh, r, e) < 0)
		return ERR_FATAL;
	pthread_mutex_lock(&r->background.lock);
	former = r->known;
	r->known = fresh;
	pthread_mutex_unlock(&r->background.lock);
	known_drop(former);
	return OK;
}

/* ---- appending ---- */

static int append(void *ctx, const struct receipt_told *list, size_t n, struct err *e)
{
	struct receipts *r = ctx;
	autofree struct outlet_event *events = xcalloc(n + 1, sizeof(*events));
	int code = OK;

	for (size_t i = 0; i < n && code == OK; i++) {
		const struct receipt_told *t = &list[i];
		struct kafka_message m = { .topic = r->settings_topic,
					   .partition = -1,
					   .key = t->suppress_key,
					   .key_len = strlen(t->suppress_key),
					   .value = t->suppress };

		events[i] = (struct outlet_event){ .id = t->id,
						   .type = "delivery.receipt-received",
						   .tenant = t->about.tenant,
						   .invite = t->about.invite,
						   .data = t->data };
		if (!t->suppress)
			continue;
		m.value_len = strlen(t->suppress);
		code = outlet_put(r->shared->outlet, &m, e);
	}
	return code == OK ? outlet_append(r->shared->outlet, events, n, e) : code;
}

/* ---- a call ---- */

/* What is said twice is not said: a proxy may have added its own word to one that came. */
static const char *header(void *ctx, const char *name)
{
	const struct web_request *q = ctx;
	const char *first = web_header(q, name);

	return first == http_header_last(q->http, name) ? first : NULL;
}

static int read_call(const struct receipt_source *source, const struct web_request *q,
		     struct receipt_list *list, const char **code, struct err *e)
{
	const struct receipts *r = q->ctx;
	struct receipt_call call = { .query = q->http->query,
				     .header = header,
				     .ctx = (void *)q,
				     .body = q->http->body,
				     .body_len = q->http->body_len,
				     .now_ms = q->now_ms,
				     .keys = r->keys,
				     .by_proxy = auth_by_proxy(r->shared->settings, q) };

	return receipt_read(source, &call, list, code, e);
}

static void count_all(struct receipts *r, const struct receipt_counts *c)
{
	count(r, RECEIPTS_TOLD, c->told);
	count(r, RECEIPTS_KEPT, c->kept);
	count(r, RECEIPTS_PASSING, c->passing);
	count(r, RECEIPTS_STRANGE, c->strange);
}

static void refuse(struct receipts *r, const struct receipt_source *source, const char *code,
		   const struct err *why, struct http_response *a)
{
	bool stranger = !strcmp(code, "auth_failed");

	count(r, RECEIPTS_REFUSED, 1);
	log_warn("ev=receipt-refused source=%s code=%s why=\"%s\"", receipt_source_name(source),
		 code, why->text);
	web_problem(a, stranger ? 401 : 422, code, "%s", why->text);
}

static void ask_again(const struct receipt_source *source, const struct err *why,
		      struct http_response *a)
{
	log_warn("ev=receipt-later source=%s why=\"%s\"", receipt_source_name(source), why->text);
	web_fail(a, ERR_AGAIN, why);
}

/* A code that a provider has just invented: somebody is to learn what it means. */
static void note_unknown(struct receipts *r, const struct receipt_source *source,
			 const struct receipt_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		if (!list->list[i].unknown[0])
			continue;
		atomic_fetch_add(&r->unknown, 1);
		log_warn("ev=unknown-code source=%s code=%s", receipt_source_name(source),
			 list->list[i].unknown);
	}
}

static void tell(struct web_request *q, const struct receipt_source *source,
		 struct receipt_list *list, struct http_response *a)
{
	struct receipts *r = q->ctx;
	struct receipt_sink sink = { append, r, ACTOR };
	struct receipt_from from = { receipt_source_name(source), receipt_source_tenant(source) };
	struct receipt_counts counts;
	struct err e = { "" };
	int answer;

	if (list->confirm[0])
		log_warn("ev=receipt-subscription source=%s confirm=%s",
			 receipt_source_name(source), list->confirm);
	answer = receipt_pass(q->local, &sink, &from, list, &counts, &e);
	if (answer < 0) {
		web_fail(a, answer, &e);
		return;
	}
	note_unknown(r, source, list);
	count_all(r, &counts);
	buf_str(&a->body, receipt_source_answer(source));
}

static void handle(struct web_request *q, struct http_response *a)
{
	struct known *known = known_hold(q->ctx);
	const struct receipt_source *source =
		receipt_sources_find(&known->sources, q->params[0], q->params[1]);
	struct receipt_list list = { 0 };
	const char *code;
	struct err e = { "" };
	int read = source ? read_call(source, q, &list, &code, &e) : OK;

	if (!source)
		web_problem(a, 404, "not_found", NULL);
	else if (read == ERR_AGAIN)
		ask_again(source, &e, a);
	else if (read < 0)
		refuse(q->ctx, source, code, &e, a);
	else
		tell(q, source, &list, a);
	if (!list.genuine)
		web_charge(q);
	receipt_list_clear(&list);
	known_drop(known);
}

#define ROUTE(word, path)                                                                          \
	{                                                                                          \
		.method = word, .pattern = path, .door = WEB_PUBLIC,                               \
		.flags = WEB_QUIET | WEB_UNMETERED, .body_max = RECEIPT_BODY_MAX_BYTES,            \
		.handle = handle                                                                   \
	}
static const struct web_route routes[] = {
	ROUTE("POST", "/receipts/{provider}"),
	ROUTE("GET", "/receipts/{provider}"),
	ROUTE("POST", "/receipts/{provider}/{tenant}"),
	ROUTE("GET", "/receipts/{provider}/{tenant}"),
};

static void *open_local(void *ctx)
{
	return site_guard_open(((struct receipts *)ctx)->shared);
}

struct web_module receipts_module(struct receipts *r)
{
	return (struct web_module){ .routes = routes,
				    .count = ARRAY_LEN(routes),
				    .ctx = r,
				    .open = open_local,
				    .close = site_guard_close };
}

/* ---- what came too early ---- */

static void *look_again(void *arg)
{
	struct receipts *r = arg;
	struct guard *g = site_guard_open(r->shared);
	struct receipt_sink sink = { append, r, ACTOR };
	struct receipt_kept_counts c = { 0 };
	int code = OK;
	struct err e;

	while (background_rest(&r->background, code < 0 ? AGAIN_MS : c.more ? 0 : LOOK_MS)) {
		code = receipt_pass_kept(g, &sink, &c, &e);
		count(r, RECEIPTS_TOLD, c.told);
		count(r, RECEIPTS_LOST, c.lost);
	}
	site_guard_close(g);
	return NULL;
}

int receipts_open(struct receipts **out, const struct receipts_options *o,
		  struct site_shared *shared, struct err *e)
{
	struct receipts *r = xcalloc(1, sizeof(*r));

	r->entries = o->entries;
	r->providers_dir = o->providers_dir;
	r->shared = shared;
	r->settings_topic = o->settings_topic;
	if (known_open(&r->known, r, e) < 0) {
		free(r);
		return ERR_FATAL;
	}
	r->keys = receipt_keys_open();
	background_open(&r->background, look_again, r);
	*out = r;
	return OK;
}

void receipts_close(struct receipts *r)
{
	if (!r)
		return;
	background_close(&r->background);
	known_drop(r->known);
	receipt_keys_close(r->keys);
	free(r);
}
