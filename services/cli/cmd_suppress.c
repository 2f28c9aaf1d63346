#include "cmd_suppress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "args.h"
#include "cli.h"
#include "config.h"
#include "config_number.h"
#include "crypto.h"
#include "json_text.h"
#include "mem.h"
#include "now.h"
#include "phone.h"
#include "settings.h"
#include "settings_topic.h"
#include "suppress.h"
#include "term.h"

struct suppress_options {
	const char *tenant, *hash, *why, *until, *actor;
	bool all, json;
};

#define O struct suppress_options
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, offsetof(O, tenant), "NAME", "of this tenant", 0, 0 },
	{ "all-tenants", ARG_FLAG, offsetof(O, all), NULL, "add, remove: for every tenant", 0, 0 },
	{ "hash", ARG_TEXT, offsetof(O, hash), "HASH",
	  "in place of an address: the recipient_hash of an outcome", 0, 0 },
	{ "why", ARG_TEXT, offsetof(O, why), "WHY",
	  "add: failed, complaint, opted_out; by_hand unless told", 0, 0 },
	{ "until", ARG_TEXT, offsetof(O, until), "TIME",
	  "add: it ends by itself: an RFC 3339 time, or a duration such as 30d", 0, 0 },
	{ "actor", ARG_TEXT, offsetof(O, actor), "NAME", "who does it; this user unless told", 0,
	  0 },
	{ "json", ARG_FLAG, offsetof(O, json), NULL, "list: one JSON object a line", 0, 0 },
};
#undef O

