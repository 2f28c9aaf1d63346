/*
 * catalog - the templates of an installation, found by name and locale.
 *
 * On disk: <dir>/<name>/<locale>/{subject.txt, text.txt, html.html, sms.txt} (parts that a
 * template does not have are simply absent) and shared partials in <dir>/partials/. Loaded and
 * compiled once; a faulty template fails the load with file, line and column.
 */
#ifndef BECKON_CATALOG_H
#define BECKON_CATALOG_H

#include "err.h"
#include "template.h"

struct catalog;

enum part { PART_SUBJECT, PART_TEXT, PART_HTML, PART_SMS, PART_COUNT };

struct catalog_entry {
	const char *name, *locale; /* as on disk: "invite", "ru" */
	const struct template *parts[PART_COUNT]; /* NULL = the template has no such part */
	char sha256[65];           /* hex, over the parts' sources: tells versions apart */
	unsigned version;          /* 1 for templates from disk */
};

int catalog_open(struct catalog **out, const char *dir, struct err *e);
void catalog_free(struct catalog *c);

/* Falls back ru-RU -> ru -> default_locale -> en. NULL = no such template in any of them.
   locale may be NULL. The entry lives as long as the catalog. Thread-safe. */
const struct catalog_entry *catalog_find(const struct catalog *c, const char *name, const char *locale,
					 const char *default_locale);

#endif
