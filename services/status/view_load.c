#include "view_load.h"

#include <stdlib.h>
#include <string.h>

#include "card.h"
#include "guard_view.h"
#include "mem.h"
#include "redis.h"
#include "state.h"

/* ---- reading ---- */

static void ask(struct guard *g, const char *kind, const char *tenant, const char *invite)
{
	autofree char *key = xasprintf("%s:%s/%s", kind, tenant, invite);
	const char *argv[] = { "GET", key };

	guard_view_ask(g, 2, argv);
}

static bool is_forgotten(const char *value)
{
	struct state s;

	return state_peek(value, &s) && state_is_forgotten(&s);
}

static void hand_over(const struct view_load *l, const char *invite, const char *value,
		      const char *kept)
{
	json_t *state, *request;

	if (l->each_text) {
		l->each_text(l->ctx, invite, value, kept);
		return;
	}
	state = json_loads(state_json(value), 0, NULL);
	request = *kept ? json_loads(kept, 0, NULL) : NULL;
	if (state)
		l->each(l->ctx, invite, state, request);
	json_decref(state);
	json_decref(request);
}

/* What Redis said of some invites, ours. */
struct heard {
	char *values[VIEW_LOAD_MAX], *kept[VIEW_LOAD_MAX];
};

static size_t ask_some(struct guard *g, const struct view_load *l, size_t from)
{
	size_t n = l->n - from < VIEW_LOAD_MAX ? l->n - from : VIEW_LOAD_MAX;

	for (size_t i = 0; i < n; i++) {
		ask(g, "v", l->tenant, l->names[from + i]);
		ask(g, "r", l->tenant, l->names[from + i]);
	}
	if (n)
		guard_view_send(g);
	return n;
}

static int hear_some(struct guard *g, size_t n, struct heard *out, struct err *e)
{
	if (guard_view_hear(g, e) < 0)
		return ERR_AGAIN;
	for (size_t i = 0; i < n; i++) {
		out->values[i] = xstrdup(redis_str(guard_view_answer(g, 2 * i), NULL));
		out->kept[i] = xstrdup(redis_str(guard_view_answer(g, 2 * i + 1), NULL));
	}
	return OK;
}

static void hand_over_some(const struct view_load *l, size_t from, size_t n, struct heard *h)
{
	for (size_t i = 0; i < n; i++) {
		const char *value = h->values[i];

		if (*value)
			hand_over(l, l->names[from + i], value,
				  is_forgotten(value) ? "" : h->kept[i]);
		free(h->values[i]);
		free(h->kept[i]);
	}
}

/* Redis looks up the next ones while these are taken. */
int view_load(struct guard *g, const struct view_load *l, struct err *e)
{
	autofree struct heard *heard = xcalloc(1, sizeof(*heard));
	size_t n = ask_some(g, l, 0);

	for (size_t at = 0, next; n; at += n, n = next) {
		if (hear_some(g, n, heard, e) < 0)
			return ERR_AGAIN;
		next = ask_some(g, l, at + n);
		hand_over_some(l, at, n, heard);
	}
	return OK;
}

/* ---- rows ---- */

/* Nothing is put in the place of nothing. */
static void put(json_t *row, const char *name, json_t *value)
{
	if (value)
		json_object_set_new(row, name, value);
}

static json_t *reason(const json_t *state)
{
	json_t *code = json_object_get(state, "code");

	if (!code)
		return NULL;
	return json_pack("{sOsO*}", "code", code, "text", json_object_get(state, "reason"));
}

static json_t *person(const json_t *state, const struct card *c, bool masked)
{
	json_t *p = json_object();

	put(p, "name", card_text(c->name));
	if (!masked) {
		put(p, "email", card_text(c->email));
		put(p, "phone", card_text(c->phone));
		put(p, "user", card_text(c->user));
	}
	put(p, "locale", card_text(c->locale));
	put(p, "timezone", card_text(c->timezone));
	put(p, "masked", json_incref(json_object_get(state, "recipient_masked")));
	return p;
}

static json_t *inviter(const struct card *c)
{
	if (!c->inviter_name && !c->inviter_id)
		return NULL;
	return json_pack("{so*so*}", "id", card_text(c->inviter_id), "name",
			 card_text(c->inviter_name));
}

/* What no outcome has told yet is in the request. */
static void fill_from_card(json_t *row, const struct card *c)
{
	if (!json_object_get(row, "role"))
		put(row, "role", card_text(c->role));
	if (!json_object_get(row, "department"))
		put(row, "department", card_text(c->department));
	put(row, "organisation", card_text(c->organisation));
	put(row, "inviter", inviter(c));
}

json_t *view_row(const json_t *state, const json_t *kept, bool masked)
{
	static const char *const same[] = {
		"tenant",     "invite",	    "kind",	    "status",	      "word",
		"role",	      "department", "teams",	    "batch",	      "metadata",
		"channel",    "provider",   "template",	    "generation",     "attempts",
		"reminders",  "invited_at", "requested_at", "sent_at",	      "delivered_at",
		"expires_at", "not_before", "updated_at",   "asked_again_at",
	};
	struct card card = card_read(kept);
	json_t *row = json_object();

	for (size_t i = 0; i < ARRAY_LEN(same); i++)
		put(row, same[i], json_incref(json_object_get(state, same[i])));
	put(row, "reason", reason(state));
	put(row, "person", person(state, &card, masked));
	fill_from_card(row, &card);
	if (json_object_get(state, "forgotten"))
		put(row, "forgotten", json_true());
	return row;
}
