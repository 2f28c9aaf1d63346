/*
 * http_stream - the halves of a stream that http_front puts into a reply.
 */
#ifndef BECKON_HTTP_STREAM_PRIV_H
#define BECKON_HTTP_STREAM_PRIV_H

#include <microhttpd.h>

#include "http_front.h"

/* The reply's half: it takes over the hold of the response. */
struct MHD_Response *http_stream_reply(struct http_stream *s, struct MHD_Connection *connection);

#endif
