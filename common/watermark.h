/*
 * watermark - which offsets of a partition are done, and below which offset all are.
 *
 * Many records are in flight and end in any order; the offset stored is that of the first undone
 * one. A bitmap of WATERMARK_WINDOW offsets: a record further ahead does not fit, and the partition
 * is not read until the first undone one has ended. Pure; one a partition.
 */
#ifndef BECKON_WATERMARK_H
#define BECKON_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

#define WATERMARK_WINDOW 131072

struct watermark {
	int64_t low;  /* first undone offset; -1 before the first record */
	int64_t next; /* the offset expected next: one behind the last read */
	uint64_t done[WATERMARK_WINDOW / 64]; /* bit offset % WINDOW: ended, low not yet there */
};

void watermark_init(struct watermark *w);

/* A record was read. Offsets are read in rising order; those skipped (compacted, transaction
   markers) count as done. False: it is too far ahead, nothing was changed; it has to be kept until
   there is room. */
bool watermark_read(struct watermark *w, int64_t offset);

/* A record that was read has ended. True: low has moved, store it. */
bool watermark_done(struct watermark *w, int64_t offset);

/* The offset expected next does not fit. */
bool watermark_full(const struct watermark *w);

#endif
