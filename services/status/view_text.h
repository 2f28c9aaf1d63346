/*
 * view_text - texts as they are compared when people search: without regard to case, ё as е.
 */
#ifndef BECKON_VIEW_TEXT_H
#define BECKON_VIEW_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

/* Appends in, folded. What is not UTF-8 is left out. */
void view_text_fold(const char *in, struct buf *out);

/* Does a word of text begin with `word`? Both folded. Words begin where a letter or digit follows
   something else: "anna.k@example.com" has anna, k, example, com. whole: the word ends there, too.
 */
bool view_text_has(const char *text, const char *word, bool whole);

#endif
