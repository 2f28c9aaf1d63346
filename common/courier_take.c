/* Jobs become parcels; what is none goes to the dead-letter topic. */
#include "courier_priv.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "mem.h"
#include "now.h"
#include "tell.h"

/* Of an address its domain, of a number its region. */
static unsigned domain_bucket(const struct parcel *p)
{
	const char *at = strrchr(p->job.to, '@');
	unsigned h = 5381;

	for (const char *s = at ? at : p->lanes->region; *s; s++)
		h = h * 33 ^ (unsigned char)*s;
	return h % COURIER_DOMAINS;
}

static void dead_letter(struct courier *c, struct work *w, const char *why)
{
	struct err e;

	log_error("ev=dead-letter partition=%d offset=%lld why=\"%s\"", w->rec.partition,
		  (long long)w->rec.offset, why);
	if (tell_dead(c->run, w, why, false, &e) < 0)
		stage_die(c->run, e.text);
	stage_finish(c->run, w);
}

static void take_over(struct courier *c, struct work *w)
{
	struct parcel *p = xcalloc(1, sizeof(*p));
	struct err e;

	if (job_read(&w->rec, &p->job, &e) < 0 ||
	    strcmp(p->job.delivery.channel, c->channel->name) != 0) {
		dead_letter(c, w, p->job.root ? "a job of another channel" : e.text);
		job_clear(&p->job);
		free(p);
		return;
	}
	p->courier = c;
	p->work = w;
	p->entry = -1;
	p->read_ms = now_mono_ms();
	p->lanes = courier_aim(c, &p->job);
	p->domain = domain_bucket(p);
	p->outcome.max = OUTCOME_MAX_BYTES;
	w->user = p;
	parcel_enter(c, p, PARCEL_WAITING);
}

int courier_handle(void *service, struct work **works, size_t n, struct err *e)
{
	struct courier *c = courier_of(service);

	(void)e;
	for (size_t i = 0; i < n; i++)
		take_over(c, works[i]);
	return OK;
}
