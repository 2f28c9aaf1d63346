/*
 * auth - who asks: a program by its API key, a person by a session, or by what a trusted proxy
 * says.
 *
 * API keys are the desk's (desk.h). Sessions are drawn at
 * sign-in and kept in Redis behind a hash, so that whoever reads Redis cannot use them; they are
 * gone when Redis loses its memory, and people sign in again. A proxy is believed where its address
 * is one of http.proxies and auth.proxy_user names the header in which it tells who signed in.
 */
#ifndef BECKON_AUTH_H
#define BECKON_AUTH_H

#include "site.h"
#include "web.h"

#define AUTH_COOKIE "beckon_session"
#define AUTH_SESSION_S (12 * 3600)

struct auth;

/* s and shared are borrowed until auth_close. */
struct auth *auth_open(const struct site_settings *s, const struct site_shared *shared);
void auth_close(struct auth *a); /* takes NULL; after the web */

/* The gate of the web. */
struct web_gate auth_gate(struct auth *a);

/* Does the request come from a proxy of http.proxies, so that what it says of others is so? */
bool auth_by_proxy(const struct site_settings *s, const struct web_request *q);

/* Where somebody belongs, as who vouches for them says: a tenant's name, or "*". False: it is none,
   and one that is cut to fit could be another's. */
bool auth_tenant(struct web_person *p, const char *name);

/* Somebody has shown who they are: makes a session and sets its cookie. ERR_AGAIN: Redis. */
int auth_begin(const struct site_shared *shared, struct guard *g, const struct web_person *p,
	       struct http_response *out, struct err *e);

/* Ends the session whose cookie came with the request. */
int auth_end(const struct site_shared *shared, struct guard *g, const struct web_request *q,
	     struct http_response *out, struct err *e);

#endif
