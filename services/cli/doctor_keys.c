#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "crypto.h"
#include "doctor.h"
#include "mem.h"
#include "seal.h"
#include "token.h"

#define OTHERS (S_IRWXG | S_IRWXO)

/* Where the services look for a secret: config.h, CONFIG_SECRET. */
static char *place(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return *path != '/' && dir ? xasprintf("%s/%s", dir, path) : xstrdup(path);
}

void doctor_mode(const char *what, const char *file, const struct findings *f)
{
	autofree char *path = place(file);
	autofree char *line = xasprintf("%s: mode", what);
	autofree char *remedy = xasprintf("others can read it: chmod 600 %s", path);
	struct stat st;

	if (stat(path, &st))
		return; /* whoever read it has said so */
	f->add(f->ctx, st.st_mode & OTHERS ? FINDING_BAD : FINDING_OK, line,
	       st.st_mode & OTHERS ? remedy : "");
}

static void check_ring(const struct settings *s, const struct findings *f)
{
	struct keyring *ring = NULL;
	struct err e = { "" };

	if (!s->ring_file) {
		f->add(f->ctx, FINDING_WARN, "keys: ring",
		       "keys.ring_file is not named here: give the services' --config FILE");
		return;
	}
	if (crypto_init(&e) || keyring_load(&ring, s->ring_file, &e))
		f->add(f->ctx, FINDING_BAD, "keys: ring", e.text);
	else
		f->add(f->ctx, FINDING_OK, "keys: ring", "");
	keyring_free(ring);
	doctor_mode("keys: ring", s->ring_file, f);
}

static void check_recipient(const struct settings *s, const struct findings *f)
{
	char *secret = NULL;
	struct err e = { "" };

	if (!s->recipient_file)
		return;
	if (config_secret_read(s->recipient_file, &secret, &e))
		f->add(f->ctx, FINDING_BAD, "keys: recipient", e.text);
	else
		f->add(f->ctx, FINDING_OK, "keys: recipient", "");
	config_secret_free(secret);
	doctor_mode("keys: recipient", s->recipient_file, f);
}

static bool load_public(const struct settings *s, struct seal_public *out, const struct findings *f)
{
	struct err e = { "" };

	if (!s->seal_public_file)
		return false;
	if (seal_public_load(s->seal_public_file, out, &e) == OK)
		return true;
	f->add(f->ctx, FINDING_BAD, "keys: seal, public half", e.text);
	return false;
}

/* What is closed for the public half must open with the secret ones. */
static void check_pair(const struct seal_keys *keys, const struct seal_public *public,
		       const struct findings *f)
{
	char sealed[SEAL_TEXT_SIZE], plain[1];
	struct seal_opened opened = { plain, sizeof(plain), 0 };
	struct err e = { "" };

	seal_close(public, "x", 1, sealed);
	if (seal_open(keys, sealed, &opened, &e) == OK)
		f->add(f->ctx, FINDING_OK, "keys: seal, public half", "");
	else
		f->add(f->ctx, FINDING_BAD, "keys: seal, public half",
		       "not of a key in keys.seal_file: what is sealed now cannot be sent");
}

static void check_seal(const struct settings *s, const struct findings *f)
{
	struct seal_keys *keys = NULL;
	struct seal_public public;
	bool closes = crypto_init(NULL) == OK && load_public(s, &public, f);
	struct err e = { "" };

	if (!s->seal_file)
		return;
	if (seal_keys_load(&keys, s->seal_file, &e)) {
		f->add(f->ctx, FINDING_BAD, "keys: seal", e.text);
		return;
	}
	f->add(f->ctx, FINDING_OK, "keys: seal", "");
	doctor_mode("keys: seal", s->seal_file, f);
	if (closes)
		check_pair(keys, &public, f);
	seal_keys_free(keys);
}

/* Secrets of a list's entries. */
struct secrets {
	const json_t *list;
	const char *of, *field, *what;
};

static void check_entries(const struct secrets *k, const struct findings *f)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (k->list, i, entry) {
		const char *file = json_string_value(json_object_get(entry, k->field));
		const char *name = json_string_value(json_object_get(entry, "name"));
		char *secret = NULL;
		struct err e = { "" };

		if (!file)
			continue;
		autofree char *what = xasprintf("%s %s: %s", k->of, name ? name : "", k->what);

		if (config_secret_read(file, &secret, &e))
			f->add(f->ctx, FINDING_BAD, what, e.text);
		config_secret_free(secret);
		doctor_mode(what, file, f);
	}
}

static void check_others(const struct settings *s, const struct findings *f)
{
	const struct secrets kinds[] = {
		{ s->relays, "relay", "password_file", "password" },
		{ s->providers, "provider", "secret_file", "secret" },
		{ s->providers, "provider", "receipt_secret_file", "receipt secret" },
	};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		check_entries(&kinds[i], f);
}

void doctor_keys(const struct settings *s, const struct findings *f)
{
	check_ring(s, f);
	check_recipient(s, f);
	check_seal(s, f);
	check_others(s, f);
}
