#include "cmd_init.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "buf.h"
#include "cli.h"
#include "cmd_keygen.h"
#include "crypto.h"
#include "guard.h"
#include "kafka_admin.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "token.h"

#define TIMEOUT_MS 10000
#define RECIPIENT_KEY_BYTES 32

struct init_options {
	const char *keys;
};

static const struct arg list[] = {
	{ "keys", ARG_TEXT, offsetof(struct init_options, keys), "DIR",
	  "only draw the keys: " INIT_RING_FILE " (signs links), " INIT_RECIPIENT_FILE
	  " and " INIT_SEAL_FILE " (opens passwords)",
	  0, 0 },
};

static const struct args args = {
	"init",
	"[OPTION...]",
	"Tells Redis that a new installation begins. Where outcomes exist already this is refused: "
	"then Redis\n"
	"has lost its memory, and what it knew must be read from the topics again. May be "
	"repeated.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

static int begin(const struct settings *s, struct guard *g, bool *created, struct err *e)
{
	int64_t told;
	int r;

	*created = false;
	if (guard_ready(g, e) == OK)
		return OK;
	if (!redis_connected(guard_redis(g)))
		return ERR_AGAIN;
	r = kafka_topic_records(s->kafka, s->topics[TOPIC_STATUS], TIMEOUT_MS, &told, e);
	if (r)
		return r;
	if (told > 0)
		return err_set(e, ERR_INVALID,
			       "%s holds %lld outcomes, so this is no new installation: Redis must "
			       "be rebuilt from "
			       "the topics (beckon rebuild), or topics.* and redis.prefix must be "
			       "new names",
			       s->topics[TOPIC_STATUS], (long long)told);
	return guard_init_epoch(g, created, e);
}

int init_epoch(const struct settings *s, bool *created, struct err *e)
{
	struct guard *g;
	int r = settings_guard(s, "beckon-init", &g, e);

	if (r)
		return r;
	r = begin(s, g, created, e);
	guard_free(g);
	return r;
}

/* A file that only its owner reads; one that exists is left alone. It gets its name when it is
   whole, so that dying here leaves no half of a key. */
static int write_secret(const char *dir, const char *name, const struct buf *text, struct err *e)
{
	autofree char *path = xasprintf("%s/%s", dir, name), *fresh = xasprintf("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool whole;

	if (fd < 0)
		return err_set(e, ERR_FATAL, "%s: %s", fresh, strerror(errno));
	whole = write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;
	whole = close(fd) == 0 && whole && (link(fresh, path) == 0 || errno == EEXIST);
	if (!whole)
		err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
	unlink(fresh);
	return whole ? OK : ERR_FATAL;
}

/* The pair that passwords are sealed with. */
static int draw_pair(const char *dir, struct err *e)
{
	autofree char *path = xasprintf("%s/" INIT_SEAL_FILE, dir);
	struct seal_public public;

	return access(path, F_OK) == 0 ? OK : keygen_write(path, false, &public, e);
}

int init_keys(const char *dir, struct err *e)
{
	unsigned char bytes[RECIPIENT_KEY_BYTES];
	char key[CRYPTO_BASE64URL_LEN(RECIPIENT_KEY_BYTES) + 1];
	struct buf text = BUF_INIT(0);
	int r;

	if (crypto_init(e))
		return ERR_FATAL;
	if (mkdir(dir, 0700) && errno != EEXIST)
		return err_set(e, ERR_FATAL, "%s: %s", dir, strerror(errno));
	keyring_generate(now_ms(), &text);
	r = write_secret(dir, INIT_RING_FILE, &text, e);
	crypto_wipe(text.data, text.len);
	buf_reset(&text);
	crypto_random(bytes, sizeof(bytes));
	crypto_base64url(bytes, sizeof(bytes), key);
	buf_fmt(&text, "%s\n", key);
	if (r == OK)
		r = write_secret(dir, INIT_RECIPIENT_FILE, &text, e);
	if (r == OK)
		r = draw_pair(dir, e);
	crypto_wipe(text.data, text.len);
	crypto_wipe(bytes, sizeof(bytes));
	crypto_wipe(key, sizeof(key));
	buf_clear(&text);
	return r;
}

static int draw_keys(const char *dir)
{
	struct err e;

	if (init_keys(dir, &e))
		return cli_fail("init", ERR_FATAL, &e);
	printf("%s/%s, %s/%s and %s/%s are there. Keep copies: without the first no link that was "
	       "sent works,\n"
	       "without the second a known person is no longer recognised, without the third no "
	       "sealed password opens.\n",
	       dir, INIT_RING_FILE, dir, INIT_RECIPIENT_FILE, dir, INIT_SEAL_FILE);
	return CLI_GOOD;
}

int cmd_init(int argc, char **argv)
{
	struct init_options o = { 0 };
	struct arg_words words = { 0 };
	struct settings s;
	struct err e;
	bool created;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (o.keys)
		return draw_keys(o.keys);
	if (settings_open(&s, &words.settings, &e))
		return cli_fail("init", ERR_FATAL, &e);
	r = init_epoch(&s, &created, &e);
	settings_close(&s);
	if (r)
		return cli_fail("init", r, &e);
	puts(created ? "A new installation begins: Redis is ready."
		     : "Redis is ready; it was before.");
	return CLI_GOOD;
}
