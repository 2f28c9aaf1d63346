/* CSV files as spreadsheet programs write them: cases/csv/x.csv is read as cases/csv/x.out says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "buf.h"
#include "csv_file.h"
#include "file.h"
#include "mem.h"

static int take(void *ctx, const struct csv_row *row, struct err *e)
{
	struct buf *out = ctx;

	(void)e;
	buf_fmt(out, "%lld", (long long)row->number);
	for (size_t i = 0; i < row->count; i++)
		buf_fmt(out, "|%s", row->cells[i]);
	buf_byte(out, '\n');
	return OK;
}

static void run_case(const char *path)
{
	autofree char *expected_path = xasprintf("%.*s.out", (int)(strlen(path) - 4), path);
	autobuf got = BUF_INIT(0), expected = BUF_INIT(0);
	struct err e;

	print_message("%s\n", path);
	buf_str(&got, "");
	buf_str(&expected, "");
	assert_int_equal(file_read(expected_path, &expected, &e), OK);
	if (csv_file_read(path, take, &got, &e))
		buf_fmt(&got, "!%s\n", strchr(e.text, ':') + 1);
	assert_string_equal(got.data, expected.data ? expected.data : "");
}

static void test_cases(void **state)
{
	glob_t g;

	(void)state;
	assert_int_equal(glob("unit/cases/csv/*.csv", 0, NULL, &g), 0);
	for (size_t i = 0; i < g.gl_pathc; i++)
		run_case(g.gl_pathv[i]);
	globfree(&g);
}

/* Writes a file of n times text and reads it. */
static int read_repeated(const char *head, const char *text, size_t n, struct buf *got,
			 struct err *e)
{
	char path[] = "/tmp/test_csv_XXXXXX";
	int fd = mkstemp(path), r;
	FILE *f = fdopen(fd, "w");

	fputs(head, f);
	for (size_t i = 0; i < n; i++)
		fputs(text, f);
	fclose(f);
	r = csv_file_read(path, take, got, e);
	unlink(path);
	return r;
}

static void test_bounds(void **state)
{
	autobuf got = BUF_INIT(8 << 20);
	struct err e;

	(void)state;
	assert_int_equal(read_repeated("email\n", "x,", CSV_CELLS_MAX, &got, &e), ERR_INVALID);
	assert_non_null(strstr(e.text, "row 2: more cells than 64"));
	assert_int_equal(read_repeated("email\n", "x", CSV_CELL_MAX_BYTES + 1, &got, &e),
			 ERR_INVALID);
	assert_non_null(strstr(e.text, "row 2: a cell holds more than 8 KiB"));
}

/* Cells and line ends cut by every border of what is read at once. */
static void test_many(void **state)
{
	autobuf got = BUF_INIT(8 << 20);
	struct err e;

	(void)state;
	assert_int_equal(
		read_repeated("email,n\r\n", "a@example.com,\"x\"\"y\"\r\n", 20000, &got, &e), OK);
	assert_non_null(strstr(got.data, "\n20001|a@example.com|x\"y\n"));
	assert_int_equal(csv_file_read("/nonexistent.csv", take, &got, &e), ERR_FATAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("csv_file", tests, NULL, NULL);
}
