/*
 * progress - how far, how fast, how long still: arithmetic over the last seconds, time as an
 * argument.
 */
#ifndef BECKON_PROGRESS_H
#define BECKON_PROGRESS_H

#include <stddef.h>
#include <stdint.h>

#define PROGRESS_MARKS 8
#define PROGRESS_MARK_MS                                                                           \
	500 /* marks lie at least so far apart: the rate is that of about four seconds */
#define PROGRESS_TEXT_SIZE 128

struct progress {
	int64_t total;
	struct {
		int64_t at_ms, done;
	} marks[PROGRESS_MARKS];
	size_t count; /* of marks ever made; the ring holds the last ones */
};

void progress_init(struct progress *p, int64_t total, int64_t now_ms);

/* Tells that so many are done; a mark is made when it is time. */
void progress_mark(struct progress *p, int64_t done, int64_t now_ms);

/* Per second over the marks kept; 0 = not known yet. */
double progress_rate(const struct progress *p, int64_t done, int64_t now_ms);

/* Until all are done at that rate; -1 = cannot be told. */
int64_t progress_left_ms(const struct progress *p, int64_t done, int64_t now_ms);

/* "1,234 of 10,000, 350/s, 25 s left"; returns out. */
const char *progress_text(const struct progress *p, int64_t done, int64_t now_ms,
			  char out[PROGRESS_TEXT_SIZE]);

/* 1234567 -> "1,234,567"; returns out. */
#define GROUPED_SIZE 32
const char *progress_grouped(int64_t n, char out[GROUPED_SIZE]);

#endif
