/*
 * library - parts of a program that are loaded when they are first needed.
 *
 * What only some installations use, and what brings many libraries with it, is a shared object of
 * its own beside the programs: a process that never needs it does not pay for it. It says of which
 * version it is, and only one of the program's own is used: what either knows of the other's
 * structures is not checked by anybody else.
 */
#ifndef BECKON_LIBRARY_H
#define BECKON_LIBRARY_H

/* Stands once in each such file, outside of functions. */
#ifdef __cplusplus
#define LIBRARY_IS_OF_THIS_VERSION extern "C" const char beckon_library_version[] = BECKON_VERSION;
#else
#define LIBRARY_IS_OF_THIS_VERSION                                                                 \
	extern const char beckon_library_version[];                                                \
	const char beckon_library_version[] = BECKON_VERSION;
#endif
#define LIBRARY_VERSION_NAME "beckon_library_version"

/* What a file exports under this name; the file is looked for where the program's run path says,
   and stays loaded. One that cannot be loaded, or is of another version, is a broken installation:
   the process ends with 78, saying why. */
const void *library_load(const char *file, const char *symbol);

#endif
