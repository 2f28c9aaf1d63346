/* Is there a template of this name? */
#include <string.h>

#include "api_words.h"
#include "mem.h"
#include "now.h"
#include "templates_api_priv.h"
#include "thread.h"

#define NEWS_MS 1000 /* what somebody has just pushed may take so long to be heard of here */

struct search {
	const char *name;
	bool found;
};

static void search(void *ctx, const struct catalog_entry *entry)
{
	struct search *s = ctx;

	s->found |= !strcmp(entry->name, s->name) && shape_has_parts(entry);
}

/* In whatever language: which one a person gets is another matter. */
static bool is_there(struct templates_api *t, const char *tenant, const char *name)
{
	int64_t until_ms = now_mono_ms() + NEWS_MS, left_ms;
	struct search s = { name, false };

	pthread_mutex_lock(&t->lock);
	do {
		catalog_each(t->now, tenant, search, &s);
	} while (!s.found && t->known && (left_ms = until_ms - now_mono_ms()) > 0 &&
		 thread_wait(&t->news, &t->lock, left_ms) == 0);
	s.found |= !t->known;
	pthread_mutex_unlock(&t->lock);
	return s.found;
}

bool templates_api_has(const struct web_request *q, struct templates_api *t, const char *name,
		       struct http_response *a)
{
	json_t *more;

	if (!name || !t || is_there(t, q->tenant, name))
		return true;
	more = json_pack("{ss,ss}", "code", "template_missing", "where", "/template");
	api_words_add(t->shared->words, web_lang(q), more);
	web_problem_more(a, 422, "template_missing", "there is no template of that name", more);
	return false;
}
