/*
 * api_people - people as JSON: an array in a request, or one object a line (NDJSON). Pure.
 *
 * Members are called as the columns of a CSV file; what is wrong with one person is that row's
 * trouble.
 */
#ifndef BECKON_API_PEOPLE_H
#define BECKON_API_PEOPLE_H

#include <jansson.h>

#include "people.h"

/* ERR_INVALID: no usable list. */
int api_people_read(struct people *out, const json_t *list, struct err *e);
int api_people_read_lines(struct people *out, struct csv_text text, struct err *e);

#endif
