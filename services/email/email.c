#include "email.h"

#include <stdlib.h>

#include "log.h"

/* What the settings name: the basis, the fleet's rate to one domain, relays. */
static int load(struct email *m, struct err *e)
{
	const struct email_settings *s = &m->settings;

	if (courier_basis_load(&m->basis, &s->basis, e) < 0)
		return ERR_FATAL;
	if (tenant_rate_parse(s->limit_domain, &m->basis.limits.domain, e) < 0)
		return err_prefix(e, ERR_FATAL, "limits.domain");
	if (relays_open(&m->relays, s->relays, s->helo, e) < 0)
		return ERR_FATAL;
	if (!tenants_find(m->basis.tenants, "*")->from)
		return err_set(
			e, ERR_FATAL,
			"tenants.*.sender.from: the address that mails come from is missing");
	return OK;
}

static void unload(struct email *m)
{
	relays_close(&m->relays);
	courier_basis_unload(&m->basis);
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
	struct courier_options o;

	m->run = r;
	if (load(m, e) < 0 || stage_follow(r, s->basis.tenants, e) < 0)
		return ERR_FATAL;
	stage_follow_templates(r, m->basis.catalog, false);
	o = courier_basis_options(&m->basis, &s->basis);
	m->channel = (struct channel){ .name = "email", .work = email_work, .probe = email_probe };
	for (size_t i = 0; i < m->relays.count; i++) {
		add_route(m, m->relays.list[i]);
		if (relay_terms(m->relays.list[i])->insecure)
			stage_insecure(r, relay_terms(m->relays.list[i])->name);
	}
	m->courier = courier_open(r, &m->channel, &o);
	return OK;
}

void email_reloaded(void *ctx)
{
	struct email *m = ctx;
	struct err e;

	for (size_t i = 0; i < m->relays.count; i++)
		if (relay_reload(m->relays.list[i], &e) < 0)
			log_error("ev=reload-failed why=\"%s\"", e.text);
	if (courier_basis_reload(&m->basis, &m->settings.basis, m->courier, &e) < 0)
		log_error("ev=reload-failed why=\"%s\"", e.text);
	courier_hurry(m->courier);
}

void email_close(void *ctx)
{
	struct email *m = ctx;

	courier_close(m->courier);
	unload(m);
}
