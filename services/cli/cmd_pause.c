#include "cmd_pause.h"

#include <stdio.h>
#include <string.h>

#include "args.h"
#include "cli.h"
#include "config_number.h"
#include "form.h"
#include "idn.h"
#include "mem.h"
#include "now.h"
#include "settings.h"
#include "settings_topic.h"
#include "term.h"

struct pause_options {
	const char *tenant, *batch, *provider, *domain, *reason, *until, *actor;
	bool all, list, json;
};

#define AT(member) offsetof(struct pause_options, member)
static const struct arg list[] = {
	{ "all", ARG_FLAG, AT(all), NULL, "everything: the services stand still", 0, 0 },
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "one tenant; with one of the next three: of it",
	  0, 0 },
	{ "batch", ARG_TEXT, AT(batch), "ID", "one batch", 0, 0 },
	{ "provider", ARG_TEXT, AT(provider), "NAME", "one relay: others take its messages", 0, 0 },
	{ "domain", ARG_TEXT, AT(domain), "NAME", "recipients of one domain", 0, 0 },
	{ "reason", ARG_TEXT, AT(reason), "TEXT", "why, for whoever looks; no personal data", 0,
	  0 },
	{ "until", ARG_TEXT, AT(until), "TIME",
	  "it ends by itself: an RFC 3339 time, or a duration such as 2h", 0, 0 },
	{ "actor", ARG_TEXT, AT(actor), "NAME", "who does it; this user unless told", 0, 0 },
	{ "list", ARG_FLAG, AT(list), NULL, "show what is paused, change nothing", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "with --list: one JSON object a line", 0, 0 },
};
#undef AT

static const struct args pause_args = {
	"pause",
	"--all | --tenant NAME | --batch ID | --provider NAME | --domain NAME --reason TEXT "
	"[OPTION...]",
	"Stops sending within a second. What is under way ends; everything else waits, nothing is "
	"lost, and\n"
	"no attempt is used up. beckon resume with the same options goes on.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

static const struct args resume_args = {
	"resume",
	"--all | --tenant NAME | --batch ID | --provider NAME | --domain NAME [OPTION...]",
	"Goes on with what beckon pause has stopped: what waited is on its way within about a "
	"second.",
	list,
	ARRAY_LEN(list),
	.settings = true,
};

/* ---- which pause ---- */

static int check_name(const char *what, const char *s, struct err *e)
{
	size_t len = strlen(s);

	if (len && len <= PAUSE_NAME_MAX && form_line(s, len))
		return OK;
	return err_set(e, ERR_INVALID, "--%s takes one line of 1 to %d bytes", what,
		       PAUSE_NAME_MAX);
}

/* The key of the pause that the options name. */
static int find_key(const struct pause_options *o, char key[PAUSE_KEY_SIZE], struct err *e)
{
	const char *names[PAUSE_SCOPES] = {
		[PAUSE_BATCH] = o->batch, [PAUSE_PROVIDER] = o->provider, [PAUSE_DOMAIN] = o->domain
	};
	enum pause_scope scope = o->all ? PAUSE_ALL : PAUSE_TENANT;
	char domain[IDN_ASCII_SIZE];
	int given = o->all;

	for (int i = PAUSE_BATCH; i < PAUSE_SCOPES; i++) {
		if (!names[i])
			continue;
		given++;
		scope = (enum pause_scope)i;
		if (check_name(pause_scopes[i], names[i], e))
			return ERR_INVALID;
	}
	if (given > 1 || (o->all && o->tenant))
		return err_set(e, ERR_INVALID, "one thing at a time");
	if (!given && !o->tenant)
		return err_set(e, ERR_INVALID,
			       "say what: --all, --tenant, --batch, --provider or --domain");
	if (o->tenant && !ids_name_ok(o->tenant, strlen(o->tenant)))
		return err_set(e, ERR_INVALID, "--tenant takes 1 to %d of A-Z a-z 0-9 _ -",
			       IDS_NAME_MAX);
	if (scope == PAUSE_DOMAIN && (!idn_to_ascii(o->domain, domain) || *domain == '*' ||
				      !form_host(domain, strlen(domain))))
		return err_set(e, ERR_INVALID, "--domain takes a domain such as example.org");
	pause_key(key, o->tenant, scope, scope == PAUSE_DOMAIN ? domain : names[scope]);
	return OK;
}

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
			       "--until takes a time such as 2025-03-14T18:00:00Z, or 30m, 2h, 7d");
	if (*until_ms <= now_ms())
		return err_set(e, ERR_INVALID, "--until has passed already");
	return OK;
}

/* ---- showing ---- */

static bool holds(const json_t *record)
{
	const char *until = json_string_value(json_object_get(record, "until"));
	int64_t until_ms;

	return json_is_true(json_object_get(record, "paused")) &&
	       (!until || !now_parse(until, &until_ms) || now_ms() < until_ms);
}

