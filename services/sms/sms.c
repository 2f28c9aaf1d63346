#include "sms.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "phone.h"

static int load_ways(struct sms *m, struct err *e)
{
	struct ways_provider list[PROVIDERS_MAX];

	for (size_t i = 0; i < m->providers.count; i++) {
		const struct provider_terms *t = provider_terms(m->providers.list[i]);

		list[i] = (struct ways_provider){ t->name, t->order, t->weight };
	}
	return ways_load(&m->ways, m->settings.routes, list, m->providers.count, e);
}

/* What the settings name: the basis, providers and their routes. */
static int load(struct sms *m, struct err *e)
{
	const struct sms_settings *s = &m->settings;

	if (courier_basis_load(&m->basis, &s->basis, e) < 0 ||
	    providers_open(&m->providers, s->providers, s->providers_dir, e) < 0 ||
	    load_ways(m, e) < 0)
		return ERR_FATAL;
	return OK;
}

static void unload(struct sms *m)
{
	ways_free(m->ways);
	providers_close(&m->providers);
	courier_basis_unload(&m->basis);
}

int sms_check(const void *settings, struct err *e)
{
	struct sms m = { .settings = *(const struct sms_settings *)settings };
	int r = load(&m, e);

	unload(&m);
	return r;
}

/* Jobs of the dispatcher tell it. */
static void find_region(const struct job *job, char out[CHANNEL_REGION_SIZE])
{
	const struct phone_rules rules = { .landlines = true };
	struct phone_fault fault;
	struct phone phone = { .region = "001" };
	struct err e;

	if (!job->region)
		(void)phone_normalise(job->to, &rules, &phone, &fault, &e); /* else of none */
	text_put(out, CHANNEL_REGION_SIZE, job->region ? job->region : phone.region);
}

/* By the country that the number is of, and where it is to be cheap by the number itself. */
static void aim(void *ctx, const struct job *job, struct channel_aim *out)
{
	const struct sms *m = ctx;
	struct cost prices[PROVIDERS_MAX];

	find_region(job, out->region);
	if (!ways_find(m->ways, job->delivery.tenant, out->region, out))
		return;
	for (size_t i = 0; i < m->providers.count; i++)
		prices[i] = provider_cost(m->providers.list[i], job->to, 1);
	ways_by_cost(out, prices);
}

static void add_route(struct sms *m, struct provider *provider)
{
	static const struct metric_family unknown = {
		METRIC_COUNTER, "beckon_sms_unknown_codes_total",
		"Answers with a code that the provider's description does not know."
	};
	const struct provider_terms *t = provider_terms(provider);
	const char *labels[] = { "provider", t->name, NULL };
	size_t i = m->channel.nroutes++;

	m->routes[i].sms = m;
	m->routes[i].provider = provider;
	m->routes[i].unknown_codes_total = metrics_series(stage_metrics(m->run), &unknown, labels);
	m->channel.routes[i] = (struct channel_route){
		.name = t->name,
		.order = t->order,
		.weight = t->weight,
		.sessions = (size_t)t->sessions,
		.limit = t->limit,
		.idempotent = t->idempotent,
		.receipts = t->receipts,
		.ctx = &m->routes[i],
	};
}

int sms_open(void *ctx, struct run *r, struct err *e)
{
	struct sms *m = ctx;
	const struct sms_settings *s = &m->settings;
	struct courier_options o;

	m->run = r;
	if (load(m, e) < 0 || stage_follow(r, s->basis.tenants, e) < 0)
		return ERR_FATAL;
	stage_follow_templates(r, m->basis.catalog, false);
	o = courier_basis_options(&m->basis, &s->basis);
	m->channel = (struct channel){ .name = "sms",
				       .work = sms_work,
				       .probe = sms_probe,
				       .wake = sms_wake,
				       .aim = aim,
				       .ctx = m };
	for (size_t i = 0; i < m->providers.count; i++)
		add_route(m, m->providers.list[i]);
	m->courier = courier_open(r, &m->channel, &o);
	return OK;
}

int64_t sms_tick(void *ctx)
{
	struct sms *m = ctx;

	for (size_t i = 0; i < m->channel.nroutes; i++) {
		struct sms_route *r = &m->routes[i];

		metric_add(r->unknown_codes_total, atomic_exchange(&r->unknown_codes, 0));
	}
	return courier_tick(m);
}

void sms_reloaded(void *ctx)
{
	struct sms *m = ctx;
	struct err e;

	for (size_t i = 0; i < m->providers.count; i++)
		if (provider_reload(m->providers.list[i], &e) < 0)
			log_error("ev=reload-failed why=\"%s\"", e.text);
	if (courier_basis_reload(&m->basis, &m->settings.basis, m->courier, &e) < 0)
		log_error("ev=reload-failed why=\"%s\"", e.text);
	courier_hurry(m->courier);
}

void sms_close(void *ctx)
{
	struct sms *m = ctx;

	courier_close(m->courier);
	unload(m);
}
