#include "health.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "mem.h"
#include "metrics.h"
#include "now.h"

struct health {
	int64_t stuck_ms;
	_Atomic int64_t beat_ms; /* monotonic */
	pthread_mutex_t lock;	 /* of what follows */
	bool ready;
	char reason[HEALTH_REASON_MAX], note[HEALTH_REASON_MAX];
	struct buf metrics;
};

struct health *health_new(int64_t stuck_ms, int64_t now_mono)
{
	struct health *h = xcalloc(1, sizeof(*h));

	h->stuck_ms = stuck_ms;
	h->metrics.max = METRICS_TEXT_MAX;
	atomic_init(&h->beat_ms, now_mono);
	pthread_mutex_init(&h->lock, NULL);
	health_ready(h, "starting");
	return h;
}

void health_free(struct health *h)
{
	if (!h)
		return;
	pthread_mutex_destroy(&h->lock);
	buf_clear(&h->metrics);
	free(h);
}

void health_beat(struct health *h, int64_t now_mono)
{
	atomic_store_explicit(&h->beat_ms, now_mono, memory_order_relaxed);
}

void health_ready(struct health *h, const char *waiting_for)
{
	pthread_mutex_lock(&h->lock);
	h->ready = !waiting_for;
	snprintf(h->reason, sizeof(h->reason), "%s", waiting_for ? waiting_for : "");
	pthread_mutex_unlock(&h->lock);
}

void health_note(struct health *h, const char *note)
{
	pthread_mutex_lock(&h->lock);
	snprintf(h->note, sizeof(h->note), "%s", note);
	pthread_mutex_unlock(&h->lock);
}

void health_metrics(struct health *h, struct buf *text)
{
	struct buf old;

	pthread_mutex_lock(&h->lock);
	old = h->metrics;
	h->metrics = *text;
	pthread_mutex_unlock(&h->lock);
	*text = old;
}

static void answer_metrics(void *ctx, struct http_reply *reply)
{
	struct health *h = ctx;

	reply->type = METRICS_CONTENT_TYPE;
	pthread_mutex_lock(&h->lock);
	buf_add(&reply->body, h->metrics.data, h->metrics.len);
	pthread_mutex_unlock(&h->lock);
}

static void answer_alive(void *ctx, struct http_reply *reply)
{
	struct health *h = ctx;
	int64_t age_ms = now_mono_ms() - atomic_load_explicit(&h->beat_ms, memory_order_relaxed);

	if (age_ms < h->stuck_ms) {
		buf_str(&reply->body, "ok\n");
		return;
	}
	reply->status = 503;
	buf_fmt(&reply->body, "stuck: the loop has not turned for %lld s\n",
		(long long)(age_ms / 1000));
}

static void answer_ready(void *ctx, struct http_reply *reply)
{
	struct health *h = ctx;

	pthread_mutex_lock(&h->lock);
	reply->status = h->ready ? 200 : 503;
	if (h->ready)
		buf_fmt(&reply->body, "ready%s%s\n", h->note[0] ? "; " : "", h->note);
	else
		buf_fmt(&reply->body, "not ready: %s\n", h->reason);
	pthread_mutex_unlock(&h->lock);
}

const struct http_route health_routes[HEALTH_ROUTES] = {
	{ "/metrics", answer_metrics },
	{ "/healthz", answer_alive },
	{ "/readyz", answer_ready },
};
