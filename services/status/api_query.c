#include "api_query.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "now.h"

#define AGO_MAX_S 315360000 /* ten years */
#define DIGITS_MAX 12

struct text_field {
	const char *name;
	size_t at;
	const char *const *words; /* those it may be; NULL = any */
};

static const char *const kinds[] = { "invite", "password", NULL };
static const char *const channels[] = { "email", "sms", NULL };

#define AT(member) offsetof(struct view_filter, member)
static const struct text_field texts[] = {
	{ "kind", AT(kind), kinds },
	{ "channel", AT(channel), channels },
	{ "code", AT(code), NULL },
	{ "role", AT(role), NULL },
	{ "department", AT(department), NULL },
	{ "team", AT(team), NULL },
	{ "inviter", AT(inviter), NULL },
	{ "organisation", AT(organisation), NULL },
	{ "batch", AT(batch), NULL },
	{ "email", AT(email), NULL },
	{ "phone", AT(phone), NULL },
	{ "name", AT(name), NULL },
	{ "q", AT(search), NULL },
	{ "person", AT(person), NULL },
};

static const struct {
	const char *name;
	size_t at;
} times[] = {
	{ "sent_before", AT(sent_before_ms) },	     { "sent_after", AT(sent_after_ms) },
	{ "expires_before", AT(expires_before_ms) }, { "expires_after", AT(expires_after_ms) },
	{ "updated_after", AT(updated_after_ms) },
};
#undef AT

bool api_filter_knows(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		if (!strcmp(texts[i].name, name))
			return true;
	for (size_t i = 0; i < ARRAY_LEN(times); i++)
		if (!strcmp(times[i].name, name))
			return true;
	return !strcmp(name, "status") || !strcmp(name, "sent_more_than_s") ||
	       !strcmp(name, "asked_again") || !strcmp(name, "invited");
}

bool api_query_knows(const char *name)
{
	static const char *const others[] = { "sort", "order", "limit", "cursor" };

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (!strcmp(others[i], name))
			return true;
	return api_filter_knows(name);
}

/* The index of word among words; -1 = it is none of them. */
static int word_among(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}

static int number_of(const char *name, const char *text, int64_t max, int64_t *out, struct err *e)
{
	size_t n = strspn(text, "0123456789");

	if (!n || text[n] || n > DIGITS_MAX || strtoll(text, NULL, 10) > max)
		return err_set(e, ERR_INVALID, "%s: a number up to %lld is wanted", name,
			       (long long)max);
	*out = strtoll(text, NULL, 10);
	return OK;
}

static int read_texts(const struct api_asked *asked, struct view_filter *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		const char *s = asked->get(asked->ctx, texts[i].name);

		if (!s || !*s)
			continue;
		if (texts[i].words && word_among(texts[i].words, s) < 0)
			return err_set(e, ERR_INVALID, "%s: %s or %s", texts[i].name,
				       texts[i].words[0], texts[i].words[1]);
		*(const char **)((char *)out + texts[i].at) = s;
	}
	return OK;
}

static int read_times(const struct api_asked *asked, struct view_filter *out, struct err *e)
{
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		const char *s = asked->get(asked->ctx, times[i].name);

		if (s && *s && !now_parse(s, (int64_t *)((char *)out + times[i].at)))
			return err_set(e, ERR_INVALID, "%s: a time of RFC 3339 is wanted",
				       times[i].name);
	}
	return OK;
}

static int read_tick(const struct api_asked *asked, const char *name, enum view_tick *out,
		     struct err *e)
{
	static const char *const words[] = { "true", "false", NULL };
	const char *s = asked->get(asked->ctx, name);

	if (!s || !*s)
		return OK;
	if (word_among(words, s) < 0)
		return err_set(e, ERR_INVALID, "%s: true or false", name);
	*out = word_among(words, s) ? VIEW_NO : VIEW_YES;
	return OK;
}

int api_filter_read(const struct api_asked *asked, struct view_filter *out, struct err *e)
{
	const char *status = asked->get(asked->ctx, "status");
	const char *ago = asked->get(asked->ctx, "sent_more_than_s");
	int64_t ago_s, before_ms;

	if (status && !view_statuses_read(status, &out->statuses))
		return err_set(e, ERR_INVALID,
			       "status: keys such as invited or pending, commas between them");
	if (read_texts(asked, out, e) || read_times(asked, out, e) ||
	    read_tick(asked, "invited", &out->invited, e) ||
	    read_tick(asked, "asked_again", &out->asked_again, e))
		return ERR_INVALID;
	if (!ago || !*ago)
		return OK;
	if (number_of("sent_more_than_s", ago, AGO_MAX_S, &ago_s, e))
		return ERR_INVALID;
	before_ms = asked->now_ms - ago_s * 1000;
	if (!out->sent_before_ms || before_ms < out->sent_before_ms)
		out->sent_before_ms = before_ms;
	return OK;
}

int api_query_read(const struct api_asked *asked, struct view_query *out, struct err *e)
{
	static const char *const orders[] = { "desc", "asc", NULL };
	const char *sort = asked->get(asked->ctx, "sort");
	const char *order = asked->get(asked->ctx, "order");
	const char *limit = asked->get(asked->ctx, "limit");
	int by = sort ? word_among(view_sorts, sort) : VIEW_BY_UPDATED;
	int way = order ? word_among(orders, order) : 0;
	int64_t most = 0;

	if (api_filter_read(asked, &out->filter, e))
		return ERR_INVALID;
	if (by < 0)
		return err_set(e, ERR_INVALID, "sort: there is no such column");
	if (way < 0)
		return err_set(e, ERR_INVALID, "order: asc or desc");
	if (limit && number_of("limit", limit, VIEW_LIMIT_MAX, &most, e))
		return ERR_INVALID;
	if (limit && !most)
		return err_set(e, ERR_INVALID, "limit: at least 1");
	out->sort = (enum view_sort)by;
	out->ascending = way == 1;
	out->limit = (size_t)most;
	out->cursor = asked->get(asked->ctx, "cursor");
	return OK;
}

int64_t api_ended_after(const struct tenants *t, const char *tenant, int64_t now_ms)
{
	int64_t keep_ms = tenants_find(t, tenant)->keep_ms;

	return keep_ms ? now_ms - keep_ms : 0;
}
