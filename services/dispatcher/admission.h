/*
 * admission - may an event be decided now, and what does the DNS say of its recipient's domain?
 *
 * An event that carries an address whose domain is not known yet waits in the lobby, without having
 * been claimed; so do all later ones of its invite. What has waited once is served whatever is
 * known by then. Where a process dies meanwhile the records are read again.
 */
#ifndef BECKON_ADMISSION_H
#define BECKON_ADMISSION_H

#include "ask.h"
#include "dispatcher.h"

#define ADMISSION_AGAIN_MS 50 /* while somebody waits; an answer wakes the loop earlier */

int admission_open(struct dispatcher *d, struct err *e);
void admission_close(struct dispatcher *d);

/* A claimable event: true where it is to wait, which makes it ASK_WAITING. Else a->domain_dead is
   told. has_waited: it does not again. */
bool admission_holds(struct dispatcher *d, struct ask *a, bool has_waited);

/* One that cannot be decided yet for another reason: "" = another of its invite is ahead. */
void admission_wait(struct dispatcher *d, struct ask *a, const char *question);

/* The batch of an event that is to wait has been taken, or will be handed over again whole. */
void admission_end(struct dispatcher *d, const struct ask *a, bool taken);

/* w waits no more, e.g. since its partition is gone. False: it did not. */
bool admission_leaves(struct dispatcher *d, struct work *w);

/* Those that have waited long enough, at most max; lobby_take_back if they cannot be served. */
size_t admission_ready(struct dispatcher *d, struct work **out, size_t max);

#endif
