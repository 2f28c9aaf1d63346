/* Letters by the templates of the installation, found in a catalog that threads share. */
/* mark: tsan */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "crypto_fixture.h"
#include "letter_fixture.h"

/* What a turn changes and what it does not. */
static void test_turns(void **state)
{
	struct letter_facts f = facts;
	struct letter_used used;
	struct catalog *c = NULL;
	autobuf first = BUF_INIT(0), second = BUF_INIT(0);
	const char *code = NULL;
	struct err e;

	(void)state;
	assert_int_equal(catalog_open(&c, "../deploy/templates", &e), OK);
	f.data = json_pack("{s{ss}}", "organisation", "name", "Acme");
	f.link = "https://a.example/?token=t";
	assert_int_equal(letter_build(c, &sender, &f, &first, &used, &code, &e), OK);
	assert_string_equal(used.name, "invite");
	assert_string_equal(used.locale, "en");
	assert_int_equal(strlen(used.sha256), 64);
	assert_int_equal(letter_build(c, &sender, &f, &second, &used, &code, &e), OK);
	assert_string_equal(first.data, second.data);

	/* A retry later: the same head, another text. */
	f.now_ms += 3600000;
	f.expires_ms += 3600000;
	buf_reset(&second);
	assert_int_equal(letter_build(c, &sender, &f, &second, &used, &code, &e), OK);
	assert_string_not_equal(first.data, second.data);
	assert_memory_equal(first.data, second.data,
			    (size_t)(strstr(first.data, "\r\n\r\n") - first.data));

	json_object_set_new((json_t *)f.data, "template", json_pack("{ss}", "name", "../invite"));
	buf_reset(&second);
	assert_int_equal(letter_build(c, &sender, &f, &second, &used, &code, &e), ERR_INVALID);
	assert_string_equal(code, "template_missing");
	assert_int_equal(second.len, 0);
	json_decref((json_t *)f.data);
	catalog_free(c);
}

#define THREADS 4
#define LETTERS 100

struct mill {
	const struct catalog *c;
	const struct buf *right;
	bool same;
};

/* Each thread has its own: data is not shared. */
static struct letter_facts russian_facts(void)
{
	struct letter_facts f = facts;

	f.data = json_pack("{s{ss}}", "organisation", "name", "Ромашка");
	f.link = "https://a.example/?token=t";
	f.locale = "ru";
	return f;
}

static void *mill_run(void *arg)
{
	struct mill *m = arg;
	struct letter_facts f = russian_facts();

	m->same = true;
	for (int i = 0; i < LETTERS; i++) {
		autobuf out = BUF_INIT(0);
		struct letter_used used;
		const char *code;
		struct err e;

		m->same &= letter_build(m->c, &sender, &f, &out, &used, &code, &e) == OK;
		m->same &= strcmp(out.data, m->right->data) == 0;
	}
	json_decref((json_t *)f.data);
	return NULL;
}

/* Channel threads share the catalog and nothing else; for ThreadSanitizer too. */
static void test_threads(void **state)
{
	struct mill mills[THREADS];
	pthread_t threads[THREADS];
	struct letter_facts f = russian_facts();
	autobuf right = BUF_INIT(0);
	struct letter_used used;
	struct catalog *c = NULL;
	const char *code;
	struct err e;

	(void)state;
	assert_int_equal(catalog_open(&c, "../deploy/templates", &e), OK);
	assert_int_equal(letter_build(c, &sender, &f, &right, &used, &code, &e), OK);
	for (int i = 0; i < THREADS; i++) {
		mills[i] = (struct mill){ c, &right, false };
		pthread_create(&threads[i], NULL, mill_run, &mills[i]);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_true(mills[i].same);
	}
	json_decref((json_t *)f.data);
	catalog_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests_name("letter_build", tests, crypto_ready, NULL);
}
