#include "web_rate.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"

#define BUCKETS 4096

struct web_rate {
	pthread_mutex_t lock;
	int64_t interval_us, burst_us;
	unsigned char key[16];
	int64_t free_at_us[BUCKETS]; /* GCRA: when the bucket is empty again */
};

struct web_rate *web_rate_new(int64_t per_s, int64_t burst)
{
	struct web_rate *r = xcalloc(1, sizeof(*r));

	pthread_mutex_init(&r->lock, NULL);
	r->interval_us = 1000000 / per_s;
	r->burst_us = r->interval_us * burst;
	crypto_random(r->key, sizeof(r->key));
	return r;
}

void web_rate_free(struct web_rate *r)
{
	if (!r)
		return;
	pthread_mutex_destroy(&r->lock);
	free(r);
}

/* Somebody has a whole /64 of IPv6. An IPv4 address is one, also where it is written as one of
 * IPv6.
 */
static size_t bucket_of(const struct web_rate *r, const char *address)
{
	unsigned char sum[CRYPTO_HASH_BYTES];
	struct in6_addr six;
	struct in_addr four;
	struct crypto_mac m;
	uint32_t n;

	crypto_mac_init(&m, r->key, sizeof(r->key));
	if (inet_pton(AF_INET, address, &four) == 1)
		crypto_mac_field(&m, &four, sizeof(four));
	else if (inet_pton(AF_INET6, address, &six) != 1)
		crypto_mac_str(&m, address);
	else if (IN6_IS_ADDR_V4MAPPED(&six))
		crypto_mac_field(&m, six.s6_addr + 12, sizeof(four));
	else
		crypto_mac_field(&m, six.s6_addr, 8);
	crypto_mac_final(&m, sum);
	memcpy(&n, sum, sizeof(n));
	return n % BUCKETS;
}

static int64_t ask(struct web_rate *r, const char *address, int64_t now_ms, bool take)
{
	size_t i = bucket_of(r, address);
	int64_t now_us = now_ms * 1000, at, wait;

	pthread_mutex_lock(&r->lock);
	at = r->free_at_us[i] > now_us ? r->free_at_us[i] : now_us;
	wait = at + r->interval_us - now_us - r->burst_us;
	if (take && wait <= 0)
		r->free_at_us[i] = at + r->interval_us;
	pthread_mutex_unlock(&r->lock);
	return wait <= 0 ? 0 : wait / 1000 + 1;
}

int64_t web_rate_take(struct web_rate *r, const char *address, int64_t now_ms)
{
	return ask(r, address, now_ms, true);
}

int64_t web_rate_look(struct web_rate *r, const char *address, int64_t now_ms)
{
	return ask(r, address, now_ms, false);
}
