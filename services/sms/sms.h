/*
 * sms - the courier's channel for SMS: a text is made from each job and posted to a provider.
 */
#ifndef BECKON_SMS_H
#define BECKON_SMS_H

#include "courier.h"
#include "courier_basis.h"
#include "providers.h"
#include "stage.h"
#include "ways.h"

struct sms_settings {
	struct courier_basis_settings basis;
	json_t *providers, *routes;
	char *providers_dir;
	bool plain;
};

struct sms;

/* A provider, as the channel's callbacks get it. */
struct sms_route {
	struct sms *sms;
	struct provider *provider;
	_Atomic unsigned unknown_codes; /* told since the loop looked */
	struct metric *unknown_codes_total;
};

struct sms {
	struct courier *courier; /* first, for its callbacks */
	struct sms_settings settings;
	struct run *run;
	struct courier_basis basis;
	struct providers providers;
	struct sms_route routes[PROVIDERS_MAX];
	struct ways *ways;
	struct channel channel;
};

int sms_check(const void *settings, struct err *e);
int sms_open(void *ctx, struct run *r, struct err *e);
int64_t sms_tick(void *ctx);
void sms_reloaded(void *ctx);
void sms_close(void *ctx);

/* The provider's thread: sends p and all that comes, as many at once as the provider may have,
   until nothing is left. */
void sms_work(void *ctx, struct worker *w, struct parcel *p);
void sms_wake(void *ctx);
int sms_probe(void *ctx, struct err *e);

#endif
