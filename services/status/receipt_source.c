/* Who may tell: the entries of `receipts`, and the formats that there are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "config.h"
#include "crypto.h"
#include "file.h"
#include "mem.h"
#include "nearest.h"
#include "receipt_keys.h"
#include "receipt_priv.h"

#define KEY_FILE_MAX 16384
#define WINDOW_MAX_S 86400

/* Those whose signature stays the same when they try again later get a longer window. */
static const struct receipt_format formats[] = {
	{ .name = "twilio",
	  .needs = NEEDS_SECRET | NEEDS_URL,
	  .genuine = genuine_twilio,
	  .read = sms_read,
	  .fields = &sms_twilio,
	  .words = "twilio" },
	{ .name = "vonage",
	  .needs = NEEDS_SECRET,
	  .window_s = 300,
	  .genuine = genuine_vonage,
	  .read = sms_read,
	  .fields = &sms_vonage,
	  .words = "vonage" },
	{ .name = "messagebird",
	  .needs = NEEDS_SECRET | NEEDS_URL,
	  .window_s = 300,
	  .genuine = genuine_bird,
	  .read = sms_read,
	  .fields = &sms_bird,
	  .words = "messagebird" },
	{ .name = "sns",
	  .json = true,
	  .needs = NEEDS_TOPIC,
	  .window_s = 3600,
	  .genuine = genuine_sns,
	  .read = sms_read_sns,
	  .words = "sns" },
	{ .name = "smsc",
	  .needs = NEEDS_SECRET,
	  .genuine = genuine_smsc,
	  .read = sms_read,
	  .fields = &sms_smsc,
	  .words = "smsc" },
	{ .name = "smsru",
	  .needs = NEEDS_SECRET,
	  .genuine = genuine_smsru,
	  .read = sms_read_smsru,
	  .words = "smsru",
	  .answer = "100" },
	{ .name = "kannel",
	  .needs = NEEDS_SECRET,
	  .genuine = genuine_token,
	  .read = sms_read,
	  .fields = &sms_kannel,
	  .words = "kannel" },
	{ .name = "webhook",
	  .json = true,
	  .needs = NEEDS_SECRET,
	  .window_s = 300,
	  .genuine = genuine_webhook,
	  .read = sms_read_webhook,
	  .words = "webhook" },
	{ .name = "certificate",
	  .json = true,
	  .needs = NEEDS_CLIENT,
	  .genuine = genuine_client,
	  .read = sms_read_webhook,
	  .words = "webhook" },
	{ .name = "ses",
	  .json = true,
	  .needs = NEEDS_TOPIC,
	  .window_s = 3600,
	  .genuine = genuine_sns,
	  .read = esp_read_ses },
	{ .name = "sendgrid",
	  .json = true,
	  .needs = NEEDS_KEY,
	  .window_s = 300,
	  .genuine = genuine_sendgrid,
	  .read = esp_read_sendgrid },
	{ .name = "mailgun",
	  .json = true,
	  .needs = NEEDS_SECRET,
	  .window_s = 300,
	  .genuine = genuine_mailgun,
	  .read = esp_read_mailgun },
	{ .name = "postmark",
	  .json = true,
	  .needs = NEEDS_SECRET | NEEDS_USERNAME,
	  .genuine = genuine_basic,
	  .read = esp_read_postmark },
};

/* What an entry may hold, and when it has to. */
static const struct entry {
	const char *name;
	size_t offset;
	unsigned needed_by;
} known[] = {
	{ "name", offsetof(struct receipt_source, name), 0 },
	{ "format", offsetof(struct receipt_source, format_name), 0 },
	{ "like", offsetof(struct receipt_source, like), 0 },
	{ "tenant", offsetof(struct receipt_source, tenant), 0 },
	{ "secret_file", offsetof(struct receipt_source, secret_file), NEEDS_SECRET },
	{ "key_file", offsetof(struct receipt_source, key_file), NEEDS_KEY },
	{ "username", offsetof(struct receipt_source, username), NEEDS_USERNAME },
	{ "url", offsetof(struct receipt_source, url), NEEDS_URL },
	{ "topic", offsetof(struct receipt_source, topic), NEEDS_TOPIC },
	{ "proxy", offsetof(struct receipt_source, proxy), 0 },
	{ "ca_file", offsetof(struct receipt_source, ca_file), 0 },
	{ "client", offsetof(struct receipt_source, client), NEEDS_CLIENT },
	{ "client_header", offsetof(struct receipt_source, client_header), NEEDS_CLIENT },
};

