/*
 * draw - a password on its way to an event: begun when decide() says that the mail may go, ready
 * when a thread has drawn, hashed and sealed it (mint.h), and read when the event is decided again.
 *
 * The event waits in the lobby meanwhile; its work's user is the draw.
 */
#ifndef BECKON_DRAW_H
#define BECKON_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include "mint.h"

struct draws;
struct draw;

struct draws *draws_open(size_t threads, int wake_fd);
void draws_close(struct draws *d); /* every draw has been freed; takes NULL */

struct draw *draw_begin(struct draws *d, const char *username, const struct seal_public *fleet,
			const struct seal_public *application);

/* Takes over what the threads have finished. */
void draws_look(struct draws *d);
size_t draws_count(const struct draws *d); /* begun and not freed */

bool draw_is_ready(const struct draw *one);

/* What is sealed to the fleet, and what is told to the application: they live as long as the draw.
 */
const char *draw_password(const struct draw *one);
const char *draw_told(const struct draw *one);

/* Also while it is under way; takes NULL. */
void draw_free(struct draw *one);

#endif
