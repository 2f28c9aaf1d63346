/* The mail catcher's side of a conversation, in pieces as a network would cut it: nothing crashes,
   nothing is lost between the pieces, and what is kept stays within its bound. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "catcher_session.h"
#include "mem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int caught(void *ctx, const struct caught *m)
{
	(void)ctx;
	assert(m->len <= CATCHER_MESSAGE_MAX && m->nto >= 1 && m->nto <= CATCHER_RECIPIENTS_MAX);
	return m->len % 2 ? OK : ERR_AGAIN;
}

/* Feeds all bytes in pieces of at most step; appends the answers to out. */
static void converse(const uint8_t *data, size_t size, size_t step, struct buf *out)
{
	struct catcher_options options = { .caught = caught };
	struct catcher_session s;
	autobuf rest = BUF_INIT(0);

	catcher_session_init(&s, &options);
	while (size && !s.over) {
		size_t n = size < step ? size : step, taken;

		buf_add(&rest, data, n);
		taken = catcher_session_feed(&s, rest.data, rest.len);
		memmove(rest.data, rest.data + taken, rest.len - taken);
		rest.len -= taken;
		assert(s.over || rest.len < CATCHER_LINE_MAX);
		data += n;
		size -= n;
	}
	buf_add(out, s.out.data, s.out.len);
	catcher_session_clear(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autobuf whole = BUF_INIT(0), pieces = BUF_INIT(0);

	converse(data, size, size, &whole);
	converse(data, size, size ? 1 + data[0] % 16 : 1, &pieces);
	assert(whole.len == pieces.len && !memcmp(whole.data, pieces.data, whole.len));
	return 0;
}
