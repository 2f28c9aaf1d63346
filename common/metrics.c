#include "metrics.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define LABELS_MAX_BYTES 512

/* Upper bounds of the buckets: from the send that is felt to be at once, to the mail that waited
   for its relay. */
static const double bounds[] = { 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,  1,	  2.5,
				 5,	10,   30,    60,   300, 900,  3600, 21600 };

struct metric {
	struct metric *next;
	char *labels; /* as rendered, without braces */
	double value; /* of a histogram the sum */
	uint64_t count;
	uint64_t buckets[]; /* a histogram's: observations up to each bound and above the one before
			     */
};

struct family {
	struct family *next;
	const struct metric_family *def;
	struct metric *first, **end;
};

struct metrics {
	struct family *first, **end;
	size_t series;
	struct metric *lost; /* stands for every series over the bound */
};

static const struct {
	const char *word;
	const char *suffixes[3]; /* what names end in; none = anything */
} kinds[] = {
	[METRIC_COUNTER] = { "counter", { "_total" } },
	[METRIC_GAUGE] = { "gauge", { NULL } },
	[METRIC_HISTOGRAM] = { "histogram", { "_seconds", "_bytes" } },
};

static struct metric *metric_new(const char *labels)
{
	struct metric *s = xcalloc(1, sizeof(*s) + ARRAY_LEN(bounds) * sizeof(s->buckets[0]));

	s->labels = xstrdup(labels);
	return s;
}

static void metric_free(struct metric *s)
{
	free(s->labels);
	free(s);
}

struct metrics *metrics_new(void)
{
	struct metrics *m = xcalloc(1, sizeof(*m));

	m->end = &m->first;
	m->lost = metric_new("");
	return m;
}

static void family_free(struct family *f)
{
	for (struct metric *s = f->first, *next; s; s = next) {
		next = s->next;
		metric_free(s);
	}
	free(f);
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	for (struct family *f = m->first, *next; f; f = next) {
		next = f->next;
		family_free(f);
	}
	metric_free(m->lost);
	free(m);
}

static bool well_named(const struct metric_family *f)
{
	size_t n = strlen(f->name);
	const char *const *suffix = kinds[f->kind].suffixes;
	bool any = !*suffix;

	for (; *suffix; suffix++)
		any = any ||
		      (n > strlen(*suffix) && strcmp(f->name + n - strlen(*suffix), *suffix) == 0);
	return any && strncmp(f->name, "beckon_", 7) == 0 &&
	       strspn(f->name, "abcdefghijklmnopqrstuvwxyz0123456789_") == n;
}

static struct family *family_of(struct metrics *m, const struct metric_family *def)
{
	struct family *f = m->first;

	while (f && f->def != def)
		f = f->next;
	if (f)
		return f;
	assert(well_named(def));
	f = xcalloc(1, sizeof(*f));
	f->def = def;
	f->end = &f->first;
	*m->end = f;
	m->end = &f->next;
	return f;
}

/* Appends name="value" with the value's backslashes, quotes and line ends escaped. */
static void label(struct buf *out, const char *name, const char *value)
{
	buf_fmt(out, "%s%s=\"", out->len ? "," : "", name);
	for (; *value; value++) {
		if (*value == '\n') {
			buf_str(out, "\\n");
			continue;
		}
		if (*value == '"' || *value == '\\')
			buf_byte(out, '\\');
		buf_byte(out, *value);
	}
	buf_byte(out, '"');
}

struct metric *metrics_series(struct metrics *m, const struct metric_family *f,
			      const char *const *labels)
{
	struct family *family = family_of(m, f);
	autobuf text = BUF_INIT(LABELS_MAX_BYTES);
	struct metric *s;

	buf_str(&text, "");
	for (; labels && *labels; labels += 2)
		label(&text, labels[0], labels[1]);
	for (s = family->first; s; s = s->next)
		if (strcmp(s->labels, text.data) == 0)
			return s;
	if (text.full || m->series == METRICS_MAX_SERIES)
		return m->lost;
	m->series++;
	s = metric_new(text.data);
	*family->end = s;
	family->end = &s->next;
	return s;
}

void metric_add(struct metric *s, double n)
{
	s->value += n;
}

void metric_set(struct metric *s, double value)
{
	s->value = value;
}

void metric_observe(struct metric *s, double value)
{
	s->value += value;
	s->count++;
	for (size_t i = 0; i < ARRAY_LEN(bounds); i++)
		if (value <= bounds[i]) {
			s->buckets[i]++;
			break;
		}
}

double metric_value(const struct metric *s)
{
	return s->value;
}

/* A sample's line but for its value: name_suffix{labels,le="x"} */
static void sample(struct buf *out, const char *name, const char *suffix, const struct metric *s,
		   const char *le)
{
	buf_fmt(out, "%s%s", name, suffix);
	if (*s->labels || *le)
		buf_fmt(out, "{%s%s%s}", s->labels, *s->labels && *le ? "," : "", le);
	buf_byte(out, ' ');
}

/* Whole numbers are told exactly up to 10^15. */
static void number(struct buf *out, double value)
{
	buf_fmt(out, "%.15g\n", value);
}

static void render_histogram(const struct family *f, const struct metric *s, struct buf *out)
{
	char le[32];
	uint64_t sum = 0;

	for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
		sum += s->buckets[i];
		snprintf(le, sizeof(le), "le=\"%g\"", bounds[i]);
		sample(out, f->def->name, "_bucket", s, le);
		number(out, (double)sum);
	}
	sample(out, f->def->name, "_bucket", s, "le=\"+Inf\"");
	number(out, (double)s->count);
	sample(out, f->def->name, "_sum", s, "");
	number(out, s->value);
	sample(out, f->def->name, "_count", s, "");
	number(out, (double)s->count);
}

static void render_value(const struct family *f, const struct metric *s, struct buf *out)
{
	sample(out, f->def->name, "", s, "");
	number(out, s->value);
}

void metrics_render(const struct metrics *m, struct buf *out)
{
	for (const struct family *f = m->first; f; f = f->next) {
		buf_fmt(out, "# HELP %s %s\n# TYPE %s %s\n", f->def->name, f->def->help,
			f->def->name, kinds[f->def->kind].word);
		for (const struct metric *s = f->first; s; s = s->next)
			(f->def->kind == METRIC_HISTOGRAM ? render_histogram : render_value)(f, s,
											     out);
	}
}
