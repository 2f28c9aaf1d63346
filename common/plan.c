#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT "silent"

bool plan_has_job(const struct plan *p)
{
	return p->word == WORD_QUEUED && p->turn == 1;
}

static const char *or_dash(const char *s)
{
	return s && s[0] ? s : "-";
}

static const char *from_dash(const char *s)
{
	return strcmp(s, "-") ? s : NULL;
}

void plan_write(const struct plan *p, char out[PLAN_TEXT_SIZE])
{
	const char *word = p->word == PLAN_SILENT ? SILENT : outcome_words[p->word].name;

	snprintf(out, PLAN_TEXT_SIZE, "%d %s %lld %lld %lld %lld %s %s %s %s", PLAN_VERSION, word,
		 (long long)p->generation, (long long)p->n, (long long)p->turn,
		 (long long)p->superseded, or_dash(p->prev), or_dash(p->code), or_dash(p->other),
		 or_dash(p->where));
}

/* What is left of a plan's text. */
struct rest {
	char *at;
	bool good;
};

static const char *part(struct rest *r)
{
	const char *s = r->at ? strsep(&r->at, " ") : NULL;

	r->good = r->good && s;
	return s ? s : "";
}

static int64_t number(struct rest *r)
{
	const char *s = part(r);
	char *end;
	int64_t v = strtoll(s, &end, 10);

	r->good = r->good && end != s && !*end && v >= 0;
	return v;
}

static enum outcome_word word_of(struct rest *r, const char *s)
{
	enum outcome_word w = outcome_word_find(s);

	r->good = r->good && (w != WORD_COUNT || !strcmp(s, SILENT));
	return w;
}

static const char *last(struct rest *r)
{
	r->good = r->good && r->at;
	return r->at ? from_dash(r->at) : NULL;
}

/* "<word> <generation> <code> <other> <where>": of the invitation itself, and what came before was
   not kept. */
static struct plan read_1(struct rest *r, const char *word)
{
	struct plan p = { .word = word_of(r, word) };

	p.generation = number(r);
	p.turn = p.generation && p.word != WORD_ERROR;
	p.code = from_dash(part(r));
	p.other = from_dash(part(r));
	p.where = last(r);
	return p;
}

static struct plan read_2(struct rest *r)
{
	struct plan p = { .word = word_of(r, part(r)) };

	p.generation = number(r);
	p.n = number(r);
	p.turn = number(r);
	p.superseded = number(r);
	p.prev = from_dash(part(r));
	p.code = from_dash(part(r));
	p.other = from_dash(part(r));
	p.where = last(r);
	return p;
}

int plan_read(char *text, struct plan *out, struct err *e)
{
	struct rest r = { text, true };
	const char *first = part(&r);
	struct plan p;

	if (first[0] >= '0' && first[0] <= '9' && strcmp(first, "2") != 0)
		return err_set(e, ERR_INVALID, "a stored plan of version %s, of a newer program",
			       first);
	p = first[0] == '2' ? read_2(&r) : read_1(&r, first);
	if (!r.good)
		return err_set(e, ERR_INVALID, "a stored plan has words and numbers of ours");
	*out = p;
	return OK;
}
