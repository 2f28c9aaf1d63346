/*
 * told_fixture - an outcome read from its record, as the services write one.
 */
#ifndef BECKON_TEST_TOLD_FIXTURE_H
#define BECKON_TEST_TOLD_FIXTURE_H

#include <string.h>

#include "mem.h"
#include "told.h"

/* What told_read makes of an outcome with this id and these data, appended at 5 ms. */
static inline int told_text(const char *id, const char *data, struct told *t)
{
	struct header headers[] = { { "ce_specversion", "1.0", 3 },
				    { "ce_id", id, strlen(id) },
				    { "ce_source", "beckon/email", 12 },
				    { "ce_type", "dev.beckon.outcome.sent", 23 },
				    { "content-type", "application/json", 16 } };
	struct record r = { .topic = "invite-status",
			    .value = data,
			    .value_len = strlen(data),
			    .timestamp_ms = 5,
			    .headers = headers,
			    .header_count = ARRAY_LEN(headers) };

	return told_read(&r, t, NULL);
}

#endif
