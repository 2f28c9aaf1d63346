#include "journal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codes.h"
#include "journal_disk.h"
#include "mem.h"
#include "now.h"

#define FORMER_MAX 65536
#define FORMER_KEPT_MS (24 * 3600 * 1000LL) /* where room is short, older ones go */

/* What an earlier incarnation left behind, copied, and where it stands in the file. */
struct former {
	struct journal_entry entry;
	int64_t incarnation, taken_ms;
	int at;
};

struct journal {
	struct disk disk;
	size_t capacity, used;
	int *free; /* a stack of entries' numbers */
	size_t nfree;
	struct former *former;
	size_t nformer;
};

_Static_assert(sizeof(((struct journal_entry *)0)->delivery) ==
		       sizeof(((struct disk_entry *)0)->delivery),
	       "");
_Static_assert(sizeof(((struct reply *)0)->text) == sizeof(((struct disk_entry *)0)->text), "");
_Static_assert(sizeof(((struct reply *)0)->enhanced) == sizeof(((struct disk_entry *)0)->enhanced),
	       "");

static void stage_store(struct disk_entry *d, enum journal_stage stage)
{
	atomic_store_explicit(&d->stage, (uint32_t)stage, memory_order_release);
}

static enum journal_stage stage_load(const struct disk_entry *d)
{
	return (enum journal_stage)atomic_load_explicit(&d->stage, memory_order_acquire);
}

/* The reply may hold an address: it does not stay. */
static void entry_wipe(struct disk_entry *d)
{
	stage_store(d, JOURNAL_FREE);
	memset(d->text, 0, sizeof(d->text));
}

/* ---- what was left behind ---- */

static bool text_ends(const char *s, size_t size)
{
	return memchr(s, '\0', size) != NULL;
}

static bool entry_sound(const struct disk_entry *d)
{
	return stage_load(d) <= JOURNAL_REPLIED && d->reach <= REACH_IN_DOUBT && d->delivery[0] &&
	       text_ends(d->delivery, sizeof(d->delivery)) &&
	       text_ends(d->enhanced, sizeof(d->enhanced)) && text_ends(d->text, sizeof(d->text)) &&
	       text_ends(d->code, sizeof(d->code)) && text_ends(d->route, sizeof(d->route));
}

static void former_read(struct former *f, const struct disk_entry *d, int at)
{
	const struct code *code = codes_find(d->code);

	*f = (struct former){ .incarnation = d->incarnation, .taken_ms = d->taken_ms, .at = at };
	f->entry.stage = stage_load(d);
	f->entry.turn = d->turn;
	memcpy(f->entry.delivery, d->delivery, sizeof(d->delivery));
	text_put(f->entry.route, sizeof(f->entry.route), d->route);
	if (f->entry.stage != JOURNAL_REPLIED)
		return;
	struct mail_result *r = &f->entry.result;

	r->reach = (enum reach)d->reach;
	r->route_fault = d->route_fault != 0;
	r->code = code ? code->name : NULL;
	r->reply.code = d->reply_code;
	memcpy(r->reply.enhanced, d->enhanced, sizeof(d->enhanced));
	memcpy(r->reply.text, d->text, sizeof(d->text));
}

/* Collects what an earlier process left at or behind the final dot. An entry that was claimed only
   says no more than none, and is free again. */
static int former_collect(struct journal *j, struct err *e)
{
	uint32_t entries = j->disk.header.entries;

	j->former = xcalloc(entries, sizeof(*j->former));
	for (uint32_t i = 0; i < entries; i++) {
		struct disk_entry *d = &j->disk.entries[i];
		enum journal_stage stage = stage_load(d);

		if (stage == JOURNAL_CLAIMED)
			stage_store(d, JOURNAL_FREE);
		if (stage == JOURNAL_FREE || stage == JOURNAL_CLAIMED)
			continue;
		if (!entry_sound(d))
			return err_set(e, ERR_FATAL,
				       "journal %s: entry %u is damaged; move the file away once "
				       "nothing in "
				       "it is needed",
				       j->disk.path, i);
		former_read(&j->former[j->nformer++], d, (int)i);
	}
	return OK;
}

static void former_remove(struct journal *j, size_t i)
{
	entry_wipe(&j->disk.entries[j->former[i].at]);
	j->former[i] = j->former[--j->nformer];
}

/* What nobody asked for in a day is another owner's by now. */
static void former_age(struct journal *j, int64_t now)
{
	for (size_t i = j->nformer; i-- > 0;)
		if (now - j->former[i].taken_ms > FORMER_KEPT_MS)
			former_remove(j, i);
}

