/* API keys: drawn, kept as a hash, found again, and nothing else taken for one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "apikey.h"
#include "crypto.h"
#include "mem.h"
#include "web.h"

#define NOW_MS 1000000

static int take(struct apikeys *k, const char *key, const char *value)
{
	struct record r = { .key = key,
			    .key_len = strlen(key),
			    .value = value,
			    .value_len = value ? strlen(value) : 0 };
	bool changed;
	struct err e;

	return apikeys_take(k, &r, &changed, &e);
}

static void put(struct apikeys *k, const struct apikey_drawn *d, const struct apikey_of *of)
{
	struct settings_author author = { "somebody", NOW_MS };
	json_t *record = apikey_record(d, of, &author);
	autofree char *text = json_dumps(record, 0);
	char key[APIKEY_KEY_SIZE];

	assert_null(strstr(text, strrchr(d->text, '_') + 1)); /* the secret */
	assert_int_equal(take(k, apikey_key("acme", d->id, key), text), OK);
	json_decref(record);
}

static void test_found(void **state)
{
	struct apikeys *k = apikeys_new(), *copy;
	struct apikey_of of = { "admin", "import", NOW_MS + 1000 };
	struct apikey_drawn a, b;
	struct apikey found;
	char key[APIKEY_KEY_SIZE];

	(void)state;
	apikey_draw(&a);
	apikey_draw(&b);
	assert_string_not_equal(a.text, b.text);
	put(k, &a, &of);
	copy = apikeys_copy(k);
	assert_true(apikeys_find(copy, a.text, NOW_MS, &found));
	assert_string_equal(found.tenant, "acme");
	assert_string_equal(found.role, "admin");
	assert_string_equal(found.name, "import");
	assert_string_equal(found.id, a.id);
	assert_false(apikeys_find(k, b.text, NOW_MS, &found));
	assert_false(apikeys_find(k, a.text, NOW_MS + 1000, &found)); /* it has ended */
	a.text[sizeof(a.text) - 2] ^= 1;
	assert_false(apikeys_find(k, a.text, NOW_MS, &found));
	a.text[sizeof(a.text) - 2] ^= 1;
	assert_int_equal(take(k, apikey_key("acme", a.id, key), NULL), OK);
	assert_false(apikeys_find(k, a.text, NOW_MS, &found));
	apikeys_free(k);
	apikeys_free(copy);
}

static void test_refused(void **state)
{
#define HASH "0123456789012345678901234567890123456789012345678901234567890123"
	static const struct {
		const char *key, *value;
		int status;
	} rows[] = {
		{ "acme/settings", "nonsense", OK }, /* of another section */
		{ "acme/apikey/aaaabbbbcccc", "nonsense", ERR_INVALID },
		{ "acme/apikey/aaaabbbbcccc", "{\"format\":2}", ERR_INVALID },
		{ "acme/apikey/short", "{\"format\":1,\"sha256\":\"" HASH "\",\"role\":\"admin\"}",
		  ERR_INVALID },
		{ "acme/apikey/aaaabbbbcccc",
		  "{\"format\":1,\"sha256\":\"" HASH "\",\"role\":\"king\"}", ERR_INVALID },
		{ "acme/apikey/aaaabbbbcccc", "{\"format\":1,\"sha256\":\"0\",\"role\":\"admin\"}",
		  ERR_INVALID },
		{ "acme/apikey/aaaabbbbcccc",
		  "{\"format\":1,\"sha256\":\"" HASH "\",\"role\":\"admin\",\"expires\":\"x\"}",
		  ERR_INVALID },
		{ "acme/apikey/aaaabbbbcccc",
		  "{\"format\":1,\"sha256\":\"" HASH "\",\"role\":\"admin\"}", OK },
	};
	struct apikeys *k = apikeys_new();
	struct apikey found;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(take(k, rows[i].key, rows[i].value), rows[i].status);
	assert_int_equal(json_object_size(apikeys_all(k)), 1);
	assert_false(apikeys_find(k, "", NOW_MS, &found));
	assert_false(apikeys_find(k, "bk_", NOW_MS, &found));
	assert_false(apikeys_find(k, "bk_aaaabbbbcccc_abcdefghijklmnopqrstuvwxyz234567", NOW_MS,
				  &found));
	apikeys_free(k);
}

static void test_roles_are_the_webs(void **state)
{
	(void)state;
	for (int i = 0; i < WEB_ROLES; i++)
		assert_true(i == 0 || !strcmp(apikey_roles[i - 1], web_roles[i]));
	assert_null(apikey_roles[WEB_ROLES - 1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_roles_are_the_webs),
	};
	struct err e;

	if (crypto_init(&e))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
