#include "report.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli.h"
#include "codes.h"
#include "mem.h"
#include "term.h"

#define NUMBER_SIZE 24

static const char *row_text(const struct person *p, char out[NUMBER_SIZE])
{
	snprintf(out, NUMBER_SIZE, "row %lld", (long long)p->row);
	return out;
}

static const char *column_text(const struct trouble *t)
{
	return t->column < COLUMN_COUNT ? column_names[t->column] : "";
}

static const char *person_text(const struct person *p)
{
	static const enum column by[] = { COLUMN_EMAIL, COLUMN_PHONE };

	for (size_t i = 0; i < ARRAY_LEN(by); i++)
		if (p->cells[by[i]])
			return p->cells[by[i]];
	return p->cells[COLUMN_NAME];
}

static void trouble_json(const struct report *r, const struct person *p)
{
	const struct trouble *t = &p->trouble;

	cli_json(json_pack("{sIssssssss}", "row", (json_int_t)p->row, "column", column_text(t),
			   "code", t->code, "text", t->text, "remedy",
			   advice_remedy(r->advice, t->code)));
}

void report_troubles(const struct report *r)
{
	char number[NUMBER_SIZE];
	struct table t;

	table_init(&t, 4);
	for (size_t i = 0; i < r->people->count; i++) {
		const struct person *p = &r->people->list[i];

		if (!p->trouble.code)
			continue;
		if (r->json) {
			trouble_json(r, p);
			continue;
		}
		table_cell(&t, TONE_PLAIN, row_text(p, number));
		table_cell(&t, TONE_PLAIN, column_text(&p->trouble));
		table_cell(&t, TONE_BAD, p->trouble.code);
		table_cell(&t, TONE_PLAIN, p->trouble.text);
	}
	table_print(&t);
	table_clear(&t);
}

/* A row as it ended. */
struct ending {
	const char *words, *code, *remedy;
	enum tone tone;
};

/* Where the address itself is wrong, the catalogue says best what to do; else the rule that was
 * broken. */
static const char *advice_for(const struct report *r, const struct trouble *t)
{
	const struct code *code = codes_find(t->code);

	return code && code->class == 'P' ? advice_remedy(r->advice, t->code) : t->text;
}

static struct ending ending_of(const struct report *r, const struct person *p,
			       const struct followed *one)
{
	if (p->trouble.code)
		return (struct ending){ "Bad row", p->trouble.code, advice_for(r, &p->trouble),
					TONE_BAD };
	if (!one->told)
		return (struct ending){ "Nothing heard yet", NULL, NULL, TONE_WARN };
	return (struct ending){ one->words, one->code,
				one->code ? advice_remedy(r->advice, one->code) : NULL,
				told_tone(one->word) };
}

static void ending_json(const struct report *r, const struct person *p, const struct followed *one,
			const struct ending *end)
{
	char id[INVITE_ID_SIZE];

	cli_json(json_pack("{sIssssssss*ss*}", "row", (json_int_t)p->row, "tenant",
			   r->common->tenant, "invite", invite_id(p, r->common, id), "word",
			   p->trouble.code ? "bad_row"
			   : one->told	   ? outcome_words[one->word].name
					   : "none",
			   "code", end->code, "remedy", end->remedy));
}

size_t report_outcomes(const struct report *r, const struct follow *f)
{
	size_t next = 0, bad = 0;
	char number[NUMBER_SIZE];
	struct table t;

	table_init(&t, 5);
	for (size_t i = 0; i < r->people->count; i++) {
		const struct person *p = &r->people->list[i];
		const struct followed *one = p->trouble.code ? NULL : &f->list[next++];
		struct ending end = ending_of(r, p, one);

		bool is_bad = end.tone == TONE_BAD || (one && !one->final);

		bad += is_bad;
		if (r->only_bad && !is_bad)
			continue;
		if (r->json) {
			ending_json(r, p, one, &end);
			continue;
		}
		table_cell(&t, TONE_PLAIN, row_text(p, number));
		table_cell(&t, TONE_PLAIN, person_text(p));
		table_cell(&t, end.tone, end.words);
		table_cell(&t, TONE_PLAIN, end.code);
		table_cell(&t, TONE_PLAIN, end.remedy);
	}
	table_print(&t);
	table_clear(&t);
	return bad;
}