static const struct former *former_find(const struct journal *j, const char *delivery, int64_t turn)
{
	const struct former *last = NULL;

	for (size_t i = 0; i < j->nformer; i++) {
		const struct former *f = &j->former[i];

		if (f->entry.turn == turn && strcmp(f->entry.delivery, delivery) == 0 &&
		    (!last || f->incarnation > last->incarnation))
			last = f;
	}
	return last;
}

const struct journal_entry *journal_former(const struct journal *j, const char *delivery,
					   int64_t turn)
{
	const struct former *f = former_find(j, delivery, turn);

	return f ? &f->entry : NULL;
}

size_t journal_former_count(const struct journal *j)
{
	return j->nformer;
}

void journal_forget(struct journal *j, const char *delivery, int64_t turn)
{
	for (const struct former *f; (f = former_find(j, delivery, turn));) {
		j->free[j->nfree++] = f->at;
		former_remove(j, (size_t)(f - j->former));
	}
}

/* ---- life ---- */

/* Every entry that holds nothing. The last on the stack is the first in the file. */
static void free_collect(struct journal *j)
{
	uint32_t entries = j->disk.header.entries;

	j->free = xcalloc(entries, sizeof(*j->free));
	for (uint32_t i = entries; i-- > 0;)
		if (stage_load(&j->disk.entries[i]) == JOURNAL_FREE)
			j->free[j->nfree++] = (int)i;
}

static int start(struct journal *j, struct err *e)
{
	struct disk_header *h = &j->disk.header;
	int64_t now = now_ms();
	int r;

	if ((r = former_collect(j, e)) < 0)
		return r;
	if (j->nformer > j->capacity)
		former_age(j, now);
	h->incarnation = now > h->incarnation ? now : h->incarnation + 1;
	if ((r = disk_grow(&j->disk, (uint32_t)(j->nformer + j->capacity), e)) < 0 ||
	    (r = disk_write_header(&j->disk, e)) < 0)
		return r;
	free_collect(j);
	disk_rest(&j->disk);
	return OK;
}

int journal_open(struct journal **out, const char *state_dir, const char *name, size_t capacity,
		 struct err *e)
{
	autofree char *path = xasprintf("%s/%s.journal", state_dir, name);
	struct journal *j = xcalloc(1, sizeof(*j));
	int r;

	assert(capacity > 0 && capacity <= FORMER_MAX);
	j->capacity = capacity;
	if ((r = disk_open(&j->disk, path, e)) < 0 || (r = start(j, e)) < 0) {
		journal_close(j);
		return r;
	}
	*out = j;
	return OK;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	disk_close(&j->disk);
	free(j->former);
	free(j->free);
	free(j);
}

const char *journal_id(const struct journal *j)
{
	return j->disk.header.id;
}

int64_t journal_incarnation(const struct journal *j)
{
	return j->disk.header.incarnation;
}

/* ---- what is in flight ---- */

int journal_take(struct journal *j, const char *delivery, int64_t turn)
{
	if (j->used == j->capacity || j->nfree == 0)
		return -1;
	int entry = j->free[--j->nfree];
	struct disk_entry *d = &j->disk.entries[entry];

	assert(strlen(delivery) < sizeof(d->delivery));
	j->used++;
	d->incarnation = j->disk.header.incarnation;
	d->taken_ms = now_ms();
	d->turn = turn;
	snprintf(d->delivery, sizeof(d->delivery), "%s", delivery);
	d->route[0] = '\0';
	stage_store(d, JOURNAL_CLAIMED);
	return entry;
}

void journal_route(struct journal *j, int entry, const char *route)
{
	struct disk_entry *d = &j->disk.entries[entry];

	text_put(d->route, sizeof(d->route), route);
}

void journal_raise(struct journal *j, int entry, int64_t turn)
{
	if (entry >= 0)
		j->disk.entries[entry].turn = turn;
}

void journal_free_entry(struct journal *j, int entry)
{
	if (entry < 0)
		return;
	entry_wipe(&j->disk.entries[entry]);
	j->free[j->nfree++] = entry;
	j->used--;
}

void journal_dot(struct journal *j, int entry)
{
	assert(entry >= 0); /* a dot that nobody could read of later */
	stage_store(&j->disk.entries[entry], JOURNAL_DOT);
}

void journal_reply(struct journal *j, int entry, const struct mail_result *result)
{
	assert(entry >= 0);
	struct disk_entry *d = &j->disk.entries[entry];

	d->reach = (uint32_t)result->reach;
	d->route_fault = result->route_fault;
	d->reply_code = result->reply.code;
	memcpy(d->enhanced, result->reply.enhanced, sizeof(d->enhanced));
	memcpy(d->text, result->reply.text, sizeof(d->text));
	snprintf(d->code, sizeof(d->code), "%s", result->code ? result->code : "");
	stage_store(d, JOURNAL_REPLIED);
}
