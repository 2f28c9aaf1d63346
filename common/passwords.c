#include "passwords.h"

#include <pthread.h>
#include <stdlib.h>

#include "mem.h"
#include "seal.h"
#include "secret.h"

#define ROOM (SEAL_PASSWORD_MAX + 1)

struct passwords {
	char *path;
	pthread_rwlock_t lock;
	struct seal_keys *keys; /* under the lock; NULL = none */
};

int passwords_open(struct passwords **out, const char *path, struct err *e)
{
	struct passwords *p = xcalloc(1, sizeof(*p));

	pthread_rwlock_init(&p->lock, NULL);
	p->path = path ? xstrdup(path) : NULL;
	if (passwords_reload(p, e) < 0) {
		passwords_free(p);
		return ERR_FATAL;
	}
	*out = p;
	return OK;
}

void passwords_free(struct passwords *p)
{
	if (!p)
		return;
	seal_keys_free(p->keys);
	pthread_rwlock_destroy(&p->lock);
	free(p->path);
	free(p);
}

int passwords_reload(struct passwords *p, struct err *e)
{
	struct seal_keys *keys, *former;

	if (!p->path)
		return OK;
	if (seal_keys_load(&keys, p->path, e) < 0)
		return ERR_FATAL;
	pthread_rwlock_wrlock(&p->lock);
	former = p->keys;
	p->keys = keys;
	pthread_rwlock_unlock(&p->lock);
	seal_keys_free(former);
	return OK;
}

static int open_locked(struct passwords *p, const char *sealed, struct seal_opened *out,
		       struct err *e)
{
	int r = ERR_AGAIN;

	pthread_rwlock_rdlock(&p->lock);
	if (p->keys)
		r = seal_open(p->keys, sealed, out, e);
	else
		err_set(e, ERR_AGAIN, "sealed: keys.seal_file is not set");
	pthread_rwlock_unlock(&p->lock);
	return r;
}

int password_open(struct passwords *p, const char *sealed, char **out, struct err *e)
{
	char *plain = secret_new(ROOM);
	struct seal_opened opened = { plain, SEAL_PASSWORD_MAX, 0 };
	int r = open_locked(p, sealed, &opened, e);

	if (r == OK && !seal_password_ok(plain, opened.len))
		r = err_set(e, ERR_INVALID, "sealed: not one line of text");
	if (r < 0)
		password_forget(plain);
	else
		*out = plain;
	return r;
}

void password_forget(char *password)
{
	secret_free(password, ROOM);
}
