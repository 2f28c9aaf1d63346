#include "site.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accept.h"
#include "accept_face.h"
#include "api.h"
#include "api_words.h"
#include "auth.h"
#include "desk.h"
#include "exports.h"
#include "hub.h"
#include "log.h"
#include "lookout.h"
#include "mem.h"
#include "oidc.h"
#include "receipts.h"
#include "page_files.h"
#include "tariffs.h"
#include "templates_api.h"
#include "view_ahead.h"
#include "view_query.h"

#define CLASSES 6 /* 1xx to 5xx; none is 0xx */

struct site {
	struct run *run;
	struct site_shared shared;
	struct auth *auth;
	json_t *words;
	struct accept_pages *pages;
	struct tariffs *tariffs;
	char *recipient_key; /* a copy: SIGHUP replaces that of the configuration */
	char *callback;	     /* where sign-in comes back to */
	struct web *web;
	struct view_ahead *ahead; /* NULL = the private door is shut */
	unsigned published;	  /* which settings */
	struct metric *answers[WEB_DOORS][CLASSES];
	struct web_counts told;
	struct receipts *receipts;
	struct metric *receipt_ends[RECEIPTS_ENDS], *receipts_unknown;
};

static const char *const door_names[WEB_DOORS] = { "public", "private" };

static void open_metrics(struct site *s)
{
	static const struct metric_family family = {
		METRIC_COUNTER, "beckon_http_answers_total",
		"Answers given, by door and the status' first digit."
	};
	static const struct metric_family unknown = {
		METRIC_COUNTER, "beckon_receipts_unknown_codes_total",
		"Receipts with a status or code of the provider's that is not known here."
	};

	s->receipts_unknown = metrics_series(stage_metrics(s->run), &unknown, NULL);

	for (int i = 0; i < RECEIPTS_ENDS; i++) {
		static const struct metric_family ends = {
			METRIC_COUNTER, "beckon_receipts_total",
			"Receipts of providers, by what became of each."
		};
		const char *labels[] = { "end", receipts_ends[i], NULL };

		s->receipt_ends[i] = metrics_series(stage_metrics(s->run), &ends, labels);
	}
	for (int d = 0; d < WEB_DOORS; d++)
		for (int c = 2; c < CLASSES; c++) {
			char class[4] = { (char)('0' + c), 'x', 'x' };
			const char *labels[] = { "door", door_names[d], "class", class, NULL };

			s->answers[d][c] = metrics_series(stage_metrics(s->run), &family, labels);
		}
}

void *site_guard_open(void *ctx)
{
	const struct site_shared *shared = ctx;
	const struct stage_settings *c = shared->common;
	struct guard_options o = { .redis_url = c->redis_url,
				   .redis_password = c->redis_password,
				   .prefix = c->redis_prefix,
				   .client_name = "beckon-status-http",
				   .timeout_ms = (int)c->redis_timeout_ms,
				   .event_memory_s = c->event_memory_ms / 1000,
				   .delivery_memory_s = c->delivery_memory_ms / 1000 };
	struct guard *g = NULL;
	struct err e;
	int r = guard_new(&g, &o, &e);

	assert(r == OK); /* the loop's guard has the same settings */
	(void)r;
	return g;
}

void site_guard_close(void *local)
{
	guard_free(local);
}

int site_ask(struct guard *g, int argc, const char **argv, const struct redis_reply **out,
	     struct err *e)
{
	struct redis *r = guard_redis(g);

	if (!redis_connected(r) && redis_connect(r, e))
		return ERR_AGAIN;
	redis_add(r, argc, argv, NULL);
	if (redis_run(r, e))
		return ERR_AGAIN;
	*out = redis_reply(r, 0);
	if (redis_type(*out) == REDIS_ERROR)
		return err_set(e, ERR_AGAIN, "Redis: %.80s", redis_str(*out, NULL));
	return OK;
}

