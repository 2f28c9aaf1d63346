/* What an entry of `providers` may say: a message's way out is encrypted, and its secret known. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "provider.h"

static char secret[] = "/tmp/beckon-provider-XXXXXX";

static int write_secret(void **state)
{
	int fd = mkstemp(secret);

	(void)state;
	if (fd < 0 || write(fd, "s3cret\n", 7) != 7)
		return -1;
	return close(fd);
}

static int remove_secret(void **state)
{
	(void)state;
	return unlink(secret);
}

/* why NULL: it is one. A secret's file is there unless the entry says null. */
static const struct row {
	const char *entry, *why;
} rows[] = {
	{ "{'settings':{'endpoint':'https://a.example/x'}}", NULL },
	{ "{'settings':{'endpoint':'http://a.example/x'}}", "https:// only" },
	{ "{'settings':{'endpoint':'http://a.example/x'},'tls':'required'}", "https:// only" },
	{ "{'settings':{'endpoint':'http://a.example/x'},'tls':'off'}", NULL },
	{ "{'settings':{'endpoint':'ftp://a.example/x'},'tls':'off'}", "https:// only" },
	{ "{'settings':{'endpoint':'https://a.example/x'},'tls':'none'}", "required or off" },
	{ "{'url':'http://a.example/x'}", "https:// only" },
	{ "{'url':'https://a.example/{secret}'}", "a secret does not belong there" },
	{ "{'url':'https://a.example/','secret_file':null}", "secret_file is missing" },
	{ "{'url':'https://a.example/','secret_file':'/nobody/has/it'}", "nobody" },
	{ "{}", NULL },
	{ "{'settings':{}}", "settings.endpoint is missing" },
	{ "{'url':'https://a.example/','sessions':0}", "1 to 1024" },
	{ "{'url':'https://a.example/','sessions':1025}", "1 to 1024" },
	{ "{'url':'https://a.example/','timeout_s':'30s'}", "1 to 1024" },
	{ "{'url':'https://a.example/','private_network':'yes'}", "true or false" },
	{ "{'url':'https://a.example/','secretfile':'x'}", "secret_file" },
	{ "{'url':'https://a.example/','name':'a b'}", "A-Z a-z" },
	{ "{'url':'https://a.example/','like':'..'}", "A-Z a-z" },
	{ "{'url':'https://a.example/','like':'../webhook'}", "A-Z a-z" },
};

static json_t *entry_of(const char *text)
{
	autofree char *quoted = xstrdup(text);
	json_t *own, *entry = json_pack("{ss,ss,ss,s{ss}}", "name", "mine", "like", "webhook",
					"secret_file", secret, "settings", "endpoint",
					"https://a.example/");

	for (char *s = quoted; *s; s++)
		*s = *s == '\'' ? '"' : *s;
	own = json_loads(quoted, 0, NULL);
	assert_non_null(own);
	json_object_update(entry, own);
	if (json_is_null(json_object_get(entry, "secret_file")))
		json_object_del(entry, "secret_file");
	json_decref(own);
	return entry;
}

static void test_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		json_t *entry = entry_of(rows[i].entry);
		struct provider *p = NULL;
		struct err e = { "" };
		int r = provider_open(&p, entry, "../deploy/providers", &e);

		if ((r == OK) != !rows[i].why || (r < 0 && !strstr(e.text, rows[i].why)))
			fail_msg("%s: %s", rows[i].entry, r == OK ? "taken" : e.text);
		assert_null(strstr(e.text, "s3cret"));
		if (r == OK)
			provider_free(p);
		json_decref(entry);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_rows) };

	return cmocka_run_group_tests(tests, write_secret, remove_secret);
}
