#include "cmd_seal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "args.h"
#include "cli.h"
#include "crypto.h"
#include "mem.h"
#include "seal.h"
#include "settings.h"

#define LINE_MAX_BYTES (SEAL_PASSWORD_MAX + 2) /* a password, its line end, and one more */

struct seal_options {
	const char *key, *open;
};

#define O struct seal_options
static const struct arg list[] = {
	{ "key", ARG_TEXT, offsetof(O, key), "FILE|KEY",
	  "the fleet's public key (keys.seal_public_file of the configuration)", 0, 0 },
	{ "open", ARG_TEXT, offsetof(O, open), "FILE",
	  "the other way: what is sealed, opened by the secret keys in FILE", 0, 0 },
};
#undef O

static const struct args args = {
	"seal",
	"[OPTION...]",
	"Reads a password from standard input, or asks for it on a terminal without showing it, "
	"and prints\n"
	"what the event carries as credentials.sealed_password. Only the fleet's e-mail service "
	"can open it.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* One line, its end cut off. Unbuffered: no copy stays behind. */
static int read_line(char *out, size_t size, struct err *e)
{
	size_t n = 0;
	ssize_t got;

	while (n < size && (got = read(STDIN_FILENO, out + n, 1)) != 0 && out[n] != '\n') {
		if (got > 0)
			n++;
		else if (errno != EINTR)
			return err_set(e, ERR_FATAL, "standard input: %s", strerror(errno));
	}
	if (n == size)
		return err_set(e, ERR_INVALID, "more than %zu bytes in a line", size - 1);
	if (n && out[n - 1] == '\r')
		n--;
	out[n] = '\0';
	return OK;
}

static int ask(const char *prompt, char *out, size_t size, struct err *e)
{
	struct termios shown, hidden;
	int r;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return read_line(out, size, e); /* no terminal */
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	fputs(prompt, stderr);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	r = read_line(out, size, e);
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	return r;
}

/* Nobody sees what they type, so a person types it twice. */
static int read_password(char *out, char *again, struct err *e)
{
	if (ask("Password: ", out, LINE_MAX_BYTES, e) < 0)
		return ERR_INVALID;
	if (!seal_password_ok(out, strlen(out)))
		return err_set(e, ERR_INVALID,
			       "a password is one line of UTF-8 of 1 to %zu bytes without control "
			       "characters",
			       SEAL_PASSWORD_MAX);
	if (!isatty(STDIN_FILENO))
		return OK;
	if (ask("Again: ", again, LINE_MAX_BYTES, e) < 0)
		return ERR_INVALID;
	return strcmp(out, again) ? err_set(e, ERR_INVALID, "these are two different ones") : OK;
}

/* A key as text has a form that no path of ours has. */
static int key_named(const char *name, struct seal_public *out, struct err *e)
{
	if (strlen(name) == SEAL_KEY_SIZE - 1 && name[SEAL_KID_SIZE - 1] == ':')
		return seal_public_parse(name, strlen(name), out, e);
	return seal_public_load(name, out, e);
}

static int key_find(const struct seal_options *o, const struct arg_list *words,
		    struct seal_public *out, struct err *e)
{
	struct settings s;
	int r;

	if (o->key)
		return key_named(o->key, out, e);
	if (settings_open(&s, words, e))
		return ERR_FATAL;
	r = s.seal_public_file ? seal_public_load(s.seal_public_file, out, e)
			       : err_set(e, ERR_FATAL,
					 "no key: give --key, or a configuration with "
					 "keys.seal_public_file");
	settings_close(&s);
	return r;
}

static int close_one(const struct seal_options *o, const struct arg_list *words, struct err *e)
{
	char *lines = crypto_secret_new(2 * LINE_MAX_BYTES), sealed[SEAL_TEXT_SIZE];
	struct seal_public key;
	int r = key_find(o, words, &key, e);

	if (r == OK && (r = read_password(lines, lines + LINE_MAX_BYTES, e)) == OK) {
		seal_close(&key, lines, strlen(lines), sealed);
		puts(sealed);
	}
	crypto_secret_free(lines);
	return r;
}

static int open_one(const char *path, struct err *e)
{
	char sealed[SEAL_TEXT_SIZE + 2], *plain = crypto_secret_new(SEAL_PLAIN_MAX + 1);
	struct seal_opened opened = { plain, SEAL_PLAIN_MAX, 0 };
	struct seal_keys *keys = NULL;
	int r = seal_keys_load(&keys, path, e);

	if (r == OK && (r = read_line(sealed, sizeof(sealed), e)) == OK &&
	    (r = seal_open(keys, sealed, &opened, e)) == OK) {
		setvbuf(stdout, NULL, _IONBF, 0);
		fwrite(plain, 1, opened.len, stdout);
		putchar('\n');
	}
	seal_keys_free(keys);
	crypto_secret_free(plain);
	return r;
}

int cmd_seal(int argc, char **argv)
{
	struct seal_options o = { 0 };
	struct arg_words words = { 0 };
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	r = crypto_init(&e);
	if (r == OK)
		r = o.open ? open_one(o.open, &e) : close_one(&o, &words.settings, &e);
	return r < 0 ? cli_fail("seal", r, &e) : CLI_GOOD;
}
