/*
 * smtp_wire - what may go to a relay: the last look before libesmtp, which looks at nothing.
 *
 * libesmtp puts addresses on the wire as they are (a CR LF in one is another command) and passes
 * bare CR and LF through (the smuggling of CVE-2023-51764). Whoever makes mails promises better;
 * here it is checked. Pure.
 */
#ifndef BECKON_SMTP_WIRE_H
#define BECKON_SMTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define WIRE_LINE_MAX 998 /* octets without CR LF, RFC 5322 2.1.1 */
#define WIRE_MESSAGE_MAX ((size_t)64 << 20)
#define WIRE_ADDRESS_MAX 254 /* octets, RFC 5321 4.5.3.1.3 without the brackets */
#define WIRE_XTEXT_MAX 200   /* octets of xtext: libesmtp encodes into 256 and checks too late */

/* One mailbox: printable ASCII without space, brackets, quotes and backslash, exactly one at
   sign. Empty = the null reverse path, good only where null_ok. */
bool wire_address_ok(const char *address, bool null_ok);

/* Whole lines ended by CR LF, none over WIRE_LINE_MAX, no other CR, LF or NUL; at least one line,
   at most WIRE_MESSAGE_MAX. */
bool wire_message_ok(const char *bytes, size_t len);

/* Printable ASCII that fits WIRE_XTEXT_MAX once encoded (RFC 3461 4). */
bool wire_xtext_ok(const char *s);

#endif
