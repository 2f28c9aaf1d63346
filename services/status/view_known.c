#include "view_known.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "view_sheets.h"

static int by_hash(const void *a, const void *b)
{
	const struct view_known *x = a, *y = b;

	return strncmp(x->hash, y->hash, VIEW_WHO_MAX);
}

static bool counts(const struct view_row *r)
{
	bool live = r->status == VIEW_NOT_INVITED || r->status == VIEW_WAITING ||
		    r->status == VIEW_INVITED;
	bool erased = !*r->texts[VIEW_TEXT_EMAIL] && !*r->texts[VIEW_TEXT_PHONE];

	return (live || (r->status == VIEW_ACCEPTED && !erased)) && !r->scoped &&
	       strcmp(r->texts[VIEW_TEXT_KIND], "password") != 0;
}

/* Who has come is told before who is only invited. */
static void look(const struct view_known_list *l, const struct view_row *r)
{
	struct view_known sought = { .place = 0 }, *known;

	if (!*r->who || !counts(r))
		return;
	text_put(sought.hash, sizeof(sought.hash), r->who);
	known = bsearch(&sought, l->list, l->n, sizeof(sought), by_hash);
	if (!known || (*known->holder && known->status == VIEW_ACCEPTED))
		return;
	text_put(known->holder, sizeof(known->holder), r->key);
	known->status = r->status;
}

int view_known(struct view_sheets *s, struct guard *g, const struct view_known_list *l,
	       struct err *e)
{
	struct view_held *held = view_sheets_hold(s, l->tenant);
	struct view_sheet *sheet = view_sheets_of(held);
	int r = view_sheet_refresh(sheet, g, view_sheets_rows_max(s), e);

	qsort(l->list, l->n, sizeof(*l->list), by_hash);
	for (size_t i = 0; r == OK && i < sheet->count; i++)
		look(l, sheet->rows[i]);
	view_sheets_release(s, held);
	return r;
}
