/* Tenants' templates as the skeleton follows them: the catalog that holds now. */
#include "stage_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "log.h"
#include "mem.h"
#include "templates_view.h"
#include "topic_follow.h"

struct stage_templates {
	struct topic_follow *follow;
	struct kafka_property *kafka; /* what its client is made with */
	struct catalog *base;
	struct templates_view *view; /* the follower's thread's own */
	struct catalog *now;
	bool keep, known;
	char why[256];
};

static void view_reset(void *ctx)
{
	struct stage_templates *t = ctx;

	templates_view_free(t->view);
	t->view = templates_view_new(t->base, t->keep);
}

static int view_take(void *ctx, const struct record *r, bool *changed, struct err *e)
{
	return templates_view_take(((struct stage_templates *)ctx)->view, r, changed, e);
}

static void *view_made(void *ctx)
{
	return templates_view_catalog(((struct stage_templates *)ctx)->view);
}

static void made_drop(void *made)
{
	catalog_free(made);
}

void stage_follow_templates(struct run *r, struct catalog *base, bool keep)
{
	struct stage_templates *t = xcalloc(1, sizeof(*t));
	struct topic_follow_options o = {
		.what = "templates",
		.topic = stage_topic(r, STAGE_TOPIC_TEMPLATES),
		.view = { t, view_reset, view_take, view_made, made_drop },
		.wake_fd = r->wake_fd,
	};

	t->kafka = xcalloc(r->settings.kafka.count + 1, sizeof(*t->kafka));
	o.kafka = stage_kafka(r, t->kafka);
	t->keep = keep;
	t->base = base ? catalog_hold(base) : NULL;
	t->now = base ? catalog_hold(base) : catalog_empty();
	t->follow = topic_follow_open(&o);
	r->templates = t;
}

struct catalog *stage_catalog(const struct run *r)
{
	return r->templates ? r->templates->now : NULL;
}

bool stage_templates_known(const struct run *r)
{
	return r->templates && r->templates->known;
}

const char *stage_templates_look(struct run *r)
{
	struct stage_templates *t = r->templates;
	struct catalog *news;
	const char *why;

	if (!t)
		return NULL;
	why = topic_follow_waits(t->follow);
	news = topic_follow_take(t->follow);
	if (news) {
		catalog_free(t->now);
		t->now = news;
		log_info("ev=templates");
	}
	t->known = !why;
	if (!why)
		return NULL;
	snprintf(t->why, sizeof(t->why), "templates: %s", why);
	return t->why;
}

void stage_templates_close(struct run *r)
{
	struct stage_templates *t = r->templates;

	if (!t)
		return;
	topic_follow_close(t->follow);
	templates_view_free(t->view);
	catalog_free(t->now);
	catalog_free(t->base);
	free(t->kafka);
	free(t);
}
