#include "secret.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

void *secret_new(size_t n)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		abort();
	madvise(p, n, MADV_DONTDUMP);
	mlock(p, n); /* over the limit: it may be swapped, and is still wiped */
	return p;
}

void secret_free(void *p, size_t n)
{
	if (!p)
		return;
	explicit_bzero(p, n);
	munmap(p, n);
}
