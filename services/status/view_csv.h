/*
 * view_csv - rows of the view as CSV (RFC 4180), safe to be opened in a spreadsheet.
 *
 * A cell that a spreadsheet would take for a formula begins with an apostrophe; a phone number, a
 * plus and digits, does not.
 */
#ifndef BECKON_VIEW_CSV_H
#define BECKON_VIEW_CSV_H

#include <jansson.h>

#include "buf.h"

/* Columns are named as beckon invite reads them where it reads them, so a list can be asked for
   again. Each line ends with CR LF. */
void view_csv_head(struct buf *out);
void view_csv_row(const json_t *row, struct buf *out);

#endif
