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

struct timer timer_next(const struct timer_facts *f)
{
	if (f->expires_ms <= 0)
		return (struct timer){ TIMER_NONE, 0 };
	for (int64_t n = f->told + 1; n <= reminders_max(f); n++)
		if (reminder_ms(f, n) > f->now_ms)
			return (struct timer){ TIMER_REMINDER, reminder_ms(f, n) };
	return (struct timer){ TIMER_EXPIRY, f->expires_ms };
}

enum timer_what timer_due(const struct timer_facts *f)
{
	if (f->expires_ms <= 0)
		return TIMER_NONE;
	if (f->now_ms >= f->expires_ms)
		return TIMER_EXPIRY;
	return f->told < reminders_max(f) && reminder_ms(f, f->told + 1) <= f->now_ms
		       ? TIMER_REMINDER
		       : TIMER_NONE;
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
