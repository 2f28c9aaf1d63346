/*
 * err - the three kinds of failure and their text.
 *
 * A caller has three choices, so there are three kinds: the input is wrong and stays wrong
 * (ERR_INVALID), the world cannot serve it now (ERR_AGAIN), or this process cannot go on
 * (ERR_FATAL). Functions return OK or a kind; the lowest layer writes the text, the top layer
 * logs it once, nobody guesses.
 */
#ifndef BECKON_ERR_H
#define BECKON_ERR_H

#define OK 0
#define ERR_INVALID (-1) /* the input is wrong: never retry */
#define ERR_AGAIN (-2)	 /* not now: the outside world cannot answer */
#define ERR_FATAL (-3)	 /* configuration or environment: end the process */

/* One sentence for a person; never an address, number, name, token or password. */
struct err {
	char text[256];
};

/* Writes the text (truncated to fit) and returns kind. e may be NULL. */
int err_set(struct err *e, int kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "<prefix>: " before the text that is there. Returns kind, so it can end a function. */
int err_prefix(struct err *e, int kind, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