static char **place_of(struct receipt_source *s, const struct entry *f)
{
	return (char **)((char *)s + f->offset);
}

static int set_window(struct receipt_source *s, const json_t *value, struct err *e)
{
	json_int_t v = json_integer_value(value);

	if (v < 1 || v > WINDOW_MAX_S)
		return err_set(e, ERR_FATAL, "window_s: a number from 1 to %d", WINDOW_MAX_S);
	s->window_ms = v * 1000;
	return OK;
}

static int set(struct receipt_source *s, const char *name, const json_t *value, struct err *e)
{
	struct nearest near = { .word = name };
	char number[32];

	if (!strcmp(name, "window_s"))
		return set_window(s, value, e);
	nearest_offer(&near, "window_s");
	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		nearest_offer(&near, known[i].name);
		if (strcmp(known[i].name, name) != 0)
			continue;
		if (!config_scalar(value, number))
			return err_set(e, ERR_FATAL, "%s must be a single value", name);
		*place_of(s, &known[i]) = xstrdup(config_scalar(value, number));
		return OK;
	}
	return err_set(e, ERR_FATAL, "%.40s is no setting of a source, the nearest is %s", name,
		       near.best);
}

static const struct receipt_format *find_format(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	return NULL;
}

static int choose_format(struct receipt_source *s, struct err *e)
{
	const char *name = s->format_name ? s->format_name : s->name;
	struct nearest near = { .word = name };

	s->format = find_format(name);
	if (s->format) {
		if (!s->window_ms)
			s->window_ms = s->format->window_s * 1000;
		return OK;
	}
	for (size_t i = 0; i < ARRAY_LEN(formats); i++)
		nearest_offer(&near, formats[i].name);
	return err_set(e, ERR_FATAL, "format '%.40s' is not known, the nearest is %s", name,
		       near.best);
}

/* It becomes part of a path, of keys and of metrics. */
static bool name_ok(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_.-";
	size_t n = strspn(name, chars);

	return n > 0 && n <= RECEIPT_NAME_MAX && !name[n] && strcmp(name, RECEIPT_BY_MESSAGE_ID);
}

static int check(struct receipt_source *s, struct err *e)
{
	if (!s->name || !name_ok(s->name))
		return err_set(e, ERR_FATAL, "name: 1 to %d of A-Z a-z 0-9 _ . -, and not %s",
			       RECEIPT_NAME_MAX, RECEIPT_BY_MESSAGE_ID);
	if (s->tenant && !ids_name_ok(s->tenant, strlen(s->tenant)))
		return err_set(e, ERR_FATAL, "tenant: 1 to %d of A-Z a-z 0-9 _ -", IDS_NAME_MAX);
	if (choose_format(s, e) < 0)
		return ERR_FATAL;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if ((known[i].needed_by & s->format->needs) && !*place_of(s, &known[i]))
			return err_set(e, ERR_FATAL, "%s: format %s needs %s", s->name,
				       s->format->name, known[i].name);
	if (s->like && (!s->format->words || !name_ok(s->like)))
		return err_set(e, ERR_FATAL,
			       "%s: like: the name of a description, of a format for SMS", s->name);
	if (!s->client != !s->client_header)
		return err_set(e, ERR_FATAL, "%s: client and client_header need each other",
			       s->name);
	if (s->topic && !s->key_file && !receipt_keys_topic_ok(s->topic))
		return err_set(e, ERR_FATAL, "%s: topic: no ARN of SNS, so key_file is needed",
			       s->name);
	return OK;
}

