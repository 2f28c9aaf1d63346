/*
 * http_stream - what http_front puts into a reply that goes on: a stream's half, or a source.
 */
#ifndef BECKON_HTTP_STREAM_PRIV_H
#define BECKON_HTTP_STREAM_PRIV_H

#include <microhttpd.h>

#include "http_front.h"

/* The reply's half: it takes over the hold of the response. */
struct MHD_Response *http_stream_reply(struct http_stream *s, struct MHD_Connection *connection);

/* A reply whose body s makes; s->close is called when it is over. */
struct MHD_Response *http_source_reply(const struct http_source *s);

#endif
