#include "view_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "card.h"
#include "guard_view.h"
#include "mem.h"
#include "redis.h"
#include "view_load.h"
#include "view_text.h"

#define CHANGES_MAX 1000 /* read at once */
#define ROW_MAX_BYTES ((size_t)16 << 10)

/* ---- a row ---- */

static void add_text(struct buf *b, const char *s)
{
	if (s)
		view_text_fold(s, b);
	buf_byte(b, '\0');
}

static void add_cut(struct buf *b, const char *s)
{
	json_t *cut = card_text(s);

	add_text(b, json_string_value(cut));
	json_decref(cut);
}

static void add_teams(struct buf *b, const json_t *teams)
{
	for (size_t i = 0; i < json_array_size(teams); i++) {
		view_text_fold(json_string_value(json_array_get(teams, i)), b);
		buf_byte(b, '\n');
	}
	buf_byte(b, '\0');
}

static const char *text(const json_t *state, const char *name)
{
	return json_string_value(json_object_get(state, name));
}

static const char *either(const char *a, const char *b)
{
	return a ? a : b;
}

/* In the order of enum view_text_of. */
static void add_texts(struct buf *b, const char *invite, const json_t *state, const json_t *kept)
{
	struct card c = card_read(kept);

	add_text(b, invite);
	add_cut(b, c.name);
	add_cut(b, c.email);
	add_cut(b, c.phone);
	add_cut(b, either(text(state, "role"), c.role));
	add_cut(b, either(text(state, "department"), c.department));
	add_teams(b, json_object_get(state, "teams"));
	add_cut(b, either(c.inviter_name, c.inviter_id));
	add_cut(b, c.organisation);
	add_text(b, text(json_object_get(state, "batch"), "id"));
	add_text(b, text(state, "kind"));
	add_text(b, text(state, "channel"));
	add_text(b, text(state, "code"));
}

static enum view_status status_of(const json_t *state)
{
	const char *word = text(state, "status");
	int s = 0;

	while (word && s < VIEW_STATUSES && strcmp(view_statuses[s], word) != 0)
		s++;
	return word ? (enum view_status)s : VIEW_STATUSES;
}

/* One block: the row, its name and its texts. */
static struct view_row *row_new(const char *invite, const json_t *state, const json_t *kept)
{
	autobuf texts = BUF_INIT(ROW_MAX_BYTES);
	size_t name = strlen(invite) + 1;
	struct view_row *r;
	const char *at;

	add_texts(&texts, invite, state, kept);
	r = xcalloc(1, sizeof(*r) + name + texts.len + VIEW_TEXTS);
	memcpy(r + 1, invite, name);
	r->key = (const char *)(r + 1);
	memcpy((char *)(r + 1) + name, texts.data, texts.len);
	at = r->key + name;
	for (int i = 0; i < VIEW_TEXTS; i++, at += strlen(at) + 1)
		r->texts[i] = at;
	r->status = status_of(state);
	r->updated_ms = view_moment(state, "updated_at");
	r->sent_ms = view_moment(state, "sent_at");
	r->expires_ms = view_moment(state, "expires_at");
	r->invited_ms = view_moment(state, "invited_at");
	r->requested_ms = view_moment(state, "requested_at");
	r->batch_row = json_integer_value(json_object_get(json_object_get(state, "batch"), "row"));
	return r;
}

/* ---- the sheet ---- */

static void take(void *ctx, const char *invite, const json_t *state, const json_t *kept)
{
	struct view_sheet *s = ctx;
	struct view_row *row = row_new(invite, state, kept),
			*former = table_find(&s->table, invite);

	if (former) {
		row->place = former->place;
		table_replace(&s->table, row);
		free(former);
	} else {
		s->rows = xgrow(s->rows, s->count, sizeof(struct view_row *));
		row->place = s->count++;
		table_add(&s->table, row);
	}
	s->rows[row->place] = row;
}

void view_sheet_clear(struct view_sheet *s)
{
	for (size_t i = 0; i < s->count; i++)
		free(s->rows[i]);
	free(s->rows);
	table_forget(&s->table);
	s->rows = NULL;
	s->count = 0;
	s->seen = 0;
}

/* Up to CHANGES_MAX changes after the last one seen; *more: there may be others. */
static int read_changes(struct view_sheet *s, struct guard *g, bool *more, struct err *e)
{
	autofree char *key = xasprintf("vz:%s", s->tenant);
	autofree char *from = xasprintf("(%lld", (long long)s->seen);
	autofree char *most = xasprintf("%d", CHANGES_MAX);
	const char *argv[] = {
		"ZRANGEBYSCORE", key, from, "+inf", "WITHSCORES", "LIMIT", "0", most
	};
	const char *names[CHANGES_MAX];
	struct view_load load = { s->tenant, names, 0, take, s };
	const struct redis_reply *v;
	int64_t seen = s->seen;
	int r;

	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	v = guard_view_answer(g, 0);
	for (size_t i = 0; i + 1 < redis_len(v); i += 2) {
		names[load.n++] = xstrdup(redis_str(redis_at(v, i), NULL));
		seen = redis_int(redis_at(v, i + 1));
	}
	r = view_load(g, &load, e);
	for (size_t i = 0; i < load.n; i++)
		free((char *)names[i]);
	*more = load.n == CHANGES_MAX;
	if (r == OK)
		s->seen = seen;
	return r;
}

/* Where there are more invites than rows: begins behind those that changed longest ago. */
static int begin(struct view_sheet *s, struct guard *g, size_t rows_max, struct err *e)
{
	autofree char *key = xasprintf("vz:%s", s->tenant);
	autofree char *rank = xasprintf("-%zu", rows_max + 1);
	const char *argv[] = { "ZRANGE", key, rank, rank, "WITHSCORES" };

	view_sheet_clear(s);
	guard_view_ask(g, ARRAY_LEN(argv), argv);
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	s->seen = redis_int(redis_at(guard_view_answer(g, 0), 1));
	text_put(s->epoch, sizeof(s->epoch), guard_epoch(g));
	return OK;
}

int view_sheet_refresh(struct view_sheet *s, struct guard *g, size_t rows_max, struct err *e)
{
	bool more = true;

	if ((strcmp(s->epoch, guard_epoch(g)) != 0 || s->count > rows_max) &&
	    begin(s, g, rows_max - rows_max / 10, e) < 0)
		return ERR_AGAIN;
	while (more)
		if (read_changes(s, g, &more, e) < 0)
			return ERR_AGAIN;
	return OK;
}
