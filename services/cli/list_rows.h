/*
 * list_rows - rows of the view as `beckon list` prints them: a table, CSV, or a JSON object a line.
 */
#ifndef BECKON_CLI_LIST_ROWS_H
#define BECKON_CLI_LIST_ROWS_H

#include <jansson.h>
#include <stdbool.h>

#include "lang.h"

enum list_form { LIST_TABLE, LIST_CSV, LIST_JSON };

/* head: column names come first (a table's and CSV's). */
struct list_print {
	enum list_form form;
	enum lang lang;
	bool head;
};

void list_rows_print(const struct list_print *p, const json_t *rows);

#endif
