/*
 * smtp_curl_priv - what the files of smtp_curl share. Included by smtp_curl*.c only.
 */
#ifndef BECKON_SMTP_CURL_PRIV_H
#define BECKON_SMTP_CURL_PRIV_H

#include <curl/curl.h>

#include "buf.h"
#include "smtp_curl.h"
#include "smtp_listen.h"

#define SMTP_CURL_REPLY_MAX 512 /* bytes of a reply's text that are looked at */

struct curl_talk {
	const struct smtp_route *route;
	struct feed *feed; /* NULL: a probe */
	CURL *easy;
	struct curl_slist *to;
	char error[CURL_ERROR_SIZE];
	char password[SMTP_SECRET_SIZE];
	/* of a connection */
	curl_socket_t fd;
	struct smtp_listen listen;
	bool notices; /* the relay offers DSN (RFC 3461) */
	int answered;
	int64_t opened_ms;
	/* of a message */
	struct mail *mail;
	size_t read;
	int64_t read_ms; /* when libcurl asked for the first byte; 0 = not yet */
	bool connected;
	bool ready; /* greeted, encrypted and let in */
	bool withheld;
	struct smtp_trace heard;
	const char *detail;
	struct reply *asked; /* where the reply to the last command belongs */
	struct buf text;     /* of the reply that is coming */
	int64_t handed_ms;
};

/* libcurl's debug callback, ctx a struct curl_talk: after a command has left, and with each line of
   a reply before libcurl acts on it. Fills listen and the replies of heard. */
int smtp_curl_traffic(CURL *easy, curl_infotype what, char *bytes, size_t len, void *ctx);

#endif
