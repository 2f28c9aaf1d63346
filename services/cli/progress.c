#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void mark(struct progress *p, int64_t done, int64_t now_ms)
{
	p->marks[p->count % PROGRESS_MARKS].at_ms = now_ms;
	p->marks[p->count % PROGRESS_MARKS].done = done;
	p->count++;
}

void progress_init(struct progress *p, int64_t total, int64_t now_ms)
{
	*p = (struct progress){ .total = total };
	mark(p, 0, now_ms);
}

void progress_mark(struct progress *p, int64_t done, int64_t now_ms)
{
	if (now_ms - p->marks[(p->count - 1) % PROGRESS_MARKS].at_ms >= PROGRESS_MARK_MS)
		mark(p, done, now_ms);
}

double progress_rate(const struct progress *p, int64_t done, int64_t now_ms)
{
	size_t oldest = p->count > PROGRESS_MARKS ? p->count % PROGRESS_MARKS : 0;
	int64_t span_ms = now_ms - p->marks[oldest].at_ms;

	return span_ms > 0 ? (double)(done - p->marks[oldest].done) * 1000 / (double)span_ms : 0;
}

int64_t progress_left_ms(const struct progress *p, int64_t done, int64_t now_ms)
{
	double rate = progress_rate(p, done, now_ms);

	if (done >= p->total)
		return 0;
	return rate > 0 ? (int64_t)((double)(p->total - done) / rate * 1000) : -1;
}

const char *progress_grouped(int64_t n, char out[GROUPED_SIZE])
{
	char digits[GROUPED_SIZE];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, n < 0 ? -n : n), to = 0;

	if (n < 0)
		out[to++] = '-';
	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			out[to++] = ',';
		out[to++] = digits[i];
	}
	out[to] = '\0';
	return out;
}

/* The largest unit that still says something: 90 s, 12 min, 3 h. */
static void left_text(int64_t ms, char *out, size_t size)
{
	int64_t s = (ms + 999) / 1000;

	if (ms < 0)
		out[0] = '\0';
	else if (s < 100)
		snprintf(out, size, ", %" PRId64 " s left", s);
	else if (s < 100 * 60)
		snprintf(out, size, ", %" PRId64 " min left", (s + 59) / 60);
	else
		snprintf(out, size, ", %" PRId64 " h left", (s + 3599) / 3600);
}

const char *progress_text(const struct progress *p, int64_t done, int64_t now_ms,
			  char out[PROGRESS_TEXT_SIZE])
{
	char n[GROUPED_SIZE], total[GROUPED_SIZE], left[32];
	double rate = progress_rate(p, done, now_ms);

	left_text(progress_left_ms(p, done, now_ms), left, sizeof(left));
	snprintf(out, PROGRESS_TEXT_SIZE, rate >= 10 ? "%s of %s, %.0f/s%s" : "%s of %s, %.1f/s%s",
		 progress_grouped(done, n), progress_grouped(p->total, total), rate, left);
	return out;
}
