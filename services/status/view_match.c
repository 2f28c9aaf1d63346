#include "view_match.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "view_text.h"

#define PHONE_SEPARATORS " \t-.()"

/* ---- filters ---- */

static char *folded(const char *s, size_t n)
{
	autofree char *cut = xstrndup(s, n);
	struct buf b = BUF_INIT(0);

	view_text_fold(cut, &b);
	return buf_take(&b);
}

static void equal(struct view_match *m, enum view_text_of which, const char *s)
{
	size_t n = s ? strlen(s) : 0;
	bool begins = n && s[n - 1] == '*';

	if (n)
		m->texts[which].text = folded(s, n - begins);
	m->texts[which].begins = begins;
}

/* As people write it, with spaces and brackets: the digits, and the plus before them. */
static char *number(const char *s, size_t n, bool plus)
{
	struct buf b = BUF_INIT(0);

	if (plus && n && *s != '+' && *s != '*')
		buf_byte(&b, '+');
	for (size_t i = 0; i < n; i++)
		if (!strchr(PHONE_SEPARATORS, s[i]))
			buf_byte(&b, s[i]);
	return buf_take(&b);
}

static void equal_phone(struct view_match *m, const char *s)
{
	autofree char *plain = s ? number(s, strlen(s), true) : NULL;

	equal(m, VIEW_TEXT_PHONE, plain);
}

/* Where a number with its country code begins, how far it goes; 0 = it is a word. */
static size_t number_here(const char *at)
{
	return *at == '+' && isdigit((unsigned char)at[1])
		       ? 1 + strspn(at + 1, "0123456789" PHONE_SEPARATORS)
		       : 0;
}

static void add_word(struct view_match *m, char *text, bool of_person, bool whole)
{
	m->words[m->nwords].text = text;
	m->words[m->nwords].of_person = of_person;
	m->words[m->nwords++].whole = whole;
}

/* Words by spaces, or what stands in quotes, or a phone number. */
static int read_words(struct view_match *m, const char *at, bool of_person, struct err *e)
{
	for (at += strspn(at, " \t"); *at; at += strspn(at, " \t")) {
		bool whole = *at == '"';
		size_t phone = number_here(at += whole);
		size_t n = phone ? phone : strcspn(at, whole ? "\"" : " \t");

		if (n && m->nwords == VIEW_WORDS_MAX)
			return err_set(e, ERR_INVALID, "at most %d words can be searched for",
				       VIEW_WORDS_MAX);
		if (n)
			add_word(m, phone ? number(at, n, false) : folded(at, n), of_person, whole);
		at += n + (whole && at[n]);
	}
	return OK;
}

int view_match_open(struct view_match *m, const struct view_filter *f, struct err *e)
{
	*m = (struct view_match){ .f = *f };
	equal(m, VIEW_TEXT_KIND, f->kind);
	equal(m, VIEW_TEXT_CHANNEL, f->channel);
	equal(m, VIEW_TEXT_CODE, f->code);
	equal(m, VIEW_TEXT_ROLE, f->role);
	equal(m, VIEW_TEXT_DEPARTMENT, f->department);
	equal(m, VIEW_TEXT_TEAMS, f->team);
	equal(m, VIEW_TEXT_INVITER, f->inviter);
	equal(m, VIEW_TEXT_ORGANISATION, f->organisation);
	equal(m, VIEW_TEXT_BATCH, f->batch);
	equal(m, VIEW_TEXT_EMAIL, f->email);
	equal_phone(m, f->phone);
	equal(m, VIEW_TEXT_NAME, f->name);
	if ((f->search && read_words(m, f->search, false, e) < 0) ||
	    (f->person && read_words(m, f->person, true, e) < 0)) {
		view_match_clear(m);
		return ERR_INVALID;
	}
	return OK;
}

void view_match_clear(struct view_match *m)
{
	for (size_t i = 0; i < VIEW_TEXTS; i++)
		free(m->texts[i].text);
	for (size_t i = 0; i < m->nwords; i++)
		free(m->words[i].text);
	*m = (struct view_match){ 0 };
}

/* ---- rows ---- */

static bool is_hidden(const struct view_match *m, int which)
{
	return m->f.masked && (which == VIEW_TEXT_EMAIL || which == VIEW_TEXT_PHONE);
}

