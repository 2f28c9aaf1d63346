/*
 * mint - passwords drawn for people who are to be told one: on threads of its own, since the hash
 * that the application is told takes about 20 ms.
 *
 * A password has 100 bits from an alphabet without look-alikes. It leaves the thread that drew it
 * only sealed: to the fleet's key for the mail, and its argon2id string, with the user name, to the
 * application's. The loop hands out, is woken, and takes back in any order; what nobody has taken
 * back when the process dies has never been.
 */
#ifndef BECKON_MINT_H
#define BECKON_MINT_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "seal.h"

#define MINT_PASSWORD_SIZE 25 /* with its NUL */
#define MINT_THREADS_MAX 16

struct mint;

/* A password to be drawn. Its memory is the caller's; between mint_give and mint_take it is mint's.
 */
struct minting {
	struct minting *next;
	void *owner; /* the caller's own */
	struct seal_public fleet, application;
	const char *username;
	char password[SEAL_TEXT_SIZE]; /* out: sealed to the fleet */
	char told[SEAL_TEXT_SIZE]; /* out: {username, password_argon2id}, sealed to the application
				    */
};

/* Threads start with the first password. wake_fd, an eventfd, is told when one is ready. */
struct mint *mint_open(size_t threads, int wake_fd);
/* Waits for those under way; left gets all that nobody has taken back, drawn or not. */
void mint_close(struct mint *m, void (*left)(void *ctx, struct minting *one), void *ctx);

void mint_give(struct mint *m, struct minting *one);
struct minting *mint_take(struct mint *m); /* NULL = none is ready */

/* Draws one, as the threads do: 20 characters in five groups, at least one digit and one letter. */
void mint_draw(char out[MINT_PASSWORD_SIZE]);

#endif
