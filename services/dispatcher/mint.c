#include "mint.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto.h"
#include "mem.h"
#include "secret.h"
#include "thread.h"

#define CHARACTERS 20 /* of 5 bits each */
#define GROUP 4

struct queue {
	struct minting *first, **end;
};

struct mint {
	int wake_fd;
	size_t wanted, running;
	pthread_t threads[MINT_THREADS_MAX];
	pthread_mutex_t lock;
	pthread_cond_t given;
	struct queue todo, done; /* under the lock, like closing */
	bool closing;
};

static void queue_put(struct queue *q, struct minting *one)
{
	one->next = NULL;
	*q->end = one;
	q->end = &one->next;
}

static struct minting *queue_get(struct queue *q)
{
	struct minting *one = q->first;

	if (!one)
		return NULL;
	q->first = one->next;
	if (!q->first)
		q->end = &q->first;
	return one;
}

/* ---- drawing ---- */

/* Rules for passwords ask for letters and digits; one in 300 would have no digit. */
static bool is_mixed(const char *s)
{
	static const char digits[] = "23456789";

	return strpbrk(s, digits) && strspn(s, "23456789-") < strlen(s);
}

static void draw_once(char out[MINT_PASSWORD_SIZE])
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* no 0 o 1 l */
	unsigned char drawn[CHARACTERS];

	_Static_assert(sizeof(alphabet) - 1 == 32, "five bits a character");
	_Static_assert(MINT_PASSWORD_SIZE == CHARACTERS + CHARACTERS / GROUP, "fits");
	crypto_random(drawn, sizeof(drawn));
	for (size_t i = 0; i < CHARACTERS; i++) {
		if (i && i % GROUP == 0)
			*out++ = '-';
		*out++ = alphabet[drawn[i] % 32];
	}
	*out = '\0';
	crypto_wipe(drawn, sizeof(drawn));
}

void mint_draw(char out[MINT_PASSWORD_SIZE])
{
	do
		draw_once(out);
	while (!is_mixed(out));
}

static void tell(struct minting *one, const char *hash)
{
	autobuf text = { .max = SEAL_PLAIN_MAX, .secret = true };

	buf_str(&text, "{\"username\":");
	buf_json(&text, one->username);
	buf_str(&text, ",\"password_argon2id\":");
	buf_json(&text, hash);
	buf_byte(&text, '}');
	seal_close(&one->application, text.data, text.len, one->told);
}

static void draw(struct minting *one)
{
	char *password = secret_new(MINT_PASSWORD_SIZE), hash[CRYPTO_PASSWORD_HASH_SIZE];

	mint_draw(password);
	crypto_password_hash(password, hash);
	seal_close(&one->fleet, password, strlen(password), one->password);
	tell(one, hash);
	crypto_wipe(hash, sizeof(hash));
	secret_free(password, MINT_PASSWORD_SIZE);
}

/* ---- threads ---- */

static struct minting *await(struct mint *m)
{
	while (!m->closing && !m->todo.first)
		thread_wait(&m->given, &m->lock, -1);
	return m->closing ? NULL : queue_get(&m->todo);
}

static void *work(void *arg)
{
	struct mint *m = arg;
	struct minting *one;

	pthread_mutex_lock(&m->lock);
	while ((one = await(m)) != NULL) {
		pthread_mutex_unlock(&m->lock);
		draw(one);
		pthread_mutex_lock(&m->lock);
		queue_put(&m->done, one);
		thread_wake(m->wake_fd);
	}
	pthread_mutex_unlock(&m->lock);
	return NULL;
}

struct mint *mint_open(size_t threads, int wake_fd)
{
	struct mint *m = xcalloc(1, sizeof(*m));

	m->wake_fd = wake_fd;
	m->wanted = threads;
	m->todo.end = &m->todo.first;
	m->done.end = &m->done.first;
	pthread_mutex_init(&m->lock, NULL);
	thread_cond_init(&m->given);
	return m;
}

void mint_close(struct mint *m, void (*left)(void *ctx, struct minting *one), void *ctx)
{
	struct minting *one;

	pthread_mutex_lock(&m->lock);
	m->closing = true;
	pthread_cond_broadcast(&m->given);
	pthread_mutex_unlock(&m->lock);
	for (size_t i = 0; i < m->running; i++)
		pthread_join(m->threads[i], NULL);
	while ((one = queue_get(&m->todo)) || (one = queue_get(&m->done)))
		left(ctx, one);
	pthread_cond_destroy(&m->given);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void mint_give(struct mint *m, struct minting *one)
{
	while (m->running < m->wanted)
		thread_start(&m->threads[m->running++], work, m);
	pthread_mutex_lock(&m->lock);
	queue_put(&m->todo, one);
	pthread_cond_signal(&m->given);
	pthread_mutex_unlock(&m->lock);
}

struct minting *mint_take(struct mint *m)
{
	struct minting *one;

	pthread_mutex_lock(&m->lock);
	one = queue_get(&m->done);
	pthread_mutex_unlock(&m->lock);
	return one;
}
