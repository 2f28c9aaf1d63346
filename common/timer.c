#include "timer.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define TURNS_OF_A_GENERATION 1000
#define KEY_IN_EVENT_MAX (CLOUDEVENT_ID_MAX - (int)sizeof(".2147483647.timer.2147483647"))

/* When the nth reminder is due, counted from 1. */
static int64_t reminder_ms(const struct timer_facts *f, int64_t n)
{
	int64_t rest_ms = f->expires_ms - f->sent_ms;

	for (int64_t i = 0; i < n; i++)
		rest_ms -= rest_ms * f->reminders.num / f->reminders.den;
	return f->expires_ms - rest_ms;
}

static int64_t reminders_max(const struct timer_facts *f)
{
	int count = f->reminders.count;

	if (f->reminders.den <= 0 || f->reminders.num <= 0 || f->reminders.num >= f->reminders.den)
		return 0;
	return count < TIMER_REMINDERS_MAX ? count : TIMER_REMINDERS_MAX;
}

static bool is_due(int64_t at_ms, int64_t now_ms)
{
	return at_ms > 0 && at_ms <= now_ms;
}

static void offer(struct timer *t, enum timer_what what, int64_t due_ms, int64_t now_ms)
{
	if (due_ms > now_ms && (t->what == TIMER_NONE || due_ms < t->due_ms))
		*t = (struct timer){ what, due_ms };
}

struct timer timer_next(const struct timer_facts *f)
{
	struct timer t = { TIMER_NONE, 0 };

	offer(&t, TIMER_RECEIPT, f->receipt_ms, f->now_ms);
	if (f->expires_ms <= 0)
		return t;
	offer(&t, TIMER_LADDER, f->ladder_ms, f->now_ms);
	for (int64_t n = f->told + 1; n <= reminders_max(f); n++)
		offer(&t, TIMER_REMINDER, reminder_ms(f, n), f->now_ms);
	offer(&t, TIMER_EXPIRY, f->expires_ms, f->now_ms);
	return t.what == TIMER_NONE ? (struct timer){ TIMER_EXPIRY, f->expires_ms } : t;
}

enum timer_what timer_due(const struct timer_facts *f)
{
	if (is_due(f->expires_ms, f->now_ms))
		return TIMER_EXPIRY;
	if (f->expires_ms > 0 && is_due(f->ladder_ms, f->now_ms))
		return TIMER_LADDER;
	if (is_due(f->receipt_ms, f->now_ms))
		return TIMER_RECEIPT;
	return f->expires_ms > 0 && f->told < reminders_max(f) &&
			       reminder_ms(f, f->told + 1) <= f->now_ms
		       ? TIMER_REMINDER
		       : TIMER_NONE;
}

int64_t timer_reminders_passed(const struct timer_facts *f)
{
	int64_t n = 0;

	while (f->expires_ms > 0 && n < reminders_max(f) && reminder_ms(f, n + 1) <= f->now_ms)
		n++;
	return n;
}

int64_t timer_ladder_after(int64_t ladder_after_s, int64_t link_ttl_s)
{
	int64_t half_ms = link_ttl_s * 1000 / 2, after_ms = ladder_after_s * 1000;

	return after_ms < half_ms ? after_ms : half_ms;
}

int64_t timer_first_turn(int64_t generation)
{
	return generation * TURNS_OF_A_GENERATION + 1;
}

void timer_name(const char *invite_key, char out[IDS_KEY_SIZE + 8])
{
	snprintf(out, IDS_KEY_SIZE + 8, "%s.timer", invite_key);
}

/* "<tenant>/<invite>.<generation>.timer.<turn>"; where the names are too long for an event's id, a
   hash stands for them. */
static void name_event(const struct timer_for *whose, struct timer_armed *out)
{
	const char *name = out->key;
	char hash[IDS_HASH_SIZE];

	if (strlen(name) > KEY_IN_EVENT_MAX) {
		ids_event_hash((struct ids_event){ TIMER_SOURCE, name }, hash);
		name = hash;
	}
	snprintf(out->event, sizeof(out->event), "%s.%lld.timer.%lld", name,
		 (long long)whose->generation, (long long)whose->turn);
}

void timer_arm(const struct timer_for *whose, struct timer t, const char *topic,
	       struct timer_armed *out)
{
	static const struct {
		const char *type, *reason;
	} kinds[] = {
		[TIMER_LADDER] = { CLOUDEVENT_PREFIX "invite.ladder-due", "ladder" },
		[TIMER_RECEIPT] = { CLOUDEVENT_PREFIX "invite.ladder-due", "receipt" },
		[TIMER_REMINDER] = { CLOUDEVENT_PREFIX "invite.reminder-due", "reminder" },
		[TIMER_EXPIRY] = { CLOUDEVENT_PREFIX "invite.expiry-due", "expiry" },
	};
	struct cloudevent_head head = { .id = out->event,
					.source = TIMER_SOURCE,
					.type = kinds[t.what].type,
					.subject = whose->invite };

	assert(t.what != TIMER_NONE);
	ids_key(whose->tenant, whose->invite, out->key);
	timer_name(out->key, out->id);
	name_event(whose, out);
	snprintf(out->value, sizeof(out->value),
		 "{\"tenant\":\"%s\",\"invite\":\"%s\",\"generation\":%lld}", whose->tenant,
		 whose->invite, (long long)whose->generation);
	out->item = (struct later_item){
		.id = out->id,
		.turn = whose->turn,
		.due_ms = t.due_ms,
		.topic = topic,
		.key = out->key,
		.value = out->value,
		.value_len = strlen(out->value),
		.headers = out->headers,
		.header_count = cloudevent_write_headers(&head, out->headers),
		.reason = kinds[t.what].reason,
		.tenant = whose->tenant,
	};
}
