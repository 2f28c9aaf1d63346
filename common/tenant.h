/*
 * tenant - what an organisation that invites has settled: sender, limits, link, hours, language.
 *
 * Read from the configuration's `tenants` section and from topic invite-settings
 * (settings_follow.h):
 * "*" holds the defaults, other names override them field by field. Unknown fields are refused by
 * name, and so is what no mail could be sent with. Read-only once loaded, so every thread may ask.
 * Settings change while a service runs: then there is another struct tenants, and the former lives
 * as long as somebody holds it.
 */
#ifndef BECKON_TENANT_H
#define BECKON_TENANT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "window.h"

#define TENANT_NAMES_MAX 200 /* roles, departments, teams; countries of a list */

struct tenants;

/* interval_us 0 = no limit. */
struct tenant_rate {
	int64_t interval_us, burst;
};

/* The first one is due when num/den of the link's time have passed. */
struct tenant_reminder {
	int count; /* 0 to 2 */
	int num, den;
};

enum tenant_accept { ACCEPT_FORM, ACCEPT_CONFIRM, ACCEPT_REDIRECT };

/* Texts are NULL where nothing is said. Lists are JSON arrays of strings, NULL = none. */
struct tenant {
	const char *name;
	bool auto_send[4]; /* by enum request_trigger */
	bool email_only;
	bool landlines;	      /* numbers that are not mobile take SMS as well */
	bool test_recipients; /* test_recipient.h: for some nothing leaves */
	const char *link_base;
	const json_t *link_hosts; /* that links may lead to beside link_base's; NULL = any */
	int64_t link_ttl_s;
	struct window window, sms_window; /* when anything, and when SMS may leave */
	struct tenant_reminder reminder;
	int64_t cooldown_ms; /* between two sendings to one person that somebody asks for */
	const char *default_locale, *timezone, *home_region;
	const char *from_name, *from, *reply_to, *sms_id;
	const char *contact, *brand_colour, *brand_logo;
	const json_t *roles, *departments, *teams;
	const json_t *countries_allow, *countries_deny; /* ISO 3166 alpha-2, of phone numbers */
	int64_t segment_cap;				/* of an SMS */
	struct tenant_rate limit, recipient_limit, content_limit, domain_limit;
	enum tenant_accept accept;
	const char *accept_key, *accept_redirect;
	int64_t ladder_after_s;
	int64_t keep_ms; /* invites that have ended are shown so long; 0 = for ever */
};

/* section: the JSON of `tenants`, may be NULL. ERR_FATAL with the key, the value and the rule. */
int tenants_load(struct tenants **out, const json_t *section, struct err *e);

/* The same from several sections, each above those before it; NULL among them is fine. */
int tenants_stack(struct tenants **out, const json_t *const *layers, size_t n, struct err *e);

/* Another holder; from any thread. Returns t. */
struct tenants *tenants_hold(struct tenants *t);

/* One holder less; the last one frees it. NULL is fine. */
void tenants_free(struct tenants *t);

/* A tenant's settings; those of "*" where it has none of its own. Never NULL; lives as long as t is
 * held. */
const struct tenant *tenants_find(const struct tenants *t, const char *name);

/* The names of those that have settings of their own, in their order: the i-th, NULL behind the
   last. */
const char *tenants_name(const struct tenants *t, size_t i);

/* The hours of a person's clock in which they are written to; window NULL = at any time. */
struct tenant_hours {
	const struct window *window;
	const char *zone;
};

/* Those of the tenant for this channel ("email", "sms") and somebody in zone; where that is NULL or
   unknown, in the tenant's. */
struct tenant_hours tenant_hours(const struct tenant *t, const char *channel, const char *zone);

/* The first moment inside, not before ms. */
int64_t tenant_next_ms(const struct tenant_hours *h, int64_t ms);

/* "50/s", "20/h burst 5", "3/m", "1/d", "off"; both numbers from 1 to 1,000,000. ERR_FATAL with the
 * rule. */
int tenant_rate_parse(const char *text, struct tenant_rate *out, struct err *e);

#endif
