/*
 * csv_write - rows of a CSV file (RFC 4180) that spreadsheets open safely.
 *
 * A cell that a spreadsheet would take for a formula (= + - @, tab or return in front) gets an
 * apostrophe before it; a phone number, a plus and digits, does not, so that it can be read again.
 */
#ifndef BECKON_CSV_WRITE_H
#define BECKON_CSV_WRITE_H

#include <stdbool.h>

#include "buf.h"

/* A byte order mark: UTF-8, since spreadsheets guess otherwise. */
void csv_write_begin(struct buf *out);
void csv_write_cell(struct buf *out, bool first, const char *text);
void csv_write_end(struct buf *out); /* of the row */

#endif
