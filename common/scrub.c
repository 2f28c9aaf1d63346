#include "scrub.h"

static _Thread_local unsigned scrubbing;

void scrub_begin(void)
{
	scrubbing++;
}

void scrub_end(void)
{
	scrubbing--;
}

#ifdef BECKON_JEMALLOC
#include <jemalloc/jemalloc.h>
#include <string.h>

/* jemalloc's settings, read when the process starts. Many threads that each do little: two arenas,
   small caches a thread, and what is free goes back to the system within a second. */
const char *malloc_conf = "narenas:2,tcache_max:4096,tcache_nslots_small_max:20,"
			  "tcache_nslots_large:2,dirty_decay_ms:1000,muzzy_decay_ms:0";

void free(void *p)
{
	if (!p)
		return;
	if (scrubbing)
		explicit_bzero(p, malloc_usable_size(p));
	dallocx(p, 0);
}

/* What grows somewhere else leaves nothing where it was. */
static void *move(void *p, size_t n)
{
	size_t had = malloc_usable_size(p);
	void *q = malloc(n);

	if (!q)
		return NULL;
	memcpy(q, p, had < n ? had : n);
	free(p);
	return q;
}

void *realloc(void *p, size_t n)
{
	if (!p)
		return malloc(n);
	if (!n)
		n = 1;
	return scrubbing ? move(p, n) : rallocx(p, n, 0);
}
#endif
