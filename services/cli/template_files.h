/*
 * template_files - a folder of templates, as an installation and a repository have it:
 * <name>/<locale>/<part>.
 */
#ifndef BECKON_CLI_TEMPLATE_FILES_H
#define BECKON_CLI_TEMPLATE_FILES_H

#include "catalog.h"
#include "err.h"

#define TEMPLATE_FILES_MAX 256 /* templates of one folder, each locale counted */

struct template_file {
	struct catalog_source source; /* without a tenant; points into what follows */
	char *name, *locale;
	struct catalog_files files;
};

struct template_folder {
	struct template_file *list;
	size_t count;
};

/* name, locale: only these; NULL = all. By name and locale. ERR_FATAL: something cannot be read;
   ERR_INVALID: a file is none of a template's, or nothing fits. */
int template_folder_open(struct template_folder *out, const char *dir, const char *name,
			 const char *locale, struct err *e);
void template_folder_close(struct template_folder *f);

#endif
