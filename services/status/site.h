/*
 * site - what the status service offers over HTTP: every module's routes, hung on one web.
 */
#ifndef BECKON_SITE_H
#define BECKON_SITE_H

#include "accept_page.h"
#include "apikey.h"
#include "guard.h"
#include "outlet.h"
#include "stage.h"
#include "token.h"
#include "web.h"

struct site_settings {
	char *templates_dir, *public_listen, *private_listen, *url;
	struct config_list proxies;
	int64_t threads, rate_per_s, listen_ms;
	char *proxy_user, *proxy_name, *proxy_email, *proxy_role, *proxy_tenant; /* headers */
	char *role, *tenant; /* of who comes without one */
	char *oidc_issuer, *oidc_client, *oidc_secret, *oidc_role, *oidc_tenant;
	bool oidc_private;
	json_t *receipts, *providers, *routes;
	char *providers_dir;
};

/* Rows of a table of keys for a struct with a struct site_settings called site. */
/* clang-format off */
#define SITE_KEYS(S) \
	{ CONFIG_STRING(S, site.public_listen), .name = "http.public", \
	  .help = "Address of accept pages and receipts, behind a proxy that has the certificate; none = shut." }, \
	{ CONFIG_STRING(S, site.private_listen), .name = "http.private", \
	  .help = "Address of API and dashboard, not to be reached from outside; none = shut." }, \
	{ CONFIG_STRING(S, site.templates_dir), .name = "templates_dir", \
	  .fallback = "/usr/share/beckon/templates", .help = "Folder of templates." }, \
	{ CONFIG_INT(S, site.threads), .name = "http.threads", .fallback = "4", .min = 1, \
	  .max = WEB_THREADS_MAX, .help = "Requests answered at the same time, of each of both." }, \
	{ CONFIG_INT(S, site.rate_per_s), .name = "http.rate", .fallback = "100", .min = 0, \
	  .max = 1000000, .help = "Requests a second of one address; five seconds' worth may come at once; 0 = any." }, \
	{ CONFIG_DURATION(S, site.listen_ms), .name = "http.listen_for", .fallback = "5m", .min = 500, \
	  .help = "How long a page hears what changes before it says once more who it is." }, \
	{ CONFIG_LIST(S, site.proxies), .name = "http.proxies", \
	  .help = "Addresses of proxies whose X-Forwarded-For is believed." }, \
	{ CONFIG_STRING(S, site.url), .name = "http.url", \
	  .help = "Where people reach the private address, https://beckon.example.org: for sign-in and cookies." }, \
	{ CONFIG_STRING(S, site.proxy_user), .name = "auth.proxy_user", \
	  .help = "Header in which a proxy of http.proxies tells who has signed in; none = not believed." }, \
	{ CONFIG_STRING(S, site.proxy_name), .name = "auth.proxy_name", \
	  .help = "The header with that person's name." }, \
	{ CONFIG_STRING(S, site.proxy_email), .name = "auth.proxy_email", \
	  .help = "The header with that person's address." }, \
	{ CONFIG_STRING(S, site.proxy_role), .name = "auth.proxy_role", \
	  .help = "The header with viewer, operator, admin or super." }, \
	{ CONFIG_STRING(S, site.proxy_tenant), .name = "auth.proxy_tenant", \
	  .help = "The header with the tenant; * = all." }, \
	{ CONFIG_STRING(S, site.role), .name = "auth.role", .fallback = "viewer", .words = apikey_roles, \
	  .help = "The role of people of whom none is told." }, \
	{ CONFIG_OBJECT(S, site.receipts), .name = "receipts", \
	  .help = "Who may tell at /receipts/NAME what became of messages: a list of {name, format, secret_file ...}." }, \
	{ CONFIG_OBJECT(S, site.providers), .name = "providers", \
	  .help = "Who takes SMS, for what they cost; as beckon-sms has it." }, \
	{ CONFIG_OBJECT(S, site.routes), .name = "routes", .help = "Which of them, likewise." }, \
	{ CONFIG_STRING(S, site.providers_dir), .name = "providers_dir", \
	  .fallback = "/usr/share/beckon/providers", .help = "Their descriptions, likewise; read at start." }, \
	{ CONFIG_STRING(S, site.tenant), .name = "auth.tenant", \
	  .help = "The tenant of people of whom none is told; none = they cannot sign in." }, \
	{ CONFIG_STRING(S, site.oidc_issuer), .name = "auth.oidc_issuer", \
	  .help = "Where people sign in by OpenID Connect: the issuer's URL. Needs http.url." }, \
	{ CONFIG_STRING(S, site.oidc_client), .name = "auth.oidc_client", .fallback = "beckon", \
	  .help = "Our client id there; its redirect URI is <http.url>/auth/callback." }, \
	{ CONFIG_SECRET(S, site.oidc_secret), .name = "auth.oidc_secret", \
	  .help = "The client's secret; none for a public client." }, \
	{ CONFIG_STRING(S, site.oidc_role), .name = "auth.oidc_role", .fallback = "beckon_role", \
	  .help = "The claim with viewer, operator, admin or super." }, \
	{ CONFIG_STRING(S, site.oidc_tenant), .name = "auth.oidc_tenant", .fallback = "beckon_tenant", \
	  .help = "The claim with the tenant; * = all." }, \
	{ CONFIG_BOOL(S, site.oidc_private), .name = "auth.oidc_private", .fallback = "false", \
	  .help = "The issuer may be at a private address, also without TLS: for networks that are trusted." }
