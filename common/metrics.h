/*
 * metrics - counters, gauges and histograms, and their text for Prometheus.
 *
 * One thread owns a registry and everything in it: nothing here locks. A family is a name with its
 * help; a series is a family with one set of labels, made when it is first asked for. Labels are
 * words of ours (an outcome, a code, a route), never recipients or invites: at most
 * METRICS_MAX_SERIES exist, and what comes after those is counted nowhere.
 *
 * Names begin with beckon_ and tell the base unit: counters end in _total, histograms in _seconds
 * or _bytes, and an _info is a gauge that is always 1.
 */
#ifndef BECKON_METRICS_H
#define BECKON_METRICS_H

#include "buf.h"

#define METRICS_MAX_SERIES 512
#define METRICS_TEXT_MAX                                                                           \
	((size_t)1 << 20) /* bytes of a rendering: what callers give their buffer */

enum metric_kind { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

struct metric_family {
	enum metric_kind kind;
	const char *name;
	const char *help; /* one sentence */
};

struct metrics;
struct metric;

struct metrics *metrics_new(void);
void metrics_free(struct metrics *m); /* takes NULL */

/* The series of f with these labels: name, value, name, value, ... NULL, always in the same order;
   NULL alone = none. It starts at zero and lives as long as m; f must, too. Keep the pointer on a
   hot path: finding it again compares texts. */
struct metric *metrics_series(struct metrics *m, const struct metric_family *f,
			      const char *const *labels);

void metric_add(struct metric *s, double n);	     /* counter: n >= 0; or gauge */
void metric_set(struct metric *s, double value);     /* gauge */
void metric_observe(struct metric *s, double value); /* histogram, in the family's base unit */
double metric_value(const struct metric *s);	     /* counter, gauge; of a histogram the sum */

/* Appends the text exposition format, version 0.0.4. */
void metrics_render(const struct metrics *m, struct buf *out);

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

#endif
