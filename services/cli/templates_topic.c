#include "templates_topic.h"

#include "templates_view.h"
#include "topic_fold.h"

static int take(void *view, const struct record *r, struct err *e)
{
	return templates_view_take(view, r, NULL, e);
}

int templates_topic_lay(struct catalog **c, const struct settings *s, struct err *e)
{
	struct templates_view *v = templates_view_new(*c, true);
	int r = topic_fold_read(s, s->topics[TOPIC_TEMPLATES], take, v, e);

	if (r == OK) {
		catalog_free(*c);
		*c = templates_view_catalog(v);
	}
	templates_view_free(v);
	return r;
}
