#include "cmd_template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"
#include "crypto.h"
#include "ids.h"
#include "mem.h"
#include "settings_topic.h"
#include "template_files.h"
#include "template_preview.h"
#include "template_told.h"
#include "template_world.h"
#include "templates_record.h"
#include "templates_view.h"
#include "topic_fold.h"

#define AT(member) offsetof(struct template_options, member)
static const struct arg list[] = {
	{ "tenant", ARG_TEXT, AT(tenant), "NAME", "whose templates; the installation's unless told",
	  0, 0 },
	{ "locale", ARG_TEXT, AT(locale), "LOCALE",
	  "only in this language; preview, diff, restore: en unless told", 0, 0 },
	{ "part", ARG_TEXT, AT(part), "subject|text|html|sms",
	  "preview: this part alone, nothing added", 0, 0 },
	{ "dir", ARG_TEXT, AT(dir), "DIR", "preview: of a folder <name>/<locale>/", 0, 0 },
	{ "data", ARG_TEXT, AT(data), "FILE",
	  "preview: with the data of an invite.requested, instead of made-up values", 0, 0 },
	{ "version", ARG_NUMBER, AT(version), "N",
	  "preview, restore: the version; 1 = the installation's", 1, UINT32_MAX },
	{ "from", ARG_NUMBER, AT(from), "N", "diff: the version before unless told", 1,
	  UINT32_MAX },
	{ "to", ARG_NUMBER, AT(to), "N", "diff: the version that holds unless told", 1,
	  UINT32_MAX },
	{ "if-version", ARG_NUMBER, AT(if_version), "N",
	  "push: only if this is the version that holds", 1, UINT32_MAX },
	{ "allow-host", ARG_LIST, AT(hosts), "HOST",
	  "links and pictures may lead there; may be repeated", 0, 0 },
	{ "templates", ARG_TEXT, AT(templates), "DIR", "the installation's folder", 0, 0 },
	{ "actor", ARG_TEXT, AT(actor), "NAME", "push, restore: who does it; this user unless told",
	  0, 0 },
	{ "dry-run", ARG_FLAG, AT(dry_run), NULL, "push: judge only", 0, 0 },
	{ "json", ARG_FLAG, AT(json), NULL, "list, lint, push: one object a line", 0, 0 },
	LANG_ARG(AT(lang_name)),
};
#undef AT

static const struct args args = {
	"template",
	"lint|preview|list|push|diff|restore [DIR] [NAME] [OPTION...]",
	"Templates of e-mails and SMS, and what tenants have made their own of them. Every courier "
	"follows\nwithin a second, without a restart.\n"
	"  beckon template lint [DIR [NAME]]         what is wrong with a folder <name>/<locale>/\n"
	"  beckon template preview NAME              what people would get\n"
	"  beckon template list --tenant acme        what acme's people get, and who changed it\n"
	"  beckon template push DIR [NAME] --tenant acme   make it acme's own, unless it is unfit\n"
	"  beckon template diff NAME --tenant acme   what changed from one version to another\n"
	"  beckon template restore NAME --tenant acme --version N   1 = the installation's again",
	list,
	ARRAY_LEN(list),
	.operands = true,
	.settings = true,
};

/* ---- lint and push ---- */

/* Judges every template of a folder; records (may be NULL) gets what would be appended. */
static int judge_folder(const struct template_world *w, struct template_folder *f, json_t **records,
			size_t *unfit, struct err *e)
{
	autofree struct lint_report *report = xcalloc(1, sizeof(*report));

	*unfit = 0;
	for (size_t i = 0; i < f->count; i++) {
		struct catalog_source *s = &f->list[i].source;
		struct templates_change change = {
			.catalog = w->catalog,
			.source = s,
			.setting = &w->judge.setting,
			.author = settings_author(w->o->actor),
			.if_version = w->o->if_version,
		};
		int r = OK;

		s->tenant = w->o->tenant;
		if (records)
			r = templates_change(&change, report, &records[i], e);
		else
			template_lint(s, &w->judge.setting, report);
		template_told_report(report, s, w->o->lang, w->o->json);
		*unfit += report->errors > 0;
		if (r != OK && !report->errors)
			return r;
	}
	return OK;
}

