/*
 * catalog - the templates of an installation, found by name and locale.
 *
 * On disk: <dir>/<name>/<locale>/{subject.txt, text.txt, html.html, sms.txt} (parts that a
 * template does not have are simply absent) and shared partials in <dir>/partials/. Loaded and
 * compiled once; a faulty template fails the load with file, line and column. What is hidden is
 * passed over. The last line end of subject.txt and sms.txt is not part of the text.
 */
#ifndef BECKON_CATALOG_H
#define BECKON_CATALOG_H

#include "err.h"
#include "template.h"

struct catalog;

#define CATALOG_ENTRIES_MAX 1024 /* names times locales */

enum part { PART_SUBJECT, PART_TEXT, PART_HTML, PART_SMS, PART_COUNT };

struct catalog_entry {
	const char *name, *locale;		  /* as on disk: "invite", "ru" */
	const struct template *parts[PART_COUNT]; /* NULL = the template has no such part */
	char sha256[65];  /* hex, over the parts' and their partials' sources: tells versions apart
			   */
	unsigned version; /* 1 for templates from disk */
};

/* ERR_FATAL where dir or something in it cannot be read, ERR_INVALID where a template is faulty. */
int catalog_open(struct catalog **out, const char *dir, struct err *e);
void catalog_free(struct catalog *c);

/* Falls back ru-RU -> ru -> default_locale -> en; ru_RU and RU-ru are ru-RU. NULL = no such
   template in any of them. Both locales may be NULL. The entry lives as long as the catalog.
   Thread-safe. */
const struct catalog_entry *catalog_find(const struct catalog *c, const char *name,
					 const char *locale, const char *default_locale);

#endif
