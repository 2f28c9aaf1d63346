/*
 * topics - the topics of an installation and what each must be like: contract.md section 1 as a
 * table.
 */
#ifndef BECKON_TOPICS_H
#define BECKON_TOPICS_H

#include <stdint.h>

#include "settings.h"

#define TOPICS_LINK_WINDOW_DAYS 365 /* the longest that a link may live */
#define TOPICS_AFTER_LINK_DAYS 90

struct topic_rule {
	const char *cleanup;  /* "delete" or "compact" */
	int64_t retention_ms; /* 0 = kept for ever (compact) */
	int64_t max_bytes;    /* a record's; 0 = the broker's default */
};

extern const struct topic_rule topic_rules[TOPIC_COUNT];

/* What all have: the broker's clock, since an old timestamp makes it delete a record it has just
 * taken. */
#define TOPICS_TIMESTAMP_TYPE "LogAppendTime"

#endif
