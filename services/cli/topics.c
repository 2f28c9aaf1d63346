#include "topics.h"

#define DAYS_MS(n) ((int64_t)(n)*24 * 60 * 60 * 1000)
#define FACTS_MS DAYS_MS(TOPICS_LINK_WINDOW_DAYS + TOPICS_AFTER_LINK_DAYS)

const struct topic_rule topic_rules[TOPIC_COUNT] = {
	[TOPIC_REQUESTED] = { "delete", FACTS_MS, 0 },
	[TOPIC_EMAIL] = { "delete", DAYS_MS(7), 0 },
	[TOPIC_SMS] = { "delete", DAYS_MS(7), 0 },
	[TOPIC_STATUS] = { "delete", FACTS_MS, 0 },
	[TOPIC_STATE] = { "compact", 0, 0 },
	[TOPIC_SETTINGS] = { "compact", 0, 0 },
	[TOPIC_TEMPLATES] = { "compact", 0, 0 },
	[TOPIC_DEAD_LETTER] = { "delete", DAYS_MS(30), 2 << 20 },
};
