/*
 * provider - a configured gateway: one entry of `providers`, its terms, its description, its secret
 * and its connections.
 *
 * Description and secret are read again by provider_reload while requests are under way; each
 * request holds those that it began with. The wire belongs to the one thread that sends.
 */
#ifndef BECKON_PROVIDER_H
#define BECKON_PROVIDER_H

#include <jansson.h>

#include "compose.h"
#include "curl.h"
#include "description.h"
#include "err.h"
#include "tenant.h"

#define PROVIDER_NAME_MAX 32
#define PROVIDER_SESSIONS 128 /* requests under way, where nothing is said */

/* What is settled with a provider. Lives as long as it. */
struct provider_terms {
	const char *name;
	int order, weight; /* routing.h; 1 where nothing is said */
	int sessions;	   /* requests under way at the most */
	struct tenant_rate limit;
	bool idempotent, receipts;
};

struct provider;

/* entry: {name, like: twilio, url, settings: {...}, secret_file, sender, callback, order, weight,
   sessions, limit, cost, receipt_secret_file, tls: required|off, private_network: true|false,
   ca_file, proxy, connect_timeout_s, timeout_s}; dir: where descriptions lie. ERR_FATAL with key,
   value and rule.
 */
int provider_open(struct provider **out, const json_t *entry, const char *dir, struct err *e);
void provider_free(struct provider *p); /* takes NULL */

/* Reads description and secret again. ERR_FATAL: what was there stays. Terms stay in any case. */
int provider_reload(struct provider *p, struct err *e);

const struct provider_terms *provider_terms(const struct provider *p);
struct curl_wire *provider_wire(struct provider *p);
int64_t provider_timeout_ms(const struct provider *p);

/* A message as a request: f lacks what the provider itself knows, and its encoding is one of
   sms_text.h. *d: the description that the answer is to be read by; description_free. */
int provider_compose(struct provider *p, struct compose_facts *f, int encoding,
		     struct composed *out, struct description **d, struct err *e);

/* What it asks for so many segments to a number, as the entry says, else its description. From any
   thread. */
struct cost provider_cost(struct provider *p, const char *number, unsigned segments);

/* Connects to the gateway, and sends nothing. ERR_AGAIN with text. */
int provider_probe(struct provider *p, struct err *e);

#endif
