/*
 * link - URLs in a mail: above all a base that somebody configured or asked for, and the token.
 *
 * http and https only, a plain host with an optional port, no user information. Whatever may not
 * stand in a URL (RFC 3986) is percent-encoded, so the result is printable ASCII without spaces.
 */
#ifndef BECKON_LINK_H
#define BECKON_LINK_H

#include <jansson.h>
#include <stdbool.h>

#include "buf.h"
#include "err.h"

#define LINK_MAX 2048 /* bytes of the whole link */

/* Appends base with "token=<token>" as the last parameter of its query, before any fragment.
   token NULL: base alone. ERR_INVALID, nothing appended, where base is no such URL, holds control
   characters or the result is too long. */
int link_build(const char *base, const char *token, struct buf *out, struct err *e);

/* The same with "ticket=<ticket>", for who has accepted. */
int link_ticket(const char *base, const char *ticket, struct buf *out, struct err *e);

/* Is this host among those of a list, an array of what form_host takes? NULL = none is. */
bool link_host_listed(const char *host, size_t len, const json_t *list);

/* May a link lead to where base does: to the host of own (NULL = none), or to one of the list?
   Where there is no list it may lead anywhere. */
bool link_may_lead(const char *base, const char *own, const json_t *list);

/* Appends "mailto:<address>" (RFC 6068), the address percent-encoded. */
void link_mailto(const char *address, struct buf *out);

#endif
