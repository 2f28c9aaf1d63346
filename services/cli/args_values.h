/*
 * args_values - the words that an option's value may be, for completion.
 *
 * They follow from what the value is called in a command's table: words of lower case stand for
 * themselves ("en|ru"), a kind that is known here for all words of the table by which such values
 * are read (CODE: every code of schemas/errors.json), FILE and DIR for names of files. Any other
 * value is the user's own.
 */
#ifndef BECKON_ARGS_VALUES_H
#define BECKON_ARGS_VALUES_H

#include "args.h"

/* Instead of words. */
#define ARGS_VALUES_FILES "@files"
#define ARGS_VALUES_OWN "@own"

/* Prints for each option that takes a value a line of a shell's `case`:
   'COMMAND --option') values='WORD WORD' ;; */
void args_values(const struct args *a);

#endif
