/*
 * config_show - what a program can be told, and what it was told, as text on standard output.
 */
#ifndef BECKON_CONFIG_SHOW_H
#define BECKON_CONFIG_SHOW_H

#include "buf.h"
#include "config_slots.h"

void config_show_help(const struct config *c, struct buf *out);
void config_show_markdown(const struct config *c, struct buf *out); /* the reference, a table */
void config_show_version(const struct config *c, struct buf *out);

/* Each key, its effective value and where that came from; passwords as ***. */
void config_show_values(const struct config *c, struct buf *out);

#endif
