/*
 * facts - what Redis knows of an invite now: its state, its link, and who holds its address.
 *
 * Only looked at; the dispatcher and the couriers are the ones who write it.
 */
#ifndef BECKON_CLI_FACTS_H
#define BECKON_CLI_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "guard.h"
#include "ids.h"
#include "link_verdict.h"

/* ERR_AGAIN: Redis is away. */
int facts_read(struct guard *g, const char *prefix, const char *key, struct link_facts *out,
	       struct err *e);

/* The invite that holds an address (kept.h, address_key); "" = none. */
int facts_holder(struct guard *g, const char *prefix, const char *address_key,
		 char holder[IDS_KEY_SIZE], struct err *e);

/* The data of the request that the invite keeps; *data NULL = none, else freed by the caller by
   json_decref. ERR_AGAIN: Redis is away. */
int facts_kept(struct guard *g, const char *prefix, const char *key, json_t **data, struct err *e);

/* The delivery whose link has this token; "" = none that is known. */
int facts_of_token(struct guard *g, const char *prefix, const char *token_sha256,
		   char delivery[IDS_DELIVERY_SIZE], struct err *e);

/* The token in a link, or the text itself where it is none; out is cut to fit. Returns out. */
const char *link_token(const char *link, char *out, size_t size);

#endif
