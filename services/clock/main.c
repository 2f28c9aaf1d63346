/*
 * clock - put what has waited back on its topic, when it is due.
 *
 * Reads no topic. Leases due items from Redis, appends each to the topic written on it, and drops
 * it when Kafka has acknowledged.
 */
#include "clock.h"
#include "mem.h"

#define S struct clock_settings
static const struct config_key keys[] = {
	{ CONFIG_DURATION(S, poll_ms), .name = "clock.poll", .fallback = "50ms", .min = 1,
	  .max = 10000,
	  .help = "How often is looked for what somebody has parked meanwhile; bounds how late an "
		  "item may go." },
	{ CONFIG_DURATION(S, lease_ms), .name = "clock.lease", .fallback = "30s", .min = 1000,
	  .max = 600000,
	  .help = "After this time the items of a clock that died are put back by another." },
};
#undef S

static const struct stage stage = {
	.name = "clock",
	.summary = "Puts what has waited back on its topic, when it is due.",
	.input = STAGE_TOPIC_NONE,
	.keys = keys,
	.key_count = ARRAY_LEN(keys),
	.open = clock_open,
	.tick = clock_tick,
	.acked = clock_acked,
	.draining = clock_draining,
	.close = clock_close,
};

int main(int argc, char **argv)
{
	static struct clock c;

	(void)argc;
	return stage_main(&stage, &c, &c.settings, argv);
}
