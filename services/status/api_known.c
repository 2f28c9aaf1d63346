#include "api_known.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_words.h"
#include "mem.h"
#include "view_known.h"

static void name_row(char out[INT_TEXT_SIZE], int64_t row)
{
	out[int_text(out, row)] = '\0';
}

/* The same name as in outcomes. */
static void name_person(const struct api_known *k, const struct person *p, struct view_known *out)
{
	const char *key = k->shared->recipient_key;
	struct ids_recipient who = { strchr(p->identity, '@') ? IDS_EMAIL : IDS_SMS, p->identity };

	ids_recipient_hash(key, strlen(key), who, out->hash);
}

/* A person who is invited is invited anew by another action in each state; NULL = as the code says.
 */
static const char *said_of(enum view_status status)
{
	return status == VIEW_WAITING	    ? "already_waiting"
	       : status == VIEW_NOT_INVITED ? "already_listed"
					    : NULL;
}

static void refuse(const struct api_known *k, struct person *p, const struct view_known *known)
{
	char id[INVITE_ID_SIZE], row[INT_TEXT_SIZE];

	if (!*known->holder || !strcmp(known->holder, invite_id(p, k->common, id)))
		return;
	name_row(row, p->row);
	json_object_set_new(
		k->holders, row,
		json_pack("{ss,ss*}", "holder", known->holder, "said", said_of(known->status)));
	person_trouble(p, known->status == VIEW_ACCEPTED ? "account_exists" : "already_invited",
		       strchr(p->identity, '@') ? COLUMN_EMAIL : COLUMN_PHONE, "");
}

int api_known_mark(const struct api_known *k, struct people *p, struct err *e)
{
	autofree struct view_known *list = xcalloc(p->count + 1, sizeof(*list));
	struct view_known_list asked = { .tenant = k->common->tenant, .list = list };
	int r = OK;

	if (k->common->scope || k->common->mint || k->common->sealed_password)
		return OK;
	for (size_t i = 0; i < p->count; i++) {
		if (p->list[i].trouble.code || !p->list[i].identity)
			continue;
		list[asked.n].place = i;
		name_person(k, &p->list[i], &list[asked.n++]);
	}
	if (asked.n)
		r = view_known(k->shared->sheets, k->guard, &asked, e);
	for (size_t i = 0; r == OK && i < asked.n; i++)
		refuse(k, &p->list[list[i].place], &list[i]);
	return r;
}

json_t *api_known_trouble(const struct ask *k, const json_t *holders, const struct person *p)
{
	char row[INT_TEXT_SIZE];
	const json_t *held;
	const char *said;

	name_row(row, p->row);
	held = json_object_get(holders, row);
	said = json_string_value(json_object_get(held, "said"));
	if (!held && !strcmp(p->trouble.code, "already_invited"))
		said = "row_twice";
	json_t *told = json_pack("{sI,sO*}", "row", (json_int_t)p->row, "holder",
				 json_object_get(held, "holder"));

	if (said)
		api_words_say(k->shared->words, web_lang(k->q), said, told);
	if (*p->trouble.text)
		json_object_set_new(told, "detail", json_string(p->trouble.text));
	if (p->trouble.column < COLUMN_COUNT)
		json_object_set_new(told, "column", json_string(column_names[p->trouble.column]));
	return told;
}
