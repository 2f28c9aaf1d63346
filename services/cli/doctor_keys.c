#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "config.h"
#include "crypto.h"
#include "doctor.h"
#include "mem.h"
#include "token.h"

#define OTHERS (S_IRWXG | S_IRWXO)

/* Where the services look for a secret: config.h, CONFIG_SECRET. */
static char *place(const char *path)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");

	return *path != '/' && dir ? xasprintf("%s/%s", dir, path) : xstrdup(path);
}

static void check_mode(const char *what, const char *path, const struct findings *f)
{
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
	check_mode("keys: ring", s->ring_file, f);
}

static void check_recipient(const struct settings *s, const struct findings *f)
{
	char *secret = NULL;
	struct err e = { "" };

	if (!s->recipient_file)
		return;
	autofree char *path = place(s->recipient_file);

	if (config_secret_read(s->recipient_file, &secret, &e))
		f->add(f->ctx, FINDING_BAD, "keys: recipient", e.text);
	else
		f->add(f->ctx, FINDING_OK, "keys: recipient", "");
	config_secret_free(secret);
	check_mode("keys: recipient", path, f);
}

static void check_passwords(const struct settings *s, const struct findings *f)
{
	const json_t *entry;
	size_t i;

	json_array_foreach (s->relays, i, entry) {
		const char *file = json_string_value(json_object_get(entry, "password_file"));
		const char *name = json_string_value(json_object_get(entry, "name"));

		if (!file)
			continue;
		autofree char *path = place(file);
		autofree char *what = xasprintf("relay %s: password", name ? name : "");

		check_mode(what, path, f);
	}
}

void doctor_keys(const struct settings *s, const struct findings *f)
{
	check_ring(s, f);
	check_recipient(s, f);
	check_passwords(s, f);
}
