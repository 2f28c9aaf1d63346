/*
 * relay - a configured way out: one entry of `relays`, its terms, its transport and its password.
 */
#ifndef BECKON_RELAY_H
#define BECKON_RELAY_H

#include <jansson.h>

#include "err.h"
#include "routing.h"
#include "tenant.h"
#include "transport.h"

#define RELAYS_MAX ROUTING_MAX
#define RELAY_NAME_MAX 32

struct relay;

/* An entry of `relays`: {name, url: smtp[s]://host:port, tls: required|optional-insecure|off,
   tls_min: 1.2|1.3, order, weight, sessions, limit: 100/s burst 200, ca_file, username,
   password_file, connect_timeout_s, command_timeout_s, data_timeout_s, session_messages}. ERR_FATAL
   with key, value and rule. */
int relay_open(struct relay **out, const json_t *entry, const char *helo, struct err *e);
void relay_free(struct relay *r);

struct relays {
	struct relay *list[RELAYS_MAX];
	size_t count;
};

/* list: the JSON of `relays`, with 1 to RELAYS_MAX entries, each under a name of its own. */
int relays_open(struct relays *out, const json_t *list, const char *helo, struct err *e);
void relays_close(struct relays *r);

/* Reads the password's file again. ERR_FATAL: the old one stays. */
int relay_reload(struct relay *r, struct err *e);

/* What is settled with a relay. Lives as long as it. */
struct relay_terms {
	const char *name;
	int order, weight; /* routing.h; 1 where nothing is said */
	int sessions;	   /* at the most; 0 = nothing is said */
	struct tenant_rate limit;
	bool insecure; /* whoever answers is believed to be the relay */
};

const struct relay_terms *relay_terms(const struct relay *r);
struct transport *relay_transport(struct relay *r);

#endif
