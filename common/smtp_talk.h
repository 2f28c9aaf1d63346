/*
 * smtp_talk - one connection to a relay, seen from libesmtp's callbacks.
 *
 * libesmtp runs the protocol inside one blocking call and tells of it by events. When the next
 * message is given to it matters: it looks for one right after MAIL or RCPT was refused and after
 * the reply to the final dot, so that is when it is fed. (When DATA itself is refused it has looked
 * already: such a connection ends with QUIT.) No MAIL leaves before TLS and AUTH are as asked for.
 */
#ifndef BECKON_SMTP_TALK_H
#define BECKON_SMTP_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "smtp.h"
#include "smtp_tls.h"
#include "smtp_verdict.h"

#define SMTP_DETAIL_SIZE 128

struct smtp_route {
	struct smtp_options o; /* strings are this struct's own */
	struct smtp_tls *tls;  /* NULL when off */
	char *server;	       /* host:port */
};

/* How a connection ended. */
struct smtp_end {
	struct mail *mail;	   /* handed out and not answered by the relay, or NULL */
	struct mail_result result; /* its result, if it is not tried again */
	bool again;		   /* the connection was stale: a new one may take the mail */
	enum smtp_fault fault;
	char detail[SMTP_DETAIL_SIZE]; /* of a fault, or "" */
};

/* Opens a connection for first and lets the feed go on. Answers every mail but the one in end.
   Feed and first NULL: a probe. It goes up to where MAIL would follow, says QUIT, and end.fault
   tells. */
struct smtp_end smtp_talk(const struct smtp_route *route, struct feed *feed, struct mail *first);

/* The next mail of the feed that may go to a relay; others are answered here. NULL = no more. */
struct mail *smtp_talk_next(struct feed *feed);

#endif
