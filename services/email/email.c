#include "email.h"

#include <stdlib.h>

#include "log.h"

/* Rates of the whole fleet. */
static int load_limits(const struct email_settings *s, struct limit_fleet *out, struct err *e)
{
	if (tenant_rate_parse(s->limit_global, &out->global, e) < 0)
		return err_prefix(e, ERR_FATAL, "limits.global");
	if (tenant_rate_parse(s->limit_domain, &out->domain, e) < 0)
		return err_prefix(e, ERR_FATAL, "limits.domain");
	return OK;
}

/* What the settings name: tenants, keys, templates, relays. */
static int load(struct email *m, struct err *e)
{
	const struct email_settings *s = &m->settings;

	if (load_limits(s, &m->limits, e) < 0 || tenants_load(&m->tenants, s->tenants, e) < 0 ||
	    keyring_load(&m->ring, s->ring_file, e) < 0 ||
	    passwords_open(&m->passwords, s->seal_file, e) < 0 ||
	    catalog_open(&m->catalog, s->templates_dir, e) < 0 ||
	    relays_open(&m->relays, s->relays, s->helo, e) < 0)
		return ERR_FATAL;
	if (!tenants_find(m->tenants, "*")->from)
		return err_set(
			e, ERR_FATAL,
			"tenants.*.sender.from: the address that mails come from is missing");
	return OK;
}

static void unload(struct email *m)
{
	relays_close(&m->relays);
	catalog_free(m->catalog);
	passwords_free(m->passwords);
	keyring_free(m->ring);
	tenants_free(m->tenants);
}

int email_check(const void *settings, struct err *e)
{
	struct email m = { .settings = *(const struct email_settings *)settings };
	int r = load(&m, e);

	unload(&m);
	return r;
}

static void add_route(struct email *m, struct relay *relay)
{
	const struct relay_terms *t = relay_terms(relay);
	size_t i = m->channel.nroutes++;

	m->routes[i] = (struct email_route){ m, relay };
	m->channel.routes[i] = (struct channel_route){
		.name = t->name,
		.order = t->order,
		.weight = t->weight,
		.sessions = (size_t)(t->sessions ? t->sessions : m->settings.sessions),
		.limit = t->limit,
		.ctx = &m->routes[i],
	};
}

int email_open(void *ctx, struct run *r, struct err *e)
{
	struct email *m = ctx;
	const struct email_settings *s = &m->settings;
	struct courier_options o = {
		.deadline_ms = s->deadline_ms,
		.rules = { s->retry.ms, s->retry.count, false },
	};

	m->run = r;
	if (load(m, e) < 0 || stage_follow(r, s->tenants, e) < 0)
		return ERR_FATAL;
	stage_follow_templates(r, m->catalog, false);
	o.limits = m->limits;
	o.ring = m->ring;
	m->channel = (struct channel){ .name = "email", .work = email_work, .probe = email_probe };
	for (size_t i = 0; i < m->relays.count; i++)
		add_route(m, m->relays.list[i]);
	m->courier = courier_open(r, &m->channel, &o);
	return OK;
}

/* Tokens are made by the loop alone, so the old ring may go at once. */
void email_reloaded(void *ctx)
{
	struct email *m = ctx;
	struct keyring *ring;
	struct err e;

	for (size_t i = 0; i < m->relays.count; i++)
		if (relay_reload(m->relays.list[i], &e) < 0)
			log_error("ev=reload-failed why=\"%s\"", e.text);
	if (passwords_reload(m->passwords, &e) < 0)
		log_error("ev=reload-failed why=\"%s\"", e.text);
	if (keyring_load(&ring, m->settings.ring_file, &e) < 0) {
		log_error("ev=reload-failed why=\"%s\"", e.text);
		return;
	}
	courier_keyring(m->courier, ring);
	keyring_free(m->ring);
	m->ring = ring;
}

void email_close(void *ctx)
{
	struct email *m = ctx;

	courier_close(m->courier);
	unload(m);
}
