/*
 * catalog_priv - what the files of the catalog share. Included by catalog*.c only.
 */
#ifndef BECKON_CATALOG_PRIV_H
#define BECKON_CATALOG_PRIV_H

#include <stdatomic.h>
#include <stddef.h>

#include "catalog.h"
#include "catalog_partials.h"

struct catalog {
	atomic_uint holders;
	struct catalog *base;		      /* NULL = this is one from disk */
	const struct catalog_entry **entries; /* tenants' own by tenant and name; else as found */
	size_t count;
	struct catalog_partials *partials; /* of one from disk; NULL = it has none */
};

/* catalog_entry.c */
/* As catalog_compile; faults name the file as on disk. */
int entry_compile(const struct catalog_entry **out, struct catalog_partials *partials,
		  const struct catalog_source *source, struct err *e);
unsigned
entry_seen(const struct catalog_entry *entry); /* its version, or what catalog_entry_saw said */
const struct catalog_entry *entry_hold(const struct catalog_entry *entry);

#endif
