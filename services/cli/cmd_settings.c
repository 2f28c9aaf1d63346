#include "cmd_settings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "crypto.h"
#include "ids.h"
#include "mem.h"
#include "settings.h"
#include "settings_show.h"
#include "settings_topic.h"
#include "yamldoc.h"

#define ANY_VERSION (-1)

struct settings_options {
	const char *tenant, *file, *actor;
	int64_t version;
	bool json, history;
};

#define AT(member) offsetof(struct settings_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME",
	  "of this tenant; unless told of \"*\": the defaults of all", 0, 0 },
	{ "file", ARG_TEXT, AT(file), "FILE",
	  "set: all of them, from a YAML or JSON file in place of what was set before", 0, 0 },
	{ "if-version", ARG_NUMBER, AT(version), "N",
	  "set: only if this is the version that holds; 0 = none was set yet", 0, INT64_MAX },
	{ "actor", ARG_TEXT, AT(actor), "NAME", "set: who does it; this user unless told", 0, 0 },
	{ "history", ARG_FLAG, AT(history), NULL, "get: who changed them, and when", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "get: the record as it stands in the topic", 0, 0 },
};
#undef AT

static const struct args args = {
	"settings",
	"get|set [KEY=VALUE...] [OPTION...]",
	"Shows or changes what a tenant has settled. Every service follows within a second, "
	"without "
	"a restart.\n"
	"  beckon settings get --tenant acme\n"
	"  beckon settings set --tenant acme sender.from_name='Example Works' "
	"limits.tenant=50/s\n"
	"  beckon settings set --tenant acme send_window='{days: mon-fri, from: \"08:00\", to: "
	"\"20:00\"}'\n"
	"  beckon settings set --tenant acme contact=        (what the configuration says holds "
	"again)",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

/* ---- set ---- */

static int read_file(const char *path, json_t **out, struct err *e)
{
	struct yamldoc y;

	if (yamldoc_read(&y, path, e) < 0)
		return ERR_INVALID;
	*out = json_incref(y.value);
	yamldoc_clear(&y);
	if (json_is_object(*out))
		return OK;
	json_decref(*out);
	return err_set(e, ERR_INVALID, "%s: must be a mapping", path);
}

/* "path=value"; a value as YAML has it, none = forget what was set. */
static int set_one(json_t *settings, const char *word, struct err *e)
{
	const char *is = strchr(word, '=');
	autofree char *path = is ? xstrndup(word, (size_t)(is - word)) : NULL;
	struct yamldoc y;
	json_t *value;

	if (!is || is == word)
		return err_set(e, ERR_INVALID, "'%.40s' is not KEY=VALUE", word);
	if (!is[1])
		return settings_set(settings, path, NULL, e);
	if (yamldoc_parse(&y, path, is + 1, strlen(is + 1), e) < 0)
		return ERR_INVALID;
	value = json_incref(y.value);
	yamldoc_clear(&y);
	return settings_set(settings, path, value, e);
}

static int change(const struct settings_options *o, const struct arg_list *words,
		  const json_t *former, json_t **out, struct err *e)
{
	const json_t *now = json_object_get(former, "settings");
	json_t *settings = NULL;
	int r = OK;

	if (o->version != ANY_VERSION && o->version != settings_record_version(former))
		return err_set(e, ERR_INVALID,
			       "the version is %lld by now; read them again, nothing was changed",
			       (long long)settings_record_version(former));
	if (o->file)
		r = read_file(o->file, &settings, e);
	else
		settings = now ? json_deep_copy(now) : json_object();
	for (size_t i = 1; i < words->count && r == OK; i++)
		r = set_one(settings, words->items[i], e);
	if (r == OK)
		*out = settings;
	else
		json_decref(settings);
	return r;
}

/* Would services take it? As they read it. */
static int check(const char *tenant, const json_t *settings, struct err *e)
{
	json_t *section = json_pack("{s:O}", tenant, settings);
	struct tenants *t;
	int r = tenants_load(&t, section, e);

	json_decref(section);
	if (r == OK)
		tenants_free(t);
	return r == OK ? OK : ERR_INVALID;
}

static int set_locked(const struct settings_options *o, const struct arg_list *words,
		      const struct settings *s, struct err *e)
{
	autofree char *key = xasprintf("%s/settings", o->tenant);
	struct settings_author author = settings_author(o->actor);
	json_t *settings = NULL, *record = NULL;
	const json_t *former;
	struct settings_view *v;
	int r = settings_topic_read(&v, s, e);

	if (r)
		return r;
	former = settings_view_tenant(v, o->tenant);
	r = change(o, words, former, &settings, e);
	if (r == OK)
		r = check(o->tenant, settings, e);
	if (r == OK) {
		record = settings_record_next(former, settings, &author);
		r = settings_topic_put(s, key, record, e);
	}
	if (r == OK)
		fprintf(stderr, "%s has version %lld.\n", key,
			(long long)settings_record_version(record));
	json_decref(record);
	json_decref(settings);
	settings_view_free(v);
	return r;
}

static int set(const struct settings_options *o, const struct arg_list *words,
	       const struct settings *s, struct err *e)
{
	autofree char *what = xasprintf("settings/%s", o->tenant);
	struct settings_lock *lock;
	int r = settings_lock_take(&lock, s, what, e);

	if (r)
		return r;
	r = set_locked(o, words, s, e);
	settings_lock_release(lock);
	return r;
}

/* ---- get ---- */

static int get(const struct settings_options *o, const struct settings *s, struct err *e)
{
	struct settings_view *v;
	int r = settings_topic_read(&v, s, e);

	if (r)
		return r;
	if (o->json)
		cli_json(settings_view_tenant(v, o->tenant)
				 ? json_incref((json_t *)settings_view_tenant(v, o->tenant))
				 : json_pack("{s:i, s:{}}", "version", 0, "settings"));
	else if (o->history)
		settings_show_history(settings_view_tenant(v, o->tenant));
	else
		settings_show(v, s->tenants, o->tenant);
	settings_view_free(v);
	return OK;
}

/* What cannot be meant; OK = it can. */
static int check_line(const struct settings_options *o, const struct arg_list *words, struct err *e)
{
	const char *verb = words->count ? words->items[0] : "";

	if (strcmp(verb, "get") && strcmp(verb, "set"))
		return err_set(e, ERR_INVALID, "say get or set");
	if (*verb == 's' && !o->file && words->count < 2)
		return err_set(e, ERR_INVALID, "nothing to set: KEY=VALUE or --file");
	if (strcmp(o->tenant, "*") && !ids_name_ok(o->tenant, strlen(o->tenant)))
		return err_set(e, ERR_INVALID, "a tenant's name has 1 to %d of A-Z a-z 0-9 _ -",
			       IDS_NAME_MAX);
	return OK;
}

int cmd_settings(int argc, char **argv)
{
	struct settings_options o = { .tenant = "*", .version = ANY_VERSION };
	struct arg_words words = { 0 };
	struct settings s;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	if (check_line(&o, &words.operands, &e))
		return cli_usage("settings", &e);
	if (crypto_init(&e) || settings_open(&s, &words.settings, &e))
		return cli_fail("settings", ERR_FATAL, &e);
	r = *words.operands.items[0] == 's' ? set(&o, &words.operands, &s, &e) : get(&o, &s, &e);
	settings_close(&s);
	return r ? cli_fail("settings", r, &e) : CLI_GOOD;
}
