#include "watermark.h"

#include <assert.h>
#include <string.h>

void watermark_init(struct watermark *w)
{
	memset(w, 0, sizeof(*w));
	w->low = w->next = -1;
}

static uint64_t *word_of(struct watermark *w, int64_t offset)
{
	return &w->done[offset % WATERMARK_WINDOW / 64];
}

static uint64_t bit_of(int64_t offset)
{
	return (uint64_t)1 << (offset % 64);
}

/* Moves low over everything that is done. */
static bool advance(struct watermark *w)
{
	int64_t before = w->low;

	while (w->low < w->next && (*word_of(w, w->low) & bit_of(w->low))) {
		*word_of(w, w->low) &= ~bit_of(w->low);
		w->low++;
	}
	return w->low != before;
}

bool watermark_read(struct watermark *w, int64_t offset)
{
	if (w->next < 0 || (w->low == w->next && offset > w->next))
		w->low = w->next = offset; /* nothing is undone: a gap of any width is done */
	assert(offset >= w->next);
	if (offset - w->low >= WATERMARK_WINDOW)
		return false;
	for (int64_t skipped = w->next; skipped < offset; skipped++)
		*word_of(w, skipped) |= bit_of(skipped);
	w->next = offset + 1;
	return true;
}

bool watermark_done(struct watermark *w, int64_t offset)
{
	assert(offset >= w->low && offset < w->next);
	*word_of(w, offset) |= bit_of(offset);
	return advance(w);
}

bool watermark_full(const struct watermark *w)
{
	return w->next - w->low >= WATERMARK_WINDOW;
}
