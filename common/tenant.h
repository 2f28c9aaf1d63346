/*
 * tenant - what an organisation that invites has settled: sender, limits, link, language, zone.
 *
 * Read from the configuration's `tenants` section: "*" holds the defaults, other names override
 * them field by field. Unknown fields are refused by name, and so is what no mail could be sent
 * with. Read-only once loaded, so every thread may ask.
 */
#ifndef BECKON_TENANT_H
#define BECKON_TENANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "guard.h"

struct tenants;

/* interval_us 0 = no limit. */
struct tenant_rate {
	int64_t interval_us, burst;
};

struct tenant {
	const char *name;
	bool auto_send[4]; /* by enum request_trigger */
	const char *link_base;
	int64_t link_ttl_s;
	const char *default_locale, *timezone;
	const char *from_name, *from, *reply_to, *contact, *brand_colour;
	struct tenant_rate limit, recipient_limit;
};

/* section: the JSON of `tenants`, may be NULL. ERR_FATAL with the key, the value and the rule. */
int tenants_load(struct tenants **out, const json_t *section, struct err *e);
void tenants_free(struct tenants *t);

/* A tenant's settings; those of "*" where it has none of its own. Never NULL. */
const struct tenant *tenants_find(const struct tenants *t, const char *name);

/* "50/s", "20/h burst 5", "3/m", "1/d", "off"; both numbers from 1 to 1,000,000. ERR_FATAL with the
 * rule. */
int tenant_rate_parse(const char *text, struct tenant_rate *out, struct err *e);

#endif
