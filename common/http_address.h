/*
 * http_address - where a server of ours listens: "127.0.0.1:9464", "[::1]:9464".
 */
#ifndef BECKON_HTTP_ADDRESS_H
#define BECKON_HTTP_ADDRESS_H

#include <netdb.h>

#include "err.h"

/* Address and port in digits; the caller frees *out by freeaddrinfo. ERR_FATAL: it is none. */
int http_address(const char *listen, struct addrinfo **out, struct err *e);

/* Whether the setting called name, which may be NULL, holds one. ERR_FATAL: "<name>: ...". */
int http_address_check(const char *name, const char *listen, struct err *e);

#endif
