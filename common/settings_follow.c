#include "settings_follow.h"

#include <stdlib.h>

#include "mem.h"
#include "settings_view.h"
#include "topic_follow.h"

struct settings_follow {
	struct topic_follow *topic;
	json_t *base;
	struct settings_view *view;  /* the thread's own */
	struct settings_now at_once; /* of the configuration alone, until it is taken */
};

void settings_now_clear(struct settings_now *now)
{
	tenants_free(now->tenants);
	pauses_free(now->pauses);
	suppressions_free(now->suppressions);
	*now = (struct settings_now){ 0 };
}

static void view_reset(void *ctx)
{
	struct settings_follow *f = ctx;
	struct err e;

	settings_view_free(f->view);
	settings_view_new(&f->view, f->base, &e); /* the base was checked when we were opened */
}

static int view_take(void *ctx, const struct record *r, bool *changed, struct err *e)
{
	return settings_view_take(((struct settings_follow *)ctx)->view, r, changed, e);
}

static struct settings_now now_of(struct settings_view *v)
{
	return (struct settings_now){ settings_view_tenants(v), settings_view_pauses(v),
				      settings_view_suppressions(v) };
}

static void *view_made(void *ctx)
{
	struct settings_now now = now_of(((struct settings_follow *)ctx)->view);

	return xmemdup(&now, sizeof(now));
}

static void made_drop(void *made)
{
	settings_now_clear(made);
	free(made);
}

int settings_follow_open(struct settings_follow **out, const struct settings_follow_options *o,
			 struct err *e)
{
	struct settings_follow *f = xcalloc(1, sizeof(*f));
	struct topic_follow_options topic = {
		.what = "settings",
		.kafka = o->kafka,
		.topic = o->topic,
		.view = { f, view_reset, view_take, view_made, made_drop },
		.wake_fd = o->wake_fd,
	};

	f->base = json_deep_copy(o->base);
	if (settings_view_new(&f->view, f->base, e) < 0) {
		json_decref(f->base);
		free(f);
		return ERR_FATAL;
	}
	f->at_once = now_of(f->view);
	f->topic = topic_follow_open(&topic);
	*out = f;
	return OK;
}

bool settings_follow_take(struct settings_follow *f, struct settings_now *now)
{
	struct settings_now *news = topic_follow_take(f->topic), next = f->at_once;

	if (news) {
		settings_now_clear(&f->at_once);
		next = *news;
		free(news);
	}
	f->at_once = (struct settings_now){ 0 };
	if (!next.tenants)
		return false;
	settings_now_clear(now);
	*now = next;
	return true;
}

const char *settings_follow_waits(struct settings_follow *f)
{
	return topic_follow_waits(f->topic);
}

void settings_follow_close(struct settings_follow *f)
{
	if (!f)
		return;
	topic_follow_close(f->topic);
	settings_now_clear(&f->at_once);
	settings_view_free(f->view);
	json_decref(f->base);
	free(f);
}
