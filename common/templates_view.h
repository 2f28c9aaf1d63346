/*
 * templates_view - what topic invite-templates says, folded: the templates that tenants made their
 * own.
 *
 * A record's key is <tenant>/<name>/<locale>, its value as templates_record.h writes it. The last
 * one of a key holds; a tombstone takes it away. A record that is wrong, does not compile, or is of
 * a format that this program does not know is refused: what held holds on, and only its version
 * counts, so that nobody waits for it. Pure.
 */
#ifndef BECKON_TEMPLATES_VIEW_H
#define BECKON_TEMPLATES_VIEW_H

#include <jansson.h>
#include <stdbool.h>

#include "catalog.h"
#include "err.h"
#include "record.h"

#define TEMPLATES_FORMAT 1
#define TEMPLATES_MAX 16384    /* keys: tenants times names times locales */
#define TEMPLATES_KEY_SIZE 168 /* two ids of 64, a locale of 35, two slashes, the NUL */

struct templates_view;

/* Over base, which is held; NULL: the versions alone are of interest, nothing is compiled. keep:
   the records are kept, too, for who shows and changes them; services that send need the compiled
   templates alone. */
struct templates_view *templates_view_new(struct catalog *base, bool keep);
void templates_view_free(struct templates_view *v); /* takes NULL */

/* Takes a record. *changed (may be NULL): something holds that did not. ERR_INVALID with why it is
   refused. */
int templates_view_take(struct templates_view *v, const struct record *r, bool *changed,
			struct err *e);

/* What holds now, base and what tenants have: the caller holds it. */
struct catalog *templates_view_catalog(const struct templates_view *v);

/* "<tenant>/<name>/<locale>". False where one of them is none. */
bool templates_key(const char *tenant, const char *name, const char *locale,
		   char out[TEMPLATES_KEY_SIZE]);

#endif
