/*
 * curl_priv - what the files of curl share. Included by curl*.c only.
 */
#ifndef BECKON_CURL_PRIV_H
#define BECKON_CURL_PRIV_H

#include <curl/curl.h>

#include "buf.h"
#include "curl.h"

/* A request under way, or the memory of one for the next. */
struct transfer {
	struct transfer *prev, *next;
	struct curl_wire *wire;
	const struct curl_options *o; /* the wire's */
	CURL *easy;
	struct curl_slist *headers;
	struct curl_request request;
	struct buf body;
	bool begun;   /* about to leave, or further */
	bool refused; /* the address is none that may be connected to */
};

/* What is the same for all requests of a wire. */
void curl_set_up(CURL *easy, const struct curl_options *o);
/* What t->request asks for. */
void curl_set_request(struct transfer *t);
/* A code of schemas/errors.json for a request of which nothing has left. */
const char *curl_fault(CURLcode code);
/* libcurl's callback, ctx a struct transfer: only to where the options allow. */
curl_socket_t curl_open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a);

#endif
