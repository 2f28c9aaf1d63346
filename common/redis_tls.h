/*
 * redis_tls - TLS under a hiredis context, where hiredis was built with it.
 *
 * Debian 12's hiredis 0.14 has no TLS; there rediss:// is refused with a sentence, and a Unix
 * socket or a tunnel does the work. hiredis' own helper checks the chain and not the name, so the
 * session is made here: TLS 1.2 at least, the system's authorities (or SSL_CERT_FILE), and the
 * host's name.
 */
#ifndef BECKON_REDIS_TLS_H
#define BECKON_REDIS_TLS_H

#include "err.h"

struct redisContext;

/* Can this build do TLS? ERR_INVALID with the sentence where it cannot. */
int redis_tls_supported(struct err *e);

/* Shakes hands on a connected context, checking that the certificate is host's. ERR_AGAIN. */
int redis_tls_start(struct redisContext *c, const char *host, struct err *e);

#endif
