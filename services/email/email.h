/*
 * email - the courier's channel for e-mail: a letter is made from each job and handed to a relay.
 */
#ifndef BECKON_EMAIL_H
#define BECKON_EMAIL_H

#include "courier.h"
#include "courier_basis.h"
#include "relay.h"
#include "stage.h"

struct email_settings {
	struct courier_basis_settings basis;
	json_t *relays;
	int64_t sessions, idle_ms;
	char *helo, *limit_domain; /* rate of the whole fleet to one domain */
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
	struct courier_basis basis;
	struct relays relays;
	struct email_route routes[RELAYS_MAX];
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