/* clang-format on */

/* What handlers share: the ctx of modules that need it. Nothing in it changes while the web is
   open, and what it points to may be used by any thread. */
struct site_shared {
	const struct stage_settings *common;
	const char *recipient_key;
	const struct keyring *ring; /* NULL = no links are signed here */
	struct outlet *outlet;
	struct kafka_properties kafka;
	bool secure;	     /* people come by https */
	const json_t *words; /* of api_words.h */
	const struct accept_pages *pages;
	const json_t *base;	       /* the configuration's `tenants`; NULL = none */
	const struct tariffs *tariffs; /* what SMS cost; NULL = not known */
	struct desk *desk;
	struct hub *hub;
	struct lookout *lookout; /* NULL = the private door is shut */
	struct oidc *oidc;	 /* NULL = nobody signs in here */
	const struct site_settings *settings;
	struct view_sheets *sheets;
	struct view *view; /* of this process: how far it is; NULL = it has none */
	struct exports *exports;
	struct templates_api *templates; /* NULL = the private door is shut */
};

/* open and close of a web_module whose ctx is the struct site_shared: each thread gets a struct
   guard of its own as local. It is not connected: ask guard_ready first. */
void *site_guard_open(void *ctx);
void site_guard_close(void *local);

/* Asks Redis one command, connecting where it must; the reply is borrowed. ERR_AGAIN. */
int site_ask(struct guard *g, int argc, const char **argv, const struct redis_reply **out,
	     struct err *e);

/* Who did something, for the log: a person's own id may be an address, and is told as a keyed hash.
   Returns out. */
const char *site_audit_name(const struct site_shared *s, const struct web_person *p,
			    char out[WEB_ID_MAX + 1]);

struct site;

/* *out is NULL where both doors are shut. Borrowed until site_close: r, s and what shared points
   to (its outlet is the site's own). ERR_FATAL: an address that cannot be listened on. */
int site_open(struct site **out, struct run *r, const struct site_settings *s,
	      const struct site_shared *shared, struct err *e);

/* Hands what holds now to the threads, and what they counted to the metrics. Every turn of the
   loop; takes NULL. */
void site_tick(struct site *s);

/* Why nobody can be answered yet; NULL = they are. Takes NULL. */
const char *site_waits(const struct site *s);

/* SIGHUP: reads again what receipts show to be believed. Takes NULL. */
void site_reload(struct site *s);

void site_close(struct site *s); /* takes NULL */

#endif
