/*
 * timer - the one timer that an invite has: when it is next looked at, and the item that waits for
 * it.
 *
 * A link has reminders and an end, an e-mail may have an SMS that follows it, an SMS a receipt that
 * is waited for. The timer stands at the earliest of them that is still to come; settle arms it
 * where a delivery is told as sent, and decide arms it anew or removes it. Its event says only that
 * it is time to look: timer_due tells what is due then, so one that comes early, late or twice does
 * no harm. Pure functions.
 */
#ifndef BECKON_TIMER_H
#define BECKON_TIMER_H

#include <stdint.h>

#include "cloudevent.h"
#include "ids.h"
#include "later.h"
#include "tenant.h"

#define TIMER_REMINDERS_MAX 2
#define TIMER_SILENCE_MS ((int64_t)72 * 3600 * 1000) /* then an SMS without a receipt is lost */
#define TIMER_SOURCE "beckon/clock"

enum timer_what { TIMER_NONE, TIMER_LADDER, TIMER_RECEIPT, TIMER_REMINDER, TIMER_EXPIRY };

/* The first reminder is due when num/den of the window have passed, each further one when num/den
   of the rest have. */
struct timer_facts {
	int64_t sent_ms, expires_ms; /* the window; expires_ms 0 = there is no link */
	struct tenant_reminder reminders;
	int64_t told; /* reminders told so far, or left out */
	int64_t now_ms;
	int64_t ladder_ms; /* when the e-mail is followed by an SMS; 0 = never, or it was already */
	int64_t receipt_ms; /* when the receipt has been waited for long enough; 0 = never */
};

struct timer {
	enum timer_what what; /* TIMER_NONE: there is nothing to wait for */
	int64_t due_ms;
};

/* What comes after now; the end at the latest, also where it is past. Anything else whose time has
   passed is left out. */
struct timer timer_next(const struct timer_facts *f);

/* What is due now, or was before: the end, else the first of the enum. */
enum timer_what timer_due(const struct timer_facts *f);

/* How many reminders' times have come, told or left out. */
int64_t timer_reminders_passed(const struct timer_facts *f);

/* How long after the e-mail its SMS follows: as the tenant says, or when half of the link's time is
   over, whichever is sooner. */
int64_t timer_ladder_after(int64_t ladder_after_s, int64_t link_ttl_s);

/* Turns of an invite's timer rise over its generations: the first of a generation, and any next. */
int64_t timer_first_turn(int64_t generation);

/* Whose timer, and the how manieth. */
struct timer_for {
	const char *tenant, *invite;
	int64_t generation, turn;
};

/* An armed timer with the memory of its event; must not be moved. */
struct timer_armed {
	struct later_item item;
	struct header headers[CLOUDEVENT_HEADERS_MAX];
	char id[IDS_KEY_SIZE + 8], key[IDS_KEY_SIZE];
	char event[IDS_KEY_SIZE + 64], value[2 * IDS_NAME_MAX + 96];
};

/* t.what is no TIMER_NONE. topic is the one of requests; it and the names are borrowed. */
void timer_arm(const struct timer_for *whose, struct timer t, const char *topic,
	       struct timer_armed *out);

/* "<tenant>/<invite>.timer": the id under which it waits. */
void timer_name(const char *invite_key, char out[IDS_KEY_SIZE + 8]);

#endif
