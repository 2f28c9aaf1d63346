/*
 * smtp_connect - the connect(2) and the write(2) that libesmtp calls.
 *
 * libesmtp connects without a time-out, never sets TCP_NODELAY (each message would wait some
 * 44 ms for Nagle against delayed acknowledgements) and keeps its descriptor to itself. So the
 * executable defines connect() itself: between smtp_connect_begin and smtp_connect_end a TCP
 * connection made by the calling thread gets a time-out, TCP_NODELAY, and is entered into the
 * thread's struct session_fd (transport.h). Every other thread, and the same thread at any other
 * time, reaches the kernel's connect untouched.
 *
 * libesmtp writes a message in pieces of 2 KB, each of which would be a packet of its own and wake
 * the relay. So it defines write() as well: while more is to follow, what libesmtp writes waits in
 * the kernel for it (MSG_MORE, 200 ms at the most), and a message leaves whole.
 *
 * struct session_fd holds a duplicate of the descriptor, and whoever takes it out closes it:
 * libesmtp's close cannot make the number mean another file while the loop shuts it down.
 */
#ifndef BECKON_SMTP_CONNECT_H
#define BECKON_SMTP_CONNECT_H

#include <stdbool.h>
#include <stddef.h>

/* timeout_ms > 0. Where the thread has no struct session_fd in use, one of its own serves. */
void smtp_connect_begin(int timeout_ms);

/* Has a connection been made since the begin? It may have ended since. */
bool smtp_connect_made(void);

/* Forgets the connection. A cut that comes later finds nothing. */
void smtp_connect_end(void);

/* Ends the thread's connection now: what is not yet handed to the kernel can no longer leave. */
void smtp_connect_cut(void);

/* Says some last words in the clear. */
void smtp_connect_say(const char *bytes, size_t len);

/* Whether what the thread's connection is given next will be followed by more at once. */
void smtp_connect_more(bool more);

/* What we say still leaves; an answer is not waited for (as Postfix does after QUIT: a relay that
   keeps silent then would hold its thread). */
void smtp_connect_deafen(void);

/* The peer has closed its half or the connection is broken: no reply can come any more. */
bool smtp_connect_lost(void);

/* The loop has cut this session at a deadline. Forgotten when a session begins, before it has a
   message: what was meant for an earlier message does not hit a later one. */
bool smtp_connect_deadline(void);
void smtp_connect_forget_deadline(void);

#endif
