#include "draw.h"

#include <stdlib.h>

#include "mem.h"

struct draws {
	struct mint *mint;
	size_t count;
};

struct draw {
	struct draws *of;
	struct minting minting;
	char *username; /* minting borrows it */
	bool ready;
	bool unwanted; /* freed when the thread gives it back */
};

struct draws *draws_open(size_t threads, int wake_fd)
{
	struct draws *d = xcalloc(1, sizeof(*d));

	d->mint = mint_open(threads, wake_fd);
	return d;
}

static void let_go(struct draw *one)
{
	free(one->username);
	free(one);
}

static void take_back(void *ctx, struct minting *m)
{
	struct draw *one = m->owner;

	(void)ctx;
	one->ready = true;
	if (one->unwanted)
		let_go(one);
}

void draws_close(struct draws *d)
{
	if (!d)
		return;
	mint_close(d->mint, take_back, NULL);
	free(d);
}

struct draw *draw_begin(struct draws *d, const char *username, const struct seal_public *fleet,
			const struct seal_public *application)
{
	struct draw *one = xcalloc(1, sizeof(*one));

	one->of = d;
	one->username = xstrdup(username);
	one->minting = (struct minting){ .owner = one,
					 .fleet = *fleet,
					 .application = *application,
					 .username = one->username };
	d->count++;
	mint_give(d->mint, &one->minting);
	return one;
}

void draws_look(struct draws *d)
{
	struct minting *m;

	while ((m = mint_take(d->mint)) != NULL)
		take_back(d, m);
}

size_t draws_count(const struct draws *d)
{
	return d->count;
}

bool draw_is_ready(const struct draw *one)
{
	return one->ready;
}

const char *draw_password(const struct draw *one)
{
	return one->minting.password;
}

const char *draw_told(const struct draw *one)
{
	return one->minting.told;
}

void draw_free(struct draw *one)
{
	if (!one)
		return;
	one->of->count--;
	if (one->ready)
		let_go(one);
	else
		one->unwanted = true;
}
