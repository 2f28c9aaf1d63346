/*
 * mime - header fields and parts of a message (RFC 5322, 2045, 2046, 2047), on GMime's encoders.
 *
 * Whole message objects cost as much as sending the message, so a letter is put together from
 * these. Promises: CRLF line ends only, no line over 998 octets, header lines folded at 76 where
 * there is a place to fold. What a value says is what a reader decodes, to the byte: text that
 * could be taken for something else (non-ASCII, "=?", spaces at an end, words longer than a line)
 * becomes encoded-words, never split inside a character. GMime's own header functions are not
 * used: they pass "=?utf-8?Q?x?=" through as if it were encoded, drop spaces at both ends and
 * write encoded-words longer than the 75 characters that RFC 2047 allows.
 * No state: everything is thread-safe.
 */
#ifndef BECKON_MIME_H
#define BECKON_MIME_H

#include <stdint.h>

#include "buf.h"
#include "err.h"

#define MIME_VALUE_MAX 4096  /* bytes of a header value before encoding */
#define MIME_ADDRESS_MAX 254 /* RFC 5321 4.5.3.1 */
#define MIME_BOUNDARY_SIZE 29

/* Each appends one header field with its CRLF. ERR_INVALID, nothing appended, where the value has
   control characters (C0, DEL, C1), is not UTF-8 or is too long; the text names the field only. */
int mime_text(struct buf *out, const char *field, const char *value, struct err *e);

/* `"display" <address>`, or the address alone where display is NULL or empty. The address is
   local@domain in ASCII, the local part a dot-atom (RFC 5322 3.4.1). */
int mime_mailbox(struct buf *out, const char *field, const char *display, const char *address,
		 struct err *e);

void mime_date(struct buf *out, int64_t ms); /* the Date field, in UTC */

/* A boundary for the message of this name: the same name gives the same boundary. */
void mime_boundary(const char *name, char out[MIME_BOUNDARY_SIZE]);

/* Appends Content-Type ("text/<subtype>; charset=utf-8"), Content-Transfer-Encoding, the empty line
   and the text, which is UTF-8 with any line ends (and is left with LF ones): 7bit where it
   can be, else quoted-printable or base64, whichever is shorter. The boundary never occurs
   in it. */
void mime_part(struct buf *out, const char *subtype, struct buf *text, const char *boundary);

#endif
