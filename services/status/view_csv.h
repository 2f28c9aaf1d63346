/*
 * view_csv - rows of the view as CSV (RFC 4180), safe to be opened in a spreadsheet (csv_write.h).
 */
#ifndef BECKON_VIEW_CSV_H
#define BECKON_VIEW_CSV_H

#include <jansson.h>

#include "buf.h"

enum view_csv_form {
	VIEW_CSV_LIST,	 /* of `beckon list`: columns are named as beckon invite reads them where it
			    reads them, so a list can be asked for again */
	VIEW_CSV_EXPORT, /* of the dashboard: what people want in a spreadsheet; addresses masked
			    where they are */
};

/* Each line ends with CR LF. */
void view_csv_head(enum view_csv_form form, struct buf *out);
void view_csv_row(enum view_csv_form form, const json_t *row, struct buf *out);

#endif
