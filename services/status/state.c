#include "state.h"

#include <string.h>

#include "json_write.h"
#include "mem.h"
#include "now.h"

/* ---- places ---- */

static int compare(struct state_place a, struct state_place b)
{
	if (a.generation != b.generation)
		return a.generation < b.generation ? -1 : 1;
	if (a.turn != b.turn)
		return a.turn < b.turn ? -1 : 1;
	return a.rank < b.rank ? -1 : a.rank > b.rank;
}

static void earliest(int64_t *ms, int64_t told_ms)
{
	if (!*ms || told_ms < *ms)
		*ms = told_ms;
}

static void latest(int64_t *held, int64_t v)
{
	if (v > *held)
		*held = v;
}

static void hold(json_t **at, json_t *root)
{
	json_t *former = *at;

	*at = json_incref(root);
	json_decref(former);
}

static void let_go(json_t **at)
{
	json_decref(*at);
	*at = NULL;
}

/* ---- folding ---- */

static void begin_generation(struct state *s)
{
	let_go(&s->last);
	let_go(&s->carrier);
	s->carried = (struct state_place){ 0 };
	s->sent_ms = s->delivered_ms = s->expires_ms = s->updated_ms = 0;
	s->attempts = s->reminders = 0;
}

/* Outcomes that tell anything of the request tell all of it. */
static bool tells_about(const json_t *root)
{
	static const char *const any[] = { "recipient_masked", "batch", "role",
					   "department",       "teams", "metadata" };

	for (size_t i = 0; i < ARRAY_LEN(any); i++)
		if (json_object_get(root, any[i]))
			return true;
	return false;
}

static void fold_about(struct state *s, const struct fact *f)
{
	if (f->generation < s->about_generation || !tells_about(f->root))
		return;
	s->about_generation = f->generation;
	hold(&s->about, f->root);
}

/* Of the invitation itself, in the generation that holds. */
static void fold_delivery(struct state *s, const struct fact *f, struct state_place place)
{
	if (f->word == WORD_SENT)
		earliest(&s->sent_ms, f->told_ms);
	if (f->word == WORD_DELIVERED)
		earliest(&s->delivered_ms, f->told_ms);
	latest(&s->expires_ms, f->expires_ms);
	latest(&s->attempts, f->attempt);
	if (compare(place, s->carried) < 0)
		return;
	s->carried = place;
	hold(&s->carrier, f->root);
}

/* Words of the same place are ordered, so that it does not matter which came first. */
static bool decides(const struct state *s, const struct fact *f, struct state_place place)
{
	int order = compare(place, s->place);

	return order > 0 || !s->last || (order == 0 && f->word >= s->word);
}

static bool fold_word(struct state *s, const struct fact *f, struct state_place place)
{
	bool repeated = s->last && compare(place, s->place) == 0 && f->word == s->word;

	if (!decides(s, f, place))
		return false;
	if (!repeated || f->told_ms < s->updated_ms)
		s->updated_ms = f->told_ms;
	s->place = place;
	s->word = f->word;
	hold(&s->last, f->root);
	return true;
}

bool state_fold(struct state *s, const struct fact *f)
{
	struct state_place place = { f->generation, f->turn, f->rank };

	earliest(&s->requested_ms, f->told_ms);
	if (!outcome_words[f->word].changes_state || f->generation < 1)
		return false;
	fold_about(s, f);
	if (f->word == WORD_SENT && f->n == 0)
		earliest(&s->invited_ms, f->told_ms);
	if (f->generation < s->place.generation)
		return false;
	if (f->generation > s->place.generation) {
		begin_generation(s);
		s->place = (struct state_place){ .generation = f->generation };
	}
	if (f->n > 0) {
		latest(&s->reminders, f->n);
		return false;
	}
	if (f->n == 0)
		fold_delivery(s, f, place);
	return fold_word(s, f, place);
}

void state_forget(struct state *s)
{
	latest(&s->forgotten, s->place.generation);
}

bool state_is_forgotten(const struct state *s)
{
	return s->forgotten && s->forgotten >= s->place.generation;
}

/* ---- asking ---- */

enum view_status state_status(const struct state *s)
{
	static const enum view_status of[WORD_COUNT] = {
		[WORD_HELD] = VIEW_NOT_INVITED,	   [WORD_QUEUED] = VIEW_WAITING,
		[WORD_DEFERRED] = VIEW_WAITING,	   [WORD_UNKNOWN] = VIEW_WAITING,
		[WORD_SENT] = VIEW_INVITED,	   [WORD_DELIVERED] = VIEW_INVITED,
		[WORD_UNDELIVERED] = VIEW_ERROR,   [WORD_ERROR] = VIEW_ERROR,
		[WORD_EXPIRED] = VIEW_EXPIRED,	   [WORD_DECLINED] = VIEW_DECLINED,
		[WORD_CANCELLED] = VIEW_CANCELLED, [WORD_ACCEPTED] = VIEW_ACCEPTED,
		[WORD_SUPERSEDED] = VIEW_STATUSES, [WORD_DUPLICATE] = VIEW_STATUSES,
		[WORD_REFUSED] = VIEW_STATUSES,
	};

	return s->last ? of[s->word] : VIEW_STATUSES;
}

/* Which outcome each member is taken from. */
enum from { FROM_LAST, FROM_CARRIER, FROM_ABOUT };

