/*
 * api_data - the data of the event that an act on a known invite becomes. Pure.
 */
#ifndef BECKON_API_DATA_H
#define BECKON_API_DATA_H

#include "api_rules.h"
#include "err.h"

/* Are the members of said options of an act, whichever? False: e has the text. */
bool api_options_known(const json_t *said, struct err *e);

/* row: of the view, addresses not masked; said: options, NULL = none, of which those that are not
   for this act are passed over. A new reference without tenant, invite and actor. */
json_t *api_data_of(enum api_act act, const json_t *row, const json_t *said);

#endif
