/*
 * delay - an epoll server on one thread whose answers leave a given time after they are ready.
 *
 * It must never be what is measured: no limit on connections, no allocation but one a connection.
 * Listens on a free port of 127.0.0.1 and prints it; ends with SIGTERM. What goes wrong ends it.
 */
#ifndef BECKON_BENCH_DELAY_H
#define BECKON_BENCH_DELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The head of a protocol's own struct. */
struct delay_conn {
	int fd;
	int64_t due_us; /* when its answer leaves; 0 = nothing waits */
	bool gone;	/* the other side has left */
	struct delay_conn *next_due;
};

struct delay_protocol {
	size_t conn_size; /* of the struct that begins with a struct delay_conn, zeroed */
	void (*greet)(struct delay_conn *c);  /* a new connection; NULL = nothing is said */
	void (*read)(struct delay_conn *c);   /* something has come */
	bool (*answer)(struct delay_conn *c); /* it is time; false = that was the last */
};

/* Never returns. */
_Noreturn void delay_serve(const struct delay_protocol *p);

/* c's answer leaves in so many microseconds. Whoever waits waits equally long, so they are in order
   of their time. */
void delay_answer(struct delay_conn *c, int64_t delay_us);
/* The other side has gone: at once, or once it is its turn. */
void delay_leave(struct delay_conn *c);

#endif
