/*
 * routing - which of several routes the next delivery takes: pure.
 *
 * Open routes serve, those of the lowest order alone; a higher order takes over where none of the
 * lower is open. A route that fails often is passed over while another is healthy, and one whose
 * limit is used up while another has something left: the last one is always kept. Among those that
 * serve and have room, messages are shared by weight, evenly mixed.
 */
#ifndef BECKON_ROUTING_H
#define BECKON_ROUTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROUTING_MAX 8 /* routes of one channel */

struct routing {
	int order, weight; /* weight >= 1 */
	int64_t credit;	   /* routing_take's own */
	bool open, strained, full;
};

/* The routes that take messages now, as bits. 0: none is open. */
unsigned routing_serving(const struct routing *routes, size_t n);

/* The one of `able` (bits) whose turn it is; -1 = able is 0. */
int routing_take(struct routing *routes, size_t n, unsigned able);

/* How often a route failed lately: not its connection, which closes it, but messages that it sent
   back for later. Fifty within a minute, and it is passed over for the next minute. */
struct strain {
	int64_t since_ms, until_ms;
	unsigned errors;
};

#define STRAIN_ERRORS_MAX 50
#define STRAIN_WINDOW_MS 60000

void strain_note(struct strain *s, int64_t now_ms);
bool strain_holds(const struct strain *s, int64_t now_ms);

/* How many of a route's answers were slow lately: 15 % of those of the last 15 minutes, and it is
   passed over until they are fewer. */
struct slowness {
	struct {
		int64_t minute;
		unsigned answers, slow;
	} minutes[15];
};

#define SLOWNESS_PERCENT 15
#define SLOWNESS_ANSWERS_MIN 20 /* fewer say nothing */

void slowness_note(struct slowness *s, int64_t now_ms, bool slow);
bool slowness_holds(const struct slowness *s, int64_t now_ms);
/* So many of that many are too many. */
bool slowness_is(uint64_t answers, uint64_t slow);

/* A route that refuses for reasons of its own, and cannot be probed but by messages: closed for a
   while that doubles as often as it quarrels again before it has taken anything. */
struct quarrel {
	int64_t until_ms, pause_ms;
};

#define QUARREL_PAUSE_MIN_MS 1000
#define QUARREL_PAUSE_MAX_MS 600000

void quarrel_note(struct quarrel *q, int64_t now_ms);
bool quarrel_holds(const struct quarrel *q, int64_t now_ms);

/* How often something happened within the last minute, to ten seconds. */
struct tally {
	int64_t ten_s; /* the newest slot's */
	unsigned slots[6];
};

void tally_note(struct tally *t, int64_t now_ms);
unsigned tally_minute(const struct tally *t, int64_t now_ms);

#endif
