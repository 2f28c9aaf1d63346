/* cmd_keygen - `beckon keygen FILE`: a pair of keys for what is sealed. */
#ifndef BECKON_CMD_KEYGEN_H
#define BECKON_CMD_KEYGEN_H

#include <stdbool.h>

#include "err.h"
#include "seal.h"

int cmd_keygen(int argc, char **argv);

/* Draws a pair: its secret half goes to path (mode 0600), its public half to path.pub. add: path
   may be there already and keeps the keys it has. ERR_INVALID: it is there, or is no key file;
   ERR_FATAL: cannot be written. Files get their names when they are whole. */
int keygen_write(const char *path, bool add, struct seal_public *out, struct err *e);

#endif
