#include "fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

/* ---- which of two ---- */

static bool later_than(int64_t turn, int64_t rank, const struct fact *than)
{
	return turn != than->turn ? turn > than->turn : rank >= than->rank;
}

static void keep(char **to, const char *s)
{
	if (*to && s && !strcmp(*to, s))
		return;
	free(*to);
	*to = s ? xstrdup(s) : NULL;
}

/* An unknown that is not tried again runs the window, which is told; a password has none. */
static bool is_final(const struct fact *fact)
{
	static const enum outcome_word finals[] = { WORD_SENT, WORD_DELIVERED, WORD_UNDELIVERED,
						    WORD_ERROR };

	for (size_t i = 0; i < ARRAY_LEN(finals); i++)
		if (fact->word == finals[i])
			return true;
	return fact->word == WORD_UNKNOWN && !fact->not_before_ms &&
	       (fact->expires_ms || (fact->kind && !strcmp(fact->kind, "password")));
}

/* ---- a delivery ---- */

static void note_doubt(struct fold_delivery *d, int64_t turn)
{
	for (size_t i = 0; i < ARRAY_LEN(d->doubt_turns); i++) {
		if (d->doubt_turns[i] == turn)
			return;
		if (!d->doubt_turns[i]) {
			d->doubt_turns[i] = turn;
			return;
		}
	}
}

/* The event that asks for a delivery is named by every word of a courier, and by the first one of
   the dispatcher; later ones are answers to other events. A ladder's SMS is asked for by its timer,
   and its turns do not begin with 1. */
static bool names_its_event(const struct fact *fact)
{
	bool by_timer =
		fact->ladder && fact->request_source && !strcmp(fact->request_source, TIMER_SOURCE);

	return !fact->by_dispatcher || ((fact->turn == 1 || by_timer) &&
					(fact->word == WORD_QUEUED || fact->word == WORD_DEFERRED));
}

/* What its provider calls it, as settle writes it down. */
static void note_name(struct fold_delivery *d, const struct fact *fact)
{
	const char *id = fact->provider_message_id;

	if (fact->by_dispatcher || !fact->provider || !id || !id[0] || strpbrk(id, " \t\r\n") ||
	    fact->turn < d->known_turn)
		return;
	free(d->known_as);
	d->known_as = xasprintf("%s/%s", fact->provider, id);
	d->known_turn = fact->turn;
}

static void fold_delivery(struct fold_delivery *d, const struct fact *fact)
{
	note_name(d, fact);
	if (names_its_event(fact)) {
		keep(&d->source, fact->request_source);
		keep(&d->id, fact->request_id);
	}
	if (!fact->by_dispatcher && (!d->first_ms || fact->told_ms < d->first_ms))
		d->first_ms = fact->told_ms;
	if (fact->word == WORD_UNKNOWN)
		note_doubt(d, fact->turn);
	if (d->turn && later_than(d->turn, d->rank, fact))
		return;
	d->turn = fact->turn;
	d->rank = fact->rank;
	d->word = fact->word;
	d->not_before_ms = fact->not_before_ms;
	d->attempt = fact->attempt ? fact->attempt : 1;
	d->final = is_final(fact);
	d->told_ms = fact->told_ms;
	d->waits_by_dispatcher = fact->by_dispatcher;
	d->sms = fact->sms;
	d->goes_on = fact->goes_on;
	d->brought_forward = fact->word == WORD_QUEUED && !names_its_event(fact);
	if (fact->sms && fact->word == WORD_UNKNOWN)
		keep(&d->provider, fact->provider);
	text_put(d->code, sizeof(d->code), fact->code ? fact->code : "");
}

int64_t fold_doubts(const struct fold_delivery *d)
{
	return (d->doubt_turns[0] != 0) + (d->doubt_turns[1] != 0);
}

const char *fold_verdict(const struct fold_delivery *d)
{
	if (d->final)
		return d->word == WORD_ERROR || d->word == WORD_UNKNOWN
			       ? outcome_words[d->word].name
			       : outcome_words[WORD_SENT].name;
	return d->word == WORD_DEFERRED || d->word == WORD_UNKNOWN ? "parked" : NULL;
}

int64_t fold_next_turn(const struct fold_delivery *d)
{
	return fold_verdict(d) && !d->final ? d->turn + 1 : d->turn;
}

/* ---- the invite ---- */

static void begin_generation(struct fold *f, int64_t generation)
{
	f->rank = -1;
	if (!f->generation) { /* nothing is known yet */
		f->generation = generation;
		return;
	}
	for (size_t i = 0; i < FOLD_DELIVERIES; i++) {
		free(f->deliveries[i].source);
		free(f->deliveries[i].id);
		free(f->deliveries[i].provider);
		free(f->deliveries[i].known_as);
		f->deliveries[i] = (struct fold_delivery){ 0 };
	}
	f->generation = generation;
	f->turn = 0;
	f->settled_turn = f->expires_ms = f->link_told_ms = f->reminders = 0;
	f->receipt_due_ms = f->looked_ms = 0;
	f->token_sha256[0] = f->sms_hash[0] = '\0';
	f->declined = f->early = false;
}

