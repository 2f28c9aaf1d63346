/*
 * smtp_listen - reads along until the first MAIL: pure, no I/O.
 *
 * libesmtp takes replies from a buffer, and what follows one reply in it as the next one: bytes
 * that somebody adds to the reply to STARTTLS would be read as if they had come encrypted. So
 * replies are framed here as well; one byte more than was asked for is tampering. On the way the
 * first line of the latest reply is kept, which libesmtp shows to nobody, and AUTH is watched.
 * What we say is looked at for its verb only: AUTH is in the clear here.
 *
 * Two words are struck out of the reply to EHLO while it passes. CHUNKING: with several BDATs under
 * way and the connection lost, libesmtp counts replies that can no longer come and calls a state
 * before the first of its table (with one recipient and DATA at most two commands are under way,
 * which it survives). NTLM: its plug-in goes on without the domain that nobody gave it, through a
 * null pointer.
 */
#ifndef BECKON_SMTP_LISTEN_H
#define BECKON_SMTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

#include "transport.h"

enum smtp_phase { SMTP_GREETING, SMTP_EHLO, SMTP_STARTTLS, SMTP_AUTH, SMTP_OPEN };

/* Zeroed = a connection has just been made. */
struct smtp_listen {
	enum smtp_phase phase; /* what was last asked for; SMTP_OPEN: MAIL was about to leave */
	bool auth_tried, authenticated; /* AUTH was said; 235 came (RFC 4954 4) */
	bool tampered;
	bool quit; /* QUIT was said: the reply before it stays the latest */
	bool whole;
	char line[sizeof(((struct reply *)0)->text)]; /* the latest reply's first line */
	size_t line_len;
	bool line_whole;
	char head[4]; /* of the reply's current line */
	size_t head_len;
	size_t struck[2]; /* characters of each such word that have just passed */
};

/* Bytes that came, before libesmtp looks at them; at the first one too many, tampered. */
void smtp_listen_heard(struct smtp_listen *l, char *bytes, size_t len);

/* Bytes that are about to leave. */
void smtp_listen_said(struct smtp_listen *l, const char *bytes, size_t len);

/* The latest reply; code 0 if there was none or it makes no sense. */
void smtp_listen_reply(const struct smtp_listen *l, struct reply *r);

#endif
