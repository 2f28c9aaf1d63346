/*
 * smtp - struct transport: smtp:// with STARTTLS over libesmtp, smtps:// and TLS 1.3 over libcurl.
 *
 * A session is a connection that carries message after message; libesmtp keeps it open as long as
 * the next message is given to it while the last one is being answered. A refused recipient or
 * sender ends nothing (over libcurl it costs a connection). A connection that the relay has closed
 * between two messages (idle, 421, restart) is replaced once for the message that met it. What is
 * sure: nothing of an envelope leaves before TLS and AUTH are as asked for; feed->dot comes before
 * the last bytes can leave; each message gets one result.
 *
 * Limits: no IPv6 literal as host, ASCII envelopes, password <= 255 octets, AUTH by PLAIN or LOGIN.
 * Over libesmtp exactly TLS 1.2; over libcurl no delivery notices are asked for (RFC 3461), since
 * it cannot. The name look-up is the system's and has the system's time-outs.
 */
#ifndef BECKON_SMTP_H
#define BECKON_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

#define SMTP_SECRET_SIZE 256 /* a user name or password with its NUL */

enum smtp_tls_mode {
	SMTP_TLS_REQUIRED,	    /* no message without STARTTLS and a good certificate */
	SMTP_TLS_OPTIONAL_INSECURE, /* where offered, any certificate: whoever is in the path reads
				     */
	SMTP_TLS_OFF,		    /* a relay on this machine or behind a tunnel */
};

/* Zero or NULL where nothing is said = the default. */
struct smtp_options {
	const char *host; /* required: a name or an IPv4 address */
	uint16_t port;	  /* 25 */
	enum smtp_tls_mode tls;
	bool implicit_tls;    /* from the first byte on: smtps://, RFC 8314 3.3 */
	bool tls_13;	      /* no older TLS than 1.3 */
	bool by_curl;	      /* over libcurl in any case, as what the two before ask for is */
	const char *ca_file;  /* PEM; the system's store */
	const char *username; /* no AUTH without; never with SMTP_TLS_OFF */
	/* Copies the password, NUL-terminated, into out; false = there is none now. Asked at each
	   connection from any channel thread, so that it can be changed while running. */
	bool (*password)(void *ctx, char *out, size_t size);
	void *password_ctx;
	const char *helo;	/* this machine's name */
	int connect_timeout_ms; /* 10,000 for each address of the host */
	int command_timeout_ms; /* 30,000 for a reply, >= 1,000 */
	int data_timeout_ms;	/* 60,000 for the body and the reply to it, >= 1,000 */
	int max_messages;	/* 40 a connection: libesmtp keeps each, some 4 KB, until its end */
	int max_age_ms;		/* 300,000: an older connection gets no further message */
};

/* Copies what it needs. The process must not die of SIGPIPE: it is ignored from here on. Call
   before threads start (smtp_tls.h says why). ERR_FATAL: an option that cannot be, a ca_file that
   cannot be read. */
int smtp_transport_new(struct transport **out, const struct smtp_options *o, struct err *e);

#endif