static const struct args args = {
	"suppress",
	"list|add|remove [ADDRESS|NUMBER...] [OPTION...]",
	"Shows or changes who is not to be written to: an invitation of theirs ends as "
	"`suppressed`. The topic\n"
	"holds hashes, not addresses; an address is found by the key in keys.recipient_file.\n"
	"  beckon suppress list --tenant acme\n"
	"  beckon suppress remove --tenant acme anna@example.org",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

/* ---- whom ---- */

/* The address's or number's normal form, by the channel it is reached through. ERR_INVALID without
   repeating it. */
static int normalise(const char *typed, struct address *mail, struct phone *number,
		     struct ids_recipient *who, struct err *e)
{
	static const struct phone_rules rules = { .landlines = true };
	struct phone_fault fault;
	const char *code;

	if (strchr(typed, '@')) {
		*who = (struct ids_recipient){ "email", mail->normalised };
		return address_normalise(typed, mail, &code, e);
	}
	*who = (struct ids_recipient){ "sms", number->e164 };
	return phone_normalise(typed, &rules, number, &fault, e);
}

/* The hash that an operand stands for. */
static int find_hash(const struct settings *s, const char *typed, char hash[IDS_HASH_SIZE],
		     struct err *e)
{
	struct ids_recipient who;
	struct address mail;
	struct phone number;
	char *key;
	int r;

	if (!s->recipient_file)
		return err_set(e, ERR_FATAL, "keys.recipient_file is not set: use --hash");
	r = normalise(typed, &mail, &number, &who, e);
	if (r == OK)
		r = config_secret_read(s->recipient_file, &key, e);
	if (r < 0)
		return r;
	ids_recipient_hash(key, strlen(key), who, hash);
	config_secret_free(key);
	return OK;
}

/* ---- list ---- */

struct listing {
	json_t *records; /* key -> record, as they stand */
};

static int take(void *ctx, const struct record *r, struct err *why)
{
	struct listing *l = ctx;
	autofree char *key = xstrndup(r->key_len ? r->key : "", r->key_len);
	struct suppress_said said;
	struct suppress_who who;
	json_t *record = NULL;
	int code;

	if (!suppress_key_read(key, &who))
		return OK;
	json_object_del(l->records, key);
	if (!r->value)
		return OK;
	code = json_text_parse(r->value, r->value_len, &record, why);
	if (code == OK)
		code = suppress_record_read(record, &said, why);
	if (code == OK && said.suppressed && (!said.until_ms || now_ms() < said.until_ms))
		json_object_set(l->records, key, record);
	json_decref(record);
	return code;
}

static void show(const char *tenant, const char *hash, const json_t *record, struct table *t)
{
	static const char *const members[] = { "why", "code", "time", "until", "actor" };

	table_cell(t, TONE_PLAIN, tenant);
	table_cell(t, TONE_PLAIN, hash);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		table_cell(t, TONE_PLAIN, json_string_value(json_object_get(record, members[i])));
}

static void show_all(const struct listing *l, const struct suppress_options *o, const char *hash)
{
	static const char *const heads[] = { "tenant", "recipient", "why", "code",
					     "since",  "until",	    "by" };
	struct suppress_who who;
	const char *key;
	json_t *record;
	struct table t;

	table_init(&t, ARRAY_LEN(heads));
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		table_cell(&t, TONE_FAINT, heads[i]);
	json_object_foreach (l->records, key, record) {
		suppress_key_read(key, &who);
		if (o->tenant && strcmp(o->tenant, who.tenant) && strcmp(who.tenant, "*"))
			continue;
		if (hash && strcmp(hash, who.hash))
			continue;
		if (o->json)
			cli_json(json_pack("{s:s, s:s, s:O}", "tenant", who.tenant,
					   "recipient_hash", who.hash, "record", record));
		else
			show(who.tenant, who.hash, record, &t);
	}
	if (!o->json)
		table_print(&t);
	table_clear(&t);
}

static int show_list(const struct suppress_options *o, const char *typed, const struct settings *s,
		     struct err *e)
{
	struct listing l = { json_object() };
	char hash[IDS_HASH_SIZE] = "";
	int r = OK;

	if (o->hash)
		snprintf(hash, sizeof(hash), "%s", o->hash);
	else if (typed)
		r = find_hash(s, typed, hash, e);
	if (r == OK)
		r = settings_topic_each(s, take, &l, e);
	if (r == OK)
		show_all(&l, o, hash[0] ? hash : NULL);
	json_decref(l.records);
	return r;
}

/* ---- add and remove ---- */

static int read_until(const char *text, int64_t *until_ms, struct err *e)
{
	int64_t duration_ms;

	*until_ms = 0;
	if (!text)
		return OK;
	if (config_duration_parse(text, &duration_ms))
		*until_ms = now_ms() + duration_ms;
	else if (!now_parse(text, until_ms))
		return err_set(e, ERR_INVALID,
			       "--until takes a time such as 2026-03-14T18:00:00Z, or 30d");
	if (*until_ms <= now_ms())
		return err_set(e, ERR_INVALID, "--until has passed already");
	return OK;
}

/* The options of add and remove, made a record. */
static int check(const struct suppress_options *o, const struct arg_list *typed,
		 struct suppress_record *record, struct err *e)
{
	struct settings_author author = settings_author(o->actor);
	bool add = !strcmp(typed->items[0], "add");

	if (!o->hash && typed->count < 2)
		return err_set(e, ERR_INVALID, "say whom: an address, a number, or --hash");
	*record = (struct suppress_record){ .actor = author.actor, .time_ms = author.time_ms };
	if (!o->tenant == !o->all)
		return err_set(e, ERR_INVALID, "say --tenant NAME or --all-tenants");
	if (o->tenant && !ids_name_ok(o->tenant, strlen(o->tenant)))
		return err_set(e, ERR_INVALID, "--tenant takes 1 to %d of A-Z a-z 0-9 _ -",
			       IDS_NAME_MAX);
	if (add)
		record->why = o->why ? suppress_why_find(o->why) : SUPPRESS_BY_HAND;
	if (add && record->why == SUPPRESS_NOT)
		return err_set(e, ERR_INVALID, "--why is failed, complaint, opted_out or by_hand");
	return read_until(o->until, &record->until_ms, e);
}

/* One of them: as it was typed, and its hash. */
struct whom {
	const char *typed, *hash;
};

/* What holds for all tenants holds for this one, too. */
static bool is_listed(const struct listing *l, const struct suppress_options *o, const char *hash)
{
	char key[SUPPRESS_KEY_SIZE];

	return json_object_get(l->records, suppress_key(key, o->tenant, hash)) ||
	       json_object_get(l->records, suppress_key(key, NULL, hash));
}

static int write_record(const struct settings *s, const char *key,
			const struct suppress_record *record, struct err *e)
{
	autofree char *text = suppress_record_text(record);
	json_t *value = json_loads(text, 0, NULL);
	int r = settings_topic_put(s, key, value, e);

	json_decref(value);
	return r;
}

/* former: what was suppressed. Where it is taken back and was not there somebody was mistyped. */
static int put(const struct suppress_options *o, const struct settings *s,
	       const struct suppress_record *record, const struct listing *former,
	       const struct whom *whom, struct err *e)
{
	bool nothing = !record->why && !is_listed(former, o, whom->hash);
	char key[SUPPRESS_KEY_SIZE];
	struct suppress_who who;
	int r = OK;

	if (!suppress_key_read(suppress_key(key, o->tenant, whom->hash), &who))
		return err_set(e, ERR_INVALID, "--hash takes the recipient_hash of an outcome");
	if (!nothing)
		r = write_record(s, key, record, e);
	if (r == OK)
		fprintf(stderr, "%s %s for %s.\n", whom->typed,
			record->why ? "is suppressed"
			: nothing   ? "was not suppressed"
				    : "may be written to again",
			o->tenant ? o->tenant : "all tenants");
	return r;
}

static int change(const struct suppress_options *o, const struct arg_list *typed,
		  const struct suppress_record *record, const struct settings *s, struct err *e)
{
	struct listing former = { json_object() };
	char hash[IDS_HASH_SIZE];
	struct whom whom = { o->hash, o->hash };
	int r = record->why ? OK : settings_topic_each(s, take, &former, e);

	if (r == OK && o->hash)
		r = put(o, s, record, &former, &whom, e);
	for (size_t i = 1; i < typed->count && r == OK; i++) {
		whom = (struct whom){ typed->items[i], hash };
		r = find_hash(s, typed->items[i], hash, e);
		if (r == OK)
			r = put(o, s, record, &former, &whom, e);
	}
	json_decref(former.records);
	return r;
}

int cmd_suppress(int argc, char **argv)
{
	struct suppress_options o = { 0 };
	struct arg_words words = { 0 };
	const struct arg_list *typed = &words.operands;
	struct suppress_record record;
	struct settings s;
	const char *verb;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	verb = typed->count ? typed->items[0] : "";
	if (strcmp(verb, "list") && strcmp(verb, "add") && strcmp(verb, "remove")) {
		err_set(&e, ERR_INVALID, "say list, add or remove");
		return cli_usage("suppress", &e);
	}
	if (*verb != 'l' && check(&o, typed, &record, &e))
		return cli_usage("suppress", &e);
	if (crypto_init(&e) || settings_open(&s, &words.settings, &e))
		return cli_fail("suppress", ERR_FATAL, &e);
	r = *verb == 'l' ? show_list(&o, typed->count > 1 ? typed->items[1] : NULL, &s, &e)
			 : change(&o, typed, &record, &s, &e);
	settings_close(&s);
	return r ? cli_fail("suppress", r, &e) : CLI_GOOD;
}
