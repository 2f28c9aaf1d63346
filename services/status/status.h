/*
 * status - shows how every invite stands, and makes Redis anew when it has lost its memory.
 *
 * Looks after the epoch; where it is missing, the rebuild (rebuild.h) is done in slices of the
 * loop, so that health and metrics answer meanwhile. The view (view.h) is a thread beside it.
 */
#ifndef BECKON_STATUS_H
#define BECKON_STATUS_H

#include "rebuild.h"
#include "site.h"
#include "stage.h"
#include "view.h"

struct status_settings {
	json_t *tenants;
	char *recipient_key, *ring_file;
	int64_t wait_ms, share; /* of a rebuild */
	struct site_settings site;
};

struct status {
	struct status_settings settings;
	struct run *run;
	struct keyring *ring;
	struct kafka_property *kafka;
	struct rebuild *rebuild;
	struct site *site; /* NULL = both doors are shut */
	struct view *view;
	int64_t view_told;	/* its records that the metric has */
	unsigned view_settings; /* which ones it has been told */
	char by[REFILL_NAME_SIZE];
	char phase[16]; /* told last */
	struct metric *running, *done, *total, *rebuilds, *seconds;
	struct metric *view_lag, *view_records;
};

int status_check(const void *settings, struct err *e);
int status_open(void *ctx, struct run *r, struct err *e);
int64_t status_tick(void *ctx);
const char *status_waits(void *ctx);
void status_reloaded(void *ctx);
void status_close(void *ctx);

#endif
