/*
 * journal_disk - how the journal's file looks: for journal*.c only.
 *
 * One page of header, then entries of 512 bytes, so that none crosses a page. The header is written
 * by one pwrite of its page and each entry's stage is stored last: whatever a killed process had
 * begun is either whole or not there. Numbers are the machine's own: the file never leaves it.
 */
#ifndef BECKON_JOURNAL_DISK_H
#define BECKON_JOURNAL_DISK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "journal.h"

#define DISK_PAGE_BYTES 4096
#define DISK_ENTRY_BYTES 512
#define DISK_ENTRIES_MAX (1u << 17) /* 64 MiB */
#define DISK_ID_SIZE 24
#define DISK_BOOT_SIZE 40

struct disk_header {
	char magic[8];
	uint32_t version, entry_bytes, entries, spare;
	int64_t incarnation;
	char id[DISK_ID_SIZE];
	char boot[DISK_BOOT_SIZE]; /* the machine's boot in which the entries were written */
	uint64_t sum;		   /* over all before it */
};

struct disk_entry {
	_Atomic uint32_t stage; /* enum journal_stage: stored last */
	int32_t reply_code;
	int64_t incarnation, taken_ms, turn;
	uint32_t reach, route_fault;
	char delivery[192], enhanced[12], text[160], code[48];
	char route[JOURNAL_ROUTE_SIZE]; /* "" in what an older program wrote */
	char spare[60 - JOURNAL_ROUTE_SIZE];
};
_Static_assert(sizeof(struct disk_entry) == DISK_ENTRY_BYTES, "entries must not cross pages");

struct disk {
	int fd; /* locked while open */
	char *path;
	struct disk_header header;
	struct disk_entry *entries; /* mapped */
	void *map;
	size_t map_bytes;
};

/* Opens and locks the file, or creates it; its entries are mapped. A file of another boot of the
   machine, or a new one, has a new id and no entries: the page cache of that boot may not have
   reached the disk. ERR_FATAL: held by another process, not writable, damaged, or no journal at
   all. */
int disk_open(struct disk *d, const char *path, struct err *e);
void disk_close(struct disk *d);

/* Makes room for n entries; entries may move. Blocks are reserved, so no later store can fail. */
int disk_grow(struct disk *d, uint32_t n, struct err *e);

/* All entries were read: what is mapped leaves the process's memory, and comes back by itself. */
void disk_rest(const struct disk *d);

/* Writes the header as it stands. */
int disk_write_header(struct disk *d, struct err *e);

#endif
