#include "view_format.h"

#include <string.h>

#include "buf.h"
#include "guard_refill.h"
#include "guard_view.h"
#include "mem.h"
#include "redis.h"

#define FORMAT_KEY "vf"
#define LOCK_KEY "vf:lock"
#define LOCK_MS "30000" /* begun anew with each page */

static int do_one(struct guard *g, int argc, const char **argv, struct err *e)
{
	guard_view_ask(g, argc, argv);
	return guard_view_read(g, e);
}

/* *ours: it has our format, or is empty. */
static int look(struct guard *g, bool *ours, bool *empty, struct err *e)
{
	const char *format[] = { "GET", FORMAT_KEY }, *tenants[] = { "EXISTS", "vs" };

	guard_view_ask(g, (int)ARRAY_LEN(format), format);
	guard_view_ask(g, (int)ARRAY_LEN(tenants), tenants);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	*ours = !strcmp(redis_str(guard_view_answer(g, 0), NULL), VIEW_FORMAT);
	*empty = redis_int(guard_view_answer(g, 1)) == 0;
	return OK;
}

static int lock(struct guard *g, struct err *e)
{
	const char *argv[] = { "SET", LOCK_KEY, "1", "NX", "PX", LOCK_MS };

	if (do_one(g, (int)ARRAY_LEN(argv), argv, e) < 0)
		return ERR_AGAIN;
	if (redis_type(guard_view_answer(g, 0)) == REDIS_NIL)
		return err_set(e, ERR_AGAIN, "another takes away the view of a former version");
	return OK;
}

static int take_away(struct guard *g, struct err *e)
{
	const char *longer[] = { "PEXPIRE", LOCK_KEY, LOCK_MS };
	int64_t cursor = 0;

	do {
		if (refill_wipe_view(g, &cursor, e) < 0 ||
		    do_one(g, (int)ARRAY_LEN(longer), longer, e) < 0)
			return ERR_AGAIN;
	} while (cursor);
	return OK;
}

static int mark(struct guard *g, struct err *e)
{
	const char *set[] = { "SET", FORMAT_KEY, VIEW_FORMAT }, *unlock[] = { "DEL", LOCK_KEY };

	guard_view_ask(g, (int)ARRAY_LEN(set), set);
	guard_view_ask(g, (int)ARRAY_LEN(unlock), unlock);
	return guard_view_read(g, e);
}

int view_format_ready(struct guard *g, bool *anew, struct err *e)
{
	bool ours, empty;

	*anew = false;
	if (look(g, &ours, &empty, e) < 0)
		return ERR_AGAIN;
	if (ours)
		return OK;
	if (!empty && (lock(g, e) < 0 || take_away(g, e) < 0))
		return ERR_AGAIN;
	*anew = !empty;
	return mark(g, e);
}
