/*
 * template_lint - is a template fit to be sent? What is wrong with it, with place and words for
 * people.
 *
 * A template is judged as it is written (variables, credentials) and as it comes out: rendered with
 * all that a request can say, and with the least. Nothing is sent, nothing is asked for. Pure.
 */
#ifndef BECKON_TEMPLATE_LINT_H
#define BECKON_TEMPLATE_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "catalog.h"
#include "letter.h"

#define LINT_FINDINGS_MAX 100 /* more are counted, not kept */
#define LINT_DETAIL_SIZE 200
#define LINT_SUBJECT_MAX 60 /* characters that an inbox shows */

enum lint_lang { LINT_EN, LINT_RU, LINT_LANGS };

struct lint_rule {
	const char *code;	      /* "variable_unknown" */
	bool warning;		      /* it may be sent all the same */
	const char *text[LINT_LANGS]; /* "%s" = the detail */
};

struct lint_finding {
	const struct lint_rule *rule;
	enum part part;		       /* PART_COUNT = the template as a whole */
	char file[64];		       /* "invite/ru/text.txt", or a partial */
	unsigned line, column;	       /* from 1; 0 = nowhere in particular */
	char detail[LINT_DETAIL_SIZE]; /* a name, a host; "" = none */
};

struct lint_report {
	struct lint_finding list[LINT_FINDINGS_MAX];
	size_t count, errors; /* count: those kept */
};

/* What the template is judged against. */
struct lint_setting {
	const struct catalog *catalog;	    /* its partials, and what other locales have */
	const struct letter_sender *sender; /* NULL = made up */
	const char *link_base;		    /* of the tenant; NULL = made up */
	const char *logo;		    /* URL of the tenant's; NULL = none */
	const char *const *hosts;	    /* that links may lead to beside the link's own */
	size_t nhosts;
	const json_t *listed; /* likewise, as the tenant lists them: link_host_listed */
	int64_t segment_cap;  /* of an SMS; 0 = not judged */
	int64_t now_ms;
};

/* Judges the source; report is filled anew. */
void template_lint(const struct catalog_source *source, const struct lint_setting *in,
		   struct lint_report *report);

/* Appends what is wrong in words, without its place. */
void lint_words(const struct lint_finding *f, enum lint_lang lang, struct buf *out);

#endif
