/* The variables of a template, as they are written. */
#include <stdio.h>
#include <string.h>

#include "nearest.h"
#include "template_lint_priv.h"

#define TYPO_MAX 3
#define OWN "vars"

/* What the first part of a dotted name is: "vars" of "vars.team". */
static const struct letter_name *known(const char *name, char first[64])
{
	snprintf(first, 64, "%.*s", (int)strcspn(name, "."), name);
	return letter_name_find(first);
}

static void unknown(struct linting *l, const struct lint_place *at, const char *name)
{
	struct nearest n = { .word = name };
	char detail[LINT_DETAIL_SIZE];
	size_t count;
	const struct letter_name *all = letter_names(&count);

	for (size_t i = 0; i < count; i++)
		if (all[i].presence[l->kind] != NAME_NEVER)
			nearest_offer(&n, all[i].name);
	snprintf(detail, sizeof(detail), "'%.60s'; '%s'", name, n.best ? n.best : "");
	if (n.best && n.distance <= TYPO_MAX)
		lint_add(l, LINT_VARIABLE_NEAR, at, detail);
	else
		lint_add(l, LINT_VARIABLE_UNKNOWN, at, name);
}

static bool is_credential(const char *name)
{
	return !strcmp(name, "username") || !strcmp(name, "password");
}

/* Is what is optional asked for before it is said? */
static bool guarded(const struct template_use *use, const struct letter_name *name)
{
	return use->optional || template_use_within(use, name->name) ||
	       (name->with && template_use_within(use, name->with));
}

static void judge_own(struct linting *l, const struct lint_place *at,
		      const struct template_use *use)
{
	if (use->kind == TEMPLATE_USE_VALUE && !use->optional && strcmp(use->name, OWN) &&
	    !template_use_within(use, use->name))
		lint_add(l, LINT_OWN_UNGUARDED, at, use->name);
}

static void judge(void *ctx, const struct template_use *use)
{
	struct linting *l = ctx;
	struct lint_place at = { use->file, use->line, use->column };
	char first[64];
	const struct letter_name *name = known(use->name, first);

	if (l->part == PART_HTML && use->kind == TEMPLATE_USE_VALUE && !use->escaped)
		lint_add(l, LINT_VARIABLE_RAW, &at, use->name);
	if (!strcmp(use->name, ".") || (!name && template_use_within(use, OWN)))
		return;
	if (is_credential(use->name) && l->kind == LETTER_INVITE)
		lint_add(l, LINT_CREDENTIALS, &at, use->name);
	else if (!name || name->presence[l->kind] == NAME_NEVER)
		unknown(l, &at, use->name);
	else if (!strcmp(first, OWN))
		judge_own(l, &at, use);
	else if (use->kind == TEMPLATE_USE_VALUE && name->presence[l->kind] == NAME_OPTIONAL &&
		 !guarded(use, name))
		lint_add(l, LINT_VARIABLE_UNGUARDED, &at, use->name);
}

/* ---- what must be there ---- */

struct presence {
	bool link, username, password, subject, note;
};

static void notice(void *ctx, const struct template_use *use)
{
	struct presence *p = ctx;
	const struct {
		const char *name;
		bool *seen;
	} wanted[] = {
		{ "link", &p->link },	      { "username", &p->username },
		{ "password", &p->password }, { "subject", &p->subject },
		{ "note", &p->note },	      { "note_lines", &p->note },
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strcmp(use->name, wanted[i].name) && use->kind != TEMPLATE_USE_INVERTED)
			*wanted[i].seen = true;
}

static void judge_presence(struct linting *l, const struct presence *p)
{
	bool body = l->part != PART_SUBJECT, mail = l->part == PART_TEXT || l->part == PART_HTML;

	if (l->part == PART_SUBJECT && !p->subject)
		lint_add(l, LINT_SUBJECT_FIXED, NULL, NULL);
	if (body && l->kind == LETTER_INVITE && !p->link)
		lint_add(l, LINT_LINK_MISSING, NULL, NULL);
	if (mail && !p->note)
		lint_add(l, LINT_NOTE_MISSING, NULL, NULL);
	if (body && l->kind == LETTER_PASSWORD && !p->username)
		lint_add(l, LINT_CREDENTIALS_LOST, NULL, "username");
	if (body && l->kind == LETTER_PASSWORD && !p->password)
		lint_add(l, LINT_CREDENTIALS_LOST, NULL, "password");
}

void lint_names(struct linting *l)
{
	struct presence p = { 0 };

	template_uses(l->entry->parts[l->part], judge, l);
	template_uses(l->entry->parts[l->part], notice, &p);
	judge_presence(l, &p);
}
