/*
 * exports - how many exports are under way: a bound for all, and one for each tenant, so that one
 * that takes its time leaves room for the others'. Any thread.
 */
#ifndef BECKON_EXPORTS_H
#define BECKON_EXPORTS_H

#include <stdbool.h>

#define EXPORTS_MAX 16
#define EXPORTS_TENANT_MAX 8

struct exports;

struct exports *exports_new(void);
void exports_free(struct exports *x); /* takes NULL; none is under way any more */

/* False: there are too many. What has begun is to be ended. */
bool exports_begin(struct exports *x, const char *tenant);
void exports_end(struct exports *x, const char *tenant);

#endif
