#include "view_match.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "view_text.h"

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
	bool begins = n > 1 && s[n - 1] == '*';

	if (n)
		m->texts[which].text = folded(s, n - begins);
	m->texts[which].begins = begins;
}

/* Words by spaces, or what stands in quotes. */
static int read_words(struct view_match *m, const char *at, bool of_person, struct err *e)
{
	for (at += strspn(at, " \t"); *at; at += strspn(at, " \t")) {
		bool whole = *at == '"';
		size_t n = strcspn(at += whole, whole ? "\"" : " \t");

		if (n && m->nwords == VIEW_WORDS_MAX)
			return err_set(e, ERR_INVALID, "at most %d words can be searched for",
				       VIEW_WORDS_MAX);
		if (n) {
			m->words[m->nwords].text = folded(at, n);
			m->words[m->nwords].of_person = of_person;
			m->words[m->nwords++].whole = whole;
		}
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
	equal(m, VIEW_TEXT_PHONE, f->phone);
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

static bool ticks_fit(const struct view_match *m, const struct view_row *r)
{
	return (!m->f.asked_again || r->asked_again) &&
	       (m->f.invited == VIEW_EITHER || (m->f.invited == VIEW_YES) == is_invited(r));
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
		[VIEW_BY_STATUS] = r->status,	       [VIEW_BY_SENT] = r->sent_ms,
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
	int order = !*a->text != !*b->text ? (*a->text ? -1 : 1) : strcmp(a->text, b->text);

	if (order)
		return order;
	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return strcmp(a->invite, b->invite);
}
