#include "apikey.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "form.h"
#include "mem.h"
#include "now.h"
#include "settings_view.h"

#define SECTION "apikey/"
#define PREFIX "bk_"
#define ID_CHARS (APIKEY_ID_SIZE - 1)
#define SECRET_BYTES 20
#define SECRET_CHARS 32

const char *const apikey_roles[] = { "viewer", "operator", "admin", "super", NULL };

struct apikeys {
	json_t *records; /* "<tenant>/apikey/<id>" -> record */
	json_t *ids;	 /* id -> that key */
};

static void hash_secret(const char *secret, char out[APIKEY_HASH_SIZE])
{
	crypto_sha256_hex(secret, SECRET_CHARS, out);
}

void apikey_draw(struct apikey_drawn *out)
{
	unsigned char drawn[SECRET_BYTES];
	char text[SECRET_CHARS + 1];

	crypto_random(drawn, sizeof(drawn));
	crypto_base32(drawn, sizeof(drawn), text);
	snprintf(out->id, sizeof(out->id), "%.*s", ID_CHARS, text);
	crypto_random(drawn, sizeof(drawn));
	crypto_base32(drawn, sizeof(drawn), text);
	hash_secret(text, out->hash);
	snprintf(out->text, sizeof(out->text), PREFIX "%s_%s", out->id, text);
	crypto_wipe(drawn, sizeof(drawn));
	crypto_wipe(text, sizeof(text));
}

const char *apikey_key(const char *tenant, const char *id, char out[APIKEY_KEY_SIZE])
{
	snprintf(out, APIKEY_KEY_SIZE, "%s/" SECTION "%s", tenant, id);
	return out;
}

json_t *apikey_record(const struct apikey_drawn *drawn, const struct apikey_of *of,
		      const struct settings_author *author)
{
	char time[NOW_TEXT_SIZE];
	json_t *r = json_pack("{si,ss,ss,ss,ss,ss}", "format", SETTINGS_FORMAT, "sha256",
			      drawn->hash, "role", of->role, "name", of->name, "actor",
			      author->actor, "time", now_text(author->time_ms, time));

	if (of->expires_ms)
		json_object_set_new(r, "expires", json_string(now_text(of->expires_ms, time)));
	return r;
}

/* ---- all of them ---- */

struct apikeys *apikeys_new(void)
{
	struct apikeys *k = xcalloc(1, sizeof(*k));

	k->records = json_object();
	k->ids = json_object();
	return k;
}

void apikeys_free(struct apikeys *k)
{
	if (!k)
		return;
	json_decref(k->records);
	json_decref(k->ids);
	free(k);
}

struct apikeys *apikeys_copy(const struct apikeys *k)
{
	struct apikeys *copy = xcalloc(1, sizeof(*copy));

	copy->records = json_deep_copy(k->records);
	copy->ids = json_deep_copy(k->ids);
	return copy;
}

static const char *text_of(const json_t *record, const char *name)
{
	const char *s = json_string_value(json_object_get(record, name));

	return s ? s : "";
}

static bool is_role(const char *word)
{
	for (size_t i = 0; apikey_roles[i]; i++)
		if (!strcmp(apikey_roles[i], word))
			return true;
	return false;
}

static int check(const char *id, const json_t *record, struct err *e)
{
	const char *name = text_of(record, "name"), *expires = text_of(record, "expires");
	int64_t ms;

	if (json_integer_value(json_object_get(record, "format")) != SETTINGS_FORMAT)
		return err_set(e, ERR_INVALID, "not of format %d", SETTINGS_FORMAT);
	if (strlen(id) != ID_CHARS || !form_word(id, ID_CHARS))
		return err_set(e, ERR_INVALID, "an API key's id has %d characters", ID_CHARS);
	if (strlen(text_of(record, "sha256")) != APIKEY_HASH_SIZE - 1)
		return err_set(e, ERR_INVALID, "sha256 is to have %d digits", APIKEY_HASH_SIZE - 1);
	if (!is_role(text_of(record, "role")))
		return err_set(e, ERR_INVALID, "role is none");
	if (strlen(name) > APIKEY_NAME_MAX || !form_line(name, strlen(name)))
		return err_set(e, ERR_INVALID, "name is to be one line of %d bytes",
			       APIKEY_NAME_MAX);
	if (*expires && !now_parse(expires, &ms))
		return err_set(e, ERR_INVALID, "expires is no time of RFC 3339");
	return OK;
}

static int put(struct apikeys *k, const char *key, const char *id, const struct record *r,
	       struct err *e)
{
	json_t *record;
	int status;

	if (r->value_len > RECORD_MAX_BYTES)
		return err_set(e, ERR_INVALID, "more than %u bytes", RECORD_MAX_BYTES);
	record = json_loadb(r->value, r->value_len, JSON_REJECT_DUPLICATES, NULL);
	status = check(id, record, e);
	if (status == OK && !json_object_get(k->records, key) &&
	    json_object_size(k->records) >= APIKEYS_MAX)
		status = err_set(e, ERR_INVALID, "more than %d API keys", APIKEYS_MAX);
	if (status == OK) {
		json_object_set(k->records, key, record);
		json_object_set_new(k->ids, id, json_string(key));
	}
	json_decref(record);
	return status;
}

int apikeys_take(struct apikeys *k, const struct record *r, bool *changed, struct err *e)
{
	autofree char *key = xstrndup(r->key_len ? r->key : "", r->key_len);
	const char *slash = strchr(key, '/');

	*changed = slash && !strncmp(slash + 1, SECTION, strlen(SECTION)) &&
		   strlen(key) < APIKEY_KEY_SIZE;
	if (!*changed)
		return OK;
	const char *id = slash + 1 + strlen(SECTION);

	if (r->value)
		return put(k, key, id, r, e);
	json_object_del(k->records, key);
	json_object_del(k->ids, id);
	return OK;
}

/* Cuts text into id and secret. */
static bool split(const char *text, char id[APIKEY_ID_SIZE], const char **secret)
{
	if (strlen(text) != APIKEY_TEXT_SIZE - 1 || strncmp(text, PREFIX, strlen(PREFIX)) ||
	    text[strlen(PREFIX) + ID_CHARS] != '_')
		return false;
	snprintf(id, APIKEY_ID_SIZE, "%s", text + strlen(PREFIX));
	*secret = text + strlen(PREFIX) + ID_CHARS + 1;
	return true;
}

bool apikeys_find(const struct apikeys *k, const char *text, int64_t now_ms, struct apikey *out)
{
	char id[APIKEY_ID_SIZE], hash[APIKEY_HASH_SIZE];
	const char *secret, *key;
	const json_t *record;

	if (!split(text, id, &secret))
		return false;
	key = json_string_value(json_object_get(k->ids, id));
	record = key ? json_object_get(k->records, key) : NULL;
	hash_secret(secret, hash);
	if (!record || !crypto_equal(hash, text_of(record, "sha256"), sizeof(hash) - 1))
		return false;
	*out = (struct apikey){ .id = strrchr(key, '/') + 1,
				.role = text_of(record, "role"),
				.name = text_of(record, "name") };
	snprintf(out->tenant, sizeof(out->tenant), "%.*s", (int)strcspn(key, "/"), key);
	if (*text_of(record, "expires"))
		now_parse(text_of(record, "expires"), &out->expires_ms);
	return !out->expires_ms || now_ms < out->expires_ms;
}

const json_t *apikeys_all(const struct apikeys *k)
{
	return k->records;
}
