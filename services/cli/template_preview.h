/*
 * template_preview - what people would get, with made-up values or a real request's.
 */
#ifndef BECKON_CLI_TEMPLATE_PREVIEW_H
#define BECKON_CLI_TEMPLATE_PREVIEW_H

#include "template_world.h"

/* Prints one part as it is, or all of them with their names. */
int template_preview(const struct template_world *w, const char *name, struct err *e);

#endif
