/*
 * dispatcher - turn what is asked of an invite into deliveries: now, later, or refused.
 *
 * Reads invite-requested, asks Redis whether each event is new and what is known of its invite,
 * decides, and appends a job for a courier and an outcome for everybody; what may not go yet is
 * parked until its slot, and the clock puts it on its way.
 */
#include "dispatcher.h"
#include "mem.h"

#define S struct dispatcher_settings
static const struct config_key keys[] = {
	{ CONFIG_OBJECT(S, tenants), .name = "tenants",
	  .help = "Settings of tenants; \"*\" holds the defaults for all." },
	{ CONFIG_SECRET(S, recipient_key), .name = "keys.recipient", .required = true,
	  .help = "Key of recipient_hash; the same for the whole fleet, for ever. `beckon init "
		  "--keys DIR` makes one." },
	{ CONFIG_BOOL(S, allow_reserved), .name = "recipients.allow_reserved", .fallback = "false",
	  .help = "Invite addresses under .test, .example and the like, and known misspellings." },
};
#undef S

static const struct stage stage = {
	.name = "dispatcher",
	.summary = "Turns what is asked of an invite into deliveries: now, later, or refused.",
	.input = STAGE_TOPIC_REQUESTED,
	.keys = keys,
	.key_count = ARRAY_LEN(keys),
	.check = dispatcher_check,
	.open = dispatcher_open,
	.handle = dispatcher_handle,
	.tick = dispatcher_tick,
	.refused = dispatcher_refused,
	.close = dispatcher_close,
};

int main(int argc, char **argv)
{
	struct dispatcher d = { 0 };

	(void)argc;
	return stage_main(&stage, &d, &d.settings, argv);
}