const char *site_audit_name(const struct site_shared *s, const struct web_person *p,
			    char out[WEB_ID_MAX + 1])
{
	struct ids_recipient who = { "person", p->id };
	char hash[IDS_HASH_SIZE];

	ids_recipient_hash(s->recipient_key, strlen(s->recipient_key), who, hash);
	if (p->proof == WEB_PROOF_KEY)
		text_put(out, WEB_ID_MAX + 1, p->id);
	else
		snprintf(out, WEB_ID_MAX + 1, "person:%s", hash);
	return out;
}

static void open_oidc(struct site *s, const struct site_settings *settings)
{
	struct oidc_options o = { .issuer = settings->oidc_issuer,
				  .client = settings->oidc_client,
				  .secret = settings->oidc_secret,
				  .private_ok = settings->oidc_private };

	s->callback = xasprintf("%s/auth/callback", settings->url);
	o.redirect = s->callback;
	s->shared.oidc = oidc_open(&o);
}

/* Prices are for people to know beforehand: without them everything else goes on. */
static void open_tariffs(struct site *s, const struct site_settings *settings)
{
	struct err e;

	if (tariffs_open(&s->tariffs, settings->providers, settings->routes,
			 settings->providers_dir, &e) < 0)
		log_warn("ev=prices-unknown why=\"%s\"", e.text);
	s->shared.tariffs = s->tariffs;
}

/* All that handlers share and that is made here. */
static int open_shared(struct site *s, const struct site_settings *settings, struct err *e)
{
	struct site_shared *shared = &s->shared;
	struct desk_options desk = {
		.kafka = shared->kafka,
		.topic = stage_topic(s->run, STAGE_TOPIC_SETTINGS),
		.redis_prefix = shared->common->redis_prefix,
		.base = shared->base,
		.wake_fd = stage_wake_fd(s->run),
	};
	int r = outlet_open(&shared->outlet, shared->kafka,
			    stage_topic(s->run, STAGE_TOPIC_REQUESTED), e);

	if (r)
		return r;
	desk.outlet = shared->outlet;
	shared->desk = desk_open(&desk);
	shared->words = s->words = api_words_load();
	shared->pages = s->pages = accept_pages_new();
	shared->sheets = view_sheets_new(0);
	shared->exports = exports_new();
	shared->hub = hub_open(site_guard_open(shared), settings->listen_ms);
	if (settings->private_listen) {
		shared->lookout =
			lookout_open(site_guard_open(shared), shared->common->redis_prefix);
		s->ahead =
			view_ahead_open(shared->sheets, site_guard_open(shared), VIEW_AHEAD_BOUNDS);
	}
	shared->settings = settings;
	open_tariffs(s, settings);
	shared->recipient_key = s->recipient_key = xstrdup(shared->recipient_key);
	if (settings->oidc_issuer && !settings->url)
		return err_set(e, ERR_FATAL, "auth.oidc_issuer needs http.url");
	if (settings->oidc_issuer)
		open_oidc(s, settings);
	shared->secure = settings->url && !strncmp(settings->url, "https://", 8);
	return OK;
}

static void close_shared(struct site *s)
{
	desk_close(s->shared.desk);
	json_decref(s->words);
	accept_pages_free(s->pages);
	tariffs_free(s->tariffs);
	oidc_close(s->shared.oidc);
	free(s->callback);
	config_secret_free(s->recipient_key);
	view_sheets_free(s->shared.sheets);
	exports_free(s->shared.exports);
	outlet_close(s->shared.outlet);
}

