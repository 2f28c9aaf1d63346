/*
 * email - deliver jobs as e-mail: claim, send, settle, tell.
 *
 * Reads invite-email. The courier asks Redis for each job whether it may be sent now, channel
 * threads make the letter and talk SMTP over sessions that stay open, and what came of it is
 * settled and told.
 */
#include "email.h"
#include "mem.h"

#define S struct email_settings
static const struct config_key keys[] = {
	COURIER_BASIS_KEYS(S),
	{ CONFIG_OBJECT(S, relays), .name = "relays", .required = true,
	  .help = "Where mails go, one or several: [{name, url: smtp[s]://host:port, tls: "
		  "required|off, order, weight, sessions, limit, ca_file, username, "
		  "password_file}]." },
	{ CONFIG_INT(S, sessions), .name = "sessions", .fallback = "32", .min = 1, .max = 1024,
	  .help = "Connections to a relay at the most, where it does not say so itself; they are "
		  "opened as needed." },
	{ CONFIG_DURATION(S, idle_ms), .name = "session_idle", .fallback = "5s", .min = 10,
	  .max = 300000, .help = "How long a connection stays open with nothing to send." },
	{ CONFIG_STRING(S, limit_domain), .name = "limits.domain", .fallback = "off",
	  .help = "Mails of the whole fleet to one recipient domain, such as 20/s burst 40." },
	{ CONFIG_STRING(S, helo), .name = "helo",
	  .help = "Name said in EHLO; default this machine's." },
};
#undef S

static const struct stage stage = {
	.name = "email",
	.summary = "Delivers jobs as e-mail: claim, send, settle, tell.",
	.input = STAGE_TOPIC_EMAIL,
	.keys = keys,
	.key_count = ARRAY_LEN(keys),
	.journal = true,
	.check = email_check,
	.open = email_open,
	.handle = courier_handle,
	.appetite = courier_appetite,
	.tick = courier_tick,
	.flushed = courier_flushed,
	.revoked = courier_revoked,
	.draining = courier_draining,
	.waits = courier_waits,
	.routes = courier_routes,
	.reloaded = email_reloaded,
	.close = email_close,
};

int main(int argc, char **argv)
{
	struct email m = { 0 };

	(void)argc;
	return stage_main(&stage, &m, &m.settings, argv);
}