static int verb_lint(struct template_world *w, const struct arg_list *words, struct err *e)
{
	const char *dir = words->count > 1 ? words->items[1] : w->installed;
	struct template_folder folder;
	size_t unfit;
	int r = template_folder_open(&folder, dir, words->count > 2 ? words->items[2] : NULL,
				     w->o->locale, e);

	if (r != OK)
		return cli_fail("template", r, e);
	r = judge_folder(w, &folder, NULL, &unfit, e);
	if (!unfit && !w->o->json)
		printf("%zu templates are fit to be sent\n", folder.count);
	template_folder_close(&folder);
	return r != OK ? cli_fail("template", r, e) : unfit ? CLI_BAD : CLI_GOOD;
}

static int put(const struct template_world *w, const struct catalog_source *s, const json_t *record,
	       struct err *e)
{
	const struct settings *settings = &w->settings;
	char key[TEMPLATES_KEY_SIZE];
	int r;

	if (!record) {
		fprintf(stderr, "%s/%s: nothing changes.\n", s->name, s->locale);
		return OK;
	}
	if (!templates_key(s->tenant, s->name, s->locale, key))
		return err_set(e, ERR_INVALID, "'%.64s/%.40s' is no name and locale", s->name,
			       s->locale);
	if (w->o->dry_run)
		return OK;
	r = topic_fold_put(settings, settings->topics[TOPIC_TEMPLATES], key, record, e);
	if (r == OK)
		fprintf(stderr, "%s has version %lld.\n", key,
			(long long)settings_record_version(record));
	return r;
}

/* All of them or none: what is unfit keeps the others back. */
static int push_folder(const struct template_world *w, struct template_folder *f, struct err *e)
{
	autofree json_t **records = xcalloc(f->count, sizeof(json_t *));
	size_t unfit;
	int r = judge_folder(w, f, records, &unfit, e);

	if (r == OK && unfit)
		r = err_set(e, ERR_INVALID, "nothing was changed: %zu of %zu are not fit", unfit,
			    f->count);
	for (size_t i = 0; i < f->count; i++) {
		if (r == OK)
			r = put(w, &f->list[i].source, records[i], e);
		json_decref(records[i]);
	}
	return r;
}

static int verb_push(struct template_world *w, const struct arg_list *words, struct err *e)
{
	struct template_folder folder;
	int r = template_folder_open(&folder, words->items[1],
				     words->count > 2 ? words->items[2] : NULL, w->o->locale, e);

	if (r == OK) {
		r = push_folder(w, &folder, e);
		template_folder_close(&folder);
	}
	return r != OK ? cli_fail("template", r, e) : CLI_GOOD;
}

/* ---- versions ---- */

static int restore(struct template_world *w, const char *name, struct err *e)
{
	autofree struct lint_report *report = xcalloc(1, sizeof(*report));
	struct catalog_source which = { .tenant = w->o->tenant,
					.name = name,
					.locale = w->o->locale,
					.version = (unsigned)w->o->version };
	struct templates_change change = { w->catalog, &which, &w->judge.setting,
					   settings_author(w->o->actor), TEMPLATES_ANY_VERSION };
	json_t *parts = templates_parts_of(w->catalog, &which), *record = NULL;
	int r;

	if (!parts)
		return err_set(e, ERR_INVALID, "version %lld of %s/%s is not kept",
			       (long long)w->o->version, name, w->o->locale);
	templates_record_source(parts, &which);
	r = templates_change(&change, report, &record, e);
	template_told_report(report, &which, w->o->lang, w->o->json);
	if (r == OK)
		r = put(w, &which, record, e);
	json_decref(record);
	json_decref(parts);
	return r;
}

static int verb_restore(struct template_world *w, const struct arg_list *words, struct err *e)
{
	int r = w->o->version ? restore(w, words->items[1], e)
			      : err_set(e, ERR_INVALID, "--version says which one");

	return r != OK ? cli_fail("template", r, e) : CLI_GOOD;
}

/* The change before the one that holds. */
static int64_t version_before(const struct template_world *w, const char *name)
{
	json_t *record = templates_record_of(w->catalog, w->o->tenant, name, w->o->locale);
	const json_t *history = json_object_get(record, "history");
	const json_t *last = json_array_get(history, json_array_size(history) - 1);
	int64_t version = last ? settings_record_version(last) : CATALOG_INSTALLED;

	json_decref(record);
	return version;
}

