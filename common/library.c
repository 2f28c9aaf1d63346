#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "err.h"

#define EXIT_CONFIG 78 /* that of a wrong setting; systemd does not try again */

static const void *find(const char *file, const char *symbol, struct err *e)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const char *version = handle ? dlsym(handle, LIBRARY_VERSION_NAME) : NULL;
	const void *found;

	if (!handle) {
		err_set(e, ERR_FATAL, "%s", dlerror());
		return NULL;
	}
	if (!version || strcmp(version, BECKON_VERSION) != 0) {
		err_set(e, ERR_FATAL,
			"it is of version %.20s, and this program of " BECKON_VERSION
			": install both together",
			version ? version : "(none)");
		return NULL;
	}
	found = dlsym(handle, symbol);
	if (!found)
		err_set(e, ERR_FATAL, "%s", dlerror());
	return found;
}

const void *library_load(const char *file, const char *symbol)
{
	struct err e = { "" };
	const void *found = find(file, symbol, &e);

	if (found)
		return found;
	fprintf(stderr, "cannot load %s: %s\n", file, e.text);
	_exit(EXIT_CONFIG);
}
