/*
 * smtp_curl - one connection to a relay, over libcurl: smtp_talk's part where libesmtp cannot.
 *
 * TLS from the first byte, and TLS 1.3. The same promises as smtp_talk: no MAIL before TLS and AUTH
 * are as asked for (libcurl itself goes on without AUTH where a relay offers none), feed->dot right
 * before the final dot can leave, replies read for each command. libcurl closes the connection
 * after a refusal, so the next message opens another one.
 *
 * Where the relay offers DSN, MAIL asks for headers only and bears our ENVID (RFC 3461 4.3, 4.4),
 * as "ENVID=<id>": libcurl before 8.16 closes whatever it was given as an address with a bracket,
 * which is a letter of xtext like any other, so who reads notices knows both forms. RCPT has
 * neither NOTIFY nor ORCPT for the same reason: "NOTIFY=DELAY>" is none, and the address in ORCPT
 * would be another one. Without NOTIFY a relay tells of failures, and of delays if it likes
 * (RFC 3461 5.2.1): what libesmtp asks for in so many words.
 */
#ifndef BECKON_SMTP_CURL_H
#define BECKON_SMTP_CURL_H

#include "smtp_talk.h"

/* What beckon-smtps.so exports. It is loaded for a relay that asks for it alone: libcurl and the
   twenty libraries that it needs are 1.5 MiB. */
#define SMTP_CURL_FILE "beckon-smtps.so"
#define SMTP_CURL_NAME "beckon_smtp_curl"
struct smtp_curl {
	void (*init)(void); /* before threads start */
	/* As smtp_talk. */
	struct smtp_end (*talk)(const struct smtp_route *route, struct feed *feed,
				struct mail *first);
};

extern const struct smtp_curl beckon_smtp_curl;

#endif
