/*
 * health - what the loop tells about itself, and the three pages that show it.
 *
 * The loop publishes; the HTTP thread reads copies under one short lock and knows nothing else.
 *
 *	/metrics  the text that was published last
 *	/healthz  200 while the loop turns, also while it stands still for want of Redis or Kafka;
 *	          503 when it has not turned for stuck_ms
 *	/readyz   200, or 503 with what is waited for
 */
#ifndef BECKON_HEALTH_H
#define BECKON_HEALTH_H

#include <stdint.h>

#include "buf.h"
#include "http.h"

#define HEALTH_REASON_MAX 160 /* bytes of what is waited for, with its NUL */
#define HEALTH_ROUTES 3

struct health;

/* The routes' ctx is the struct health. */
extern const struct http_route health_routes[HEALTH_ROUTES];

/* Not ready ("starting"), alive from now_mono_ms on. */
struct health *health_new(int64_t stuck_ms, int64_t now_mono_ms);
void health_free(struct health *h); /* after http_close; takes NULL */

/* The loop has turned. Cheap: once a turn. */
void health_beat(struct health *h, int64_t now_mono_ms);

/* What is waited for, a sentence without a full stop ("epoch missing; run beckon init"), cut to
   HEALTH_REASON_MAX; NULL = ready. */
void health_ready(struct health *h, const char *waiting_for);

/* What /readyz tells behind "ready"; "" = nothing. */
void health_note(struct health *h, const char *note);

/* Publishes text as /metrics and leaves the text published before in its place, to be reset and
   filled again: no copying, no allocation once both have grown. */
void health_metrics(struct health *h, struct buf *text);

#endif
