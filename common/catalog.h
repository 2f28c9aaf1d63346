/*
 * catalog - the templates of an installation, found by name and locale.
 *
 * On disk: <dir>/<name>/<locale>/{subject.txt, text.txt, html.html, sms.txt} (parts that a
 * template does not have are simply absent) and shared partials in <dir>/partials/. Loaded and
 * compiled once; a faulty template fails the load with file, line and column. What is hidden is
 * passed over. The last line end of subject.txt and sms.txt is not part of the text.
 *
 * Over them lie those that tenants have made their own (templates_view.h), locale by locale. A
 * catalog never changes: when a tenant's template does there is another one, and the former lives
 * as long as somebody holds it. Every thread may ask.
 */
#ifndef BECKON_CATALOG_H
#define BECKON_CATALOG_H

#include <stdint.h>

#include "buf.h"
#include "err.h"
#include "template.h"

struct catalog;

#define CATALOG_ENTRIES_MAX 1024 /* names times locales */

enum part { PART_SUBJECT, PART_TEXT, PART_HTML, PART_SMS, PART_COUNT };

/* What the parts are called: "subject", and on disk "subject.txt". */
extern const char *const catalog_part_names[PART_COUNT], *const catalog_file_names[PART_COUNT];

#define CATALOG_INSTALLED 1 /* the version of templates from disk; tenants' own begin with 2 */

struct catalog_entry {
	const char *tenant;			  /* whose own it is; NULL = the installation's */
	const char *name, *locale;		  /* as on disk: "invite", "ru" */
	const struct template *parts[PART_COUNT]; /* NULL = the template has no such part */
	char sha256[65];  /* hex, over the parts' and their partials' sources: tells versions apart
			   */
	unsigned version; /* of the name: grows with each change in any of its locales */
	const char *record; /* a tenant's, as it stands in its topic, where it is kept; else NULL */
};

/* ERR_FATAL where dir or something in it cannot be read, ERR_INVALID where a template is faulty. */
int catalog_open(struct catalog **out, const char *dir, struct err *e);
/* The partials alone, for templates that are not among the installation's, or not fit yet. */
int catalog_open_partials(struct catalog **out, const char *dir, struct err *e);
struct catalog *catalog_empty(void);		 /* no templates at all */
struct catalog *catalog_hold(struct catalog *c); /* another holder; returns c */
void catalog_free(struct catalog *c);		 /* one holder less; takes NULL */

/* What somebody asks for. Tenant and locales may be NULL; version 0 = whatever holds. */
struct catalog_wanted {
	const char *tenant, *name, *locale, *default_locale;
	int64_t version; /* at least this one */
};

/* Falls back ru-RU -> ru -> default_locale -> en; ru_RU and RU-ru are ru-RU. In each of them the
   tenant's own comes before the installation's. NULL = no such template in any of them, or only
   older ones. The entry lives as long as the catalog. */
const struct catalog_entry *catalog_find_for(const struct catalog *c,
					     const struct catalog_wanted *w);

/* The installation's, as above. */
const struct catalog_entry *catalog_find(const struct catalog *c, const char *name,
					 const char *locale, const char *default_locale);

/* The newest version of a template that the tenant has, in whatever locale. */
unsigned catalog_version(const struct catalog *c, const char *tenant, const char *name);

/* Calls each for every entry of the installation, then for those of the tenant (NULL = of nobody);
   one without any part says that the installation's holds again. */
void catalog_each(const struct catalog *c, const char *tenant,
		  void (*each)(void *ctx, const struct catalog_entry *entry), void *ctx);

/* ---- tenants' own ---- */

/* The tenant's own in exactly this locale, also one without any part; NULL = there is none. */
const struct catalog_entry *catalog_own(const struct catalog *c, const char *tenant,
					const char *name, const char *locale);

/* A template as somebody wrote it; parts with data NULL it has not. */
struct catalog_source {
	const char *tenant, *name, *locale;
	const char *record; /* to be kept with it; NULL = none */
	unsigned version;
	struct {
		const char *data;
		size_t len;
	} parts[PART_COUNT];
};

/* The parts of a template's folder, <name>/<locale>/, read into the source that borrows them. As
   catalog_open. */
struct catalog_files {
	struct buf parts[PART_COUNT];
};
int catalog_files_read(struct catalog_files *f, const char *dir, struct catalog_source *s,
		       struct err *e);
void catalog_files_clear(struct catalog_files *f);

/* Compiles it with the partials of base. ERR_INVALID with part, line and column. To be given to
   catalog_entry_drop. */
int catalog_compile(const struct catalog_entry **out, const struct catalog *base,
		    const struct catalog_source *source, struct err *e);
/* A later version was seen that is not fit to be used: for catalog_version it counts all the same,
   or jobs that name it would wait. From one thread. */
void catalog_entry_saw(const struct catalog_entry *entry, unsigned version);
void catalog_entry_drop(const struct catalog_entry *entry); /* takes NULL */

/* base, under these entries (n of them, no two of the same tenant, name and locale); both are held
   by what is returned. */
struct catalog *catalog_with(struct catalog *base, const struct catalog_entry *const *own,
			     size_t n);

#endif
