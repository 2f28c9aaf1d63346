#include "view_batch.h"

#include <stdlib.h>
#include <string.h>

#include "cloudevent.h"
#include "guard_view.h"
#include "json_write.h"
#include "mem.h"
#include "now.h"
#include "redis.h"
#include "request.h"

#define ENTRY_MAX_BYTES ((size_t)8 << 10)
#define ROUNDS_MAX                                                                                 \
	1000 /* of lost races: others write as well, and none of them a thousand times             \
	      */

/* A fact in hand, or a wish to be forgotten. */
struct view_told {
	struct fact fact;
	char *entry; /* of the history; NULL = a wish to be forgotten */
	size_t entry_len;
	struct view_told *next; /* of the same invite */
};

struct view_invite {
	const char *key;
	char name[IDS_KEY_SIZE];
	struct view_told *all, *last; /* owned */
	struct view_told *first;      /* not written yet */
	struct view_told *after;      /* the first that is not in the operation in hand */
	struct state state;
	struct guard_view op;
	struct guard_view_line lines[GUARD_VIEW_LINES_MAX];
	char tenant[IDS_NAME_MAX + 1];
	const char *invite;
	enum view_status status; /* before */
	char *code, *batch;
	struct buf value;
	bool decided; /* the word that decides was among the facts */
};

/* ---- taking ---- */

static const char *header(const struct record *r, const char *name, size_t *len)
{
	for (size_t i = 0; i < r->header_count; i++) {
		if (strcmp(r->headers[i].name, name) != 0)
			continue;
		*len = r->headers[i].len;
		return r->headers[i].value;
	}
	*len = 0;
	return NULL;
}

static void write_id(struct buf *out, const struct record *r)
{
	size_t len;
	const char *id = header(r, "ce_id", &len);

	json_write_name(out, "id");
	buf_json_n(out, id ? id : "", id ? len : 0);
}

/* Members of an outcome that its line in the history has. */
static void write_entry(struct buf *out, const struct record *r, const struct fact *f)
{
	static const char *const texts[] = { "delivery",   "channel",	 "code",
					     "class",	   "reason",	 "provider",
					     "not_before", "expires_at", "provider_message_id" };
	const char *masked = json_string_value(json_object_get(f->root, "recipient_masked"));
	char time[NOW_TEXT_SIZE];

	json_write_open(out, NULL);
	write_id(out, r);
	json_write_text(out, "at", now_text(f->told_ms, time));
	json_write_text(out, "word", outcome_words[f->word].name);
	json_write_int(out, "generation", f->generation);
	json_write_int(out, "turn", f->turn);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_write_text(out, texts[i],
				json_string_value(json_object_get(f->root, texts[i])));
	if (f->attempt)
		json_write_int(out, "attempt", f->attempt);
	json_write_text(out, "masked", masked);
	if (f->request_id) {
		json_write_open(out, "request");
		json_write_text(out, "source", f->request_source);
		json_write_text(out, "id", f->request_id);
		json_write_close(out);
	}
	json_write_close(out);
}

static struct view_invite *invite_of(struct view_batch *b, const char *key)
{
	struct view_invite *i = table_find(&b->invites, key);

	if (i)
		return i;
	i = xcalloc(1, sizeof(*i));
	text_put(i->name, sizeof(i->name), key);
	i->key = i->name;
	text_put(i->tenant, sizeof(i->tenant), key);
	i->tenant[strcspn(i->tenant, "/")] = '\0';
	i->invite = strchr(i->name, '/') + 1;
	i->value = (struct buf)BUF_INIT(STATE_MAX_BYTES);
	table_add(&b->invites, i);
	b->list = xgrow(b->list, b->n, sizeof(struct view_invite *));
	b->list[b->n++] = i;
	return i;
}

/* In the order in which they were first told of: so changes are numbered, too. */
static struct view_invite *invite_next(const struct view_batch *b, size_t *at)
{
	return *at < b->n ? b->list[(*at)++] : NULL;
}

