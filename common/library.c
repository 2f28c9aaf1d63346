#include "library.h"

#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>

#define EXIT_CONFIG 78 /* that of a wrong setting; systemd does not try again */

const void *library_load(const char *file, const char *symbol)
{
	void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
	const void *found = handle ? dlsym(handle, symbol) : NULL;

	if (found)
		return found;
	fprintf(stderr, "cannot load %s: %s\n", file, dlerror());
	_exit(EXIT_CONFIG);
}
