/*
 * accept - the page behind the link of an invitation: /i/TOKEN and /i?token=TOKEN.
 *
 * GET and HEAD change nothing, however often a scanner asks. A POST from a page of ours appends
 * invite.accepted or invite.declined (of a link whose time is over invite.renewal-requested), waits
 * for Kafka to have it and for nobody to act on it; its id is computed from the link, so a repeated
 * one is a duplicate. What was filled in travels sealed to the application's key; the application
 * is told who comes by a ticket that is good once.
 */
#ifndef BECKON_ACCEPT_H
#define BECKON_ACCEPT_H

#include "site.h"

/* shared is borrowed until web_close. */
struct web_module accept_module(struct site_shared *shared);

#endif
