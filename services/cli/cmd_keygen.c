#include "cmd_keygen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "args.h"
#include "cli.h"
#include "crypto.h"
#include "file.h"
#include "mem.h"
#include "now.h"

#define PUBLIC_MODE 0644
#define SECRET_MODE 0600

struct keygen_options {
	bool add, accept_key;
};

static const struct arg list[] = {
	{ "add", ARG_FLAG, offsetof(struct keygen_options, add), NULL,
	  "to the keys that FILE has: what was sealed for them still opens", 0, 0 },
	{ "accept-key", ARG_FLAG, offsetof(struct keygen_options, accept_key), NULL,
	  "an application's pair, for what the fleet tells it of persons", 0, 0 },
};

static const struct args args = {
	"keygen",
	"[OPTION...] FILE",
	"Draws a pair of X25519 keys. The secret half is written to FILE, which only its owner may "
	"read, the\n"
	"public half to FILE.pub and to standard output as <kid>:<key>. The e-mail service opens "
	"passwords with\n"
	"the fleet's secret half (keys.seal_file); the dispatcher and `beckon seal` close them "
	"with "
	"its public\n"
	"half (keys.seal_public_file).",
	list,
	ARRAY_LEN(list),
	.operands = true,
};

/* Under another name first, so that dying here leaves no half of a key. */
static int write_whole(const char *path, const struct buf *text, mode_t mode, struct err *e)
{
	autofree char *fresh = xasprintf("%s.new", path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	bool whole;

	if (fd < 0)
		return err_set(e, ERR_FATAL, "%s: %s", fresh, strerror(errno));
	whole = write(fd, text->data, text->len) == (ssize_t)text->len && fsync(fd) == 0;
	whole = close(fd) == 0 && whole && rename(fresh, path) == 0;
	if (!whole) {
		err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
		unlink(fresh);
	}
	return whole ? OK : ERR_FATAL;
}

/* The keys that are there, checked: they are kept as they stand. */
static int read_former(const char *path, struct buf *text, struct err *e)
{
	struct seal_keys *keys;

	if (seal_keys_load(&keys, path, e) < 0)
		return ERR_INVALID;
	seal_keys_free(keys);
	return file_read(path, text, e);
}

static int write_pair(const char *path, struct buf *secret, struct seal_public *out, struct err *e)
{
	autofree char *public_path = xasprintf("%s.pub", path);
	autobuf public = BUF_INIT(0);
	char when[NOW_TEXT_SIZE], key[SEAL_KEY_SIZE];

	buf_fmt(secret, "# %s\n", now_text(now_ms(), when));
	seal_keys_generate(out, secret);
	seal_public_text(out, key);
	buf_fmt(&public, "%s\n", key);
	if (write_whole(path, secret, SECRET_MODE, e) < 0)
		return ERR_FATAL;
	return write_whole(public_path, &public, PUBLIC_MODE, e);
}

int keygen_write(const char *path, bool add, struct seal_public *out, struct err *e)
{
	struct buf secret = BUF_INIT(SEAL_FILE_MAX);
	int r = OK;

	buf_room(&secret, SEAL_FILE_MAX - 1); /* one place, to be wiped */
	if (access(path, F_OK) == 0)
		r = add ? read_former(path, &secret, e)
			: err_set(e, ERR_INVALID, "%s is there already; --add keeps its keys",
				  path);
	if (r == OK)
		r = write_pair(path, &secret, out, e);
	crypto_wipe(secret.data, secret.cap);
	buf_clear(&secret);
	return r;
}

static const char fleet_hint[] =
	"%s holds the secret half: keys.seal_file of the e-mail service, and nobody else's.\n"
	"%s.pub holds the public half: keys.seal_public_file, for `beckon seal` and the "
	"dispatcher.\n"
	"Without the first no password that was sealed can be sent: keep a copy.\n";

static const char accept_hint[] =
	"%s holds the secret half: the application opens with it what outcomes carry as "
	"\"sealed\".\n"
	"%s.pub holds the public half: the tenant's setting accept.public_key.\n";

int cmd_keygen(int argc, char **argv)
{
	struct keygen_options o = { 0 };
	struct arg_words words = { 0 };
	struct seal_public public;
	char key[SEAL_KEY_SIZE];
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (words.operands.count != 1) {
		fprintf(stderr, "beckon keygen: name one file for the secret key\n");
		return CLI_USAGE;
	}
	r = crypto_init(&e);
	if (r == OK)
		r = keygen_write(words.operands.items[0], o.add, &public, &e);
	if (r < 0)
		return cli_fail("keygen", r, &e);
	fprintf(stderr, o.accept_key ? accept_hint : fleet_hint, words.operands.items[0],
		words.operands.items[0]);
	seal_public_text(&public, key);
	puts(key);
	return CLI_GOOD;
}