static int verb_diff(struct template_world *w, const struct arg_list *words, struct err *e)
{
	const char *name = words->items[1];
	int64_t to = w->o->to ? w->o->to
			      : templates_version_of(w->catalog, w->o->tenant, name, w->o->locale);
	int64_t from = w->o->from ? w->o->from : version_before(w, name);
	json_t *before = NULL, *after = NULL;
	char titles[2][48];
	int r = template_world_parts(w, name, from, &before, e);

	if (r == OK)
		r = template_world_parts(w, name, to, &after, e);
	snprintf(titles[0], sizeof(titles[0]), "version %lld", (long long)from);
	snprintf(titles[1], sizeof(titles[1]), "version %lld", (long long)to);
	if (r == OK)
		template_told_diff(before, after, titles[0], titles[1]);
	json_decref(before);
	json_decref(after);
	return r != OK ? cli_fail("template", r, e) : CLI_GOOD;
}

static int verb_list(struct template_world *w, const struct arg_list *words, struct err *e)
{
	(void)words;
	(void)e;
	template_told_list(w->catalog, w->o->tenant, w->o->json);
	return CLI_GOOD;
}

static int verb_preview(struct template_world *w, const struct arg_list *words, struct err *e)
{
	int r = template_preview(w, words->items[1], e);

	return r != OK ? cli_fail("template", r, e) : CLI_GOOD;
}

/* ---- the command ---- */

static const struct verb {
	const char *name;
	int (*run)(struct template_world *w, const struct arg_list *words, struct err *e);
	size_t least, most;	   /* words, the verb among them */
	const char *takes;	   /* the others, as they are told */
	enum template_reach reach; /* where a tenant is named */
	bool of_tenant;		   /* means nothing without --tenant */
	bool one_language;	   /* en unless told */
} verbs[] = {
	{ "lint", verb_lint, 1, 3, "DIR and NAME at the most", TEMPLATE_INSTALLED, false, false },
	{ "preview", verb_preview, 2, 2, "one NAME", TEMPLATE_TENANTS, false, true },
	{ "list", verb_list, 1, 1, "no NAME", TEMPLATE_TENANTS, false, false },
	{ "push", verb_push, 2, 3, "a DIR, and a NAME where only that is meant", TEMPLATE_CHANGES,
	  true, false },
	{ "diff", verb_diff, 2, 2, "one NAME", TEMPLATE_TENANTS, true, true },
	{ "restore", verb_restore, 2, 2, "one NAME", TEMPLATE_CHANGES, true, true },
};

static const struct verb *find_verb(const struct arg_list *words)
{
	for (size_t i = 0; words->count && i < ARRAY_LEN(verbs); i++)
		if (!strcmp(verbs[i].name, words->items[0]))
			return &verbs[i];
	return NULL;
}

/* What cannot be meant; OK = it can. */
static int check(const struct verb *v, const struct arg_list *words,
		 const struct template_options *o, struct err *e)
{
	if (!v)
		return err_set(e, ERR_INVALID, "say lint, preview, list, push, diff or restore");
	if (words->count < v->least || words->count > v->most)
		return err_set(e, ERR_INVALID, "%s takes %s", v->name, v->takes);
	if (v->of_tenant && !o->tenant)
		return err_set(e, ERR_INVALID, "%s: whose? --tenant says it", v->name);
	if (o->tenant && !ids_name_ok(o->tenant, strlen(o->tenant)))
		return err_set(e, ERR_INVALID, "a tenant's name has 1 to %d of A-Z a-z 0-9 _ -",
			       IDS_NAME_MAX);
	return OK;
}

int cmd_template(int argc, char **argv)
{
	struct template_options o = { .if_version = TEMPLATES_ANY_VERSION };
	struct arg_words words = { 0 };
	struct template_world w;
	const struct verb *v;
	struct err e;
	int status, r;

	if (args_end(&args, argc, argv, &o, &words, &status))
		return status;
	v = find_verb(&words.operands);
	if (check(v, &words.operands, &o, &e) || lang_read(o.lang_name, &o.lang, &e))
		return cli_usage("template", &e);
	if (v->one_language && !o.locale)
		o.locale = "en";
	if (crypto_init(&e))
		return cli_fail("template", ERR_FATAL, &e);
	r = template_world_open(&w, &o, &words.settings, o.tenant ? v->reach : TEMPLATE_INSTALLED,
				&e);
	status = r == OK ? v->run(&w, &words.operands, &e) : cli_fail("template", r, &e);
	template_world_close(&w);
	return status;
}
