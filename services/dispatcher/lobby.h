/*
 * lobby - events that wait for an answer from outside before they can be decided, and those of the
 * same invites behind them: an invite's events stay in order.
 *
 * An event is expected while its batch is under way, enters when the batch has been taken, and
 * leaves when its question is answered and nobody of its invite waits ahead. At most what a service
 * may have in hand waits here. Pure bookkeeping; the works are the skeleton's.
 */
#ifndef BECKON_LOBBY_H
#define BECKON_LOBBY_H

#include <stdbool.h>
#include <stddef.h>

#define LOBBY_QUESTION_SIZE 255

struct lobby;
struct work;

struct lobby *lobby_new(void);
void lobby_free(struct lobby *l); /* takes NULL */

/* Does anybody of this invite wait, or is expected to? Now and then of another one, too. */
bool lobby_has(const struct lobby *l, const char *key);
void lobby_expect(struct lobby *l, const char *key);
/* What was expected comes in, with its question ("" = it only waits behind another), or does not.
 */
void lobby_enter(struct lobby *l, struct work *w, const char *key, const char *question);
void lobby_expect_no_more(struct lobby *l, const char *key);

/* Takes out, oldest first, at most max of those whose question is answered. Returns how many. */
size_t lobby_take(struct lobby *l,
		  bool (*answered)(void *ctx, const struct work *w, const char *question),
		  void *ctx, struct work **out, size_t max);
/* They could not be served: back to the head, as they were. To be called before any other. */
void lobby_take_back(struct lobby *l);

size_t lobby_count(const struct lobby *l);
/* w waits no more, e.g. since its partition is gone. False: it did not. */
bool lobby_remove(struct lobby *l, const struct work *w);
struct work *lobby_any(const struct lobby *l); /* NULL = empty */

#endif
