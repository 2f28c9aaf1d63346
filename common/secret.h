/*
 * secret - memory for what must not stay behind: pages of their own, locked where the system
 * allows, absent from core dumps, wiped before they are given back.
 *
 * Costs a few calls of the kernel each: for what is rare, not for every message. Keys that live
 * long are crypto_secret_new's, which has guard pages as well.
 */
#ifndef BECKON_SECRET_H
#define BECKON_SECRET_H

#include <stddef.h>

/* Zeroed. Cannot fail: no memory ends the process. */
void *secret_new(size_t n) __attribute__((malloc, returns_nonnull));

/* n as it was asked for. Takes NULL. */
void secret_free(void *p, size_t n);

#endif
