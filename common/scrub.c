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

/* jemalloc's settings, read when the process starts. Sixty threads that each do little get on with
   one arena and small caches, which is a tenth less memory at the same rate; what is free goes back
   to the system soon. */
const char *malloc_conf = "narenas:1,tcache_max:1024,tcache_nslots_small_max:20,"
			  "tcache_nslots_large:2,dirty_decay_ms:300,muzzy_decay_ms:0";

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
