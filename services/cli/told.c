#include "told.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mem.h"
#include "now.h"

#define DOUBTS_MAX 2
#define IN_DOUBT "outcome_unknown" /* as a reason to wait */

static const struct {
	struct words_in text;
	enum tone tone;
	bool final;
} words[WORD_COUNT] = {
	[WORD_HELD] = { { { "Not sent yet", "Ещё не отправлялось" } }, TONE_FAINT, true },
	[WORD_QUEUED] = { { { "Queued", "В очереди" } }, TONE_FAINT, false },
	[WORD_DEFERRED] = { { { "Waits", "Ожидает" } }, TONE_WARN, false },
	[WORD_UNKNOWN] = { { { "Not confirmed", "Не подтверждено" } }, TONE_WARN, false },
	[WORD_SENT] = { { { "Sent", "Отправлено" } }, TONE_GOOD, true },
	[WORD_DELIVERED] = { { { "Delivered", "Доставлено" } }, TONE_GOOD, true },
	[WORD_UNDELIVERED] = { { { "Not delivered", "Не доставлено" } }, TONE_BAD, true },
	[WORD_ERROR] = { { { "Not sent", "Не отправлено" } }, TONE_BAD, true },
	[WORD_EXPIRED] = { { { "Link expired", "Срок ссылки истёк" } }, TONE_WARN, true },
	[WORD_DECLINED] = { { { "Declined", "Отклонено" } }, TONE_WARN, true },
	[WORD_CANCELLED] = { { { "Cancelled", "Отменено" } }, TONE_WARN, true },
	[WORD_ACCEPTED] = { { { "Accepted", "Принято" } }, TONE_GOOD, true },
	[WORD_SUPERSEDED] = { { { "Replaced by a newer link", "Заменено новой ссылкой" } },
			      TONE_FAINT,
			      true },
	[WORD_DUPLICATE] = { { { "Repeated request", "Повторный запрос" } }, TONE_FAINT, true },
	[WORD_REFUSED] = { { { "Request refused", "Запрос отклонён" } }, TONE_BAD, true },
	[WORD_ASKED_AGAIN] = { { { "Asked for a new invitation", "Просит новое приглашение" } },
			       TONE_WARN,
			       true },
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

static const char *const months[LANG_COUNT][12] = {
	[LANG_EN] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
		      "Dec" },
	[LANG_RU] = { "янв.", "февр.", "марта", "апр.", "мая", "июня", "июля", "авг.", "сент.",
		      "окт.", "нояб.", "дек." },
};

const char *told_time(int64_t ms, enum lang lang, char out[TOLD_TIME_SIZE])
{
	time_t then = (time_t)(ms / 1000), today = (time_t)(now_ms() / 1000);
	struct tm at, now;

	localtime_r(&then, &at);
	localtime_r(&today, &now);
	if (at.tm_year == now.tm_year && at.tm_yday == now.tm_yday)
		snprintf(out, TOLD_TIME_SIZE, "%02d:%02d", at.tm_hour, at.tm_min);
	else
		snprintf(out, TOLD_TIME_SIZE, "%d %s %02d:%02d", at.tm_mday,
			 months[lang][at.tm_mon], at.tm_hour, at.tm_min);
	return out;
}

const char *told_word(enum outcome_word word, enum lang lang)
{
	return words[word].text.in[lang];
}

const char *told_words(const struct told *t, enum lang lang, char out[TOLD_WORDS_SIZE])
{
	static const char *const until[LANG_COUNT] = { "Until", "До" };
	char at[TOLD_TIME_SIZE], reason[80] = "";
	int64_t ms;

	snprintf(out, TOLD_WORDS_SIZE, "%s", told_word(t->word, lang));
	if (t->word == WORD_DEFERRED && t->not_before && now_parse(t->not_before, &ms)) {
		if (t->code)
			snprintf(reason, sizeof(reason), " (%.70s)", told_reason(t->code, lang));
		snprintf(out, TOLD_WORDS_SIZE, "%s %s%s", until[lang], told_time(ms, lang, at),
			 reason);
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

/* Why something waits. */
static const struct {
	const char *reason;
	struct words_in text;
} reasons[] = {
	{ "rate_limited", { { "a rate limit", "ограничение скорости" } } },
	{ "quiet_hours", { { "quiet hours", "тихие часы" } } },
	{ "scheduled", { { "its appointed time", "назначенное время" } } },
	{ "retry", { { "another attempt", "повторная попытка" } } },
	{ "provider_down", { { "the relay is away", "нет связи с сервером" } } },
	{ "paused", { { "paused", "приостановлено" } } },
	{ "reminder", { { "a reminder", "напоминание" } } },
	{ "ladder", { { "the ladder's SMS", "SMS вслед за письмом" } } },
	{ "receipt", { { "a receipt", "отчёт о доставке" } } },
	{ "expiry", { { "the link's end", "конец срока ссылки" } } },
};

const char *told_reason(const char *reason, enum lang lang)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (!strcmp(reasons[i].reason, reason))
			return reasons[i].text.in[lang];
	return reason;
}

const char *told_reason_at(size_t i)
{
	return i < ARRAY_LEN(reasons)	 ? reasons[i].reason
	       : i == ARRAY_LEN(reasons) ? IN_DOUBT
					 : NULL;
}

/* What is in doubt waits to be sent once more; of the invite itself the catalogue says more. */
const char *told_waits_for(const char *reason, enum lang lang)
{
	static const struct words_in doubt = { { "a message in doubt", "сообщение под вопросом" } };

	return strcmp(reason, IN_DOUBT) ? told_reason(reason, lang) : doubt.in[lang];
}
