#include "told.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mem.h"
#include "now.h"

#define DOUBTS_MAX 2

static const struct {
	const char *text;
	enum tone tone;
	bool final;
} words[WORD_COUNT] = {
	[WORD_HELD] = { "Not sent yet", TONE_FAINT, true },
	[WORD_QUEUED] = { "Queued", TONE_FAINT, false },
	[WORD_DEFERRED] = { "Waits", TONE_WARN, false },
	[WORD_UNKNOWN] = { "Not confirmed", TONE_WARN, false },
	[WORD_SENT] = { "Sent", TONE_GOOD, true },
	[WORD_DELIVERED] = { "Delivered", TONE_GOOD, true },
	[WORD_UNDELIVERED] = { "Not delivered", TONE_BAD, true },
	[WORD_ERROR] = { "Not sent", TONE_BAD, true },
	[WORD_EXPIRED] = { "Link expired", TONE_WARN, true },
	[WORD_DECLINED] = { "Declined", TONE_WARN, true },
	[WORD_CANCELLED] = { "Cancelled", TONE_WARN, true },
	[WORD_ACCEPTED] = { "Accepted", TONE_GOOD, true },
	[WORD_SUPERSEDED] = { "Replaced by a newer link", TONE_FAINT, true },
	[WORD_DUPLICATE] = { "Repeated request", TONE_FAINT, true },
	[WORD_REFUSED] = { "Request refused", TONE_BAD, true },
};

static const char *text(const json_t *data, const char *key)
{
	return json_string_value(json_object_get(data, key));
}

int told_read(const struct record *r, struct told *out, struct err *e)
{
	struct told t = { .at_ms = r->timestamp_ms };
	const char *word;

	if (cloudevent_read(r, CLOUDEVENT_PREFIX, &t.event, e))
		return ERR_INVALID;
	const json_t *data = t.event.data;

	word = text(data, "word");
	t.word = word ? outcome_word_find(word) : WORD_COUNT;
	if (t.word == WORD_COUNT) {
		cloudevent_clear(&t.event);
		return err_set(e, ERR_INVALID, "an outcome without a word that this version knows");
	}
	t.tenant = text(data, "tenant") ? text(data, "tenant") : "";
	t.invite = text(data, "invite") ? text(data, "invite") : "";
	t.code = text(data, "code");
	t.delivery = text(data, "delivery");
	t.channel = text(data, "channel");
	t.masked = text(data, "recipient_masked");
	t.not_before = text(data, "not_before");
	t.attempt = json_integer_value(json_object_get(json_object_get(data, "attempt"), "n"));
	*out = t;
	return OK;
}

void told_clear(struct told *t)
{
	cloudevent_clear(&t->event);
}

/* "18:04", or "14 Mar 18:04" on another day than today. */
static void clock_text(int64_t ms, char *out, size_t size)
{
	time_t then = (time_t)(ms / 1000), today = (time_t)(now_ms() / 1000);
	struct tm at, now;

	localtime_r(&then, &at);
	localtime_r(&today, &now);
	bool same_day = at.tm_year == now.tm_year && at.tm_yday == now.tm_yday;

	strftime(out, size, same_day ? "%H:%M" : "%-d %b %H:%M", &at);
}

const char *told_words(const struct told *t, char out[TOLD_WORDS_SIZE])
{
	char at[32], reason[48] = "";
	int64_t ms;

	snprintf(out, TOLD_WORDS_SIZE, "%s", words[t->word].text);
	if (t->word == WORD_DEFERRED && t->not_before && now_parse(t->not_before, &ms)) {
		clock_text(ms, at, sizeof(at));
		if (t->code)
			snprintf(reason, sizeof(reason), " (%.40s)", t->code);
		snprintf(out, TOLD_WORDS_SIZE, "Until %s%s", at, reason);
	}
	return out;
}

enum tone told_tone(enum outcome_word word)
{
	return words[word].tone;
}

bool told_is_final(enum outcome_word word, int doubts)
{
	return words[word].final || doubts >= DOUBTS_MAX;
}
