#include "hub.h"

#include <stdlib.h>
#include <string.h>

#include "background.h"
#include "ids.h"
#include "mem.h"
#include "now.h"
#include "view_query.h"

#define TURN_MS 500
#define COMMENT_MS 15000 /* a sign of life for proxies, and how a listener that left is noticed */
#define WAITING_MAX_BYTES ((size_t)64 << 10) /* of one listener */
#define EVENT_MAX_BYTES ((size_t)32 << 10)

struct listener {
	char tenant[IDS_NAME_MAX + 1];
	struct http_stream *stream;
	struct view_changes at; /* how far it has been told; its invites are not kept */
	int64_t came_ms, told_ms;
};

struct hub {
	struct guard *guard; /* the thread's own */
	int64_t listen_ms;
	struct background background;
	struct listener *list; /* under its lock */
	size_t count;	       /* likewise */
};

/* ---- the thread; with the lock but where it asks Redis ---- */

static void write_event(const struct view_changes *c, struct buf *out)
{
	const json_t *name;
	size_t i;

	if (c->reset) {
		buf_str(out, "event: reset\ndata: {}\n\n");
		return;
	}
	buf_str(out, "event: invites\ndata: {\"invites\":[");
	json_array_foreach (c->invites, i, name) {
		if (i == HUB_NAMES_MAX)
			break;
		if (i)
			buf_byte(out, ',');
		buf_json(out, json_string_value(name));
	}
	buf_fmt(out, "],\"more\":%s}\n\n",
		json_array_size(c->invites) > HUB_NAMES_MAX ? "true" : "false");
}

/* False: it is gone. */
static bool tell(struct listener *l, const struct view_changes *c, int64_t now)
{
	static const char comment[] = ": still here\n\n";
	autobuf event = BUF_INIT(EVENT_MAX_BYTES);

	if (c && (c->reset || json_array_size(c->invites)))
		write_event(c, &event);
	else if (now - l->told_ms > COMMENT_MS)
		buf_add(&event, comment, sizeof(comment) - 1);
	if (!event.len)
		return true;
	l->told_ms = now;
	return http_stream_put(l->stream, event.data, event.len);
}

static void drop(struct hub *h, size_t i)
{
	http_stream_end(h->list[i].stream);
	h->list[i] = h->list[--h->count];
}

/* Asks for one listener; the lock is given back meanwhile, and only this thread removes. *away:
   Redis does not answer, which each of them would have to wait for. */
static bool serve(struct hub *h, size_t i, bool *away)
{
	struct listener l = h->list[i];
	struct view_changes c = l.at;
	struct err e;
	bool asked, good;

	if (now_mono_ms() - l.came_ms >= h->listen_ms)
		return false;
	c.tenant = l.tenant;
	c.max = HUB_NAMES_MAX + 1;
	c.skips = true;
	pthread_mutex_unlock(&h->background.lock);
	asked = !*away && guard_ready(h->guard, &e) == OK && view_changed(h->guard, &c, &e) == OK;
	*away = !asked;
	pthread_mutex_lock(&h->background.lock);
	good = tell(&h->list[i], asked ? &c : NULL, now_mono_ms());
	if (asked) {
		json_decref(c.invites);
		h->list[i].at = c;
	}
	return good;
}

static void *turn(void *arg)
{
	struct hub *h = arg;

	pthread_mutex_lock(&h->background.lock);
	while (!h->background.ending) {
		bool away = false;

		for (size_t i = h->count; i-- > 0 && !h->background.ending;)
			if (!serve(h, i, &away))
				drop(h, i);
		background_wait(&h->background, h->count ? TURN_MS : -1);
	}
	pthread_mutex_unlock(&h->background.lock);
	return NULL;
}

/* ---- outside ---- */

struct hub *hub_open(struct guard *guard, int64_t listen_ms)
{
	struct hub *h = xcalloc(1, sizeof(*h));

	h->guard = guard;
	h->listen_ms = listen_ms;
	h->list = xcalloc(HUB_LISTENERS_MAX, sizeof(*h->list));
	background_open(&h->background, turn, h);
	return h;
}

void hub_close(struct hub *h)
{
	if (!h)
		return;
	background_close(&h->background);
	while (h->count)
		drop(h, h->count - 1);
	guard_free(h->guard);
	free(h->list);
	free(h);
}

/* With the lock. */
static bool has_room(const struct hub *h, const char *tenant)
{
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		n += !strcmp(h->list[i].tenant, tenant);
	return !h->background.ending && h->count < HUB_LISTENERS_MAX && n < HUB_TENANT_MAX;
}

struct http_stream *hub_listen(struct hub *h, const char *tenant)
{
	struct http_stream *stream = NULL;
	int64_t now = now_mono_ms();

	pthread_mutex_lock(&h->background.lock);
	if (has_room(h, tenant)) {
		struct listener *l = &h->list[h->count];

		stream = http_stream_new(WAITING_MAX_BYTES);
		*l = (struct listener){ .stream = stream,
					.at = { .since = VIEW_FROM_NOW },
					.came_ms = now,
					.told_ms = now };
		text_put(l->tenant, sizeof(l->tenant), tenant);
		http_stream_put(stream, ": hello\n\n", strlen(": hello\n\n"));
		h->count++;
		pthread_cond_signal(&h->background.changed);
	}
	pthread_mutex_unlock(&h->background.lock);
	return stream;
}
