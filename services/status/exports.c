#include "exports.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "ids.h"
#include "mem.h"

struct exports {
	pthread_mutex_t lock;
	char tenants[EXPORTS_MAX][IDS_NAME_MAX + 1]; /* of those under way */
	size_t n;
};

struct exports *exports_new(void)
{
	struct exports *x = xcalloc(1, sizeof(*x));

	pthread_mutex_init(&x->lock, NULL);
	return x;
}

void exports_free(struct exports *x)
{
	if (!x)
		return;
	pthread_mutex_destroy(&x->lock);
	free(x);
}

bool exports_begin(struct exports *x, const char *tenant)
{
	size_t same = 0;
	bool may;

	pthread_mutex_lock(&x->lock);
	for (size_t i = 0; i < x->n; i++)
		same += !strcmp(x->tenants[i], tenant);
	may = x->n < EXPORTS_MAX && same < EXPORTS_TENANT_MAX;
	if (may)
		text_put(x->tenants[x->n++], sizeof(x->tenants[0]), tenant);
	pthread_mutex_unlock(&x->lock);
	return may;
}

void exports_end(struct exports *x, const char *tenant)
{
	size_t i = 0;

	pthread_mutex_lock(&x->lock);
	while (i < x->n && strcmp(x->tenants[i], tenant) != 0)
		i++;
	if (i < x->n)
		memmove(x->tenants[i], x->tenants[--x->n], sizeof(x->tenants[0]));
	pthread_mutex_unlock(&x->lock);
}
