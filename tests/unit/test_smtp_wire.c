/* The last look before the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "smtp_wire.h"

static const struct {
	const char *address;
	bool ok;
} addresses[] = {
	{ "a@x.example", true },
	{ "a.b+c=d'e!#$%&*/?^_`{|}~-@x-y.example", true },
	{ "a@xn--e1afmkfd.xn--p1ai", true },
	{ "a@[192.0.2.1]", true },
	{ "", false },
	{ "a", false },
	{ "@", false },
	{ "a@", false },
	{ "@b", false },
	{ "a@b@c", false },
	{ "a b@x.example", false },
	{ "a@x.example\r\nDATA", false },
	{ "a@x.example\n", false },
	{ "a@x.example>", false },
	{ "<a@x.example", false },
	{ "a@x.example,b", false },
	{ "a\x7f@x.example", false },
	{ "\xd0\xb8@x.example", false },
	{ "\"a\"@x.example", false },
	{ "a\\b@x.example", false },
	{ "a\t@x.example", false },
};

static void test_addresses(void **state)
{
	char longest[WIRE_ADDRESS_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(addresses); i++)
		if (wire_address_ok(addresses[i].address, false) != addresses[i].ok)
			fail_msg("%s", addresses[i].address);
	assert_true(wire_address_ok("", true));
	memset(longest, 'a', sizeof(longest));
	longest[1] = '@';
	longest[WIRE_ADDRESS_MAX] = '\0';
	assert_true(wire_address_ok(longest, false));
	longest[WIRE_ADDRESS_MAX] = 'a';
	longest[WIRE_ADDRESS_MAX + 1] = '\0';
	assert_false(wire_address_ok(longest, false));
}

#define TEXT(s) s, sizeof(s) - 1

static const struct {
	const char *bytes;
	size_t len;
	bool ok;
} messages[] = {
	{ TEXT("a: b\r\n\r\ntext\r\n"), true },
	{ TEXT("\r\n"), true },
	{ TEXT(".\r\n"), true },
	{ TEXT("\xd0\xb8\r\n"), true },
	{ TEXT(""), false },
	{ TEXT("a: b"), false },
	{ TEXT("a: b\r"), false },
	{ TEXT("a: b\n"), false },
	{ TEXT("\n"), false },
	{ TEXT("a\r\n.\nb\r\n"), false },
	{ TEXT("a\n.\r\nb\r\n"), false },
	{ TEXT("a\r.\r\nb\r\n"), false },
	{ TEXT("a\r\r\n"), false },
	{ TEXT("a\0b\r\n"), false },
	{ TEXT("a\r\nb"), false },
};

static void test_messages(void **state)
{
	char line[WIRE_LINE_MAX + 4];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(messages); i++)
		if (wire_message_ok(messages[i].bytes, messages[i].len) != messages[i].ok)
			fail_msg("%s", messages[i].bytes);
	memset(line, 'x', sizeof(line));
	memcpy(line + WIRE_LINE_MAX, "\r\n", 2);
	assert_true(wire_message_ok(line, WIRE_LINE_MAX + 2));
	memcpy(line + WIRE_LINE_MAX, "x\r\n", 3);
	assert_false(wire_message_ok(line, WIRE_LINE_MAX + 3));
}

static void test_message_size(void **state)
{
	char *all = xmalloc(WIRE_MESSAGE_MAX + 2);

	(void)state;
	memset(all, 'x', WIRE_MESSAGE_MAX + 2);
	for (size_t at = 510; at <= WIRE_MESSAGE_MAX; at += 512) /* each line has 512 octets */
		memcpy(all + at, "\r\n", 2);
	assert_true(wire_message_ok(all, WIRE_MESSAGE_MAX));
	memcpy(all + WIRE_MESSAGE_MAX, "\r\n", 2);
	assert_false(wire_message_ok(all, WIRE_MESSAGE_MAX + 2));
	free(all);
}

static void test_xtext(void **state)
{
	char most[WIRE_XTEXT_MAX + 2];

	(void)state;
	assert_true(wire_xtext_ok("abc"));
	assert_false(wire_xtext_ok(""));
	assert_false(wire_xtext_ok("a b"));
	assert_false(wire_xtext_ok("a\r\n"));
	memset(most, 'a', sizeof(most));
	most[WIRE_XTEXT_MAX] = '\0';
	assert_true(wire_xtext_ok(most));
	most[0] = '+';
	assert_false(wire_xtext_ok(most));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_message_size),
		cmocka_unit_test(test_xtext),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
