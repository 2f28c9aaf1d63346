#include "stage_priv.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "http.h"
#include "log.h"
#include "mem.h"
#include "now.h"

#define PUBLISH_MS 500
#define STUCK_MS 10000 /* a loop that has not published for so long is stuck */

static const struct metric_family families[] = {
	{ METRIC_GAUGE, "beckon_build_info", "Always 1; the version is a label." },
	{ METRIC_GAUGE, "beckon_lag", "Records of the input not read yet, all partitions of this process." },
	{ METRIC_GAUGE, "beckon_undone", "Records in hand." },
	{ METRIC_GAUGE, "beckon_oldest_age_seconds", "Age of the oldest record in hand; 0 = none." },
	{ METRIC_GAUGE, "beckon_window_full", "Partitions not read because an old record is still undone." },
	{ METRIC_GAUGE, "beckon_standing_still", "1 while nothing is read; /readyz says why." },
	{ METRIC_GAUGE, "beckon_last_turn_timestamp_seconds", "When the loop turned last." },
};

enum { BUILD_INFO, LAG, UNDONE, OLDEST_AGE, WINDOW_FULL, STANDING, LAST_TURN, OWN_METRICS };

/* What the HTTP thread may see: texts that the loop swaps in. */
struct stage_health {
	struct http *http;
	struct metrics *metrics;
	struct metric *own[OWN_METRICS];
	int64_t published_ms; /* the loop's */
	pthread_mutex_t lock;
	struct buf text;      /* under the lock, as the rest */
	char waits[256];
	int64_t alive_ms;
};

/* ---- on the HTTP thread ---- */

static void answer_metrics(void *ctx, struct http_reply *reply)
{
	struct stage_health *h = ctx;

	reply->type = METRICS_CONTENT_TYPE;
	reply->body.max = METRICS_TEXT_MAX;
	pthread_mutex_lock(&h->lock);
	buf_add(&reply->body, h->text.data, h->text.len);
	pthread_mutex_unlock(&h->lock);
}

static void answer_healthz(void *ctx, struct http_reply *reply)
{
	struct stage_health *h = ctx;
	int64_t age;

	pthread_mutex_lock(&h->lock);
	age = now_mono_ms() - h->alive_ms;
	pthread_mutex_unlock(&h->lock);
	if (age < STUCK_MS) {
		buf_str(&reply->body, "alive\n");
		return;
	}
	reply->status = 503;
	buf_fmt(&reply->body, "stuck: the loop has not turned for %lld ms\n", (long long)age);
}

static void answer_readyz(void *ctx, struct http_reply *reply)
{
	struct stage_health *h = ctx;

	pthread_mutex_lock(&h->lock);
	if (h->waits[0]) {
		reply->status = 503;
		buf_fmt(&reply->body, "not ready: %s\n", h->waits);
	} else {
		buf_str(&reply->body, "ready\n");
	}
	pthread_mutex_unlock(&h->lock);
}

static const struct http_route routes[] = {
	{ "/metrics", answer_metrics },
	{ "/healthz", answer_healthz },
	{ "/readyz", answer_readyz },
};

/* ---- on the loop ---- */

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
}

void stage_health_publish(struct run *r)
{
	struct stage_health *h = r->health;
	int64_t now = now_mono_ms();
	const char *waits = r->stopping ? "stopping" : r->waits;
	bool news = strcmp(h->waits, waits) != 0; /* only the loop writes waits: reading it here needs no lock */
	struct buf text = BUF_INIT(METRICS_TEXT_MAX), old;

	if (!news && now - h->published_ms < PUBLISH_MS)
		return;
	measure(r);
	metrics_render(h->metrics, &text);
	h->published_ms = now;
	pthread_mutex_lock(&h->lock);
	old = h->text;
	h->text = text;
	h->alive_ms = now;
	snprintf(h->waits, sizeof(h->waits), "%s", waits);
	pthread_mutex_unlock(&h->lock);
	buf_clear(&old);
}

int stage_health_open(struct run *r, struct err *e)
{
	struct stage_health *h = xcalloc(1, sizeof(*h));
	const char *version[] = { "service", r->stage->name, "version", BECKON_VERSION, NULL };
	struct http_options o = { r->settings.http_listen, routes, ARRAY_LEN(routes), h };

	r->health = h;
	h->metrics = metrics_new();
	h->alive_ms = now_mono_ms();
	snprintf(h->waits, sizeof(h->waits), "starting");
	pthread_mutex_init(&h->lock, NULL);
	for (int i = 0; i < OWN_METRICS; i++)
		h->own[i] = metrics_series(h->metrics, &families[i], i == BUILD_INFO ? version : NULL);
	metric_set(h->own[BUILD_INFO], 1);
	return http_open(&h->http, &o, e);
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
	metrics_free(h->metrics);
	buf_clear(&h->text);
	pthread_mutex_destroy(&h->lock);
	free(h);
}
