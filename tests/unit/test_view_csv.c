/* Rows of the view as CSV: whole again for whoever reads them, and no formula for a spreadsheet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "mem.h"
#include "view_csv.h"

#define BEFORE_NAME ",,,,,,"		/* columns before it are empty */
#define AFTER_NAME ",,,,,,,,,,,,,,\r\n" /* and those behind it */

static void assert_name(const char *name, const char *cell)
{
	json_t *row = json_pack("{s:{ss}}", "person", "name", name);
	autobuf out = BUF_INIT(0);
	autofree char *line = xasprintf(BEFORE_NAME "%s" AFTER_NAME, cell);

	view_csv_row(VIEW_CSV_LIST, row, &out);
	assert_string_equal(out.data, line);
	json_decref(row);
}

static void test_cells(void **state)
{
	static const struct {
		const char *text, *cell;
	} rows[] = {
		{ "Ann Lee", "Ann Lee" },
		{ "Lee, Ann", "\"Lee, Ann\"" },
		{ "Ann \"Lee\"", "\"Ann \"\"Lee\"\"\"" },
		{ "Ann\r\nLee", "\"Ann\r\nLee\"" },
		{ "", "" },
		/* formulas */
		{ "=1+2", "\"'=1+2\"" },
		{ "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"" },
		{ "-1+2", "\"'-1+2\"" },
		{ "@SUM(A1)", "\"'@SUM(A1)\"" },
		{ "\t=1", "\"'\t=1\"" },
		{ "\r=1", "\"'\r=1\"" },
		{ "+1+cmd", "\"'+1+cmd\"" },
		{ "+cmd", "\"'+cmd\"" },
		/* none */
		{ "+7 (905) 1111111", "+7 (905) 1111111" },
		{ "a=1", "a=1" },
		{ "a;b", "\"a;b\"" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_name(rows[i].text, rows[i].cell);
}

static void test_teams(void **state)
{
	json_t *row = json_pack("{s:[ss]}", "teams", "=Red", "Blue, dark");
	autobuf out = BUF_INIT(0);

	(void)state;
	view_csv_row(VIEW_CSV_LIST, row, &out);
	assert_non_null(strstr(out.data, ",\"'=Red;Blue, dark\","));
	json_decref(row);
}

static void test_head(void **state)
{
	autobuf out = BUF_INIT(0);

	(void)state;
	view_csv_head(VIEW_CSV_LIST, &out);
	assert_non_null(strstr(out.data, ",email,phone,name,role,department,teams,"));
	assert_string_equal(out.data + out.len - 2, "\r\n");
}

static void test_export(void **state)
{
	json_t *row = json_pack("{ss,s{ss,ss},ss,ss,s{ss},si,s[ss],ss}", "invite", "i1", "person",
				"name", "=1", "masked", "a***@x", "status", "error", "sent_at",
				"2025-03-14T18:00:00.000Z", "reason", "code", "mailbox_unknown",
				"generation", 2, "teams", "A", "B", "organisation", "Works");
	autobuf out = BUF_INIT(0);

	(void)state;
	view_csv_head(VIEW_CSV_EXPORT, &out);
	view_csv_row(VIEW_CSV_EXPORT, row, &out);
	assert_string_equal(
		out.data,
		"invite,name,email,phone,address,role,department,teams,organisation,"
		"status,code,invited by,batch,requested,sent,expires,updated\r\n"
		"i1,\"'=1\",,,a***@x,,,\"A;B\",Works,error,mailbox_unknown,,,,2025-03-14T18:00:00."
		"000Z,,\r\n");
	json_decref(row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_teams),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_export),
	};

	return cmocka_run_group_tests_name("view_csv", tests, NULL, NULL);
}
