/*
 * buf - a growing byte buffer with an upper bound.
 *
 * Everything that is built from outside data is built in one of these. Going over `max` sets
 * `full` and drops the rest: the builder goes on without checks and asks once at the end.
 * data is always NUL-terminated once something was added; len does not count the NUL.
 */
#ifndef BECKON_BUF_H
#define BECKON_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data;
	size_t len, cap;
	size_t max;  /* bytes; 0 = BUF_MAX_DEFAULT */
	bool full;   /* something did not fit: the content is incomplete */
	bool secret; /* what is in it must not stay behind: see secret.h. Set before anything is
			added */
};

#define BUF_MAX_DEFAULT ((size_t)4 << 20)

/* An initialiser: struct buf b = BUF_INIT(64 << 10). */
#define BUF_INIT(max_bytes)                                                                        \
	{                                                                                          \
		.max = (max_bytes)                                                                 \
	}

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_byte(struct buf *b, char c);
void buf_int(struct buf *b, int64_t v);
void buf_fmt(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3))); /* ten times dearer */

/* v in decimal with a final NUL; returns its characters. */
#define INT_TEXT_SIZE 21
size_t int_text(char out[INT_TEXT_SIZE], int64_t v);

/* Makes room for n more bytes and returns where they go (the caller then adds to len through
   buf_commit), or NULL with full set. For encoders that write in place. */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

/* Memory for about n more bytes at once, instead of by and by. A hint: nothing is added, full is
 * never set. */
void buf_room(struct buf *b, size_t n);

/* Adds a JSON string (RFC 8259) with its quotes. s is UTF-8; control characters are escaped. */
void buf_json(struct buf *b, const char *s);
void buf_json_n(struct buf *b, const char *s, size_t n);

void buf_reset(struct buf *b); /* empty again, memory kept */
void buf_clear(struct buf *b); /* memory freed */
char *buf_take(struct buf *b); /* the bytes (caller frees; never NULL); the buffer is empty after.
				  Not of a secret one */

#define autobuf __attribute__((cleanup(buf_clear))) struct buf

#endif
