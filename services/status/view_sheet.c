#include "view_sheet.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "guard_view.h"
#include "json_span.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "state.h"
#include "view_load.h"
#include "view_text.h"

#define ANEW_MS 86400000	      /* then rows go that are kept no longer (view_keep.h) */
#define CHANGES_MAX 10000	      /* read at once */
#define TEXT_MAX_BYTES ((size_t)1600) /* a longer one, of a refused request, is not compared */
#define ROW_MAX_BYTES ((size_t)16 << 10)

/* ---- a row ---- */

/* What is looked at of the state and of the request; then of its parts. */
enum { S_ROLE, S_DEPARTMENT, S_TEAMS, S_BATCH, S_KIND, S_CHANNEL, S_CODE, S_WHO, S_COUNT };
static const char *const of_state[] = { "role", "department", "teams", "batch",
					"kind", "channel",    "code",  "recipient_hash" };
enum { R_RECIPIENT, R_ROLE, R_DEPARTMENT, R_INVITER, R_ORGANISATION, R_SCOPE, R_COUNT };
static const char *const of_request[] = { "recipient", "role",	       "department",
					  "inviter",   "organisation", "scope" };
enum { P_NAME, P_EMAIL, P_PHONE, P_COUNT };
static const char *const of_recipient[] = { "name", "email", "phone" };
enum { I_NAME, I_ID, I_COUNT };
static const char *const of_inviter[] = { "name", "id" };
enum { B_ID, B_ROW, B_COUNT };
static const char *const of_batch[] = { "id", "row" };

static struct json_span whole(const char *text)
{
	return (struct json_span){ text, strlen(text) };
}

static void add(struct buf *b, struct json_span string)
{
	autobuf plain = BUF_INIT(TEXT_MAX_BYTES);

	json_span_text(string, &plain);
	if (plain.data)
		view_text_fold(plain.data, b);
}

/* The first of both that is there, and the text's end. */
static void add_text(struct buf *b, struct json_span one, struct json_span other)
{
	add(b, one.len ? one : other);
	buf_byte(b, '\0');
}

static void add_teams(struct buf *b, struct json_span teams)
{
	struct json_walk w = json_walk_open(teams);
	struct json_span name, team;

	while (json_walk_next(&w, &name, &team)) {
		add(b, team);
		buf_byte(b, '\n');
	}
	buf_byte(b, '\0');
}

/* In the order of enum view_text_of. r: of_request */
static void add_texts(struct buf *b, const char *invite, const struct json_span *s,
		      const struct json_span *r)
{
	static const struct json_span none = { 0 };
	struct json_span p[P_COUNT], i[I_COUNT], organisation, batch[B_COUNT];

	json_span_members(r[R_RECIPIENT], of_recipient, P_COUNT, p);
	json_span_members(r[R_INVITER], of_inviter, I_COUNT, i);
	json_span_members(r[R_ORGANISATION], of_inviter, 1, &organisation);
	json_span_members(s[S_BATCH], of_batch, B_COUNT, batch);
	view_text_fold(invite, b);
	buf_byte(b, '\0');
	add_text(b, p[P_NAME], none);
	add_text(b, p[P_EMAIL], none);
	add_text(b, p[P_PHONE], none);
	add_text(b, s[S_ROLE], r[R_ROLE]);
	add_text(b, s[S_DEPARTMENT], r[R_DEPARTMENT]);
	add_teams(b, s[S_TEAMS]);
	add_text(b, i[I_NAME], i[I_ID]);
	add_text(b, organisation, none);
	add_text(b, batch[B_ID], none);
	add_text(b, s[S_KIND], none);
	add_text(b, s[S_CHANNEL], none);
	add_text(b, s[S_CODE], none);
}

/* Letters, digits, - and _ between quotes; nothing where it is anything else. */
static void put_who(char out[VIEW_WHO_MAX + 1], struct json_span string)
{
	if (string.len < VIEW_WHO_MAX + 2)
		return;
	memcpy(out, string.at + 1, VIEW_WHO_MAX);
}

/* One block: the row, its name and its texts. */
struct view_row *view_row_read(const char *invite, const char *value, const char *kept)
{
	struct json_span members[S_COUNT], batch[B_COUNT], said[R_COUNT];
	autobuf texts = BUF_INIT(ROW_MAX_BYTES);
	size_t name = strlen(invite) + 1;
	struct state s = { 0 };
	struct view_row *r;
	const char *at;

	state_peek(value, &s);
	json_span_members(whole(state_json(value)), of_state, S_COUNT, members);
	json_span_members(members[S_BATCH], of_batch, B_COUNT, batch);
	json_span_members(whole(kept), of_request, R_COUNT, said);
	add_texts(&texts, invite, members, said);
	r = xcalloc(1, sizeof(*r) + name + texts.len + VIEW_TEXTS);
	memcpy(r + 1, invite, name);
	r->key = (const char *)(r + 1);
	memcpy((char *)(r + 1) + name, texts.data, texts.len);
	at = r->key + name;
	for (int i = 0; i < VIEW_TEXTS; i++, at += strlen(at) + 1)
		r->texts[i] = at;
	r->status = state_status(&s);
	r->updated_ms = s.updated_ms;
	r->sent_ms = s.sent_ms;
	r->expires_ms = s.expires_ms;
	r->invited_ms = s.invited_ms;
	r->requested_ms = s.requested_ms;
	r->asked_again = s.asked_again_ms > 0;
	r->scoped = said[R_SCOPE].len > sizeof("''") - 1; /* more than its quotes */
	put_who(r->who, members[S_WHO]);
	r->batch_row = json_span_int(batch[B_ROW]);
	return r;
}

/* ---- the sheet ---- */

static void take(void *ctx, const char *invite, const char *value, const char *kept)
{
	struct view_sheet *s = ctx;
	struct view_row *row = view_row_read(invite, value, kept),
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
	autofree const char **names = xcalloc(CHANGES_MAX, sizeof(*names));
	struct view_load load = {
		.tenant = s->tenant, .names = names, .each_text = take, .ctx = s
	};
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
	s->begun_ms = now_mono_ms();
	text_put(s->epoch, sizeof(s->epoch), guard_epoch(g));
	return OK;
}

int view_sheet_refresh(struct view_sheet *s, struct guard *g, size_t rows_max, struct err *e)
{
	bool more = true;

	if ((strcmp(s->epoch, guard_epoch(g)) != 0 || s->count > rows_max ||
	     now_mono_ms() - s->begun_ms > ANEW_MS) &&
	    begin(s, g, rows_max - rows_max / 10, e) < 0)
		return ERR_AGAIN;
	while (more)
		if (read_changes(s, g, &more, e) < 0)
			return ERR_AGAIN;
	return OK;
}
