/*
 * mailbox - what the catcher has caught, a file 0001.eml, 0002.eml ... each.
 */
#ifndef BECKON_MAILBOX_H
#define BECKON_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "catcher.h"

struct mailbox {
	char *dir;
	size_t count;
};

/* Makes the folder. ERR_FATAL: cannot. */
int mailbox_open(struct mailbox *m, const char *dir, struct err *e);
void mailbox_close(struct mailbox *m);

/* Keeps a message under the next number and returns its path, which the caller frees. NULL: it
   cannot be kept. */
char *mailbox_keep(struct mailbox *m, const struct caught *mail);

#endif
