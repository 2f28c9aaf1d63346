/* cmd_init - `beckon init`: a new installation may begin; `--keys DIR`: its keys are drawn. */
#ifndef BECKON_CMD_INIT_H
#define BECKON_CMD_INIT_H

#include "err.h"
#include "settings.h"

int cmd_init(int argc, char **argv);

/* Writes the epoch of a new installation into Redis, where nothing was ever told on the status
   topic. *created is false where it is there already. ERR_INVALID: outcomes exist, so Redis has
   forgotten and must be rebuilt, not begun anew. ERR_AGAIN: Kafka or Redis is away. */
int init_epoch(const struct settings *s, bool *created, struct err *e);

#define INIT_RING_FILE "ring.keys"
#define INIT_RECIPIENT_FILE "recipient.key"
#define INIT_SEAL_FILE "seal.keys" /* and its public half, .pub */

/* Makes the key files in dir, secret ones with mode 0600, and leaves those alone that are there.
   ERR_FATAL: cannot. */
int init_keys(const char *dir, struct err *e);

#endif