static int open_web(struct site *s, const struct site_settings *settings, struct err *e)
{
	struct web_options o = {
		.listen = { [WEB_PUBLIC] = settings->public_listen,
			    [WEB_PRIVATE] = settings->private_listen },
		.threads = (unsigned)settings->threads,
		.rate_per_s = settings->rate_per_s,
		.proxies = (const char *const *)settings->proxies.items,
		.nproxies = settings->proxies.count,
		.modules = {
			api_meta_module(&s->shared),
			api_invites_module(&s->shared),
			api_act_module(&s->shared),
			api_new_module(&s->shared),
			api_tenant_module(&s->shared),
			api_live_module(&s->shared),
			api_sign_module(&s->shared),
			api_fleet_module(&s->shared),
			accept_module(&s->shared),
			page_files_module(),
			receipts_module(s->receipts),
			/* the last: absent where the private door is shut */
			s->shared.templates ? templates_api_module(s->shared.templates) : (struct web_module){ 0 },
		},
		.gate = auth_gate(s->auth),
		.face = accept_face,
		.face_ctx = s->pages,
	};

	while (o.modules[o.nmodules].routes)
		o.nmodules++;
	return web_open(&s->web, &o, e);
}

int site_open(struct site **out, struct run *r, const struct site_settings *settings,
	      const struct site_shared *shared, struct err *e)
{
	const struct receipts_options told = { settings->receipts, settings->providers_dir,
					       stage_topic(r, STAGE_TOPIC_SETTINGS) };
	struct site *s;

	if (!settings->public_listen && !settings->private_listen)
		return OK;
	s = xcalloc(1, sizeof(*s));
	s->run = r;
	s->shared = *shared;
	if (open_shared(s, settings, e) < 0)
		goto fail;
	s->auth = auth_open(settings, &s->shared);
	if (settings->private_listen &&
	    templates_api_open(&s->shared.templates, r, settings->templates_dir, &s->shared, e) < 0)
		goto fail;
	if (receipts_open(&s->receipts, &told, &s->shared, e) < 0)
		goto fail;
	if (open_web(s, settings, e) < 0)
		goto fail;
	open_metrics(s);
	for (int d = 0; d < WEB_DOORS; d++)
		if (web_port(s->web, d))
			log_info("ev=http door=%s port=%u", door_names[d], web_port(s->web, d));
	*out = s;
	return OK;
fail:
	site_close(s);
	return ERR_FATAL;
}

void site_tick(struct site *s)
{
	uint64_t ends[RECEIPTS_ENDS];
	struct web_counts now;

	if (!s)
		return;
	if (outlet_fatal(s->shared.outlet))
		stage_die(s->run, outlet_fatal(s->shared.outlet));
	/* nobody is answered before it is known who may ask */
	if (!desk_look(s->shared.desk) && s->published != stage_settings_count(s->run)) {
		s->published = stage_settings_count(s->run);
		web_publish(s->web, stage_tenants(s->run));
	}
	templates_api_tick(s->shared.templates);
	receipts_counted(s->receipts, ends);
	for (int i = 0; i < RECEIPTS_ENDS; i++)
		metric_add(s->receipt_ends[i], (double)ends[i]);
	metric_add(s->receipts_unknown, (double)receipts_unknown(s->receipts));
	web_counted(s->web, &now);
	for (int d = 0; d < WEB_DOORS; d++)
		for (int c = 2; c < CLASSES; c++)
			metric_add(s->answers[d][c],
				   (double)(now.answers[d][c] - s->told.answers[d][c]));
	s->told = now;
}

const char *site_waits(const struct site *s)
{
	return !s || s->published ? NULL : "http: settings and keys are not known yet";
}

void site_reload(struct site *s)
{
	struct err e;

	if (s && receipts_reload(s->receipts, &e) < 0)
		log_error("ev=reload-failed why=\"%s\"", e.text);
}

void site_close(struct site *s)
{
	if (!s)
		return;
	if (s->shared.outlet)
		outlet_hurry(s->shared.outlet);
	hub_close(s->shared.hub);
	web_close(s->web);
	view_ahead_close(s->ahead);
	lookout_close(s->shared.lookout);
	receipts_close(s->receipts);
	templates_api_close(s->shared.templates);
	auth_close(s->auth);
	close_shared(s);
	free(s);
}
