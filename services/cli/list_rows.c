#include "list_rows.h"

#include <stdio.h>
#include <string.h>

#include "cli.h"
#include "mem.h"
#include "now.h"
#include "term.h"
#include "told.h"
#include "view_csv.h"

#define COLUMNS 8

static const struct words_in heads[COLUMNS] = {
	{ { "STATUS", "СТАТУС" } },    { { "PERSON", "ЧЕЛОВЕК" } },
	{ { "ADDRESS", "АДРЕС" } },    { { "ROLE", "РОЛЬ" } },
	{ { "INVITED BY", "КЕМ" } },   { { "SENT", "ОТПРАВЛЕНО" } },
	{ { "EXPIRES", "ИСТЕКАЕТ" } }, { { "INVITE", "ПРИГЛАШЕНИЕ" } },
};

static const char *text(const json_t *row, const char *object, const char *member)
{
	const char *s = json_string_value(
		json_object_get(object ? json_object_get(row, object) : row, member));

	return s ? s : "";
}

static const char *moment(const json_t *row, const char *member, enum lang lang,
			  char out[TOLD_TIME_SIZE])
{
	int64_t ms;

	out[0] = '\0';
	return now_parse(text(row, NULL, member), &ms) ? told_time(ms, lang, out) : out;
}

/* "Sent", "Until 18:04 (quiet hours)", "Not sent: mailbox_unknown" */
static void status_cell(struct table *t, const json_t *row, enum lang lang)
{
	const char *code = text(row, "reason", "code"), *until = text(row, NULL, "not_before");
	struct told told = { .word = outcome_word_find(text(row, NULL, "word")),
			     .code = *code ? code : NULL,
			     .not_before = *until ? until : NULL };
	char words[TOLD_WORDS_SIZE], all[TOLD_WORDS_SIZE + 64];

	if (told.word == WORD_COUNT) {
		table_cell(t, TONE_PLAIN, "");
		return;
	}
	told_words(&told, lang, words);
	if (*code && told.word != WORD_DEFERRED)
		snprintf(all, sizeof(all), "%s: %s", words, code);
	else
		text_put(all, sizeof(all), words);
	table_cell(t, told_tone(told.word), all);
}

static const char *address(const json_t *row)
{
	static const char *const ways[] = { "email", "phone", "masked" };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (*text(row, "person", ways[i]))
			return text(row, "person", ways[i]);
	return "";
}

static void print_table(const struct list_print *p, const json_t *rows)
{
	char time[TOLD_TIME_SIZE];
	struct table t;
	const json_t *row;
	size_t i;

	table_init(&t, COLUMNS);
	for (i = 0; p->head && i < COLUMNS; i++)
		table_cell(&t, TONE_FAINT, heads[i].in[p->lang]);
	json_array_foreach (rows, i, row) {
		status_cell(&t, row, p->lang);
		table_cell(&t, TONE_PLAIN, text(row, "person", "name"));
		table_cell(&t, TONE_PLAIN, address(row));
		table_cell(&t, TONE_PLAIN, text(row, NULL, "role"));
		table_cell(&t, TONE_PLAIN, text(row, "inviter", "name"));
		table_cell(&t, TONE_PLAIN, moment(row, "sent_at", p->lang, time));
		table_cell(&t, TONE_PLAIN, moment(row, "expires_at", p->lang, time));
		table_cell(&t, TONE_FAINT, text(row, NULL, "invite"));
	}
	table_print(&t);
	table_clear(&t);
}

static void print_csv(const struct list_print *p, const json_t *rows)
{
	autobuf out = BUF_INIT((size_t)64 << 20);
	const json_t *row;
	size_t i;

	if (p->head)
		view_csv_head(VIEW_CSV_LIST, &out);
	json_array_foreach (rows, i, row) {
		view_csv_row(VIEW_CSV_LIST, row, &out);
	}
	fwrite(out.data ? out.data : "", 1, out.len, stdout);
}

static void print_json(const struct list_print *p, const json_t *rows)
{
	json_t *row;
	size_t i;

	(void)p;
	json_array_foreach (rows, i, row) {
		cli_json(json_incref(row));
	}
}

void list_rows_print(const struct list_print *p, const json_t *rows)
{
	static void (*const forms[])(const struct list_print *, const json_t *) = {
		[LIST_TABLE] = print_table,
		[LIST_CSV] = print_csv,
		[LIST_JSON] = print_json,
	};

	forms[p->form](p, rows);
	fflush(stdout);
}
