/*
 * email - the courier's channel for e-mail: a letter is made from each job and handed to a relay.
 */
#ifndef BECKON_EMAIL_H
#define BECKON_EMAIL_H

#include "catalog.h"
#include "courier.h"
#include "passwords.h"
#include "relay.h"
#include "stage.h"
#include "tenant.h"
#include "token.h"

struct email_settings {
	json_t *tenants, *relays;
	int64_t sessions, deadline_ms, idle_ms;
	struct config_durations retry;
	char *ring_file, *seal_file, *templates_dir, *helo;
	char *limit_global, *limit_domain; /* rates of the whole fleet */
};

struct email;

/* A relay, as the channel's callbacks get it. */
struct email_route {
	struct email *email;
	struct relay *relay;
};

struct email {
	struct courier *courier; /* first, for its callbacks */
	struct email_settings settings;
	struct run *run;
	struct tenants *tenants;
	struct relays relays;
	struct email_route routes[RELAYS_MAX];
	struct limit_fleet limits;
	struct catalog *catalog;
	struct keyring *ring;
	struct passwords *passwords;
	struct channel channel;
};

int email_check(const void *settings, struct err *e);
int email_open(void *ctx, struct run *r, struct err *e);
void email_reloaded(void *ctx);
void email_close(void *ctx);

/* Channel threads: sends p and all that comes until the session has been idle. */
void email_work(void *ctx, struct worker *w, struct parcel *p);
int email_probe(void *ctx, struct err *e);

#endif
