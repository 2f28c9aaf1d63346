/*
 * link - the URL in an invitation: a base that somebody configured or asked for, and the token.
 *
 * http and https only, a plain host with an optional port, no user information. Whatever may not
 * stand in a URL (RFC 3986) is percent-encoded, so the result is printable ASCII without spaces.
 */
#ifndef BECKON_LINK_H
#define BECKON_LINK_H

#include "buf.h"
#include "err.h"

#define LINK_MAX 2048 /* bytes of the whole link */

/* Appends base with "token=<token>" as the last parameter of its query, before any fragment.
   ERR_INVALID, nothing appended, where base is no such URL, holds control characters or is too
   long. To check a base alone, hand in a token of the usual length and throw the link away. */
int link_build(const char *base, const char *token, struct buf *out, struct err *e);

#endif
