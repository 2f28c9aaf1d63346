#include "stage_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health.h"
#include "http.h"
#include "log.h"
#include "mem.h"
#include "now.h"
#include "routes_seen.h"

#define PUBLISH_MS 500
#define STUCK_MS 10000 /* a loop that has not turned for so long is stuck */

static const struct metric_family families[] = {
	{ METRIC_GAUGE, "beckon_build_info", "Always 1; the version is a label." },
	{ METRIC_GAUGE, "beckon_lag",
	  "Records of the input not read yet, all partitions of this process." },
	{ METRIC_GAUGE, "beckon_undone", "Records in hand." },
	{ METRIC_GAUGE, "beckon_oldest_age_seconds",
	  "Age of the oldest record in hand; 0 = none." },
	{ METRIC_GAUGE, "beckon_window_full",
	  "Partitions not read because an old record is still undone." },
	{ METRIC_GAUGE, "beckon_standing_still", "1 while nothing is read; /readyz says why." },
	{ METRIC_GAUGE, "beckon_last_turn_timestamp_seconds", "When the loop turned last." },
};

enum { BUILD_INFO, LAG, UNDONE, OLDEST_AGE, WINDOW_FULL, STANDING, LAST_TURN, OWN_METRICS };

struct stage_health {
	struct http *http;
	struct health *pages; /* what the HTTP thread sees */
	struct metrics *metrics;
	struct metric *own[OWN_METRICS];
	struct buf text; /* the metrics' next rendering */
	struct buf routes;
	int64_t published_ms;
	char waits[HEALTH_REASON_MAX]; /* as published */
	unsigned settings;	       /* likewise */
};

static void measure(struct run *r)
{
	struct stage_health *h = r->health;
	int64_t lag = 0, oldest = 0, now = now_ms();
	size_t full = 0;

	for (const struct stage_part *p = r->parts; p; p = p->next) {
		int64_t n = p->assigned ? consumer_lag(r->consumer, p->assigned, p->mark.next) : 0;

		lag += n > 0 ? n : 0;
		full += watermark_full(&p->mark);
	}
	for (const struct work *w = r->undone; w; w = w->next)
		if (w->rec.timestamp_ms > 0 && now - w->rec.timestamp_ms > oldest)
			oldest = now - w->rec.timestamp_ms;
	metric_set(h->own[LAG], (double)lag);
	metric_set(h->own[UNDONE], (double)r->undone_count);
	metric_set(h->own[OLDEST_AGE], (double)oldest / 1000.0);
	metric_set(h->own[WINDOW_FULL], (double)full);
	metric_set(h->own[STANDING], r->waits[0] != '\0');
	metric_set(h->own[LAST_TURN], (double)now / 1000.0);
	stage_follow_measure(r);
	health_note(h->pages, stage_follow_note(r));
}

static void publish_metrics(struct run *r, int64_t now)
{
	struct stage_health *h = r->health;

	measure(r);
	buf_reset(&h->text);
	metrics_render(h->metrics, &h->text);
	buf_reset(&h->routes);
	if (r->stage->routes && r->stage->routes(r->ctx, &h->routes))
		r->pulse_ms = 0; /* to be told at once */
	stage_pulse(r, &h->text, &h->routes, now);
	health_metrics(h->pages, &h->text);
	h->published_ms = now;
}

void stage_health_publish(struct run *r)
{
	struct stage_health *h = r->health;
	int64_t now = now_mono_ms();
	const char *waits = r->stopping ? "stopping" : r->waits;
	bool news = strncmp(h->waits, waits, sizeof(h->waits) - 1) != 0 ||
		    h->settings != stage_settings_count(r);

	health_beat(h->pages, now);
	if (news) {
		snprintf(h->waits, sizeof(h->waits), "%s", waits);
		h->settings = stage_settings_count(r);
		health_ready(h->pages, *waits ? waits : NULL);
		r->pulse_ms = 0; /* to be told at once */
	}
	if (news || now - h->published_ms >= PUBLISH_MS)
		publish_metrics(r, now);
}

int stage_health_open(struct run *r, struct err *e)
{
	struct stage_health *h = xcalloc(1, sizeof(*h));
	const char *version[] = { "service", r->stage->name, "version", BECKON_VERSION, NULL };
	struct http_options o = { r->settings.http_listen, health_routes, HEALTH_ROUTES, NULL };

	r->health = h;
	h->text.max = METRICS_TEXT_MAX;
	h->routes.max = ROUTES_TOLD_MAX_BYTES;
	h->metrics = metrics_new();
	h->pages = o.ctx = health_new(STUCK_MS, now_mono_ms());
	snprintf(h->waits, sizeof(h->waits), "starting");
	for (int i = 0; i < OWN_METRICS; i++)
		h->own[i] =
			metrics_series(h->metrics, &families[i], i == BUILD_INFO ? version : NULL);
	metric_set(h->own[BUILD_INFO], 1);
	return http_open(&h->http, &o, e);
}

void stage_insecure(struct run *r, const char *what)
{
	static const struct metric_family family = {
		METRIC_GAUGE, "beckon_insecure",
		"1 where the configuration has whoever answers in place of `what` believed."
	};
	const char *labels[] = { "what", what, NULL };

	metric_set(metrics_series(r->health->metrics, &family, labels), 1);
	log_warn("ev=insecure what=%s why=\"its certificate is not verified, as configured\"",
		 what);
}

int stage_health_port(const struct run *r)
{
	return http_port(r->health->http);
}

struct metrics *stage_health_metrics(struct run *r)
{
	return r->health->metrics;
}

void stage_health_close(struct run *r)
{
	struct stage_health *h = r->health;

	http_close(h->http);
	health_free(h->pages);
	metrics_free(h->metrics);
	buf_clear(&h->text);
	buf_clear(&h->routes);
	free(h);
}