static struct view_told *add(struct view_batch *b, const char *key)
{
	struct view_invite *i = invite_of(b, key);
	struct view_told *t = xcalloc(1, sizeof(*t));

	if (i->last)
		i->last->next = t;
	else
		i->all = t;
	if (!i->first)
		i->first = t;
	i->last = t;
	b->ntold++;
	return t;
}

static void take_outcome(struct view_batch *b, const struct record *r)
{
	struct buf entry = BUF_INIT(ENTRY_MAX_BYTES);
	struct view_told *t;
	struct fact f;
	struct err e;

	if (fact_read_whole(r, &f, &e) < 0)
		return;
	t = add(b, f.key);
	t->fact = f;
	write_entry(&entry, r, &f);
	t->entry_len = entry.len;
	t->entry = buf_take(&entry);
}

/* Looked at closely only where it may be one. */
static bool may_be_forget(const struct record *r)
{
	const char *word = request_types[REQUEST_FORGET];
	size_t len, n = strlen(word);
	const char *type = header(r, "ce_type", &len);

	if (type)
		return memmem(type, len, word, n) != NULL;
	return r->value && memmem(r->value, r->value_len, word, n) != NULL;
}

static void take_request(struct view_batch *b, const struct record *r)
{
	char key[IDS_KEY_SIZE];
	struct cloudevent c;
	struct request q;
	struct err e;

	if (r->value_len > RECORD_MAX_BYTES || !may_be_forget(r) ||
	    cloudevent_read(r, CLOUDEVENT_PREFIX, &c, &e) < 0)
		return;
	if (request_read(&c, &q, &e) == OK && q.type == REQUEST_FORGET)
		add(b, ids_key(q.tenant, q.invite, key));
	cloudevent_clear(&c);
}

void view_batch_take(struct view_batch *b, const struct record *r, bool is_request)
{
	if (is_request)
		take_request(b, r);
	else
		take_outcome(b, r);
}

/* ---- writing ---- */

static struct guard_view_place place(enum view_status status, const char *code, const char *batch)
{
	return (struct guard_view_place){
		.status = status == VIEW_STATUSES ? NULL : view_statuses[status],
		.code = status == VIEW_ERROR ? code : NULL,
		.batch = batch,
	};
}

static char *copy(const char *s)
{
	return s ? xstrdup(s) : NULL;
}

/* What stands in Redis, and where it is counted there. */
static void read_before(struct view_batch *b, struct view_invite *i, const struct redis_reply *v)
{
	size_t len;
	const char *value = redis_str(v, &len);
	struct err e;

	state_clear(&i->state);
	if (len && state_read(value, len, &i->state, &e) < 0) {
		b->skipped++;
		i->first = NULL;
	}
	free(i->code);
	free(i->batch);
	i->status = state_status(&i->state);
	i->code = copy(state_code(&i->state));
	i->batch = copy(state_batch(&i->state));
}

/* Folds as many facts as one operation takes. */
static void fold(struct view_invite *i)
{
	struct view_told *t = i->first;

	i->op.nlines = 0;
	for (; t && i->op.nlines < GUARD_VIEW_LINES_MAX; t = t->next) {
		if (!t->entry) {
			state_forget(&i->state);
			continue;
		}
		i->decided |= state_fold(&i->state, &t->fact);
		i->lines[i->op.nlines++] = (struct guard_view_line){ t->entry, t->entry_len };
	}
	i->after = t;
}

static void queue(struct view_invite *i, struct guard *g)
{
	fold(i);
	buf_reset(&i->value);
	state_write(&i->state, i->tenant, i->invite, &i->value);
	i->op.tenant = i->tenant;
	i->op.invite = i->invite;
	i->op.version = i->state.version;
	i->op.value = i->value.data;
	i->op.len = i->value.len;
	i->op.updated_ms = i->state.updated_ms;
	i->op.now = place(state_status(&i->state), state_code(&i->state), state_batch(&i->state));
	i->op.before = place(i->status, i->code, i->batch);
	i->op.lines = i->lines;
	guard_add_view(g, &i->op);
}

