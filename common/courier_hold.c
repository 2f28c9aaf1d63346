/* What holds a delivery that no limit knows of: a pause, and the hours in which people are written
 * to. Both are part of the claim's question, so that what is dealt with is not parked, and neither
 * consumes an attempt. */
#include "courier_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "letter.h"
#include "now.h"

/* What is paused asks again by itself so long after the pause's end, or after now where it has
   none: for a Redis that has forgotten the groups. */
#define PAUSED_AGAIN_MS 3600000
/* What no provider takes now asks again so much later, up to twice that. */
#define DOWN_AGAIN_MS 30000

/* A version of a template that a job names and that is not known here: the topic may be late, but a
   version that never comes is none. */
#define TEMPLATE_WAIT_MS 60000
#define TEMPLATE_AGAIN_MS 100

static const char *text_of(const struct parcel *p, const char *object, const char *member)
{
	return json_string_value(json_object_get(json_object_get(p->job.data, object), member));
}

struct tenant_hours courier_hours(const struct courier *c, const struct parcel *p)
{
	if (job_is_password(&p->job) || p->job.at_once || !p->tenant)
		return (struct tenant_hours){ 0 };
	return tenant_hours(p->tenant, c->channel->name, text_of(p, "recipient", "timezone"));
}

static const struct pause *find_pause(const struct parcel *p, int64_t now)
{
	const char *domain = strrchr(p->job.to, '@');
	struct pause_for who = {
		.tenant = p->job.delivery.tenant,
		.batch = text_of(p, "batch", "id"),
		.provider = p->lane ? p->lane->pool->terms->name : NULL,
		.domain = domain ? domain + 1 : NULL,
	};

	return pause_find(p->pauses, &who, now);
}

bool courier_lane_is_paused(const struct courier *c, const struct lane *l)
{
	struct pause_for who = { .provider = l->pool->terms->name };
	const struct pause *pause = pause_find(stage_pauses(c->run), &who, now_ms());

	return pause && pause->scope == PAUSE_PROVIDER;
}

int64_t courier_template_wait(const struct courier *c, const struct parcel *p, int64_t now)
{
	const struct catalog *catalog = stage_catalog(c->run);
	int64_t left_ms = p->read_ms + TEMPLATE_WAIT_MS - now;

	if (p->job.template_version <= CATALOG_INSTALLED || !catalog || left_ms <= 0 ||
	    catalog_version(catalog, p->job.delivery.tenant, letter_template_name(p->job.data)) >=
		    p->job.template_version)
		return 0;
	return left_ms < TEMPLATE_AGAIN_MS ? left_ms : TEMPLATE_AGAIN_MS;
}

static void hold_current_settings(struct courier *c, struct parcel *p)
{
	struct catalog *catalog = stage_catalog(c->run);

	tenants_free(p->tenants);
	pauses_free(p->pauses);
	catalog_free(p->catalog);
	p->tenants = tenants_hold(stage_tenants(c->run));
	p->pauses = pauses_hold(stage_pauses(c->run));
	p->catalog = catalog ? catalog_hold(catalog) : NULL;
	p->template_name = p->template_locale = p->template_sha256 = NULL;
	p->tenant = tenants_find(p->tenants, p->job.delivery.tenant);
}

void courier_hold(struct courier *c, struct parcel *p)
{
	int64_t now = now_ms(), open;
	const struct pause *pause;
	struct tenant_hours hours;

	hold_current_settings(c, p);
	memset(&p->hold, 0, sizeof(p->hold));
	if ((pause = find_pause(p, now))) {
		p->hold.reason = "paused";
		p->hold.until_ms = (pause->until_ms ? pause->until_ms : now) + PAUSED_AGAIN_MS;
		p->hold.pause = pause;
		return;
	}
	hours = courier_hours(c, p);
	open = tenant_next_ms(&hours, now);
	if (open > now) {
		p->hold.reason = "quiet_hours";
		p->hold.until_ms = open;
	} else if (!p->lane) {
		p->hold.reason = "provider_down";
		p->hold.until_ms = now + DOWN_AGAIN_MS + random() % DOWN_AGAIN_MS;
	}
}

bool courier_is_held(const struct parcel *p)
{
	return p->hold.reason && p->hold.until_ms > p->claim.now_ms;
}

static bool refused_by_hold(const struct parcel *p)
{
	return p->hold.reason && !strcmp(p->claim.limited_by, p->hold.reason);
}

const char *courier_waits_for(const struct parcel *p)
{
	return refused_by_hold(p) ? p->hold.reason : "rate_limited";
}

const char *courier_held_by(const struct parcel *p)
{
	return p->hold.pause && refused_by_hold(p) ? pause_scopes[p->hold.pause->scope]
						   : p->claim.limited_by;
}

const char *courier_group(const struct parcel *p, struct courier_group *g)
{
	const struct tenant_rate *rate = &p->tenant->limit;
	const char *tenant = p->job.delivery.tenant;
	char pause[PAUSE_KEY_SIZE];

	g->limit = (struct guard_limit){ 0 };
	if (!p->hold.pause || !refused_by_hold(p))
		return NULL;
	pause_group(p->pauses, p->hold.pause, p->claim.now_ms, pause);
	snprintf(g->name, sizeof(g->name), "%s %s", tenant, pause);
	snprintf(g->limit_name, sizeof(g->limit_name), "tenant:%s", tenant);
	g->limit = (struct guard_limit){ g->limit_name, rate->interval_us, rate->burst };
	return g->name;
}

/* A pause's end is the clock's to see (services/clock/resume.h), so what waits for it is parked
 * beyond. */
int64_t courier_due_ms(const struct courier *c, const struct parcel *p)
{
	uint32_t drawn = (uint32_t)random() * 2u;
	struct tenant_hours hours = courier_hours(c, p);

	if (!refused_by_hold(p))
		return tenant_next_ms(&hours, p->claim.now_ms + limit_park_ms(&p->claim, drawn));
	if (!p->hold.pause)
		return p->hold.until_ms;
	return p->hold.until_ms + (int64_t)((uint64_t)PAUSED_AGAIN_MS * drawn / UINT32_MAX);
}

int64_t courier_told_ms(const struct parcel *p, int64_t due_ms)
{
	bool ends = refused_by_hold(p) && p->hold.pause && p->hold.pause->until_ms;

	return ends ? p->hold.pause->until_ms : due_ms;
}
