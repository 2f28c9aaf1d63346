/*
 * catcher_session - the server's side of one SMTP conversation, as bytes in and bytes out.
 *
 * Knows the order of commands (RFC 5321 section 4.1.4) and nothing of sockets.
 */
#ifndef BECKON_CATCHER_SESSION_H
#define BECKON_CATCHER_SESSION_H

#include <stdbool.h>

#include "buf.h"
#include "catcher.h"

enum session_stage { SESSION_NEW, SESSION_READY, SESSION_MAIL, SESSION_RCPT, SESSION_DATA };

struct catcher_session {
	const struct catcher_options *options; /* borrowed */
	enum session_stage stage;
	bool over;	   /* nothing is read any more; close once out is written */
	bool line_started; /* DATA: the line being read has been taken in part */
	bool too_large;	   /* DATA: the rest is read and thrown away */
	char *from;
	char *to[CATCHER_RECIPIENTS_MAX];
	size_t nto;
	struct buf message;
	struct buf out; /* replies not written yet */
};

void catcher_session_init(struct catcher_session *s, const struct catcher_options *o); /* greets */
void catcher_session_clear(struct catcher_session *s);

/* Takes what it can of the bytes; returns how many. What is left is an unfinished line of less than
   CATCHER_LINE_MAX bytes, to be offered again with more behind it. */
size_t catcher_session_feed(struct catcher_session *s, const char *bytes, size_t n);

#endif
