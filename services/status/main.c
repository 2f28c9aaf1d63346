/*
 * status - show how every invite stands, and make Redis anew when it has lost its memory.
 *
 * Follows what is told and keeps it in Redis for whoever looks. Where the epoch is missing one of
 * all status processes is elected; it reads what was told and asked, writes what Redis knew, and
 * last the epoch, with which every other service goes on.
 */
#include "mem.h"
#include "status.h"

#define S struct status_settings
static const struct config_key keys[] = {
	{ CONFIG_OBJECT(S, tenants), .name = "tenants",
	  .help = "Settings of tenants; \"*\" holds the defaults for all." },
	{ CONFIG_SECRET(S, recipient_key), .name = "keys.recipient", .required = true,
	  .help = "Key of recipient_hash, as the dispatcher has it." },
	{ CONFIG_STRING(S, ring_file), .name = "keys.ring_file",
	  .help = "Keys that sign links: finds out which one signed each, for its reminders." },
	{ CONFIG_DURATION(S, wait_ms), .name = "rebuild.wait", .fallback = "75s", .min = 0,
	  .max = 3600000,
	  .help = "How long what was being sent may take to be told before Redis is made anew: "
		  "message_deadline and 15s." },
	{ CONFIG_INT(S, share), .name = "rebuild.share", .fallback = "75000", .min = 1,
	  .max = 10000000,
	  .help = "Requests that a rebuild has in hand at a time, or twice as many where the "
		  "topics "
		  "would have to be read again: 2 KiB of memory each." },
	SITE_KEYS(S),
};
#undef S

static const struct stage stage = {
	.name = "status",
	.summary = "Shows how every invite stands; makes Redis anew when it has lost its memory.",
	.input = STAGE_TOPIC_NONE,
	.keys = keys,
	.key_count = ARRAY_LEN(keys),
	.check = status_check,
	.open = status_open,
	.tick = status_tick,
	.waits = status_waits,
	.reloaded = status_reloaded,
	.close = status_close,
};

int main(int argc, char **argv)
{
	static struct status s;

	(void)argc;
	return stage_main(&stage, &s, &s.settings, argv);
}
