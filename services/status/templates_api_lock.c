#include "mem.h"
#include "now.h"
#include "templates_api_priv.h"
#include "templates_record.h"
#include "templates_view.h"
#include "thread.h"
#include "topic_end.h"

#define READ_BACK_MS 5000 /* from Kafka's acknowledgement to our own follower */

bool templates_api_await(struct templates_api *t, const struct catalog_source *s,
			 json_int_t version)
{
	int64_t until_ms = now_mono_ms() + READ_BACK_MS, left_ms;
	bool has;

	pthread_mutex_lock(&t->lock);
	while (!(has = templates_version_of(t->now, s->tenant, s->name, s->locale) >= version) &&
	       (left_ms = until_ms - now_mono_ms()) > 0)
		thread_wait(&t->news, &t->lock, left_ms);
	pthread_mutex_unlock(&t->lock);
	return has;
}

static void take(void *view, const struct record *r)
{
	struct err wrong;

	templates_view_take(view, r, NULL, &wrong); /* of what is wrong the version counts */
}

/* What another process has appended is known here too. */
static int catch_up(struct templates_api *t, const struct catalog_source *s, struct err *e)
{
	char key[TEMPLATES_KEY_SIZE];
	struct topic_end end = { t->shared->kafka, stage_topic(t->run, STAGE_TOPIC_TEMPLATES), key,
				 outlet_patience_ms(t->shared->outlet) };
	struct templates_view *v = templates_view_new(NULL, false);
	struct catalog *said;
	int r;

	templates_key(s->tenant, s->name, s->locale, key); /* it was checked: path_of */
	r = topic_end_read(&end, take, v, e);
	said = templates_view_catalog(v);
	if (r == OK &&
	    !templates_api_await(t, s, templates_version_of(said, s->tenant, s->name, s->locale)))
		r = err_set(e, ERR_AGAIN, "the templates are still being read");
	catalog_free(said);
	templates_view_free(v);
	return r;
}

int templates_api_lock(struct redis_lock *l, const struct web_request *q,
		       const struct catalog_source *which, struct err *e)
{
	autofree char *what = xasprintf("templates/%s", which->tenant);
	struct templates_api *t = q->ctx;
	int r = redis_lock_take(l, guard_redis(q->local), t->shared->common->redis_prefix, what, e);

	if (r == OK && (r = catch_up(t, which, e)) != OK)
		redis_lock_give(l);
	return r;
}
