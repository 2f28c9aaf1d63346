/*
 * smtp_verdict - from all that was heard about one message to its result: pure.
 *
 * The order of the questions is the promise: what the relay refused in words is refused, whatever
 * came after; taken is only what libesmtp calls complete and the relay answered with 2yz; the
 * rest is in doubt if the final dot may have left, and safe to send again if not.
 */
#ifndef BECKON_SMTP_VERDICT_H
#define BECKON_SMTP_VERDICT_H

#include <stdbool.h>

#include "transport.h"

/* How far a connection got before a message could be tried on it. */
enum smtp_fault {
	SMTP_FAULT_NONE,     /* the session was open */
	SMTP_FAULT_DNS,	     /* the relay's name was not found */
	SMTP_FAULT_CONNECT,  /* refused, unreachable, timed out */
	SMTP_FAULT_GREETING, /* greeting or EHLO refused, or never came */
	SMTP_FAULT_TLS,	     /* STARTTLS not offered, refused, tampered with; bad certificate */
	SMTP_FAULT_AUTH,     /* not let in */
};

struct smtp_trace {
	enum smtp_fault fault;
	struct reply session;	       /* the reply that ended an unopened session */
	struct reply mail, rcpt, data; /* data: to DATA, then to the final dot */
	bool complete;		       /* libesmtp's word: the relay took responsibility */
	bool dot;		       /* the last bytes may have left */
	bool ours;		       /* we ended it: the deadline, or the feed said no */
	bool reused;		       /* another message was answered on this connection */
};

struct mail_result smtp_verdict(const struct smtp_trace *t);

#endif