/* Names of teams stand a line each; any other text is one line. */
static bool has_line(const char *lines, const char *wanted, bool begins)
{
	size_t n = strlen(wanted);

	for (const char *at = lines; *at; at += strcspn(at, "\n"), at += *at == '\n') {
		size_t len = strcspn(at, "\n");

		if ((begins ? len >= n : len == n) && !memcmp(at, wanted, n))
			return true;
	}
	return false;
}

static bool texts_fit(const struct view_match *m, const struct view_row *r)
{
	for (int i = 0; i < VIEW_TEXTS; i++) {
		if (!m->texts[i].text)
			continue;
		if (is_hidden(m, i) || !has_line(r->texts[i], m->texts[i].text, m->texts[i].begins))
			return false;
	}
	return true;
}

static bool has_word(const struct view_match *m, const struct view_row *r, size_t w)
{
	int from = m->words[w].of_person ? VIEW_TEXT_NAME : 0;
	int end = m->words[w].of_person ? VIEW_TEXT_PHONE + 1 : VIEW_TEXT_SEARCHED;

	for (int i = from; i < end; i++)
		if (!is_hidden(m, i) &&
		    view_text_has(r->texts[i], m->words[w].text, m->words[w].whole))
			return true;
	return false;
}

/* The tick "User invited" stands for what arrived: not for what failed, or is sent again only now.
 */
static bool is_invited(const struct view_row *r)
{
	return r->invited_ms > 0 && r->status != VIEW_WAITING && r->status != VIEW_ERROR;
}

static bool tick_fits(enum view_tick wanted, bool is)
{
	return wanted == VIEW_EITHER || (wanted == VIEW_YES) == is;
}

static bool ticks_fit(const struct view_match *m, const struct view_row *r)
{
	return tick_fits(m->f.asked_again, r->asked_again) &&
	       tick_fits(m->f.invited, is_invited(r));
}

/* 0 = has not been: neither before nor after. */
static bool within(int64_t ms, int64_t after_ms, int64_t before_ms)
{
	if (!after_ms && !before_ms)
		return true;
	return ms && ms > after_ms && (!before_ms || ms < before_ms);
}

bool view_match_row(const struct view_match *m, const struct view_row *r)
{
	if (r->status == VIEW_STATUSES || !ticks_fit(m, r) ||
	    (r->updated_ms < m->f.ended_after_ms && view_status_ends(r->status)) ||
	    !within(r->sent_ms, m->f.sent_after_ms, m->f.sent_before_ms) ||
	    !within(r->expires_ms, m->f.expires_after_ms, m->f.expires_before_ms) ||
	    !within(r->updated_ms, m->f.updated_after_ms, 0) || !texts_fit(m, r))
		return false;
	for (size_t w = 0; w < m->nwords; w++)
		if (!has_word(m, r, w))
			return false;
	return true;
}

/* ---- order ---- */

struct view_key view_key_of(const struct view_row *r, enum view_sort sort)
{
	static const int texts[VIEW_SORTS] = {
		[VIEW_BY_NAME] = VIEW_TEXT_NAME,
		[VIEW_BY_ADDRESS] = VIEW_TEXT_EMAIL,
		[VIEW_BY_ROLE] = VIEW_TEXT_ROLE,
		[VIEW_BY_DEPARTMENT] = VIEW_TEXT_DEPARTMENT,
		[VIEW_BY_TEAM] = VIEW_TEXT_TEAMS,
		[VIEW_BY_INVITER] = VIEW_TEXT_INVITER,
		[VIEW_BY_ORGANISATION] = VIEW_TEXT_ORGANISATION,
		[VIEW_BY_BATCH] = VIEW_TEXT_BATCH,
	};
	const int64_t numbers[VIEW_SORTS] = {
		[VIEW_BY_UPDATED] = r->updated_ms,     [VIEW_BY_BATCH] = r->batch_row,
		[VIEW_BY_STATUS] = r->status + 1,      [VIEW_BY_SENT] = r->sent_ms,
		[VIEW_BY_EXPIRES] = r->expires_ms,     [VIEW_BY_INVITED] = r->invited_ms,
		[VIEW_BY_REQUESTED] = r->requested_ms,
	};
	const char *text = texts[sort] ? r->texts[texts[sort]] : "";

	if (sort == VIEW_BY_ADDRESS && !*text)
		text = r->texts[VIEW_TEXT_PHONE];
	return (struct view_key){ text, numbers[sort], r->key };
}

int view_key_compare(const struct view_key *a, const struct view_key *b)
{
	int order = strcmp(a->text, b->text);

	if (order)
		return order;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->invite, b->invite);
}
