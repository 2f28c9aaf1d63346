/*
 * file - a whole file into a bounded buffer.
 *
 * For what is read once and small: configuration, secrets, templates. Pipes work too.
 */
#ifndef BECKON_FILE_H
#define BECKON_FILE_H

#include "buf.h"
#include "err.h"

/* Appends the bytes of the file at path to out; out->max is the bound. ERR_FATAL when it cannot be
   opened or read, ERR_INVALID when it is larger than the bound. The text names the path. */
int file_read(const char *path, struct buf *out, struct err *e);

/* The same of standard input, which cannot always be opened once more by a name: it may be a
   socket, or the pipe of another user, such as a mail server's. */
int file_read_input(struct buf *out, struct err *e);

#endif
