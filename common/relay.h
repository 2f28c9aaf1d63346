/*
 * relay - the configured way out: one entry of `relays`, its transport and its password.
 *
 * This version takes one relay; order, weights and failover come with the life-cycle work.
 */
#ifndef BECKON_RELAY_H
#define BECKON_RELAY_H

#include <jansson.h>

#include "err.h"
#include "transport.h"

struct relay;

/* list: the JSON of `relays`: [{name, url: smtp://host:port, tls: required|optional-insecure|off,
   ca_file, username, password_file, connect_timeout_s, command_timeout_s, data_timeout_s,
   session_messages}]. ERR_FATAL with key, value and rule. */
int relay_open(struct relay **out, const json_t *list, const char *helo, struct err *e);
void relay_free(struct relay *r);

/* Reads the password's file again. ERR_FATAL: the old one stays. */
int relay_reload(struct relay *r, struct err *e);

const char *relay_name(const struct relay *r);
struct transport *relay_transport(struct relay *r);

#endif
