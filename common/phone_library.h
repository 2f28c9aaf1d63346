/* phone_library - the shim over libphonenumber, loaded when it is first needed. */
#ifndef BECKON_PHONE_LIBRARY_H
#define BECKON_PHONE_LIBRARY_H

#include "phone_number.h"

/* Any thread. A beckon-phone.so that cannot be loaded is a broken installation: the process ends,
   saying why. */
const struct phone_numbers *phone_library(void);

#endif
