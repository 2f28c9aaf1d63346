/*
 * transport - one conversation with a relay that carries many messages.
 *
 * A channel thread calls session(): it opens a connection, asks the feed for messages one after
 * the other, tells each one's result, and returns when the feed has no more, the session is old,
 * or the connection is lost. Every message handed out by feed->next is answered by exactly one
 * feed->done, whatever happens. Implementation: smtp.c, over libesmtp or libcurl.
 */
#ifndef BECKON_TRANSPORT_H
#define BECKON_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

/* What a relay said last to one command. code 0 = nothing was said. */
struct reply {
	int code;	   /* RFC 5321 reply code */
	char enhanced[12]; /* RFC 2034/3463 "5.1.1", or "" */
	char text[160]; /* printable ASCII, cut; may hold an address: scrub before telling anyone */
};

/* How far a message got: decides who may send it again. */
enum reach {
	REACH_TAKEN,	/* recipient accepted and the final reply was 2yz: the relay has it */
	REACH_REFUSED,	/* the relay refused this message or recipient; the session may go on */
	REACH_NOT_SENT, /* the connection or session failed before the final dot: safe to send again
			 */
	REACH_IN_DOUBT, /* lost after the final dot was begun: it may have been taken over */
};

struct mail {
	const char *from; /* envelope addresses, ASCII, re-serialised from a parse */
	const char *to;
	const char *envid; /* RFC 3461 ENVID, or NULL */
	const char *bytes; /* the whole message, CRLF line ends only, lines <= 998 octets */
	size_t len;
	void *user; /* the feed's own */
};

struct mail_result {
	enum reach reach;
	struct reply reply; /* the reply that decided */
	bool route_fault;   /* connection, TLS, or 530/535: the relay, not this message, is at fault
			     */
	const char *code;   /* an error code of schemas/errors.json; NULL when taken */
};

struct feed {
	void *ctx;
	/* The next message, waiting as long as the feed likes to keep an idle session; NULL = end
	   the session. The mail lives until its done(). */
	struct mail *(*next)(void *ctx);
	/* The final dot is about to be sent. False = do not (lease lost): the message must not be
	   sent and is reported NOT_SENT. Called at most once per message, from the channel thread.
	 */
	bool (*dot)(void *ctx, struct mail *mail);
	void (*done)(void *ctx, struct mail *mail, const struct mail_result *result);
};

/* A transport is made once per route by its module and shared read-only by threads. */
struct transport {
	const char *name;
	/* Runs one session on the calling thread. Returns OK when it ended in good order, ERR_AGAIN
	   with text on a route fault (every message handed out has been answered all the same). */
	int (*session)(struct transport *t, struct feed *feed, struct err *e);
	/* Says EHLO (and STARTTLS, AUTH) and QUIT, no message: is the route whole again? */
	int (*probe)(struct transport *t, struct err *e);
	void (*free)(struct transport *t);
};

/* A session in progress registers its descriptor so that the loop can end it at the message
   deadline: one of these per channel thread, set as the thread's own before session(). */
struct session_fd {
	_Atomic int fd;		  /* -1 = no connection */
	_Atomic int deadline_hit; /* set by session_fd_cut */
};

void session_fd_use(struct session_fd *s); /* by the channel thread, once */
void session_fd_cut(struct session_fd *s); /* by the loop: shutdown(2), so blocked I/O returns */

#endif
