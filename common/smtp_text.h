/*
 * smtp_text - the text of replies: cleaned when it comes in, scrubbed when it goes out.
 *
 * What relays write is hostile until cleaned, and holds addresses, numbers and tokens until
 * scrubbed. Pure; every output is bounded.
 */
#ifndef BECKON_SMTP_TEXT_H
#define BECKON_SMTP_TEXT_H

#include <stdint.h>

#include "transport.h"

#define SMTP_REASON_SIZE 201
#define SMTP_RETRY_AFTER_MAX_MS ((int64_t)24 * 60 * 60 * 1000)

/* Fills r. text (may be NULL) becomes one line of printable ASCII, cut between words: half an
   address would escape the scrubbing. An enhanced code (RFC 2034) at the head of the text goes
   to r->enhanced if its class is the code's; it is read from there whether or not the relay
   announced ENHANCEDSTATUSCODES. enhanced may be NULL. */
void smtp_text_reply(struct reply *r, int code, const char *enhanced, const char *text);

/* "550 5.1.1 <address> unknown": code, enhanced code, and the text without addresses, numbers of
   five and more digits (spaces and hyphens between them or not) and words that look like tokens.
   Returns out. */
const char *smtp_text_reason(const struct reply *r, char out[SMTP_REASON_SIZE]);

/* "try again in 300 seconds", "come back in 00:05:00": ms, at most SMTP_RETRY_AFTER_MAX_MS; 0 =
   the text does not say. */
int64_t smtp_text_retry_after_ms(const char *text);

#endif
