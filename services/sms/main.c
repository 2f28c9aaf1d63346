/*
 * sms - deliver jobs as SMS: claim, send, settle, tell.
 *
 * Reads invite-sms. The courier asks Redis for each job whether it may be sent now, one thread a
 * provider makes the texts and posts hundreds at once, and what came of each is settled and told.
 * How a provider is talked to is data: deploy/providers.
 */
#include "mem.h"
#include "sms.h"

#define S struct sms_settings
static const struct config_key keys[] = {
	COURIER_BASIS_KEYS(S),
	{ CONFIG_OBJECT(S, providers), .name = "providers", .required = true,
	  .help = "Who takes SMS, one or several: [{name, like: twilio, settings, secret_file, "
		  "sender, "
		  "callback, order, weight, sessions, limit, cost, tls: required|off, "
		  "private_network, "
		  "ca_file, proxy, connect_timeout_s, timeout_s}]." },
	{ CONFIG_OBJECT(S, routes), .name = "routes",
	  .help = "Which of them, by tenant and country: [{tenant, country: RU, prefer: "
		  "order|cost, "
		  "providers: [name, {name, order, weight, limit}]}]; where none fits, each on its "
		  "own terms." },
	{ CONFIG_STRING(S, providers_dir), .name = "providers_dir",
	  .fallback = "/usr/share/beckon/providers",
	  .help = "Folder of providers' descriptions; read again on SIGHUP." },
	{ CONFIG_BOOL(S, plain), .name = "sms.plain", .fallback = "false",
	  .help = "Write look-alikes (dashes, quotes, accents) plainly where that makes a text fit "
		  "for GSM 03.38; no letter is ever lost." },
};
#undef S

static const struct stage stage = {
	.name = "sms",
	.summary = "Delivers jobs as SMS: claim, send, settle, tell.",
	.input = STAGE_TOPIC_SMS,
	.keys = keys,
	.key_count = ARRAY_LEN(keys),
	.journal = true,
	.check = sms_check,
	.open = sms_open,
	.handle = courier_handle,
	.appetite = courier_appetite,
	.tick = sms_tick,
	.flushed = courier_flushed,
	.revoked = courier_revoked,
	.draining = courier_draining,
	.waits = courier_waits,
	.routes = courier_routes,
	.reloaded = sms_reloaded,
	.close = sms_close,
};

int main(int argc, char **argv)
{
	struct sms m = { 0 };

	(void)argc;
	return stage_main(&stage, &m, &m.settings, argv);
}
