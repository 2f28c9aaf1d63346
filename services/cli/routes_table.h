/*
 * routes_table - relays and SMS providers as people look at them, for `routes` and `top`.
 */
#ifndef BECKON_CLI_ROUTES_TABLE_H
#define BECKON_CLI_ROUTES_TABLE_H

#include <jansson.h>
#include <stdbool.h>

#include "lang.h"

/* items as routes_seen gives them: a row a route, beneath it one for each country that does
   otherwise than its provider. Prints nothing where there are none. */
void routes_table_print(const json_t *items, enum lang lang);

/* Nothing is sent by one of them: it is closed. */
bool routes_table_closed(const json_t *items);

#endif
