/*
 * crypto_fixture - libsodium is ready: the set-up of a group of tests.
 */
#ifndef BECKON_TEST_CRYPTO_FIXTURE_H
#define BECKON_TEST_CRYPTO_FIXTURE_H

#include "crypto.h"

static inline int crypto_ready(void **state)
{
	(void)state;
	return crypto_init(NULL);
}

#endif
