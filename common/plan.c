#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SILENT "silent"

bool plan_has_job(const struct plan *p)
{
	return p->word == WORD_QUEUED && (p->turn == 1 || p->beside || p->instead);
}

static const char *or_dash(const char *s)
{
	return s && s[0] ? s : "-";
}

static const char *from_dash(const char *s)
{
	return strcmp(s, "-") ? s : NULL;
}

static bool is_sms(const char *channel)
{
	return channel && !strcmp(channel, IDS_SMS);
}

void plan_write(const struct plan *p, char out[PLAN_TEXT_SIZE])
{
	const char *word = p->word == PLAN_SILENT ? SILENT : outcome_words[p->word].name;
	bool has_sms = is_sms(p->channel) || is_sms(p->superseded_channel);
	char by[32] = "";

	if (has_sms)
		snprintf(by, sizeof(by), " %s %s %d", or_dash(p->superseded_channel),
			 or_dash(p->channel), p->ladder + 2 * p->beside + 4 * p->instead);
	snprintf(out, PLAN_TEXT_SIZE, "%d %s %lld %lld %lld %lld%s %s %s %s %s",
		 has_sms ? PLAN_VERSION : 2, word, (long long)p->generation, (long long)p->n,
		 (long long)p->turn, (long long)p->superseded, by, or_dash(p->prev),
		 or_dash(p->code), or_dash(p->other), or_dash(p->where));
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
	p.channel = p.turn ? IDS_EMAIL : NULL;
	p.code = from_dash(part(r));
	p.other = from_dash(part(r));
	p.where = last(r);
	return p;
}

static const char *channel_of(struct rest *r)
{
	const char *name = from_dash(part(r));

	r->good = r->good && (!name || ids_channel(name));
	return name ? ids_channel(name) : NULL;
}

static struct plan read_numbers(struct rest *r)
{
	struct plan p = { .word = word_of(r, part(r)) };

	p.generation = number(r);
	p.n = number(r);
	p.turn = number(r);
	p.superseded = number(r);
	return p;
}

static void read_texts(struct rest *r, struct plan *p)
{
	p->prev = from_dash(part(r));
	p->code = from_dash(part(r));
	p->other = from_dash(part(r));
	p->where = last(r);
}

static struct plan read_2(struct rest *r)
{
	struct plan p = read_numbers(r);

	p.channel = p.turn ? IDS_EMAIL : NULL;
	p.superseded_channel = p.superseded ? IDS_EMAIL : NULL;
	read_texts(r, &p);
	return p;
}

static struct plan read_3(struct rest *r)
{
	struct plan p = read_numbers(r);
	int64_t ladder;

	p.superseded_channel = channel_of(r);
	p.channel = channel_of(r);
	ladder = number(r);
	p.ladder = ladder & 1;
	p.beside = ladder & 2;
	p.instead = ladder & 4;
	read_texts(r, &p);
	return p;
}

int plan_read(char *text, struct plan *out, struct err *e)
{
	struct rest r = { text, true };
	const char *first = part(&r);
	struct plan p;

	if (!strcmp(first, "3"))
		p = read_3(&r);
	else if (!strcmp(first, "2"))
		p = read_2(&r);
	else if (first[0] >= '0' && first[0] <= '9')
		return err_set(e, ERR_INVALID, "a stored plan of version %s, of a newer program",
			       first);
	else
		p = read_1(&r, first);
	if (!r.good)
		return err_set(e, ERR_INVALID, "a stored plan has words and numbers of ours");
	*out = p;
	return OK;
}
