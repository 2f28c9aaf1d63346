/*
 * courier_basis - what every courier stands on: tenants, keys, templates, its limits, and how long
 * a message may take.
 *
 * Its settings are rows of the service's table of keys; SIGHUP reads the keys again. The courier
 * itself is made of them by courier_open.
 */
#ifndef BECKON_COURIER_BASIS_H
#define BECKON_COURIER_BASIS_H

#include "catalog.h"
#include "config.h"
#include "courier.h"
#include "limit.h"
#include "passwords.h"
#include "tenant.h"
#include "token.h"

struct courier_basis_settings {
	json_t *tenants;
	int64_t deadline_ms;
	struct config_durations retry;
	char *ring_file, *seal_file, *templates_dir;
	char *limit_global; /* rate of the whole fleet */
};

/* Rows of a table of keys for a struct with a struct courier_basis_settings called basis. */
/* clang-format off */
#define COURIER_BASIS_KEYS(S) \
	{ CONFIG_OBJECT(S, basis.tenants), .name = "tenants", \
	  .help = "Settings of tenants; \"*\" holds the defaults for all." }, \
	{ CONFIG_DURATION(S, basis.deadline_ms), .name = "message_deadline", .fallback = "60s", \
	  .min = 1000, .max = 3600000, .help = "How long one message may take; then its connection is cut." }, \
	{ CONFIG_DURATION_LIST(S, basis.retry), .name = "schedule.retry", \
	  .fallback = "1m, 5m, 15m, 1h, 3h, 6h", .min = 1, .max = 604800000, \
	  .help = "Back-off before each further attempt; its length is how often is tried again." }, \
	{ CONFIG_STRING(S, basis.limit_global), .name = "limits.global", .fallback = "off", \
	  .help = "Messages of the whole fleet, such as 200/s burst 400; what is over it waits." }, \
	{ CONFIG_STRING(S, basis.ring_file), .name = "keys.ring_file", .required = true, \
	  .help = "Keys that sign links; read again on SIGHUP. `beckon init --keys DIR` makes the first." }, \
	{ CONFIG_STRING(S, basis.seal_file), .name = "keys.seal_file", \
	  .help = "Secret keys that open sealed passwords; read again on SIGHUP. `beckon keygen` makes it." }, \
	{ CONFIG_STRING(S, basis.templates_dir), .name = "templates_dir", \
	  .fallback = "/usr/share/beckon/templates", .help = "Folder of templates." }
/* clang-format on */

/* Begins empty, all zero. */
struct courier_basis {
	struct tenants *tenants;
	struct limit_fleet limits; /* of a domain: the service's to set */
	struct keyring *ring;
	struct passwords *passwords;
	struct catalog *catalog;
};

/* ERR_FATAL: something cannot be read or means nothing; what is read by then is unloaded all the
   same. */
int courier_basis_load(struct courier_basis *b, const struct courier_basis_settings *s,
		       struct err *e);
void courier_basis_unload(struct courier_basis *b);

/* Reads the keys again; c signs with the new ones from now on. ERR_INVALID, ERR_FATAL: those that
   cannot be read stay as they were. From the loop's thread. */
int courier_basis_reload(struct courier_basis *b, const struct courier_basis_settings *s,
			 struct courier *c, struct err *e);

/* Borrows the ring. */
struct courier_options courier_basis_options(const struct courier_basis *b,
					     const struct courier_basis_settings *s);

#endif