/* A wish to forget somebody of whom nothing is known makes nothing known. */
static bool has_nothing(const struct view_invite *i)
{
	for (const struct view_told *t = i->first; t; t = t->next)
		if (t->entry)
			return false;
	return i->state.version == 0;
}

static size_t ask(struct view_batch *b, struct guard *g)
{
	struct view_invite *i;
	size_t n = 0;

	for (size_t at = 0; (i = invite_next(b, &at));) {
		char key[IDS_KEY_SIZE + 2] = "v:";
		const char *argv[] = { "GET", key };

		if (!i->first)
			continue;
		text_put(key + 2, sizeof(key) - 2, i->name);
		guard_view_ask(g, 2, argv);
		n++;
	}
	return n;
}

static void fold_all(struct view_batch *b, struct guard *g)
{
	struct view_invite *i;
	size_t n = 0;

	for (size_t at = 0; (i = invite_next(b, &at));)
		if (i->first)
			read_before(b, i, guard_view_answer(g, n++));
	for (size_t at = 0; (i = invite_next(b, &at));) {
		if (i->first && has_nothing(i))
			i->first = NULL;
		if (i->first)
			queue(i, g);
	}
}

static void go_on(struct view_batch *b)
{
	struct view_invite *i;

	for (size_t at = 0; (i = invite_next(b, &at));)
		if (i->first && !i->op.lost)
			i->first = i->after;
}

int view_batch_send(struct view_batch *b, struct guard *g, struct err *e)
{
	if (!ask(b, g))
		return OK;
	if (guard_view_read(g, e) < 0)
		return ERR_AGAIN;
	fold_all(b, g);
	guard_send(g);
	return OK;
}

static bool is_written(const struct view_batch *b)
{
	const struct view_invite *i;

	for (size_t at = 0; (i = invite_next(b, &at));)
		if (i->first)
			return false;
	return true;
}

int view_batch_hear(struct view_batch *b, struct guard *g, struct err *e)
{
	for (int round = 0;; round++) {
		if (guard_hear(g, e) < 0)
			return ERR_AGAIN;
		go_on(b);
		if (is_written(b))
			return OK;
		if (round == ROUNDS_MAX)
			return err_set(e, ERR_AGAIN, "the view of an invite changes all the time");
		if (view_batch_send(b, g, e) < 0)
			return ERR_AGAIN;
	}
}

int view_batch_apply(struct view_batch *b, struct guard *g, struct err *e)
{
	return view_batch_send(b, g, e) < 0 ? ERR_AGAIN : view_batch_hear(b, g, e);
}

/* ---- what is told ---- */

bool view_batch_next(const struct view_batch *b, size_t *at, struct view_state *out)
{
	struct view_invite *i;
	const char *json;

	while ((i = invite_next(b, at))) {
		if (!i->decided)
			continue;
		json = state_json(i->value.data);
		*out = (struct view_state){ i->key, i->invite, json, strlen(json),
					    i->state.version + 1 };
		return true;
	}
	return false;
}

static void invite_free(struct view_invite *i)
{
	for (struct view_told *t = i->all, *next; t; t = next) {
		next = t->next;
		fact_clear(&t->fact);
		free(t->entry);
		free(t);
	}
	state_clear(&i->state);
	free(i->code);
	free(i->batch);
	buf_clear(&i->value);
	free(i);
}

void view_batch_clear(struct view_batch *b)
{
	struct view_invite *i;

	for (size_t at = 0; (i = invite_next(b, &at));)
		invite_free(i);
	table_forget(&b->invites);
	free(b->list);
	*b = (struct view_batch){ 0 };
}
