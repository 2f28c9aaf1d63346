#include "place.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"

/* From the folder of the program: installed, and in a build tree (build/<preset>/bin). */
static const char *const template_dirs[] = { "../share/beckon/templates",
					     "../../../deploy/templates" };

/* The folder of this program; "." where the system does not say. */
static char *own_dir(void)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash;

	if (n <= 0)
		return xstrdup(".");
	path[n] = '\0';
	slash = strrchr(path, '/');
	return slash ? xstrndup(path, (size_t)(slash - path)) : xstrdup(".");
}

char *place_program(const char *name)
{
	autofree char *dir = own_dir();
	char *path = xasprintf("%s/%s", dir, name);

	if (access(path, X_OK) == 0)
		return path;
	free(path);
	return xstrdup(name);
}

char *place_templates(void)
{
	const char *given = getenv("BECKON_TEMPLATES");
	autofree char *dir = own_dir();

	if (given && *given)
		return xstrdup(given);
	for (size_t i = 0; i < ARRAY_LEN(template_dirs); i++) {
		autofree char *path = xasprintf("%s/%s", dir, template_dirs[i]);
		char *whole = realpath(path, NULL);

		if (whole)
			return whole;
	}
	return NULL;
}
