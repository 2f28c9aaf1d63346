#include "csv_file.h"

#include <csv.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "utf8.h"

#define CHUNK_BYTES 65536
#define BOM "\xef\xbb\xbf"

struct reading {
	int (*take)(void *ctx, const struct csv_row *row, struct err *e);
	void *ctx;
	struct err *e;
	struct csv_parser parser;
	char *cells[CSV_CELLS_MAX];
	size_t count;
	int64_t row;   /* finished ones */
	bool after_cr; /* an LF that comes now belongs to the CR before */
	bool any;      /* a cell of this row is not empty */
	int status;
};

static void drop_cells(struct reading *r)
{
	for (size_t i = 0; i < r->count; i++)
		free(r->cells[i]);
	r->count = 0;
	r->any = false;
}

/* Without the apostrophe that csv_write and spreadsheets put before what looks like a formula. */
static char *trimmed(const char *text, size_t n)
{
	static const char space[] = " \t\r\n", formula[] = "=+-@";

	while (n && strchr(space, text[n - 1]))
		n--;
	while (n && strchr(space, *text)) {
		text++;
		n--;
	}
	if (n > 1 && *text == '\'' && memchr(formula, text[1], sizeof(formula) - 1)) {
		text++;
		n--;
	}
	return xstrndup(text, n);
}

static void fail(struct reading *r, const char *why)
{
	if (r->status == OK)
		r->status = err_set(r->e, ERR_INVALID, "row %lld: %s", (long long)r->row + 1, why);
}

static void on_cell(void *text, size_t n, void *ctx)
{
	struct reading *r = ctx;

	r->after_cr = false;
	if (r->status)
		return;
	if (r->count == CSV_CELLS_MAX)
		fail(r, "more cells than 64");
	else if (n > CSV_CELL_MAX_BYTES)
		fail(r, "a cell holds more than 8 KiB; is a quotation mark missing?");
	else if (memchr(text ? text : "", '\0', n))
		fail(r, "a cell holds a NUL byte; this is no CSV file");
	else if (!utf8_valid(text ? text : "", n))
		fail(r, "not UTF-8; save the file as \"CSV UTF-8\"");
	else {
		char *cell = trimmed(text ? text : "", n);

		r->any |= *cell != '\0';
		r->cells[r->count++] = cell;
	}
}

/* c is the line end; -1 at the end of the file. */
static void on_row(int c, void *ctx)
{
	struct reading *r = ctx;
	bool second_half = c == '\n' && r->after_cr && !r->count;

	r->after_cr = c == '\r';
	if (second_half)
		return;
	if (r->status == OK) {
		struct csv_row row = { ++r->row, r->cells, r->any ? r->count : 0 };

		r->status = r->take(r->ctx, &row, r->e);
	}
	drop_cells(r);
}

/* What separates cells: the most frequent candidate in the first line outside quotation marks. */
static unsigned char separator(const char *text, size_t n)
{
	static const char candidates[] = ",;\t";
	size_t seen[sizeof(candidates)] = { 0 }, best = 0;
	bool quoted = false;

	for (size_t i = 0; i < n && (quoted || (text[i] != '\n' && text[i] != '\r')); i++) {
		const char *found = text[i] ? strchr(candidates, text[i]) : NULL;

		if (text[i] == '"')
			quoted = !quoted;
		else if (found && !quoted)
			seen[found - candidates]++;
	}
	for (size_t i = 1; i < sizeof(candidates) - 1; i++)
		if (seen[i] > seen[best])
			best = i;
	return (unsigned char)candidates[best];
}

static void feed(struct reading *r, const char *bytes, size_t n)
{
	if (csv_parse(&r->parser, bytes, n, on_cell, on_row, r) != n)
		fail(r, csv_error(&r->parser) == CSV_EPARSE
				? "a quotation mark inside a cell must be doubled"
				: csv_strerror(csv_error(&r->parser)));
}

/* What else spreadsheet programs save, by how it begins. */
static void refuse_others(struct reading *r, const char *bytes, size_t n)
{
	static const struct {
		const char *start, *why;
	} others[] = {
		{ "\xff\xfe", "UTF-16; save the file as \"CSV UTF-8\"" },
		{ "\xfe\xff", "UTF-16; save the file as \"CSV UTF-8\"" },
		{ "PK\3\4", "a workbook; save it as \"CSV UTF-8\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (n >= strlen(others[i].start) &&
		    !memcmp(bytes, others[i].start, strlen(others[i].start)))
			fail(r, others[i].why);
}

static void read_all(struct reading *r, FILE *f)
{
	char bytes[CHUNK_BYTES];
	size_t n, total = 0;

	while (r->status == OK && (n = fread(bytes, 1, sizeof(bytes), f)) > 0) {
		const char *from = bytes;

		if (!total)
			refuse_others(r, bytes, n);
		if (!total && n >= strlen(BOM) && !memcmp(bytes, BOM, strlen(BOM)))
			from += strlen(BOM);
		if (!total)
			csv_set_delim(&r->parser, separator(from, n - (size_t)(from - bytes)));
		feed(r, from, n - (size_t)(from - bytes));
		total += n;
		if (total > CSV_FILE_MAX_BYTES)
			fail(r, "the file is larger than 512 MiB");
	}
	if (ferror(f) && r->status == OK)
		r->status = err_set(r->e, ERR_FATAL, "%s", strerror(errno));
	if (r->status == OK && csv_fini(&r->parser, on_cell, on_row, r))
		fail(r, "a quotation mark is not closed");
}

static int read_rows(FILE *f, int (*take)(void *ctx, const struct csv_row *row, struct err *e),
		     void *ctx, struct err *e)
{
	struct reading r = { .take = take, .ctx = ctx, .e = e };

	if (csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL | CSV_APPEND_NULL))
		abort();
	read_all(&r, f);
	drop_cells(&r);
	csv_free(&r.parser);
	return r.status;
}

int csv_file_read(const char *path,
		  int (*take)(void *ctx, const struct csv_row *row, struct err *e), void *ctx,
		  struct err *e)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "rbe") : stdin;
	int status;

	if (!f)
		return err_set(e, ERR_FATAL, "%s: %s", path, strerror(errno));
	status = read_rows(f, take, ctx, e);
	if (f != stdin)
		fclose(f);
	return status ? err_prefix(e, status, "%s", path) : OK;
}

int csv_text_read(struct csv_text text,
		  int (*take)(void *ctx, const struct csv_row *row, struct err *e), void *ctx,
		  struct err *e)
{
	FILE *f = fmemopen((void *)text.bytes, text.len, "rb");
	int status;

	if (!f)
		abort(); /* out of memory */
	status = read_rows(f, take, ctx, e);
	fclose(f);
	return status;
}
