/*
 * exchange - where the loop and the channel threads meet: ready parcels go out, done ones come
 * back.
 *
 * Two queues under one mutex. Threads are started when there is more to do than idle hands, up to
 * the number of sessions. The loop learns of done parcels through its eventfd. Nothing else is
 * shared: a parcel belongs to the side that holds it.
 *
 * A thread has one parcel at a time and a connection for it; or, with `wake`, as many as it likes,
 * and sees to their deadlines and their end itself.
 */
#ifndef BECKON_EXCHANGE_H
#define BECKON_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport.h"

struct exchange;
struct worker; /* a channel thread */

/* What passes through; the first member of whatever really does. */
struct parcel_link {
	struct parcel_link *next;
	int64_t since_ms; /* monotonic: entered the ready queue, then taken by a thread */
};

struct exchange_options {
	size_t sessions;     /* threads at the most */
	int wake_fd;	     /* the loop's eventfd */
	int64_t deadline_ms; /* a parcel may stay with a thread so long: then its connection is cut
			      */
	int64_t zombie_ms;   /* no final dot when the loop has not turned for so long */
	/* A thread's work: sends first, then what exchange_next gives, and answers each. */
	void (*work)(void *ctx, struct worker *w, struct parcel_link *first);
	/* Threads that have many parcels: wakes one that waits for something else than
	   exchange_next, from any thread. NULL = they have one. */
	void (*wake)(void *ctx);
	void *ctx;
};

struct exchange *exchange_new(const struct exchange_options *o);
/* Ends idle threads, cuts the others' connections, waits for all. What was ready or done stays the
 * caller's. */
void exchange_free(struct exchange *x);

/* ---- the loop ---- */
void exchange_put(struct exchange *x, struct parcel_link *p);
struct parcel_link *exchange_done(struct exchange *x); /* all that are done, oldest first */
/* Takes back what no thread has taken, and has waited since before_ms or longer. wanted NULL = all
   of it. */
struct parcel_link *exchange_take_back(struct exchange *x, int64_t before_ms,
				       bool (*wanted)(const void *ctx, const struct parcel_link *p),
				       const void *ctx);
/* Every turn: cuts what is over its deadline; tells threads that the loop lives. Returns in how
   many ms it is next needed. */
int64_t exchange_tick(struct exchange *x, int64_t now_ms, int64_t now_boot_ms);
/* Cuts every connection that is sending: the drain time is over. To be repeated until all are done.
 */
void exchange_cut_all(struct exchange *x);

/* ---- threads ---- */
/* The next parcel, waiting idle_ms (< 0: without end) since it was last woken for one that another
   thread took; NULL = none came, or the exchange ends. */
struct parcel_link *exchange_next(struct worker *w, int64_t idle_ms);
/* A parcel that the thread has goes back to the loop. */
void exchange_answer(struct worker *w, struct parcel_link *p);
/* For threads that have many: what is under way is to be ended. */
bool exchange_is_cut(const struct worker *w);
/* May the final dot be sent: has the loop turned lately? */
bool exchange_loop_lives(const struct worker *w, int64_t now_boot_ms);

#endif
