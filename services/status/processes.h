/*
 * processes - the processes of the fleet, as each tells of itself every few seconds
 * (common/stage_pulse.c).
 */
#ifndef BECKON_PROCESSES_H
#define BECKON_PROCESSES_H

#include <jansson.h>

#include "err.h"
#include "guard.h"

#define PROCESSES_MAX 500

/* *out: a new array of items as schemas/openapi.yaml has them (Processes). ERR_AGAIN: Redis. */
int processes_read(struct guard *g, const char *prefix, json_t **out, struct err *e);

#endif
