/*
 * pass_priv - what the files that write a share of the invites have in common. Included by pass_*.c
 * only.
 */
#ifndef BECKON_PASS_PRIV_H
#define BECKON_PASS_PRIV_H

#include "pass.h"

#define PASS_FIELDS_MAX 24
#define PASS_NUMBERS_MAX 12

/* An invite in hand. */
struct writing {
	const struct pass *p;
	struct pass_invite *i;
	const struct fold *f;
	const struct tenant *tenant;
	char tenant_name[IDS_NAME_MAX + 1];
	const char *invite; /* behind the slash */
	int64_t expires_ms, sent_ms, timer_turn;
	int64_t reminders; /* told, or left out */
	const char *kid;   /* that signed the link; NULL = not known */
	struct guard_field fields[PASS_FIELDS_MAX];
	size_t nfields;
	char numbers[PASS_NUMBERS_MAX][INT_TEXT_SIZE], slot[64];
	size_t nnumbers;
};

void pass_name_delivery(const struct writing *w, size_t n, char id[IDS_DELIVERY_SIZE]);

/* ---- pass_park.c: what waits ---- */

/* Something of it is to be parked. */
bool pass_waits(const struct writing *w);

/* The slot that it has been given: w->slot, and the line of its tenant. */
void pass_note_slot(struct pass *p, struct writing *w);

/* Parks what waits of it. */
int pass_park(struct pass *p, const struct writing *w, struct err *e);

#endif
