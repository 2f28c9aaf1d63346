/* What was asked: the events, where they stand, and what is kept of them. */
#include <stdlib.h>
#include <string.h>

#include "guard_refill.h"
#include "kafka.h"
#include "kept.h"
#include "mem.h"
#include "now.h"
#include "pass.h"
#include "plan.h"
#include "timer.h"

#define FORWARDED "beckon-forwarded"
#define KEPT_MAX_BYTES ((size_t)1024) /* a longer request does not wait in memory */

/* An event in hand. */
struct asked {
	const struct record *record;
	struct cloudevent event;
	struct request req;
	char key[IDS_KEY_SIZE];
	struct pass_invite *invite;
	struct pass_event *told; /* NULL = nothing was told to it: it is decided yet, or silent */
};

/* The dispatcher serves an event where its key belongs, or as it was forwarded. */
static bool is_astray(const struct pass *p, const struct asked *a)
{
	const struct record *r = a->record;
	size_t n = strlen(a->key);

	for (size_t i = 0; i < r->header_count; i++)
		if (!strcmp(r->headers[i].name, FORWARDED))
			return false;
	return r->key_len != n || memcmp(r->key, a->key, n) != 0 ||
	       r->partition != kafka_partition_of(a->key, n, p->partitions);
}

/* ---- the event's identity ---- */

static const char *channel_of(bool sms)
{
	return sms ? IDS_SMS : IDS_EMAIL;
}

static const char *first_of(const struct asked *a, char id[IDS_DELIVERY_SIZE])
{
	const struct pass_event *ev = a->told;
	struct delivery d = { .generation = (uint32_t)ev->generation, .n = (uint32_t)ev->n };

	if (!ev->turn)
		return ev->generation ? outcome_words[ev->word].name : a->key;
	text_put(d.channel, sizeof(d.channel), channel_of(ev->sms));
	text_put(d.tenant, sizeof(d.tenant), a->req.tenant);
	text_put(d.invite, sizeof(d.invite), a->req.invite);
	return ids_delivery_build(&d, id);
}

/* Of records of the same event the first one was decided. */
static void place(struct pass *p, struct asked *a)
{
	struct pass_event *ev = a->told;
	struct plan plan = { .word = ev->word,
			     .generation = ev->generation,
			     .n = ev->n,
			     .turn = ev->turn,
			     .channel = ev->turn ? channel_of(ev->sms) : NULL,
			     .ladder = ev->ladder,
			     .beside = ev->beside,
			     .instead = ev->word == WORD_QUEUED && ev->ladder && !ev->beside &&
					a->req.type == REQUEST_LADDER_DUE,
			     .superseded = ev->superseded,
			     .superseded_channel =
				     ev->superseded ? channel_of(ev->superseded_sms) : NULL,
			     .prev = ev->prev,
			     .code = ev->code,
			     .other = ev->other,
			     .where = ev->where };
	char text[PLAN_TEXT_SIZE], id[IDS_DELIVERY_SIZE];
	struct refill_event r = {
		.hash = ev->hash,
		.coords = { p->o->topic_requested, a->record->partition, a->record->offset },
		.slot_ms = ev->slot_ms,
		.plan = text,
		.memory_ms = p->o->event_memory_ms - (p->now_ms - ev->told_ms),
	};

	ev->placed = true;
	if (r.memory_ms <= 0)
		return;
	plan_write(&plan, text);
	r.first = first_of(a, id);
	refill_event(p->o->guard, &r);
}

/* ---- what is kept ---- */

/* Of two channels the one that was taken: the tenant may have settled something else since. */
static void name_people(const struct pass *p, const struct pass_invite *i, struct kept *k)
{
	const struct fold_delivery *first = &i->fold.deliveries[fold_first(&i->fold)];
	struct kept_terms terms = { p->recipient_key, tenants_find(p->tenants, k->request.tenant) };

	if (first->turn)
		kept_use_channel(k, &terms, channel_of(first->sms));
	else
		kept_name_people(k, &terms);
}

static void take_kept(struct pass *p, struct asked *a, struct kept *k, const char *data, size_t len)
{
	struct pass_invite *i = a->invite;

	free(i->kept);
	i->kept = len <= KEPT_MAX_BYTES ? xmemdup(data, len) : NULL;
	i->kept_len = len;
	if (!i->kept)
		refill_kept(p->o->guard, &p->batch, a->key, data, len);
	free(i->address);
	i->address = k->person.address_key[0] ? xstrdup(k->person.address_key) : NULL;
	i->ttl_s = k->request.code ? 0 : k->request.link.ttl_s;
	i->ladder = k->second.channel && !k->second.code;
}

