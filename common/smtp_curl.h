/*
 * smtp_curl - one connection to a relay, over libcurl: smtp_talk's part where libesmtp cannot.
 *
 * TLS from the first byte, and TLS 1.3. The same promises as smtp_talk: no MAIL before TLS and AUTH
 * are as asked for (libcurl itself goes on without AUTH where a relay offers none), feed->dot right
 * before the final dot can leave, replies read for each command. libcurl closes the connection
 * after a refusal, so the next message opens another one; it sends no ENVID, RET, NOTIFY and ORCPT.
 */
#ifndef BECKON_SMTP_CURL_H
#define BECKON_SMTP_CURL_H

#include "smtp_talk.h"

/* Before threads start. */
void smtp_curl_init(void);

/* As smtp_talk. */
struct smtp_end smtp_curl_talk(const struct smtp_route *route, struct feed *feed,
			       struct mail *first);

#endif
