/* told_line - an outcome as one line of a terminal: when, what, of which invite, to whom, why. */
#ifndef BECKON_TOLD_LINE_H
#define BECKON_TOLD_LINE_H

#include "told.h"

void told_line(const struct told *t, enum lang lang);

#endif
