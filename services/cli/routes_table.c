#include "routes_table.h"

#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "now.h"
#include "term.h"
#include "told.h"

static const struct {
	const char *state;
	struct words_in text;
	enum tone tone;
} states[] = {
	{ "up", { { "open", "открыт" } }, TONE_GOOD },
	{ "passed_over", { { "passed over", "пропускается" } }, TONE_WARN },
	{ "probing", { { "on trial", "проверяется" } }, TONE_WARN },
	{ "paused", { { "paused", "приостановлен" } }, TONE_WARN },
	{ "closed", { { "closed", "закрыт" } }, TONE_BAD },
};

/* Why one is passed over; schemas/words.json has the same. */
static const struct {
	const char *reason;
	struct words_in text;
} reasons[] = {
	{ "errors",
	  { { "It sent back fifty messages within a minute; others are taken for a while",
	      "Вернул пятьдесят сообщений за минуту; пока используются другие" } } },
	{ "slow",
	  { { "It answers or delivers slowly; others are taken meanwhile",
	      "Отвечает или доставляет медленно; пока используются другие" } } },
	{ "limit",
	  { { "Its rate limit is used up; others are taken meanwhile",
	      "Исчерпан его лимит; пока используются другие" } } },
};

static const struct words_in heads[] = {
	{ { "Route", "Маршрут" } },	{ { "State", "Состояние" } },
	{ { "since", "с" } },		{ { "under way", "в пути" } },
	{ { "a minute", "в минуту" } }, { { "sent back", "возвращено" } },
};

static const char *text(const json_t *object, const char *name)
{
	const char *s = json_string_value(json_object_get(object, name));

	return s ? s : "";
}

static long long number(const json_t *object, const char *name)
{
	return (long long)json_integer_value(json_object_get(object, name));
}

static void add_state(struct table *t, const json_t *stand, enum lang lang)
{
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(states) && strcmp(states[i].state, text(stand, "state")) != 0)
		i++;
	table_cell(t, states[i].tone, states[i].text.in[lang]);
}

/* What stands there, else the words of its reason; a reason that nobody knows as it is. */
static const char *why_of(const json_t *stand, enum lang lang)
{
	const char *why = text(stand, "why"), *reason = text(stand, "reason");

	for (size_t i = 0; !*why && i < ARRAY_LEN(reasons); i++)
		if (!strcmp(reasons[i].reason, reason))
			return reasons[i].text.in[lang];
	return *why ? why : reason;
}

/* Below the row, so that a row fits a terminal of 80 columns: who sees it so, and what was wrong.
 */
static void add_notes(struct table *t, const json_t *stand, long long couriers, enum lang lang)
{
	static const char *const seen[LANG_COUNT] = { "seen by %lld of %lld couriers",
						      "так видят %lld из %lld служб" };
	const char *code = text(stand, "code"), *why = why_of(stand, lang);
	autofree char *said = xasprintf("%s%s%s", code, *code && *why ? ": " : "", why);
	char cell[80];

	if (number(stand, "seen_by") < couriers) {
		snprintf(cell, sizeof(cell), seen[lang], number(stand, "seen_by"), couriers);
		table_note(t, TONE_WARN, cell);
	}
	table_note(t, *code ? TONE_BAD : TONE_FAINT, said);
}

static void add_stand(struct table *t, const json_t *stand, long long couriers, enum lang lang)
{
	static const char *const names[] = { "in_flight", "per_minute", "errors_per_minute" };
	char since[TOLD_TIME_SIZE] = "", cell[24];
	int64_t ms;

	add_state(t, stand, lang);
	if (now_parse(text(stand, "since"), &ms))
		told_time(ms, lang, since);
	table_cell(t, TONE_FAINT, since);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		snprintf(cell, sizeof(cell), "%lld", number(stand, names[i]));
		table_cell(t, TONE_PLAIN, cell);
	}
	add_notes(t, stand, couriers, lang);
}

static void add_regions(struct table *t, const json_t *item, enum lang lang)
{
	json_t *region;
	size_t i;

	json_array_foreach (json_object_get(item, "regions"), i, region) {
		char name[96];

		if (!strcmp(text(region, "state"), text(item, "state")))
			continue;
		snprintf(name, sizeof(name), "  %s/%s", text(item, "route"),
			 text(region, "region"));
		table_cell(t, TONE_PLAIN, name);
		add_stand(t, region, number(item, "couriers"), lang);
	}
}

void routes_table_print(const json_t *items, enum lang lang)
{
	struct table t;
	json_t *item;
	size_t i;

	if (!json_array_size(items))
		return;
	table_init(&t, ARRAY_LEN(heads));
	for (i = 0; i < ARRAY_LEN(heads); i++)
		table_cell(&t, TONE_FAINT, heads[i].in[lang]);
	json_array_foreach (items, i, item) {
		char name[96];

		snprintf(name, sizeof(name), "%s %s", text(item, "channel"), text(item, "route"));
		table_cell(&t, TONE_PLAIN, name);
		add_stand(&t, item, number(item, "couriers"), lang);
		add_regions(&t, item, lang);
	}
	table_print(&t);
	table_clear(&t);
}

bool routes_table_closed(const json_t *items)
{
	json_t *item;
	size_t i;

	json_array_foreach (items, i, item)
		if (!strcmp(text(item, "state"), "closed"))
			return true;
	return false;
}
