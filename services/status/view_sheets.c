#include "view_sheets.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define ROWS_MAX_DEFAULT 1000000

struct view_held {
	struct view_held *next; /* the one asked for before this */
	struct view_sheet sheet;
	pthread_mutex_t lock; /* of the sheet and its rows */
	size_t users, rows;   /* under the lock of all: those who hold it or wait; its count */
};

struct view_sheets {
	pthread_mutex_t lock;
	struct view_held *list; /* asked for last first */
	size_t rows_max;
};

struct view_sheets *view_sheets_new(size_t rows_max)
{
	struct view_sheets *s = xcalloc(1, sizeof(*s));

	s->rows_max = rows_max ? rows_max : ROWS_MAX_DEFAULT;
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void sheet_free(struct view_held *s)
{
	view_sheet_clear(&s->sheet);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void view_sheets_free(struct view_sheets *s)
{
	if (!s)
		return;
	while (s->list) {
		struct view_held *first = s->list;

		s->list = first->next;
		sheet_free(first);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* The tenant's sheet, first in the list. */
static struct view_held *find(struct view_sheets *s, const char *tenant)
{
	struct view_held **link = &s->list, *found;

	while (*link && strcmp((*link)->sheet.tenant, tenant) != 0)
		link = &(*link)->next;
	found = *link;
	if (found) {
		*link = found->next;
	} else {
		found = xcalloc(1, sizeof(*found));
		text_put(found->sheet.tenant, sizeof(found->sheet.tenant), tenant);
		pthread_mutex_init(&found->lock, NULL);
	}
	found->next = s->list;
	s->list = found;
	return found;
}

/* The last ones in the list go, until all rows fit; nobody is using them. */
static void make_room(struct view_sheets *s)
{
	size_t rows = 0;

	for (struct view_held **link = &s->list; *link;) {
		struct view_held *at = *link;

		rows += at->rows;
		if (rows <= s->rows_max || at->users || at == s->list) {
			link = &at->next;
			continue;
		}
		rows -= at->rows;
		*link = at->next;
		sheet_free(at);
	}
}

struct view_held *view_sheets_hold(struct view_sheets *s, const char *tenant)
{
	struct view_held *found;

	pthread_mutex_lock(&s->lock);
	found = find(s, tenant);
	found->users++;
	pthread_mutex_unlock(&s->lock);
	pthread_mutex_lock(&found->lock);
	return found;
}

void view_sheets_release(struct view_sheets *s, struct view_held *held)
{
	size_t rows = held->sheet.count;

	pthread_mutex_unlock(&held->lock);
	pthread_mutex_lock(&s->lock);
	held->users--;
	held->rows = rows;
	make_room(s);
	pthread_mutex_unlock(&s->lock);
}

struct view_sheet *view_sheets_of(struct view_held *held)
{
	return &held->sheet;
}

size_t view_sheets_rows_max(const struct view_sheets *s)
{
	return s->rows_max;
}
