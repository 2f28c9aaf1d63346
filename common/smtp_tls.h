/*
 * smtp_tls - what TLS means on a connection to a relay.
 *
 * One SSL_CTX a transport: exactly TLS 1.2 (with 1.3 libesmtp stalls on session tickets), the
 * chain checked against ca_file or the system's store, the name of the certificate against the
 * configured host (libesmtp itself would check the name that DNS made of it, and no addresses),
 * the name sent as SNI, no client certificates. The context is read-only after it is made and
 * shared by threads.
 */
#ifndef BECKON_SMTP_TLS_H
#define BECKON_SMTP_TLS_H

#include <stdbool.h>

#include "err.h"

struct smtp_tls;
struct smtp_session; /* libesmtp's */

/* verify false: any certificate is good (encryption against listeners only). ca_file NULL = the
   system's. ERR_FATAL if the file cannot be read. Call before threads start: it sets
   XDG_CONFIG_DIR, the only way to keep libesmtp from looking for client certificates in the home
   directory (one found is freed twice; a directory it may not search fails the handshake). */
int smtp_tls_new(struct smtp_tls **out, const char *host, const char *ca_file, bool verify,
		 struct err *e);
void smtp_tls_free(struct smtp_tls *tls);

/* STARTTLS on this session: required = no message without it, else only where it is offered. */
bool smtp_tls_use(const struct smtp_tls *tls, struct smtp_session *session, bool required);

/* Before a session: what went wrong in an earlier one is forgotten. After a failed one: why the
   handshake of this thread failed, or NULL. A static string. */
void smtp_tls_reset(void);
const char *smtp_tls_reason(void);

/* Writes QUIT and no more (RFC 5321 4.1.1.10) on a session's TLS connection. */
void smtp_tls_quit(void *ssl);

#endif
