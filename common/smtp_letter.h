/*
 * smtp_letter - a mail on its way through libesmtp.
 *
 * Gives libesmtp envelope and bytes, and asks the feed right before the last of them can leave.
 */
#ifndef BECKON_SMTP_LETTER_H
#define BECKON_SMTP_LETTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "smtp_verdict.h"
#include "transport.h"

struct smtp_session; /* libesmtp's, like the next two */
struct smtp_message;
struct smtp_recipient;

struct letter {
	struct mail *mail; /* NULL once it is answered: libesmtp has read it, or never will */
	struct feed *feed;
	int data_timeout_ms;
	struct smtp_message *message;
	struct smtp_recipient *recipient;
	int64_t handed_ms; /* monotonic: when the letter was made */
	int64_t read_ms;   /* and when libesmtp took the bytes; 0 = not yet */
	bool dot;	   /* the feed said yes: the final dot may have left */
	bool withheld;	   /* the end was kept back: the message can never be complete */
};

/* Adds l to the session. mail, feed and data_timeout_ms are filled in by the caller, the rest is
   zero. The mail has passed letter_fault. */
void letter_add(struct letter *l, struct smtp_session *session);

/* An error code if the mail may not go to any relay, else NULL. */
const char *letter_fault(const struct mail *mail);

/* The replies so far, into mail, rcpt, data, complete and dot of t. */
void letter_trace(const struct letter *l, struct smtp_trace *t);

#endif
