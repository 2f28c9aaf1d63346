#include "journal_disk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto.h"
#include "mem.h"

#define DISK_VERSION 1
#define ID_BYTES 16

static const char magic[8] = "bknjrnl";

/* FNV-1a: tells damage, not malice. */
static uint64_t sum_of(const struct disk_header *h)
{
	const unsigned char *p = (const unsigned char *)h;
	uint64_t sum = 0xcbf29ce484222325u;

	for (size_t i = 0; i < offsetof(struct disk_header, sum); i++)
		sum = (sum ^ p[i]) * 0x100000001b3u;
	return sum;
}

/* Which boot of which machine this is; "" where the kernel does not tell. */
static void boot_read(char boot[DISK_BOOT_SIZE])
{
	memset(boot, 0, DISK_BOOT_SIZE);
#ifdef BECKON_TEST_BUILD
	if (getenv("BECKON_BOOT_ID")) {
		snprintf(boot, DISK_BOOT_SIZE, "%s", getenv("BECKON_BOOT_ID"));
		return;
	}
#endif
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, boot, DISK_BOOT_SIZE - 1);

	if (fd >= 0)
		close(fd);
	boot[n < 0 ? 0 : n] = '\0';
}

static int fatal_errno(const struct disk *d, const char *what, struct err *e)
{
	return err_set(e, ERR_FATAL, "journal %s: %s: %s", d->path, what, strerror(errno));
}

static int fatal_file(const struct disk *d, const char *what, struct err *e)
{
	return err_set(e, ERR_FATAL, "journal %s: %s; move it away once nothing in it is needed",
		       d->path, what);
}

/* ---- the header ---- */

int disk_write_header(struct disk *d, struct err *e)
{
	char page[DISK_PAGE_BYTES] = { 0 };

	d->header.sum = sum_of(&d->header);
	memcpy(page, &d->header, sizeof(d->header));
	if (pwrite(d->fd, page, sizeof(page), 0) != sizeof(page))
		return fatal_errno(d, "cannot be written", e);
	return OK;
}

static int header_check(const struct disk *d, off_t size, struct err *e)
{
	const struct disk_header *h = &d->header;

	if (memcmp(h->magic, magic, sizeof(magic)) != 0)
		return fatal_file(d, "this is no journal", e);
	if (h->version != DISK_VERSION)
		return fatal_file(d, "another version wrote it", e);
	if (h->sum != sum_of(h) || h->entry_bytes != DISK_ENTRY_BYTES ||
	    h->entries > DISK_ENTRIES_MAX ||
	    size < (off_t)DISK_PAGE_BYTES + (off_t)h->entries * DISK_ENTRY_BYTES)
		return fatal_file(d, "it is damaged", e);
	return OK;
}

/* A header of zeros was never written: its maker died first. */
static bool header_unwritten(const struct disk_header *h)
{
	static const struct disk_header zero;

	return memcmp(h, &zero, sizeof(zero)) == 0;
}

static void header_new(struct disk_header *h, int64_t incarnation, const char *boot)
{
	unsigned char bytes[ID_BYTES];

	*h = (struct disk_header){ .version = DISK_VERSION,
				   .entry_bytes = DISK_ENTRY_BYTES,
				   .incarnation = incarnation };
	memcpy(h->magic, magic, sizeof(magic));
	memcpy(h->boot, boot, sizeof(h->boot));
	crypto_random(bytes, sizeof(bytes));
	crypto_base64url(bytes, sizeof(bytes), h->id);
}

/* Reads the header. A new file and one of another boot begin anew with no entries. */
static int header_read(struct disk *d, struct err *e)
{
	char boot[DISK_BOOT_SIZE];
	struct stat st;
	int r;

	if (fstat(d->fd, &st) < 0)
		return fatal_errno(d, "cannot be read", e);
	ssize_t n = pread(d->fd, &d->header, sizeof(d->header), 0);

	if (n < 0)
		return fatal_errno(d, "cannot be read", e);
	boot_read(boot);
	if (n > 0 && n < (ssize_t)sizeof(d->header))
		return fatal_file(d, "this is no journal", e);
	if (n == 0 || header_unwritten(&d->header)) {
		header_new(&d->header, 0, boot);
		return OK;
	}
	if ((r = header_check(d, st.st_size, e)) < 0)
		return r;
	if (boot[0] == '\0' || strncmp(boot, d->header.boot, sizeof(d->header.boot)) != 0) {
		header_new(&d->header, d->header.incarnation, boot);
		return disk_write_header(d, e); /* no entries: disk_grow cuts the old ones off */
	}
	return OK;
}

/* ---- the file ---- */

static void unmap(struct disk *d)
{
	if (d->map)
		munmap(d->map, d->map_bytes);
	d->map = NULL;
}

static int map(struct disk *d, struct err *e)
{
	size_t bytes = DISK_PAGE_BYTES + (size_t)d->header.entries * DISK_ENTRY_BYTES;
	void *at;

	unmap(d);
	if ((errno = posix_fallocate(d->fd, 0, (off_t)bytes)) != 0)
		return fatal_errno(d, "no room", e);
	at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, d->fd, 0);
	if (at == MAP_FAILED)
		return fatal_errno(d, "cannot be mapped", e);
	d->map = at;
	d->map_bytes = bytes;
	d->entries = (struct disk_entry *)((char *)at + DISK_PAGE_BYTES);
	return OK;
}

int disk_grow(struct disk *d, uint32_t n, struct err *e)
{
	uint32_t before = d->header.entries;
	int r;

	if (n <= before)
		return OK;
	if (n > DISK_ENTRIES_MAX)
		return fatal_file(d, "too many messages in doubt were left behind", e);
	if (ftruncate(d->fd, DISK_PAGE_BYTES + (off_t)before * DISK_ENTRY_BYTES) < 0)
		return fatal_errno(d, "cannot be cut", e);
	d->header.entries = n;
	if ((r = map(d, e)) < 0)
		return r;
	return disk_write_header(d, e); /* the new entries are zeros before they count */
}

void disk_rest(const struct disk *d)
{
	madvise(d->map, d->map_bytes, MADV_DONTNEED); /* shared: what was written is the file's */
}

static int lock(struct disk *d, struct err *e)
{
	d->fd = open(d->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (d->fd < 0)
		return fatal_errno(d, "cannot be opened", e);
	if (flock(d->fd, LOCK_EX | LOCK_NB) == 0)
		return OK;
	if (errno == EWOULDBLOCK)
		return err_set(e, ERR_FATAL, "journal %s: another process holds it", d->path);
	return fatal_errno(d, "cannot be locked", e);
}

int disk_open(struct disk *d, const char *path, struct err *e)
{
	int r;

	*d = (struct disk){ .fd = -1, .path = xstrdup(path) };
	if ((r = lock(d, e)) < 0 || (r = header_read(d, e)) < 0 || (r = map(d, e)) < 0)
		disk_close(d);
	return r;
}

void disk_close(struct disk *d)
{
	unmap(d);
	if (d->fd >= 0)
		close(d->fd);
	free(d->path);
	*d = (struct disk){ .fd = -1 };
}
