#include "cmd_dev.h"

#include "args.h"
#include "cli.h"
#include "dev.h"
#include "mem.h"

#define AT(member) offsetof(struct dev_options, member)
static const struct arg list[] = {
	{ "once", ARG_TEXT, AT(once), "FILE.csv",
	  "invite these people, show what became of each, and end", 0, 0 },
	{ "dir", ARG_TEXT, AT(dir), "DIR", "a new or empty folder for everything, which then stays",
	  0, 0 },
	{ "keep", ARG_FLAG, AT(keep), NULL, "leave the folder behind", 0, 0 },
	{ "smtp-port", ARG_NUMBER, AT(smtp_port), "PORT",
	  "where mail is caught; any free port unless told", 1, 65535 },
	{ "http-port", ARG_NUMBER, AT(http_port), "PORT",
	  "where the dashboard is; any free port unless told", 1, 65535 },
};
#undef AT

static const struct args args = {
	"dev",
	"[OPTION...]",
	"Runs the whole fleet, its dashboard and the pages behind its links, with a mock broker, a "
	"private\n"
	"redis-server and catchers of mails and texts. Nothing leaves this machine, and nothing is "
	"remembered:\n"
	"for a first look and for development, never for real invitations. With --once the exit "
	"code is 0\n"
	"although rows are bad: they are shown as such.",
	list,
	ARRAY_LEN(list),
	.settings = false,
};

int cmd_dev(int argc, char **argv)
{
	struct dev_options o = { 0 };
	struct dev d;
	struct err e;
	int status;

	if (args_end(&args, argc, argv, &o, NULL, &status))
		return status;
	if (dev_open(&d, &o, &e)) {
		status = cli_fail("dev", ERR_FATAL, &e);
	} else {
		dev_show_start(&d);
		dev_run(&d);
		dev_show_end(&d);
		status = d.status;
	}
	dev_close(&d);
	return status;
}
