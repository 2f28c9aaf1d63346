#include "state.h"

#include "mem.h"

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

static void hold(struct state_source *at, json_t *root)
{
	json_t *former = at->root;

	*at = (struct state_source){ json_incref(root), false };
	json_decref(former);
}

void state_source_clear(struct state_source *at)
{
	json_decref(at->root);
	*at = (struct state_source){ 0 };
}

static bool is_held(const struct state_source *at)
{
	return at->root || at->read;
}

/* ---- folding ---- */

static void begin_generation(struct state *s)
{
	state_source_clear(&s->last);
	state_source_clear(&s->carrier);
	s->carried = (struct state_place){ 0 };
	s->sent_ms = s->delivered_ms = s->expires_ms = s->updated_ms = 0;
	s->attempts = s->reminders = s->asked_again_ms = 0;
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

	return order > 0 || !is_held(&s->last) || (order == 0 && f->word >= s->word);
}

static bool fold_word(struct state *s, const struct fact *f, struct state_place place)
{
	bool repeated = is_held(&s->last) && compare(place, s->place) == 0 && f->word == s->word;

	if (!decides(s, f, place))
		return false;
	if (!repeated || f->told_ms < s->updated_ms)
		s->updated_ms = f->told_ms;
	s->place = place;
	s->word = f->word;
	hold(&s->last, f->root);
	return true;
}

/* Of what moves no state the person's own wish alone is more than history. */
static bool is_shown(enum outcome_word word)
{
	return outcome_words[word].changes_state || word == WORD_ASKED_AGAIN;
}

bool state_fold(struct state *s, const struct fact *f)
{
	struct state_place place = { f->generation, f->turn, f->rank };

	earliest(&s->requested_ms, f->told_ms);
	if (!is_shown(f->word) || f->generation < 1)
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
	if (f->word == WORD_ASKED_AGAIN) {
		latest(&s->asked_again_ms, f->told_ms);
		return true;
	}
	if (f->n > 0) {
		latest(&s->reminders, f->n);
		return false;
	}
	if (f->beside)
		return false; /* an SMS after an e-mail that stands */
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
		[WORD_REFUSED] = VIEW_STATUSES,	   [WORD_ASKED_AGAIN] = VIEW_STATUSES,
	};

	return is_held(&s->last) ? of[s->word] : VIEW_STATUSES;
}
