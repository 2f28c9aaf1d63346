/*
 * library - parts of a program that are loaded when they are first needed.
 *
 * What only some installations use, and what brings many libraries with it, is a shared object of
 * its own beside the programs: a process that never needs it does not pay for it.
 */
#ifndef BECKON_LIBRARY_H
#define BECKON_LIBRARY_H

/* The one name that a file exports; the file is looked for where the program's run path says, and
   stays loaded. One that cannot be loaded is a broken installation: the process ends, saying why.
 */
const void *library_load(const char *file, const char *symbol);

#endif
