/*
 * status - makes Redis anew from the topics when it has lost its memory.
 *
 * Looks after the epoch; where it is missing, the rebuild (rebuild.h) is done in slices of the
 * loop, so that health and metrics answer meanwhile. Reads no topic otherwise.
 */
#ifndef BECKON_STATUS_H
#define BECKON_STATUS_H

#include "rebuild.h"
#include "site.h"
#include "stage.h"

struct status_settings {
	json_t *tenants;
	char *recipient_key, *ring_file;
	int64_t wait_ms;
	struct site_settings site;
};

struct status {
	struct status_settings settings;
	struct run *run;
	struct keyring *ring;
	struct kafka_property *kafka;
	struct rebuild *rebuild;
	struct site *site; /* NULL = both doors are shut */
	char by[REFILL_NAME_SIZE];
	char phase[16]; /* told last */
	struct metric *running, *done, *total, *rebuilds, *seconds;
};

int status_check(const void *settings, struct err *e);
int status_open(void *ctx, struct run *r, struct err *e);
int64_t status_tick(void *ctx);
void status_close(void *ctx);

#endif
