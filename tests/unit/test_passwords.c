/* A password on its way into a letter: opened with the keys of the file, read again on reload, and
 * nowhere in this process once the letter is gone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include <jansson.h>

#include "crypto.h"
#include "crypto_fixture.h"
#include "letter.h"
#include "mem.h"
#include "passwords.h"
#include "seal.h"
#include "secret.h"

#define MASK 0x55
#define LEN 24
#define TAIL 8
#define PATH_SIZE 64
#define MAPPING_MAX ((unsigned long)256 << 20) /* what a sanitizer maps for itself is larger */

/* A key file of this test's own. */
struct place {
	char path[PATH_SIZE];
	struct seal_public public;
};

static void place_put(struct place *p, const char *mode)
{
	autobuf line = BUF_INIT(0);
	FILE *f = fopen(p->path, mode);

	seal_keys_generate(&p->public, &line);
	fputs(line.data, f);
	fclose(f);
}

static struct place place_make(void)
{
	struct place p = { .path = "/tmp/test_passwords.XXXXXX" };
	int fd = mkstemp(p.path);

	assert_true(fd >= 0);
	close(fd);
	place_put(&p, "w");
	return p;
}

/* ---- what stays in memory ---- */

/* The secret itself would be found in the test, so it is kept masked. */
struct masked {
	unsigned char bytes[LEN];
};

static struct masked draw(char out[LEN + 1])
{
	static const char alphabet[] = "abcdefghijkmnpqrstuvwxyz23456789";
	struct masked m;

	crypto_random(m.bytes, sizeof(m.bytes));
	for (size_t i = 0; i < LEN; i++) {
		out[i] = alphabet[m.bytes[i] % 32];
		m.bytes[i] = (unsigned char)out[i] ^ MASK;
	}
	out[LEN] = '\0';
	return m;
}

/* Its last bytes are enough: free() writes over the first ones of what it is given. */
static size_t count_in(const unsigned char *from, const unsigned char *to, const struct masked *m)
{
	size_t found = 0;

	for (; from + TAIL <= to; from++) {
		size_t i = 0;

		while (i < TAIL && (from[i] ^ MASK) == m->bytes[LEN - TAIL + i])
			i++;
		found += i == TAIL;
	}
	return found;
}

/* How often it lies in what this process may write to. */
static size_t count(const struct masked *m)
{
	FILE *maps = fopen("/proc/self/maps", "r"), *mem = fopen("/proc/self/mem", "r");
	char line[512], mode[5];
	unsigned long from, to;
	size_t found = 0;
	/* Shared, and shared memory is not looked at: or what was copied here would be found again.
	 */
	unsigned char *bytes =
		mmap(NULL, MAPPING_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(bytes, MAP_FAILED);
	while (fgets(line, sizeof(line), maps)) {
		if (sscanf(line, "%lx-%lx %4s", &from, &to, mode) != 3 ||
		    strcmp(mode, "rw-p") != 0 || to - from > MAPPING_MAX)
			continue;
		if (fseek(mem, (long)from, SEEK_SET) == 0 &&
		    fread(bytes, 1, to - from, mem) == to - from)
			found += count_in(bytes, bytes + (to - from), m);
		crypto_wipe(bytes, to - from);
	}
	munmap(bytes, MAPPING_MAX);
	fclose(maps);
	fclose(mem);
	return found;
}

static const struct letter_sender sender = { .from_name = "beckon",
					     .from_address = "invites@mail.example",
					     .id_domain = "mail.example" };

static int build(struct passwords *p, const char *sealed, json_t *data, struct buf *out)
{
	struct letter_facts f = { .delivery = "acme/i.1.email.0",
				  .to = "ann@mail.example",
				  .locale = "en",
				  .username = "ann",
				  .date_ms = 1741964400000,
				  .now_ms = 1741964400000,
				  .data = data };
	struct letter_used used;
	struct catalog *c = NULL;
	char *password;
	const char *code;
	struct err e;
	int r;

	assert_int_equal(catalog_open(&c, "../deploy/templates", &e), OK);
	assert_int_equal(password_open(p, sealed, &password, &e), OK);
	f.password = password;
	r = letter_build(c, &sender, &f, out, &used, &code, &e);
	password_forget(password);
	catalog_free(c);
	return r;
}

static void test_nothing_stays(void **state)
{
	struct place place = place_make();
	struct passwords *p;
	struct err e;
	char sealed[SEAL_TEXT_SIZE], *plain = secret_new(LEN + 1);
	json_t *data = json_pack("{ss}", "kind", "password");
	autobuf letter = { .max = LETTER_MAX_BYTES, .secret = true };
	struct masked m = draw(plain);

	(void)state;
	assert_int_equal(passwords_open(&p, place.path, &e), OK);
	seal_close(&place.public, plain, LEN, sealed);
	assert_true(count(&m) >= 1); /* the search finds what is there */
	secret_free(plain, LEN + 1);
	assert_int_equal(count(&m), 0);
	for (int i = 0; i < 2; i++) { /* a letter, and one that fails half way */
		assert_int_equal(build(p, sealed, data, &letter), i ? ERR_INVALID : OK);
		assert_int_equal(count(&m), i ? 0 : 2); /* text and HTML */
		buf_clear(&letter);
		assert_int_equal(count(&m), 0);
		json_object_set_new(data, "template", json_pack("{ss}", "name", "invite"));
	}
	json_decref(data);
	passwords_free(p);
	unlink(place.path);
}

/* ---- keys ---- */

static void test_keys_come_and_go(void **state)
{
	struct place place = place_make();
	struct passwords *p;
	char old[SEAL_TEXT_SIZE], new[SEAL_TEXT_SIZE], *password;
	struct err e;

	(void)state;
	assert_int_equal(passwords_open(&p, place.path, &e), OK);
	seal_close(&place.public, "old", 3, old);
	place_put(&place, "a");
	seal_close(&place.public, "new", 3, new);
	assert_int_equal(password_open(p, new, &password, &e), ERR_AGAIN); /* not read yet */
	assert_int_equal(passwords_reload(p, &e), OK);
	assert_int_equal(password_open(p, new, &password, &e), OK);
	assert_string_equal(password, "new");
	password_forget(password);
	assert_int_equal(password_open(p, old, &password, &e), OK);
	password_forget(password);
	unlink(place.path);
	assert_int_equal(passwords_reload(p, &e), ERR_FATAL); /* what was there stays */
	assert_int_equal(password_open(p, old, &password, &e), OK);
	password_forget(password);
	passwords_free(p);
}

static void test_refusals(void **state)
{
	struct place place = place_make();
	struct passwords *p, *none;
	char sealed[SEAL_TEXT_SIZE], *password = NULL;
	struct err e;

	(void)state;
	assert_int_equal(passwords_open(&p, "no/such/file", &e), ERR_FATAL);
	assert_int_equal(passwords_open(&p, place.path, &e), OK);
	assert_int_equal(passwords_open(&none, NULL, &e), OK);
	seal_close(&place.public, "two\nlines", 9, sealed);
	assert_int_equal(password_open(p, sealed, &password, &e), ERR_INVALID);
	assert_null(strstr(e.text, "two"));
	assert_int_equal(password_open(p, "AAAA", &password, &e), ERR_INVALID);
	assert_int_equal(password_open(none, sealed, &password, &e), ERR_AGAIN);
	assert_null(password);
	passwords_free(p);
	passwords_free(none);
	unlink(place.path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_stays),
		cmocka_unit_test(test_keys_come_and_go),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, crypto_ready, NULL);
}
