#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"
#include "cmd_init.h"
#include "cmd_keygen.h"
#include "crypto.h"
#include "dev.h"
#include "mem.h"
#include "now.h"
#include "place.h"
#include "term.h"

#define PARTITIONS 4
#define TENANT "demo"

static const char *const services[DEV_SERVICES] = { "dispatcher", "email", "clock", "sms",
						    "status" };

/* What lies in the folder beside mail/. */
static const char *const removable[] = { "keys", "redis", "state", "log", "beckon.yaml" };

static char *in_dir(const struct dev *d, const char *name)
{
	return xasprintf("%s/%s", d->dir, name);
}

static int make_dir(const char *path, struct err *e)
{
	return mkdir(path, 0700) ? err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno)) : OK;
}

/* The folder: the one asked for, which must be new, or one under TMPDIR. */
static int make_folder(struct dev *d, struct err *e)
{
	const char *tmp = getenv("TMPDIR");
	struct sockaddr_un address;

	if (d->options->dir) {
		if (rmdir(d->options->dir) && errno != ENOENT)
			return err_set(e, ERR_FATAL, "--dir %s: %s; it must be new or empty",
				       d->options->dir, strerror(errno));
		if (make_dir(d->options->dir, e))
			return ERR_FATAL;
		d->dir = realpath(d->options->dir, NULL);
	} else {
		d->dir = xasprintf("%s/beckon-dev-XXXXXX", tmp && *tmp ? tmp : "/tmp");
		if (!mkdtemp(d->dir))
			return err_set(e, ERR_FATAL, "%s: %s", d->dir, strerror(errno));
	}
	if (strlen(d->dir) + strlen("/redis/redis.sock") >= sizeof(address.sun_path))
		return err_set(e, ERR_FATAL, "%s: too long a path for a socket in it; use --dir",
			       d->dir);
	for (size_t i = 1; i < ARRAY_LEN(removable) - 1; i++) { /* the keys make theirs */
		autofree char *path = in_dir(d, removable[i]);

		if (make_dir(path, e))
			return ERR_FATAL;
	}
	return OK;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Mails of --once are what is looked at afterwards: they stay. */
static void remove_folder(const struct dev *d)
{
	if (!d->dir || d->options->keep || d->options->dir || d->status)
		return;
	for (size_t i = 0; i < ARRAY_LEN(removable); i++) {
		autofree char *path = in_dir(d, removable[i]);

		nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	if (!d->options->once || !d->mailbox.count) {
		autofree char *mail = in_dir(d, "mail");

		nftw(mail, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	}
	rmdir(d->dir);
}

static int open_broker(struct dev *d, struct err *e)
{
	static const char *const topics[] = { "invite-requested", "invite-email",
					      "invite-sms",	  "invite-status",
					      "invite-state",	  "invite-settings",
					      "invite-templates", "invite-dead-letter" };
	int r = kafka_mock_open(&d->mock, e);

	for (size_t i = 0; i < ARRAY_LEN(topics) && r == OK; i++)
		r = kafka_mock_topic(d->mock, topics[i], PARTITIONS, e);
	return r;
}

static int on_caught(void *ctx, const struct caught *mail)
{
	struct dev *d = ctx;
	autofree char *path = mailbox_keep(&d->mailbox, mail);

	if (!path)
		return ERR_AGAIN;
	d->heard_ms = now_mono_ms();
	dev_show_mail(d, mail, path);
	return OK;
}

static void on_text(void *ctx, const struct text_caught *t)
{
	struct dev *d = ctx;

	d->ntexts++;
	d->heard_ms = now_mono_ms();
	dev_show_text(d, t);
}

static int open_catcher(struct dev *d, struct err *e)
{
	struct catcher_options o = { (uint16_t)d->options->smtp_port, on_caught, d };
	autofree char *mail = in_dir(d, "mail");

	if (mailbox_open(&d->mailbox, mail, e) || catcher_open(&d->catcher, &o, e))
		return ERR_FATAL;
	return text_catcher_open(&d->texts, on_text, d, e);
}

/* Somebody who tries beckon for the first time may have none: said before anything else is. */
static int find_redis(struct err *e)
{
	autofree char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "");
	char *rest = path, *dir;

	while ((dir = strsep(&rest, ":"))) {
		autofree char *program = xasprintf("%s/redis-server", dir);

		if (access(program, X_OK) == 0)
			return OK;
	}
	return err_set(e, ERR_FATAL,
		       "there is no redis-server in PATH; Debian has it in the package "
		       "redis-server");
}

static int start_redis(struct dev *d, struct err *e)
{
	autofree char *redis_dir = in_dir(d, "redis"), *socket = in_dir(d, "redis/redis.sock");
	const char *argv[] = { "redis-server",
			       "--port",
			       "0",
			       "--unixsocket",
			       socket,
			       "--unixsocketperm",
			       "700",
			       "--dir",
			       redis_dir,
			       "--appendonly",
			       "yes",
			       "--appendfsync",
			       "always",
			       "--maxmemory-policy",
			       "noeviction",
			       "--save",
			       "",
			       "--daemonize",
			       "no",
			       NULL };

	return supervisor_start(d->supervisor, "redis", argv, NULL, e);
}

/* Ctrl-C and its like become readable; every thread made later inherits the mask. */
static int open_signals(struct dev *d, struct err *e)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	d->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	d->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return d->signals < 0 || d->wake < 0 ? err_set(e, ERR_FATAL, "%s", strerror(errno)) : OK;
}

/* Settings in the environment are for a real installation: here they would lead the services to it.
 */
static void forget_settings(void)
{
	static const char *const kept[] = { "BECKON_TEMPLATES=", "BECKON_CRASH_AT=",
					    "BECKON_SKEW_MS=" };
	char **v = environ;

	while (*v) {
		autofree char *name = xstrndup(*v, strcspn(*v, "="));
		bool keep = strncmp(*v, "BECKON_", strlen("BECKON_")) != 0;

		for (size_t i = 0; i < ARRAY_LEN(kept); i++)
			keep |= !strncmp(*v, kept[i], strlen(kept[i]));
		if (keep)
			v++;
		else
			unsetenv(name); /* the next one has moved here */
	}
}

static int read_people(struct dev *d, struct err *e)
{
	int r;

	if (!d->options->once)
		return OK;
	r = people_read_csv(&d->people, d->options->once, e);
	if (r)
		return r;
	d->common = (struct invite_common){ .tenant = TENANT,
					    .batch = d->people.batch,
					    .organisation = "Example Works",
					    .inviter = "Ada Example" };
	invite_check_people(&d->people, &d->common);
	return OK;
}

int dev_open(struct dev *d, const struct dev_options *o, struct err *e)
{
	*d = (struct dev){ .options = o, .signals = -1, .wake = -1, .began_ms = now_mono_ms() };
	d->heard_ms = d->began_ms;
	forget_settings();
	people_init(&d->people);
	follow_init(&d->follow);
	advice_open(&d->advice, LANG_EN);
	if (crypto_init(e) || read_people(d, e) || find_redis(e) || open_signals(d, e) ||
	    make_folder(d, e) || open_broker(d, e) || open_catcher(d, e))
		return ERR_FATAL;
	autofree char *keys = in_dir(d, "keys"), *log = in_dir(d, "log");

	if (init_keys(keys, e) || dev_configure(d, e))
		return ERR_FATAL;
	return dev_supervise(d, log, e) || start_redis(d, e) ? ERR_FATAL : OK;
}

static int start_service(struct dev *d, const char *name, struct err *e)
{
	autofree char *program_name = xasprintf("beckon-%s", name), *slot = xasprintf("%s-1", name);
	autofree char *program = place_program(program_name);
	const char *argv[] = { program, "--config", d->config, "--slot", slot, NULL };

	return supervisor_start(d->supervisor, name, argv, NULL, e);
}

static int start_sending(struct dev *d, struct err *e)
{
	char id[INVITE_ID_SIZE];

	for (size_t i = 0; i < d->people.count; i++)
		if (!d->people.list[i].trouble.code)
			follow_add(&d->follow, d->common.tenant,
				   invite_id(&d->people.list[i], &d->common, id));
	if (sender_open(&d->sender, &d->settings, &d->people, &d->common, e))
		return ERR_FATAL;
	sender_wake(&d->sender, d->wake);
	return OK;
}

int dev_begin(struct dev *d, struct err *e)
{
	struct arg_list words = { { "--config", d->config }, 2 };
	bool created;

	if (settings_open(&d->settings, &words, e) || init_epoch(&d->settings, &created, e) ||
	    dev_give_key(d, e) ||
	    kafka_reader_open(&d->reader, d->settings.kafka,
			      (const char *const *)&d->settings.topics[TOPIC_STATUS], 1, true, e))
		return ERR_FATAL;
	kafka_reader_wake(d->reader, d->wake);
	for (size_t i = 0; i < DEV_SERVICES; i++)
		if (start_service(d, services[i], e))
			return ERR_FATAL;
	return d->options->once ? start_sending(d, e) : OK;
}

void dev_close(struct dev *d)
{
	supervisor_free(d->supervisor);
	sender_close(&d->sender);
	kafka_reader_close(d->reader);
	settings_close(&d->settings);
	catcher_close(d->catcher);
	text_catcher_close(d->texts);
	kafka_mock_close(d->mock);
	remove_folder(d);
	mailbox_close(&d->mailbox);
	people_clear(&d->people);
	follow_clear(&d->follow);
	advice_close(&d->advice);
	free(d->config);
	free(d->dir);
	if (d->signals >= 0)
		close(d->signals);
	if (d->wake >= 0)
		close(d->wake);
}