/* What is told of the link by the invitation's own delivery. */
static void fold_link(struct fold *f, const struct fact *fact)
{
	bool has_link = fact->word == WORD_SENT || fact->word == WORD_UNKNOWN;

	if (!fact->by_dispatcher && (has_link || fact->word == WORD_ERROR) &&
	    fact->turn > f->settled_turn)
		f->settled_turn = fact->turn;
	if (has_link && fact->told_ms > f->link_told_ms && !fact->by_dispatcher)
		f->link_told_ms = fact->told_ms;
	if (fact->expires_ms > f->expires_ms)
		f->expires_ms = fact->expires_ms;
	if (fact->token_sha256)
		text_put(f->token_sha256, sizeof(f->token_sha256), fact->token_sha256);
}

/* An SMS that follows an e-mail has its link, one that takes its place another. */
static void fold_ladder_fact(struct fold *f, const struct fact *fact)
{
	if (fact->recipient_hash)
		text_put(f->sms_hash, sizeof(f->sms_hash), fact->recipient_hash);
	if (!fact->beside)
		fold_link(f, fact);
	if (fact->beside || (f->rank >= 0 && later_than(f->turn, f->rank, fact)))
		return;
	f->turn = fact->turn;
	f->rank = fact->rank;
	f->word = fact->word;
	f->final = is_final(fact);
}

/* The dispatcher has looked what was due, and asks for that. */
static void fold_look(struct fold *f, const struct fact *fact)
{
	bool asks =
		fact->by_dispatcher && (fact->word == WORD_QUEUED || fact->word == WORD_DEFERRED);

	if (asks && (fact->n > 0 || fact->ladder) && fact->told_ms > f->looked_ms)
		f->looked_ms = fact->told_ms;
}

static void fold_invitation(struct fold *f, const struct fact *fact)
{
	f->declined = f->declined || fact->word == WORD_DECLINED;
	f->early = f->early || (fact->word == WORD_CANCELLED && !fact->prev);
	if (fact->recipient_hash)
		text_put(f->recipient_hash, sizeof(f->recipient_hash), fact->recipient_hash);
	if (f->rank >= 0 && later_than(f->turn, f->rank, fact))
		return;
	f->turn = fact->turn;
	f->rank = fact->rank;
	f->word = fact->word;
	f->final = is_final(fact);
	if (fact->kind)
		text_put(f->kind, sizeof(f->kind), fact->kind);
}

void fold_fact(struct fold *f, const struct fact *fact)
{
	if (!outcome_words[fact->word].changes_state || fact->generation < 1 ||
	    fact->generation < f->generation)
		return;
	if (fact->generation > f->generation)
		begin_generation(f, fact->generation);
	if (fact->ladder)
		fold_delivery(&f->deliveries[FOLD_LADDER], fact);
	else if (fact->n >= 0 && fact->n < FOLD_LADDER)
		fold_delivery(&f->deliveries[fact->n], fact);
	if (fact->receipt_due_ms > f->receipt_due_ms)
		f->receipt_due_ms = fact->receipt_due_ms;
	if (fact->n > f->reminders)
		f->reminders = fact->n;
	fold_look(f, fact);
	if (fact->n > 0)
		return; /* reminders are history */
	if (fact->ladder) {
		fold_ladder_fact(f, fact);
		return;
	}
	if (fact->n == 0)
		fold_link(f, fact);
	fold_invitation(f, fact);
}

void fold_clear(struct fold *f)
{
	begin_generation(f, 0);
	*f = (struct fold){ 0 };
}

const char *fold_state(const struct fold *f)
{
	if (!f->generation)
		return "";
	if (f->word == WORD_DEFERRED || (f->word == WORD_UNKNOWN && !f->final))
		return outcome_words[WORD_QUEUED].name;
	return outcome_words[f->word].name;
}

bool fold_has_ended(const struct fold *f)
{
	return outcome_words[f->word].of_invitation && f->generation > 0;
}

static bool waits(const struct fold *f)
{
	return f->word == WORD_HELD || f->word == WORD_QUEUED || f->word == WORD_DEFERRED ||
	       (f->word == WORD_UNKNOWN && !f->final);
}

bool fold_has_link(const struct fold *f)
{
	return f->word == WORD_SENT || f->word == WORD_DELIVERED ||
	       (f->word == WORD_UNKNOWN && f->final);
}

enum ladder fold_ladder(const struct fold *f)
{
	const struct fold_delivery *sms = &f->deliveries[FOLD_LADDER];

	if (f->deliveries[0].goes_on)
		return sms->word == WORD_ERROR && sms->waits_by_dispatcher ? LADDER_FAILED
									   : LADDER_INSTEAD;
	if (!sms->turn)
		return LADDER_NONE;
	if (sms->word == WORD_ERROR || sms->word == WORD_UNDELIVERED)
		return LADDER_FAILED;
	return f->deliveries[0].word == WORD_UNDELIVERED ? LADDER_ALONE : LADDER_BESIDE;
}

size_t fold_first(const struct fold *f)
{
	bool instead = fold_ladder(f) == LADDER_INSTEAD && f->deliveries[FOLD_LADDER].turn;

	return instead ? FOLD_LADDER : 0;
}

/* Its SMS may still arrive. */
static bool came_back_but_goes_on(const struct fold *f)
{
	return f->word == WORD_UNDELIVERED && fold_ladder(f) == LADDER_ALONE;
}

bool fold_is_live(const struct fold *f)
{
	return f->generation > 0 && (waits(f) || came_back_but_goes_on(f) ||
				     (strcmp(f->kind, "password") != 0 && fold_has_link(f)));
}