static const struct {
	const char *name;
	enum from from;
} members[] = {
	{ "kind", FROM_ABOUT },		  { "code", FROM_LAST },
	{ "class", FROM_LAST },		  { "reason", FROM_LAST },
	{ "not_before", FROM_LAST },	  { "delivery", FROM_CARRIER },
	{ "channel", FROM_CARRIER },	  { "provider", FROM_CARRIER },
	{ "template", FROM_CARRIER },	  { "recipient_masked", FROM_ABOUT },
	{ "recipient_hash", FROM_ABOUT }, { "role", FROM_ABOUT },
	{ "department", FROM_ABOUT },	  { "teams", FROM_ABOUT },
	{ "batch", FROM_ABOUT },	  { "metadata", FROM_ABOUT },
};

static const json_t *member_at(const struct state *s, size_t i)
{
	const json_t *from[] = { s->last, s->carrier, s->about };

	return json_object_get(from[members[i].from], members[i].name);
}

const json_t *state_member(const struct state *s, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		if (!strcmp(members[i].name, name))
			return member_at(s, i);
	return NULL;
}

const char *state_text(const struct state *s, const char *name)
{
	return json_string_value(state_member(s, name));
}

/* ---- times and numbers, by name ---- */

static const struct {
	const char *name;
	size_t offset;
	bool is_time;
} numbers[] = {
	{ "requested_at", offsetof(struct state, requested_ms), true },
	{ "invited_at", offsetof(struct state, invited_ms), true },
	{ "sent_at", offsetof(struct state, sent_ms), true },
	{ "delivered_at", offsetof(struct state, delivered_ms), true },
	{ "expires_at", offsetof(struct state, expires_ms), true },
	{ "updated_at", offsetof(struct state, updated_ms), true },
	{ "attempts", offsetof(struct state, attempts), false },
	{ "reminders", offsetof(struct state, reminders), false },
	{ "about_generation", offsetof(struct state, about_generation), false },
	{ "forgotten", offsetof(struct state, forgotten), false },
};

static int64_t *number_at(const struct state *s, size_t i)
{
	return (int64_t *)((char *)s + numbers[i].offset);
}

/* ---- writing ---- */

static int add(const char *bytes, size_t n, void *out)
{
	buf_add(out, bytes, n);
	return 0;
}

static void write_member(struct buf *out, const char *name, const json_t *value)
{
	if (json_is_string(value)) {
		json_write_text(out, name, json_string_value(value));
	} else if (value) {
		json_write_name(out, name);
		json_dump_callback(value, add, out, JSON_COMPACT | JSON_ENCODE_ANY);
	}
}

static void write_numbers(struct buf *out, const struct state *s)
{
	char time[NOW_TEXT_SIZE];

	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		int64_t v = *number_at(s, i);

		if (v && numbers[i].is_time)
			json_write_text(out, numbers[i].name, now_text(v, time));
		else if (v)
			json_write_int(out, numbers[i].name, v);
	}
}

static void write_place(struct buf *out, const char *name, struct state_place p)
{
	json_write_name(out, name);
	buf_byte(out, '[');
	buf_int(out, p.generation);
	buf_byte(out, ',');
	buf_int(out, p.turn);
	buf_byte(out, ',');
	buf_int(out, p.rank);
	buf_byte(out, ']');
}

void state_write(const struct state *s, const char *tenant, const char *invite, struct buf *out)
{
	enum view_status status = state_status(s);

	json_write_open(out, NULL);
	json_write_text(out, "tenant", tenant);
	json_write_text(out, "invite", invite);
	json_write_int(out, "version", s->version + 1);
	json_write_int(out, "generation", s->place.generation);
	if (status != VIEW_STATUSES) {
		json_write_text(out, "word", outcome_words[s->word].name);
		json_write_text(out, "status", view_statuses[status]);
		write_place(out, "sequence", s->place);
	}
	if (s->carrier)
		write_place(out, "carried", s->carried);
	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		write_member(out, members[i].name, member_at(s, i));
	write_numbers(out, s);
	json_write_close(out);
}

/* ---- reading ---- */

static struct state_place read_place(const json_t *root, const char *name)
{
	const json_t *a = json_object_get(root, name);

	return (struct state_place){ json_integer_value(json_array_get(a, 0)),
				     json_integer_value(json_array_get(a, 1)),
				     json_integer_value(json_array_get(a, 2)) };
}

static void read_numbers(struct state *s, const json_t *root)
{
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		const json_t *v = json_object_get(root, numbers[i].name);

		if (json_is_integer(v))
			*number_at(s, i) = json_integer_value(v);
		else if (json_is_string(v))
			now_parse(json_string_value(v), number_at(s, i));
	}
}

int state_read(const char *bytes, size_t len, struct state *out, struct err *e)
{
	json_t *root = json_loadb(bytes, len, 0, NULL);
	const char *word = json_string_value(json_object_get(root, "word"));
	struct state s = { .version = json_integer_value(json_object_get(root, "version")) };

	if (s.version < 1 || (word && outcome_word_find(word) == WORD_COUNT)) {
		json_decref(root);
		return err_set(e, ERR_INVALID, "not the state of an invite");
	}
	read_numbers(&s, root);
	s.place = read_place(root, "sequence");
	if (!s.place.generation)
		s.place.generation = json_integer_value(json_object_get(root, "generation"));
	if (word) {
		s.word = outcome_word_find(word);
		s.last = json_incref(root);
	}
	if (json_object_get(root, "carried")) {
		s.carried = read_place(root, "carried");
		s.carrier = json_incref(root);
	}
	if (s.about_generation)
		s.about = json_incref(root);
	json_decref(root);
	*out = s;
	return OK;
}

struct state state_share(const struct state *s)
{
	json_incref(s->last);
	json_incref(s->carrier);
	json_incref(s->about);
	return *s;
}

void state_clear(struct state *s)
{
	let_go(&s->last);
	let_go(&s->carrier);
	let_go(&s->about);
	*s = (struct state){ 0 };
}