/* One a line, so that the next can be known before the former is forgotten. */
static int read_secrets(struct receipt_source *s, struct err *e)
{
	char *rest, *line;

	if (!s->secret_file)
		return OK;
	if (config_secret_read(s->secret_file, &s->secret, e) < 0)
		return ERR_FATAL;
	s->secret_len = strlen(s->secret);
	rest = s->secret;
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (*line && s->nsecrets < RECEIPT_SECRETS_MAX)
			s->secrets[s->nsecrets++] = line;
	}
	return s->nsecrets ? OK : err_set(e, ERR_FATAL, "%s: secret_file is empty", s->name);
}

static int read_key(struct receipt_source *s, struct err *e)
{
	autobuf text = BUF_INIT(KEY_FILE_MAX);

	if (!s->key_file)
		return OK;
	if (file_read(s->key_file, &text, e) < 0)
		return ERR_FATAL;
	if (crypto_key_read(&s->key, text.data ? text.data : "", text.len, e) < 0)
		return err_prefix(e, ERR_FATAL, "%s", s->key_file);
	return OK;
}

static int read_words(struct receipt_source *s, const char *dir, struct err *e)
{
	const char *like = s->like ? s->like : s->format->words;
	autofree char *path = NULL;

	if (!like)
		return OK;
	path = xasprintf("%s/%s.yaml", dir, like);
	return receipt_words_read(&s->words, path, e) < 0 ? err_prefix(e, ERR_FATAL, "%s", s->name)
							  : OK;
}

static int read_files(struct receipt_source *s, const char *dir, struct err *e)
{
	if (read_secrets(s, e) < 0 || read_key(s, e) < 0)
		return ERR_FATAL;
	return read_words(s, dir, e);
}

int receipt_source_open(struct receipt_source **out, const json_t *entry, const char *dir,
			struct err *e)
{
	struct receipt_source *s = xcalloc(1, sizeof(*s));
	const char *name;
	json_t *value;
	int r = json_is_object(entry) ? OK : err_set(e, ERR_FATAL, "an entry must be a mapping");

	json_object_foreach ((json_t *)entry, name, value)
		if (r == OK)
			r = set(s, name, value, e);
	if (r == OK)
		r = check(s, e);
	if (r == OK)
		r = read_files(s, dir, e);
	if (r == OK) {
		*out = s;
		return OK;
	}
	receipt_source_free(s);
	return err_prefix(e, ERR_FATAL, "receipts");
}

void receipt_source_free(struct receipt_source *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		free(*place_of(s, &known[i]));
	if (s->secret)
		crypto_wipe(s->secret, s->secret_len);
	free(s->secret);
	crypto_key_free(s->key);
	receipt_words_free(s->words);
	free(s);
}

const char *receipt_source_name(const struct receipt_source *s)
{
	return s->name;
}

const char *receipt_source_tenant(const struct receipt_source *s)
{
	return s->tenant;
}

const char *receipt_source_answer(const struct receipt_source *s)
{
	return s->format->answer ? s->format->answer : "";
}

/* ---- all of them ---- */

static bool same_tenant(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

const struct receipt_source *receipt_sources_find(const struct receipt_sources *s, const char *name,
						  const char *tenant)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->list[i]->name, name) && same_tenant(s->list[i]->tenant, tenant))
			return s->list[i];
	return NULL;
}

int receipt_sources_open(struct receipt_sources *out, const json_t *entries, const char *dir,
			 struct err *e)
{
	const json_t *entry;
	size_t i;

	*out = (struct receipt_sources){ 0 };
	if (entries && (!json_is_array(entries) || json_array_size(entries) > RECEIPT_SOURCES_MAX))
		return err_set(e, ERR_FATAL, "receipts: a list of up to %d", RECEIPT_SOURCES_MAX);
	json_array_foreach (entries, i, entry) {
		struct receipt_source *s;
		int r = receipt_source_open(&s, entry, dir, e);

		if (r == OK && receipt_sources_find(out, s->name, s->tenant)) {
			r = err_set(e, ERR_FATAL, "receipts: '%s' is there twice", s->name);
			receipt_source_free(s);
		}
		if (r < 0) {
			receipt_sources_close(out);
			return ERR_FATAL;
		}
		out->list[out->count++] = s;
	}
	return OK;
}

void receipt_sources_close(struct receipt_sources *s)
{
	for (size_t i = 0; i < s->count; i++)
		receipt_source_free(s->list[i]);
	s->count = 0;
}
