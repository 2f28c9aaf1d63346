/* How the dispatcher begins and ends: settings, keys, metrics. */
#include <stdlib.h>

#include "admission.h"
#include "ask.h"
#include "dispatcher.h"
#include "log.h"
#include "mem.h"

#define METADATA_WAIT_MS 2000

int dispatcher_know_partitions(struct dispatcher *d, struct err *e)
{
	if (d->partitions)
		return OK;
	return producer_warm(stage_producer(d->run), stage_topic(d->run, STAGE_TOPIC_REQUESTED),
			     METADATA_WAIT_MS, &d->partitions, e);
}

static int load_key(struct dispatcher *d, struct err *e)
{
	const char *path = d->settings.seal_public_file;

	if (path && seal_public_load(path, &d->fleet, e) < 0)
		return ERR_FATAL;
	d->seals = path != NULL;
	return OK;
}

int dispatcher_check(const void *settings, struct err *e)
{
	struct dispatcher d = { .settings = *(const struct dispatcher_settings *)settings };
	struct tenants *tenants = NULL;
	int r = tenants_load(&tenants, d.settings.tenants, e);

	tenants_free(tenants);
	return r == OK ? load_key(&d, e) : r;
}

int dispatcher_open(void *ctx, struct run *r, struct err *e)
{
	static const struct metric_family forwarded = {
		METRIC_COUNTER, "beckon_forwarded_total",
		"Requests that arrived under another key or partition."
	};
	static const struct metric_family dead = { METRIC_COUNTER, "beckon_dead_letters_total",
						   "Records that are no readable event." };
	struct dispatcher *d = ctx;
	int code;

	d->run = r;
	if (load_key(d, e) < 0 || stage_follow(r, d->settings.tenants, e) < 0)
		return ERR_FATAL;
	stage_follow_templates(r, NULL, false);
	if (admission_open(d, e) < 0)
		return ERR_FATAL;
	d->asks = xmalloc(STAGE_BATCH_MAX *
			  sizeof(*d->asks)); /* kept: 1 MB that would come fresh each time */
	d->forwarded = metrics_series(stage_metrics(r), &forwarded, NULL);
	d->dead = metrics_series(stage_metrics(r), &dead, NULL);
	code = dispatcher_know_partitions(d, e);
	return code == ERR_AGAIN ? OK : code;
}

void dispatcher_reloaded(void *ctx)
{
	struct dispatcher *d = ctx;
	struct err e;

	if (load_key(d, &e) < 0)
		log_error("ev=reload-failed why=\"%s\"", e.text);
}

void dispatcher_close(void *ctx)
{
	struct dispatcher *d = ctx;

	admission_close(d);
	free(d->asks);
}