static void keep_request(struct pass *p, struct asked *a)
{
	struct kept k = { .data = a->event.data, .request = a->req };
	autofree char *text = a->event.data_raw ? NULL : json_dumps(a->event.data, JSON_COMPACT);

	if (!a->req.code)
		name_people(p, a->invite, &k);
	take_kept(p, a, &k, text ? text : a->event.data_raw,
		  text ? strlen(text) : a->event.data_len);
}

/* Release and resend change what was kept before them. */
static int keep_changed(struct pass *p, struct asked *a, struct err *e)
{
	struct kept_terms terms = { p->recipient_key, tenants_find(p->tenants, a->req.tenant) };
	enum request_type as = a->req.type == REQUEST_RELEASE ? REQUEST_RELEASE : REQUEST_RESEND;
	struct pass_invite *i = a->invite;
	autofree char *text = NULL;
	json_t *data, *changed;
	struct kept k;
	struct err bad;

	if (pass_read_kept(p, i, e) < 0)
		return ERR_AGAIN;
	data = i->kept ? json_loadb(i->kept, i->kept_len, 0, NULL) : NULL;
	if (!data)
		return OK; /* forgotten */
	changed = kept_change(data, as, a->event.data);
	json_decref(data);
	text = json_dumps(changed, JSON_COMPACT);
	if (kept_read(changed, &terms, &k, &bad) == OK)
		name_people(p, i, &k);
	take_kept(p, a, &k, text, strlen(text));
	kept_clear(&k);
	return OK;
}

static int keep(struct pass *p, struct asked *a, struct err *e)
{
	enum outcome_word word = a->told->word;

	if (a->req.type == REQUEST_INVITE) {
		if (word == WORD_QUEUED || word == WORD_HELD || word == WORD_ERROR)
			keep_request(p, a);
		else if (a->told->code && !strcmp(a->told->code, "cancelled"))
			a->invite->fold.early = false; /* the request that was overtaken */
		return OK;
	}
	if (word == WORD_QUEUED && !a->req.code &&
	    (a->req.type == REQUEST_RESEND || a->req.type == REQUEST_RELEASE ||
	     a->req.type == REQUEST_RESOLVE))
		return keep_changed(p, a, e);
	return OK;
}

static void forget_kept(struct pass *p, struct asked *a)
{
	free(a->invite->kept);
	a->invite->kept = NULL;
	refill_kept(p->o->guard, &p->batch, a->key, NULL, 0);
}

/* ---- deliveries and timers ---- */

static void note_delivery(struct asked *a)
{
	const struct pass_event *ev = a->told;
	struct fold *f = &a->invite->fold;

	int64_t n = ev->ladder ? FOLD_LADDER : ev->n;

	if (ev->generation == f->generation && (ev->turn == 1 || ev->ladder) && n < FOLD_DELIVERIES)
		a->invite->asked_ms[n] = a->record->timestamp_ms + now_skew_ms();
}

/* "...timer.<turn>": the next one must not be taken for this. */
static void note_timer(struct asked *a)
{
	const char *at = strstr(a->event.id, ".timer."), *next;
	int64_t turn;

	if (strcmp(a->event.source, TIMER_SOURCE) != 0 || !at)
		return;
	while ((next = strstr(at + 1, ".timer.")))
		at = next;
	turn = strtoll(at + sizeof(".timer.") - 1, NULL, 10);
	if (turn > a->invite->timer_turn)
		a->invite->timer_turn = turn;
}

static int take(struct pass *p, struct asked *a, struct err *e)
{
	char hash[IDS_HASH_SIZE];

	ids_key(a->req.tenant, a->req.invite, a->key);
	a->invite = table_find(&p->invites, a->key);
	if (!a->invite || is_astray(p, a))
		return OK;
	note_timer(a);
	if (a->req.type == REQUEST_FORGET && !a->req.code)
		forget_kept(p, a);
	ids_event_hash((struct ids_event){ a->event.source, a->event.id }, hash);
	a->told = table_find(&p->events, hash);
	if (!a->told || a->told->placed)
		return OK;
	place(p, a);
	note_delivery(a);
	return keep(p, a, e);
}

int pass_asked(struct pass *p, const struct record *r, struct err *e)
{
	struct asked a = { .record = r };
	struct err bad;
	int code = OK;

	if (r->value_len > RECORD_MAX_BYTES ||
	    cloudevent_read(r, CLOUDEVENT_PREFIX, &a.event, &bad) < 0)
		return OK; /* a dead letter */
	request_read(&a.event, &a.req, &bad);
	if (a.req.tenant && a.req.invite)
		code = take(p, &a, e);
	cloudevent_clear(&a.event);
	return code;
}
