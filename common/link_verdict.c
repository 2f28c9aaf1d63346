#include "link_verdict.h"

#include <string.h>

#include "mem.h"

const char *const link_verdicts[LINK_VERDICTS] = {
	[LINK_VALID] = "valid",		  [LINK_EXPIRED] = "expired",
	[LINK_SUPERSEDED] = "superseded", [LINK_CANCELLED] = "cancelled",
	[LINK_ACCEPTED] = "accepted",	  [LINK_DECLINED] = "declined",
	[LINK_UNKNOWN] = "unknown",
};

/* In these a link may be live; one that was never sent has no end yet. */
static const char *const live[] = { "sent", "delivered", "undelivered", "unknown", "queued" };

static const struct {
	const char *state;
	enum link_verdict verdict;
} ended[] = {
	{ "expired", LINK_EXPIRED },
	{ "cancelled", LINK_CANCELLED },
	{ "accepted", LINK_ACCEPTED },
	{ "declined", LINK_DECLINED },
};

enum link_verdict link_judge(const struct link_facts *f, const char *key, int64_t generation)
{
	if (!f->known || generation > f->generation)
		return LINK_UNKNOWN;
	if (generation < f->generation)
		return LINK_SUPERSEDED;
	for (size_t i = 0; i < ARRAY_LEN(ended); i++)
		if (!strcmp(ended[i].state, f->state))
			return ended[i].verdict;
	for (size_t i = 0; i < ARRAY_LEN(live); i++) {
		if (strcmp(live[i], f->state) || !f->expires_ms)
			continue;
		if (f->now_ms >= f->expires_ms)
			return LINK_EXPIRED;
		return strcmp(f->holder, key) ? LINK_SUPERSEDED : LINK_VALID;
	}
	return LINK_UNKNOWN;
}
