/*
 * term - what people look at: aligned tables, a little colour, a line that moves.
 *
 * Colour only where standard output is a terminal and NO_COLOR is not set (no-color.org). Text from
 * outside is shown without its control characters, so that no cell can move the cursor.
 */
#ifndef BECKON_TERM_H
#define BECKON_TERM_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 8

enum tone { TONE_PLAIN, TONE_GOOD, TONE_WARN, TONE_BAD, TONE_FAINT };

bool term_is_live(void); /* standard error is a terminal: a moving line is welcome */

/* Prints text to standard output in a tone, control characters replaced; no line end. */
void term_print(enum tone tone, const char *text);

/* The same, filled up to so many columns and the gap between cells. */
void term_cell(enum tone tone, const char *text, size_t width);

/* Puts a line in place of the one before on standard error; "" takes it away. Nothing happens where
   nobody watches. */
void term_progress(const char *text);

/* Columns as wide as their widest cell, two spaces apart. Cells and notes are copied. */
struct table {
	size_t columns;
	char **cells; /* row by row */
	enum tone *tones;
	size_t count;
	struct table_note {
		size_t at; /* behind so many cells */
		char *text;
		enum tone tone;
	} * notes;
	size_t note_count;
};

void table_init(struct table *t, size_t columns);
void table_cell(struct table *t, enum tone tone, const char *text); /* NULL = empty */
/* A sentence below the row that has just ended, across all columns; where a terminal is narrower it
   is broken between words. NULL and "" = nothing. */
void table_note(struct table *t, enum tone tone, const char *text);
void table_print(const struct table *t);
void table_clear(struct table *t);

#endif
