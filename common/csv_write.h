/*
 * csv_write - rows of a CSV file (RFC 4180) that spreadsheets open safely.
 *
 * UTF-8 with a byte order mark, since spreadsheets guess otherwise. A cell that a spreadsheet would
 * take for a formula (= + - @, tab or return in front) gets an apostrophe before it.
 */
#ifndef BECKON_CSV_WRITE_H
#define BECKON_CSV_WRITE_H

#include <stdbool.h>

#include "buf.h"

void csv_write_begin(struct buf *out);
void csv_write_cell(struct buf *out, bool first, const char *text);
void csv_write_end(struct buf *out); /* of the row */

#endif
