/*
 * view_sheets - the sheets of all tenants, shared by threads: one lock for the list, one a sheet.
 *
 * The list is locked for moments only; whoever asks for a tenant holds its sheet while reading what
 * has changed and looking through it. Sheets that nobody asked for longest go when all rows
 * together are more than rows_max.
 */
#ifndef BECKON_VIEW_SHEETS_H
#define BECKON_VIEW_SHEETS_H

#include "view_sheet.h"

struct view_held; /* a sheet that is ours until it is released */

struct view_held *view_sheets_hold(struct view_sheets *s, const char *tenant);
struct view_sheet *view_sheets_of(struct view_held *held);
void view_sheets_release(struct view_sheets *s, struct view_held *held);
size_t view_sheets_rows_max(const struct view_sheets *s);

#endif
