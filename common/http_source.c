/* A reply that is made while it is sent: http_front.h. */
#include <stdlib.h>
#include <string.h>

#include "http_stream_priv.h"
#include "mem.h"

#define BLOCK_BYTES ((size_t)32 << 10)
#define MORE_MAX_BYTES ((size_t)16 << 20) /* that may be made at once */

struct reading {
	struct http_source source;
	struct buf made;
	size_t at; /* so much of it is sent */
};

/* libmicrohttpd's thread calls this when the other end can take something. */
static ssize_t take(void *ctx, uint64_t position, char *out, size_t max)
{
	struct reading *r = ctx;
	size_t n;

	(void)position;
	while (r->at == r->made.len) {
		int more;

		buf_reset(&r->made);
		r->at = 0;
		more = r->source.more(r->source.ctx, &r->made);
		if (more < 0 || r->made.full)
			return MHD_CONTENT_READER_END_WITH_ERROR;
		if (!more && !r->made.len)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	n = r->made.len - r->at < max ? r->made.len - r->at : max;
	memcpy(out, r->made.data + r->at, n);
	r->at += n;
	return (ssize_t)n;
}

static void leave(void *ctx)
{
	struct reading *r = ctx;

	r->source.close(r->source.ctx);
	buf_clear(&r->made);
	free(r);
}

struct MHD_Response *http_source_reply(const struct http_source *s)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	struct MHD_Response *reply;

	r->source = *s;
	r->made.max = MORE_MAX_BYTES;
	reply = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, take, r, leave);
	if (!reply)
		abort(); /* out of memory */
	return reply;
}
