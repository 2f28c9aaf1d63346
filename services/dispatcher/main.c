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
	{ CONFIG_STRING(S, seal_public_file), .name = "keys.seal_public_file",
	  .help = "The public key that minted passwords are sealed for; read again on SIGHUP. "
		  "Without it none are minted." },
	{ CONFIG_INT(S, mint_threads), .name = "mint.threads", .fallback = "2", .min = 1,
	  .max = MINT_THREADS_MAX,
	  .help = "Threads that draw and hash passwords, about 50/s and 19 MiB each." },
	{ CONFIG_BOOL(S, allow_reserved), .name = "recipients.allow_reserved", .fallback = "false",
	  .help = "Invite addresses under .test, .example and the like, and known misspellings." },
	{ CONFIG_BOOL(S, dns_mx), .name = "dns.mx", .fallback = "true",
	  .help = "Refuse recipients whose domain takes no mail: it does not exist, or has a null "
		  "MX, or neither MX nor address. A DNS that fails lets them pass." },
	{ CONFIG_STRING(S, dns_servers), .name = "dns.servers",
	  .help = "Servers to ask, such as \"192.0.2.1, 192.0.2.2:5353\"; default this "
		  "machine's." },
	{ CONFIG_DURATION(S, dns_timeout_ms), .name = "dns.timeout", .fallback = "3s", .min = 100,
	  .max = 30000, .help = "How long an event waits for the DNS at the most." },
	{ CONFIG_DURATION(S, dns_memory_ms), .name = "dns.memory", .fallback = "10m", .min = 1000,
	  .max = 86400000, .help = "How long is remembered whether a domain takes mail." },
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
	.revoked = dispatcher_revoked,
	.draining = dispatcher_draining,
	.reloaded = dispatcher_reloaded,
	.close = dispatcher_close,
};

int main(int argc, char **argv)
{
	struct dispatcher d = { 0 };

	(void)argc;
	return stage_main(&stage, &d, &d.settings, argv);
}
