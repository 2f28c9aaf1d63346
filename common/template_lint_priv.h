/*
 * template_lint_priv - what the files of the linter share. Included by template_lint*.c only.
 */
#ifndef BECKON_TEMPLATE_LINT_PRIV_H
#define BECKON_TEMPLATE_LINT_PRIV_H

#include "letter_names.h"
#include "template_lint.h"
#include "template_uses.h"

enum lint_id {
	LINT_SYNTAX,
	LINT_SUBJECT_MISSING,
	LINT_BODY_MISSING,
	LINT_PART_MISSING,
	LINT_VARIABLE_UNKNOWN,
	LINT_VARIABLE_NEAR,
	LINT_VARIABLE_UNGUARDED,
	LINT_VARIABLE_RAW,
	LINT_OWN_UNGUARDED,
	LINT_LINK_MISSING,
	LINT_LINK_REPEATED,
	LINT_LINK_NOT_LAST,
	LINT_SUBJECT_FIXED,
	LINT_SUBJECT_LONG,
	LINT_NOTE_MISSING,
	LINT_CREDENTIALS,
	LINT_CREDENTIALS_LOST,
	LINT_OUTSIDE_HOST,
	LINT_UNSAFE,
	LINT_SEGMENTS,
	LINT_SEGMENTS_WORST,
	LINT_RENDER,
	LINT_RULES
};

extern const struct lint_rule lint_rules[LINT_RULES];

/* One template being judged. */
struct linting {
	const struct catalog_source *source;
	const struct catalog_entry *entry; /* compiled */
	const struct lint_setting *in;
	enum letter_kind kind;
	struct lint_report *report;
	enum part part; /* being looked at */
};

struct lint_place {
	const char *file;
	unsigned line, column;
};

/* place NULL: the part as a whole. detail may be NULL. */
void lint_add(struct linting *l, enum lint_id id, const struct lint_place *place,
	      const char *detail);

/* template_lint_names.c: the variables of l->part. */
void lint_names(struct linting *l);

/* template_lint_output.c: what comes out. */
void lint_output(struct linting *l);

#endif
