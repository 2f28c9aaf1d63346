/*
 * csv_file - the rows of a CSV file, as spreadsheet programs write them.
 *
 * RFC 4180, UTF-8 with or without a byte order mark. The separator (comma, semicolon or tab) is the
 * one that the first line has most of. Rows are counted as a spreadsheet shows them: the first is
 * 1, empty ones count. Cells come trimmed, and without the apostrophe that keeps "+7 …" from being
 * a formula, so that what csv_write has written can be read again.
 */
#ifndef BECKON_CSV_FILE_H
#define BECKON_CSV_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define CSV_FILE_MAX_BYTES ((size_t)512 << 20)
#define CSV_CELLS_MAX 64 /* a row's */
#define CSV_CELL_MAX_BYTES 8192

struct csv_row {
	int64_t number;
	char *const *cells; /* NUL-terminated; borrowed during the call */
	size_t count;	    /* 0 = an empty row */
};

/* Hands over every row. What take returns ends the reading when it is not OK, and is returned.
   ERR_INVALID: no CSV, not UTF-8, or over a bound, told with the row; ERR_FATAL: the file cannot be
   read. */
int csv_file_read(const char *path,
		  int (*take)(void *ctx, const struct csv_row *row, struct err *e), void *ctx,
		  struct err *e);

/* The same of a file's bytes, at least one. */
struct csv_text {
	const char *bytes;
	size_t len;
};
int csv_text_read(struct csv_text text,
		  int (*take)(void *ctx, const struct csv_row *row, struct err *e), void *ctx,
		  struct err *e);

#endif
