/*
 * passwords - the fleet's secret keys, and a password for the moment in which its mail is made.
 *
 * Channel threads open while the loop reads the keys again. What is opened lies in locked memory
 * and is wiped as soon as the letter stands; nothing here logs or keeps any of it.
 */
#ifndef BECKON_PASSWORDS_H
#define BECKON_PASSWORDS_H

#include "err.h"

struct passwords;

/* path: keys.seal_file; NULL = this installation sends no passwords, and nothing opens. ERR_FATAL
   with the path. */
int passwords_open(struct passwords **out, const char *path, struct err *e);
void passwords_free(struct passwords *p); /* takes NULL */

/* Reads the file again; on failure (ERR_FATAL) the keys stay as they were. */
int passwords_reload(struct passwords *p, struct err *e);

/* *out: the password with its NUL, for password_forget. ERR_INVALID: nothing that was sealed, or
   not a password; ERR_AGAIN: the key it was sealed for is not here. */
int password_open(struct passwords *p, const char *sealed, char **out, struct err *e);
void password_forget(char *password); /* wiped; takes NULL */

#endif
