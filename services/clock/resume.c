#include "resume.h"

#include <stdio.h>
#include <string.h>

#include "crash.h"
#include "later_group.h"
#include "log.h"
#include "now.h"

#define LOOK_MS 1000
#define GROUPS_MAX 64	/* brought forward by one look */
#define FORWARD_MAX 500 /* items at once: Redis serves nobody else meanwhile */

/* The groups whose pause is over. */
struct over {
	const struct pauses *pauses;
	int64_t now_ms;
	char names[GROUPS_MAX][LATER_GROUP_SIZE];
	size_t n;
};

/* A group's name is "<tenant> <pause_group>". */
static void take(void *ctx, const char *name)
{
	const char *space = strchr(name, ' ');
	struct over *o = ctx;

	if (o->n < GROUPS_MAX && strlen(name) < LATER_GROUP_SIZE &&
	    !(space && pause_group_holds(o->pauses, space + 1, o->now_ms)))
		snprintf(o->names[o->n++], LATER_GROUP_SIZE, "%s", name);
}

static bool is_time(const struct resume *r, const struct run *run, int64_t now)
{
	return r->count != stage_settings_count(run) || now - r->looked_ms >= LOOK_MS;
}

bool resume_look(struct resume *r, struct run *run)
{
	struct over over = { .pauses = stage_pauses(run), .now_ms = now_ms() };
	int64_t now = now_mono_ms();
	bool left;
	struct err e;

	if (stage_paused(run) || !is_time(r, run, now) ||
	    later_groups(stage_guard(run), take, &over, &e) < 0)
		return false;
	r->count = stage_settings_count(run);
	left = over.n == GROUPS_MAX;
	for (size_t i = 0; i < over.n; i++) {
		bool more = true;

		later_forward(stage_guard(run), over.names[i], FORWARD_MAX, &more, &e);
		left |= more; /* also where Redis did not answer */
		crash_point("brought-forward");
	}
	r->looked_ms = left ? 0 : now;
	if (over.n)
		log_info("ev=brought-forward groups=%zu", over.n);
	return over.n > 0;
}
