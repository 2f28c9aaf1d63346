/* The words in which the view is asked: statuses and sorts. */
#include <string.h>

#include "view_query.h"

const char *const view_statuses[] = {
	[VIEW_NOT_INVITED] = "not_invited",
	[VIEW_WAITING] = "waiting",
	[VIEW_INVITED] = "invited",
	[VIEW_ERROR] = "error",
	[VIEW_EXPIRED] = "expired",
	[VIEW_ACCEPTED] = "accepted",
	[VIEW_DECLINED] = "declined",
	[VIEW_CANCELLED] = "cancelled",
	[VIEW_STATUSES] = NULL,
};

const char *const view_sorts[] = {
	[VIEW_BY_UPDATED] = "updated",
	[VIEW_BY_NAME] = "name",
	[VIEW_BY_ADDRESS] = "address",
	[VIEW_BY_ROLE] = "role",
	[VIEW_BY_DEPARTMENT] = "department",
	[VIEW_BY_TEAM] = "team",
	[VIEW_BY_INVITER] = "inviter",
	[VIEW_BY_ORGANISATION] = "organisation",
	[VIEW_BY_BATCH] = "batch",
	[VIEW_BY_STATUS] = "status",
	[VIEW_BY_SENT] = "sent",
	[VIEW_BY_EXPIRES] = "expires",
	[VIEW_BY_INVITED] = "invited",
	[VIEW_BY_REQUESTED] = "requested",
	[VIEW_SORTS] = NULL,
};

static bool is(const char *word, size_t n, const char *name)
{
	return strlen(name) == n && !memcmp(word, name, n);
}

static bool read_one(const char *word, size_t n, unsigned *mask)
{
	if (is(word, n, "all")) {
		*mask |= VIEW_BIT(VIEW_STATUSES) - 1;
		return true;
	}
	if (is(word, n, "pending")) {
		*mask |= VIEW_PENDING;
		return true;
	}
	for (int s = 0; s < VIEW_STATUSES; s++) {
		if (!is(word, n, view_statuses[s]))
			continue;
		*mask |= VIEW_BIT(s);
		return true;
	}
	return false;
}

bool view_statuses_read(const char *words, unsigned *mask)
{
	unsigned found = 0;

	for (const char *at = words; *at;) {
		size_t n = strcspn(at, ",");

		if (!read_one(at, n, &found))
			return false;
		at += n + (at[n] == ',');
	}
	*mask = found;
	return true;
}

bool view_status_ends(enum view_status status)
{
	return status != VIEW_NOT_INVITED && status != VIEW_WAITING && status != VIEW_INVITED;
}
