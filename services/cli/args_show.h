/*
 * args_show - what a command's table of options tells: its usage, its words, its manual page.
 *
 * Completion and manual pages are made by asking every command for these, so none can be forgotten.
 */
#ifndef BECKON_ARGS_SHOW_H
#define BECKON_ARGS_SHOW_H

#include "args.h"

/* Options by which args_end is asked for them; no help names them. */
#define ARGS_WORDS "--show-words"
#define ARGS_VALUES "--show-values"
#define ARGS_MAN "--show-manual"

void args_usage(const struct args *a);

/* One line: the verbs, if it has any, then its options with their dashes. */
void args_words(const struct args *a);

/* A page of man(7) from its synopsis on; title and name stand before it. */
void args_man(const struct args *a);

/* Prints a text for man(7): nothing in it is taken for a request. */
void args_roff(const char *text);

#endif