static void show_table(const json_t *pauses)
{
	static const char *const heads[] = { "what", "since", "until", "by", "reason" };
	static const char *const members[] = { "time", "until", "actor", "reason" };
	struct table t;
	const char *key;
	json_t *record;

	table_init(&t, ARRAY_LEN(heads));
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		table_cell(&t, TONE_FAINT, heads[i]);
	json_object_foreach ((json_t *)pauses, key, record) {
		if (!holds(record))
			continue;
		table_cell(&t, TONE_WARN, key);
		for (size_t i = 0; i < ARRAY_LEN(members); i++)
			table_cell(&t, TONE_PLAIN,
				   json_string_value(json_object_get(record, members[i])));
	}
	table_print(&t);
	table_clear(&t);
}

static int show(const struct settings *s, bool as_json, struct err *e)
{
	struct settings_view *v;
	const char *key;
	json_t *record;
	int r = settings_topic_read(&v, s, e);

	if (r)
		return r;
	if (!as_json)
		show_table(settings_view_all_pauses(v));
	else
		json_object_foreach ((json_t *)settings_view_all_pauses(v), key, record)
			if (holds(record))
				cli_json(json_pack("{s:s, s:O}", "pause", key, "record", record));
	settings_view_free(v);
	return OK;
}

/* ---- the command ---- */

static int is_paused(const struct settings *s, const char *key, bool *paused, struct err *e)
{
	struct settings_view *v;
	const json_t *record;
	int r = settings_topic_read(&v, s, e);

	if (r)
		return r;
	record = json_object_get(settings_view_all_pauses(v), key);
	*paused = record && holds(record);
	settings_view_free(v);
	return OK;
}

/* Where nothing was paused a key was mistyped, or somebody was quicker. */
static int resume(const struct pause_options *o, const struct settings *s, const char *key,
		  struct err *e)
{
	struct settings_author author = settings_author(o->actor);
	bool paused;
	int r = is_paused(s, key, &paused, e);

	if (r == OK && paused) {
		json_t *record = settings_record_resume(o->reason, &author);

		r = settings_topic_put(s, key, record, e);
		json_decref(record);
	}
	if (r == OK)
		fprintf(stderr, "%s %s.\n", key, paused ? "is resumed" : "was not paused");
	return r;
}

static bool has_name(const json_t *entries, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach ((json_t *)entries, i, entry) {
		const char *its = json_string_value(json_object_get(entry, "name"));

		if (its && !strcmp(its, name))
			return true;
	}
	return false;
}

/* A route that is not there stops nothing; another machine's configuration may have it. */
static void warn_of_provider(const struct settings *s, const char *name)
{
	bool any = json_array_size(s->relays) || json_array_size(s->providers);

	if (name && any && !has_name(s->relays, name) && !has_name(s->providers, name))
		fprintf(stderr, "No relay or provider of this configuration is called %s.\n", name);
}

static int pause_it(const struct pause_options *o, const struct settings *s, const char *key,
		    int64_t until_ms, struct err *e)
{
	struct settings_author author = settings_author(o->actor);
	json_t *record;
	int r;

	if (!o->reason || !*o->reason || strlen(o->reason) > PAUSE_REASON_MAX ||
	    !form_line(o->reason, strlen(o->reason)))
		return err_set(e, ERR_INVALID, "--reason says why, in one line of up to %d bytes",
			       PAUSE_REASON_MAX);
	record = settings_record_pause(o->reason, until_ms, &author);
	r = settings_topic_put(s, key, record, e);
	json_decref(record);
	if (r == OK)
		fprintf(stderr, "%s is paused.\n", key);
	if (r == OK)
		warn_of_provider(s, o->provider);
	return r;
}

static int change(const struct pause_options *o, const struct settings *s, bool pause,
		  struct err *e)
{
	char key[PAUSE_KEY_SIZE];
	int64_t until_ms;

	if (find_key(o, key, e) || read_until(o->until, &until_ms, e))
		return ERR_INVALID;
	return pause ? pause_it(o, s, key, until_ms, e) : resume(o, s, key, e);
}

int cmd_pause(int argc, char **argv)
{
	bool pause = !strcmp(argv[0], "pause");
	struct pause_options o = { 0 };
	struct arg_words words = { 0 };
	struct settings s;
	struct err e;
	int status, r;

	if (args_end(pause ? &pause_args : &resume_args, argc, argv, &o, &words, &status))
		return status;
	if (settings_open(&s, &words.settings, &e))
		return cli_fail(argv[0], ERR_FATAL, &e);
	r = o.list ? show(&s, o.json, &e) : change(&o, &s, pause, &e);
	settings_close(&s);
	return r == OK		  ? CLI_GOOD
	       : r == ERR_INVALID ? cli_usage(argv[0], &e)
				  : cli_fail(argv[0], r, &e);
}
