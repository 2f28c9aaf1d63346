#include "cmd_apikey.h"

#include <stdio.h>
#include <string.h>

#include "apikey.h"
#include "args.h"
#include "cli.h"
#include "config_number.h"
#include "crypto.h"
#include "form.h"
#include "mem.h"
#include "now.h"
#include "settings.h"
#include "settings_topic.h"
#include "term.h"

struct apikey_options {
	const char *tenant, *role, *name, *expires, *actor;
	bool json;
};

#define AT(member) offsetof(struct apikey_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "whose invites it reaches; \"*\" = all", 0, 0 },
	{ "role", ARG_TEXT, AT(role), "viewer|operator|admin|super",
	  "add: viewer (reads, addresses masked), operator (invites), admin (settings), super (all "
	  "tenants)",
	  0, 0 },
	{ "name", ARG_TEXT, AT(name), "TEXT", "add: what it is for", 0, 0 },
	{ "expires", ARG_TEXT, AT(expires), "TIME",
	  "add: an RFC 3339 time, or a duration such as 90d; without it, never", 0, 0 },
	{ "actor", ARG_TEXT, AT(actor), "NAME", "who does it; this user unless told", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "one JSON object a line", 0, 0 },
};
#undef AT

static const struct args args = {
	"apikey",
	"add --tenant NAME --role ROLE --name TEXT | list | remove --tenant NAME ID",
	"Keys by which programs use the HTTP API (Authorization: Bearer KEY). A key is shown once, "
	"when it is made;\n"
	"what is kept is its hash. Every service follows within a second.",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

static int read_expires(const char *text, int64_t *ms, struct err *e)
{
	int64_t duration_ms;

	*ms = 0;
	if (text && config_duration_parse(text, &duration_ms))
		*ms = now_ms() + duration_ms;
	else if (text && !now_parse(text, ms))
		return err_set(e, ERR_INVALID,
			       "--expires takes a time such as 2025-03-14T18:00:00Z, or 90d");
	if (text && *ms <= now_ms())
		return err_set(e, ERR_INVALID, "--expires has passed already");
	return OK;
}

/* The options of add and remove; of is what add makes. */
static int check(const struct apikey_options *o, bool adds, struct apikey_of *of, struct err *e)
{
	bool role = false;

	if (!o->tenant || (strcmp(o->tenant, "*") && !ids_name_ok(o->tenant, strlen(o->tenant))))
		return err_set(e, ERR_INVALID, "--tenant takes a tenant's name, or \"*\" for all");
	if (!adds)
		return OK;
	for (size_t i = 0; o->role && apikey_roles[i]; i++)
		role |= !strcmp(apikey_roles[i], o->role);
	if (!role)
		return err_set(e, ERR_INVALID, "--role is viewer, operator, admin or super");
	if (!strcmp(o->role, "super") && strcmp(o->tenant, "*"))
		return err_set(e, ERR_INVALID,
			       "super is of all tenants: --tenant \"*\"; of one it is admin");
	if (!o->name || !*o->name || strlen(o->name) > APIKEY_NAME_MAX ||
	    !form_line(o->name, strlen(o->name)))
		return err_set(e, ERR_INVALID, "--name says what it is for, in 1 to %d bytes",
			       APIKEY_NAME_MAX);
	*of = (struct apikey_of){ .role = o->role, .name = o->name };
	return read_expires(o->expires, &of->expires_ms, e);
}

static int add(const struct apikey_options *o, const struct apikey_of *of, const struct settings *s,
	       struct err *e)
{
	struct settings_author author = settings_author(o->actor);
	char key[APIKEY_KEY_SIZE];
	struct apikey_drawn drawn;
	json_t *record;
	int r;

	apikey_draw(&drawn);
	record = apikey_record(&drawn, of, &author);
	r = settings_topic_put(s, apikey_key(o->tenant, drawn.id, key), record, e);
	json_decref(record);
	if (r == OK && o->json)
		cli_json(json_pack("{ss,ss,ss,ss}", "id", drawn.id, "key", drawn.text, "tenant",
				   o->tenant, "role", o->role));
	else if (r == OK) {
		printf("%s\n", drawn.text);
		fprintf(stderr, "This is key %s of %s; it is not shown again.\n", drawn.id,
			o->tenant);
	}
	crypto_wipe(&drawn, sizeof(drawn));
	return r;
}

static int take(void *ctx, const struct record *r, struct err *e)
{
	bool changed;

	return apikeys_take(ctx, r, &changed, e);
}

static void show(const struct apikeys *keys, const struct apikey_options *o)
{
	static const char *const heads[] = { "tenant", "id", "role", "name", "made", "expires" };
	static const char *const members[] = { "role", "name", "time", "expires" };
	const char *key;
	json_t *record;
	struct table t;

	table_init(&t, ARRAY_LEN(heads));
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		table_cell(&t, TONE_FAINT, heads[i]);
	json_object_foreach ((json_t *)apikeys_all(keys), key, record) {
		size_t n = strcspn(key, "/");
		autofree char *tenant = xstrndup(key, n);

		if (o->tenant && strcmp(o->tenant, tenant))
			continue;
		table_cell(&t, TONE_PLAIN, tenant);
		table_cell(&t, TONE_PLAIN, strrchr(key, '/') + 1);
		for (size_t i = 0; i < ARRAY_LEN(members); i++) {
			const char *text = json_string_value(json_object_get(record, members[i]));

			table_cell(&t, TONE_PLAIN, text ? text : "");
		}
	}
	table_print(&t);
	table_clear(&t);
}

static void show_json(const struct apikeys *keys, const struct apikey_options *o)
{
	const char *key;
	json_t *record;

	json_object_foreach ((json_t *)apikeys_all(keys), key, record) {
		size_t n = strcspn(key, "/");
		json_t *line = json_copy(record);

		json_object_set_new(line, "tenant", json_stringn(key, n));
		json_object_set_new(line, "id", json_string(strrchr(key, '/') + 1));
		json_object_del(line, "sha256");
		if (!o->tenant || (strlen(o->tenant) == n && !strncmp(o->tenant, key, n)))
			cli_json(line);
		else
			json_decref(line);
	}
}

static int list_all(const struct apikey_options *o, const struct settings *s, struct err *e)
{
	struct apikeys *keys = apikeys_new();
	int r = settings_topic_each(s, take, keys, e);

	if (r == OK && o->json)
		show_json(keys, o);
	else if (r == OK)
		show(keys, o);
	apikeys_free(keys);
	return r;
}

static int take_away(const struct apikey_options *o, const char *id, const struct settings *s,
		     struct err *e)
{
	struct apikeys *keys = apikeys_new();
	char key[APIKEY_KEY_SIZE];
	int r = settings_topic_each(s, take, keys, e);

	if (r == OK && !json_object_get(apikeys_all(keys), apikey_key(o->tenant, id, key)))
		r = err_set(e, ERR_INVALID, "there is no key %.20s of %.64s", id, o->tenant);
	if (r == OK)
		r = settings_topic_put(s, key, NULL, e);
	apikeys_free(keys);
	return r;
}

int cmd_apikey(int argc, char **argv)
{
	struct apikey_options o = { 0 };
	struct arg_words words = { 0 };
	struct apikey_of of;
	const char *verb;
	struct settings s;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	verb = words.operands.count ? words.operands.items[0] : "";
	bool adds = !strcmp(verb, "add"), removes = !strcmp(verb, "remove");

	if ((!adds && !removes && strcmp(verb, "list")) ||
	    words.operands.count != (removes ? 2 : 1)) {
		err_set(&e, ERR_INVALID, "say add, list, or remove ID");
		return cli_usage("apikey", &e);
	}
	if ((adds || removes) && check(&o, adds, &of, &e))
		return cli_usage("apikey", &e);
	if (crypto_init(&e) || settings_open(&s, &words.settings, &e))
		return cli_fail("apikey", ERR_FATAL, &e);
	r = removes ? take_away(&o, words.operands.items[1], &s, &e)
	    : adds  ? add(&o, &of, &s, &e)
		    : list_all(&o, &s, &e);
	settings_close(&s);
	return r ? cli_fail("apikey", r, &e) : CLI_GOOD;
}
