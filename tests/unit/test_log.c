/* A line of the log is one fact, whatever a text from outside that stands in it holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <jansson.h>

#include "log.h"
#include "mem.h"
#include "utf8.h"

#define OUT_MAX 32768

/* What is written to standard error between begin and end. */
struct caught {
	int error, file;
	char text[OUT_MAX];
};

static void begin(struct caught *c)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	c->file = dup(fileno(f));
	fclose(f);
	c->error = dup(STDERR_FILENO);
	assert_true(dup2(c->file, STDERR_FILENO) >= 0);
}

static void end(struct caught *c)
{
	ssize_t n = pread(c->file, c->text, sizeof(c->text) - 1, 0);

	dup2(c->error, STDERR_FILENO);
	close(c->error);
	close(c->file);
	assert_true(n >= 0);
	c->text[n] = '\0';
}

/* The line behind its time. */
static const char *logged(struct caught *c, bool json, const char *why)
{
	log_setup("test", LOG_LEVEL_INFO, json);
	begin(c);
	log_warn("ev=refused source=%s why=\"%s\" n=%d", "relay", why, 7);
	end(c);
	return json ? c->text : c->text + strcspn(c->text, " ") + 1;
}

#define HEAD "level=warn service=test ev=refused source=relay why="

static const struct {
	const char *why, *line;
} rows[] = {
	{ "no such user", HEAD "\"no such user\" n=7\n" },
	{ "Почта", HEAD "\"Почта\" n=7\n" },
	{ "", HEAD "\"\" n=7\n" },
	{ "a\r\ntime=0 level=error ev=forged", HEAD "\"a  time=0 level=error ev=forged\" n=7\n" },
	{ "a\" level=error ev=\"forged", HEAD "\"a' level=error ev='forged\" n=7\n" },
	{ "\"", HEAD "\"'\" n=7\n" },
	{ "\\\"", HEAD "\"\\'\" n=7\n" },
	{ "\x1b[2J\x1b]0;x\x07", HEAD "\" [2J ]0;x \" n=7\n" },
	{ "a\xc2\x9b"
	  "31m\xc2\x85z",
	  HEAD "\"a  31m  z\" n=7\n" },
	{ "a\xe2\x80\xa8z\xe2\x80\xa9", HEAD "\"a   z   \" n=7\n" },
	{ "a\xff\xc3(\xed\xa0\x80z\x7f", HEAD "\"a  (   z \" n=7\n" },
	{ "%s%n%99999d", HEAD "\"%s%n%99999d\" n=7\n" },
	/* the mark that stands for our own quotes */
	{ "a\x01 level=error ev=forged", HEAD "\"a  level=error ev=forged  n=7\"\n" },
	{ "\x01\x01\x01", HEAD "\"     n=7\"\n" },
};

static void test_texts_stay_in_their_value(void **state)
{
	struct caught c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_string_equal(logged(&c, false, rows[i].why), rows[i].line);
}

static void test_json_stays_json(void **state)
{
	struct caught c;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *line =
			json_loads(logged(&c, true, rows[i].why), JSON_REJECT_DUPLICATES, NULL);

		if (!line)
			fail_msg("%s", c.text);
		assert_string_equal(json_string_value(json_object_get(line, "level")), "warn");
		assert_string_equal(json_string_value(json_object_get(line, "ev")), "refused");
		assert_non_null(json_object_get(line, "why"));
		assert_ptr_equal(strchr(c.text, '\n'), c.text + strlen(c.text) - 1);
		json_decref(line);
	}
}

/* What is too long is cut, wherever that falls, and is still one value. */
static void test_long_texts(void **state)
{
	struct caught c;
	char *why = xcalloc(1, 9000);

	(void)state;
	for (size_t n = 3990; n < 4100; n++) {
		memset(why, 0, 9000);
		while (strlen(why) + 2 <= n)
			strncat(why, "я", 3);
		for (int json = 0; json < 2; json++) {
			const char *line = logged(&c, json, why);
			size_t len = strlen(line), quotes = 0;

			assert_true(utf8_valid(line, len));
			assert_int_equal(line[len - 1], '\n');
			for (const char *p = line; (p = strchr(p, '"')); p++)
				quotes++;
			assert_int_equal(quotes % 2, 0);
		}
	}
	free(why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_stay_in_their_value),
		cmocka_unit_test(test_json_stays_json),
		cmocka_unit_test(test_long_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
