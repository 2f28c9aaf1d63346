/*
 * text_diff - what changed from one text to another, line by line: the fewest lines taken and put.
 *
 * Longest common subsequence after common beginnings and ends are set aside. Where what is left is
 * over TEXT_DIFF_CELLS lines times lines, it is told as wholly replaced. Pure.
 */
#ifndef BECKON_TEXT_DIFF_H
#define BECKON_TEXT_DIFF_H

#include <stddef.h>

#define TEXT_DIFF_CELLS ((size_t)1 << 22)

enum text_diff_op { TEXT_SAME, TEXT_TAKEN, TEXT_PUT };

/* Calls each for every line of both in order, without its line end; a line taken comes before the
   one put in its place. */
void text_diff(const char *from, const char *to,
	       void (*each)(void *ctx, enum text_diff_op op, const char *line, size_t len),
	       void *ctx);

#endif
