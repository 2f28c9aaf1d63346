/*
 * invites - which invites a command is about: those named, those read from a file, those of a
 * batch. Each once, in the order in which it came.
 */
#ifndef BECKON_CLI_INVITES_H
#define BECKON_CLI_INVITES_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "args.h"
#include "err.h"
#include "ids.h"
#include "settings.h"

#define INVITES_MAX 100000

struct invites {
	json_t *seen;
	char **list;
	size_t count;
	char tenant[IDS_NAME_MAX + 1]; /* that names such as acme/i-1 say; "" = none did */
};

void invites_init(struct invites *v);
void invites_clear(struct invites *v);

/* "i-1", or "acme/i-1" as the tool prints it. ERR_INVALID: it is no invite's id, of another tenant
   than those before, or there are more than INVITES_MAX. */
int invites_add(struct invites *v, const char *id, struct err *e);

/* Whose they are: the tenant that their names say, else option, else 'default'. ERR_INVALID: the
   two are not the same. Lives as long as v and option. */
int invites_tenant(const struct invites *v, const char *option, const char **out, struct err *e);

/* One id a line; empty lines are passed over. ERR_INVALID with the line's number. */
int invites_read(struct invites *v, FILE *f, struct err *e);

/* Those of which an outcome of this tenant and batch was told. ERR_AGAIN: Kafka is away. */
int invites_of_batch(struct invites *v, const struct settings *s, const char *tenant,
		     const char *batch, struct err *e);

#endif
