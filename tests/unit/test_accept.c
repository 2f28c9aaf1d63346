/* The accept page: what is filled in, what is shown, and what Redis is asked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "accept_form.h"
#include "accept_page.h"
#include "accept_store.h"
#include "crypto.h"
#include "mem.h"
#include "redis.h"
#include "redis_server.h"

#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/* ---- the form ---- */

static void test_form_read(void **state)
{
	char body[] = "first_name=+Anna%20&last_name=%D0%96&password=a+b%26%3d%20&confirm=x&nonce=n"
		      "&answer=accept&other=1&novalue";
	struct accept_form f;

	(void)state;
	accept_form_read(body, strlen(body), &f);
	assert_string_equal(f.first_name, "Anna");
	assert_string_equal(f.last_name, "Ж");
	assert_string_equal(f.password, "a b&= "); /* a password's spaces are its own */
	assert_string_equal(f.confirm, "x");
	assert_string_equal(f.answer, "accept");
}

static void test_form_hostile(void **state)
{
	static const char *const bodies[] = {
		"password=12345678&password=abcdefgh", /* said twice */
		"password=abc%00defgh",		       /* a NUL */
		"password=%ff%fe%fd%fc%fb%fa%f9%f8",   /* no UTF-8 */
		"password",
		"&&&=&=x",
		"",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		autofree char *body = xstrdup(bodies[i]);
		struct accept_form f;

		accept_form_read(body, strlen(body), &f);
		assert_string_equal(f.password, "");
	}
}

static void test_form_check(void **state)
{
	char long_name[102 + 1], long_password[258 + 1];
	struct {
		const char *first, *last, *password, *confirm;
		unsigned faults;
	} rows[] = {
		{ "A", "B", "12345678", "12345678", 0 },
		{ "A", "B", "жжжжжжжж", "жжжжжжжж", 0 }, /* characters, not bytes */
		{ "A", "B", "жжжжжжж", "жжжжжжж", FAULT_SHORT },
		{ "A", "B", "        ", "        ", 0 }, /* no rules of composition */
		{ "A", "B", "12345678", "12345679", FAULT_CONFIRM },
		{ "", "B", "1234567", "", FAULT_FIRST_NAME | FAULT_SHORT },
		{ "A", "", "12345678", "12345678", FAULT_LAST_NAME },
		{ "A\nB", "B", "12345678", "12345678", FAULT_FIRST_NAME },
		{ long_name, "B", "12345678", "12345678", FAULT_FIRST_NAME },
		{ "A", "B", long_password, long_password, FAULT_LONG },
		{ "A", "B", "1234\n5678", "1234\n5678", FAULT_LONG },
	};

	(void)state;
	memset(long_name, 'n', sizeof(long_name));
	memset(long_password, 'p', sizeof(long_password));
	long_name[sizeof(long_name) - 1] = long_password[sizeof(long_password) - 1] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct accept_form f = {
			(char *)rows[i].first,	 (char *)rows[i].last, (char *)rows[i].password,
			(char *)rows[i].confirm, (char *)"",	       (char *)""
		};

		if (accept_form_check(&f) != rows[i].faults)
			fail_msg("row %zu: %u", i, accept_form_check(&f));
	}
}

/* What travels is for the application alone, and holds no password. */
static void test_form_seal(void **state)
{
	struct accept_form f = { (char *)"A\"n", (char *)"Ж", (char *)"correct horse",
				 (char *)"",	 (char *)"",  (char *)"" };
	autobuf line = BUF_INIT(0);
	struct seal_public public;
	struct seal_keys *keys;
	char sealed[SEAL_TEXT_SIZE], plain[SEAL_PLAIN_MAX + 1];
	struct seal_opened opened = { plain, SEAL_PLAIN_MAX, 0 };
	struct err e;

	(void)state;
	seal_keys_generate(&public, &line);
	assert_int_equal(seal_keys_parse(&keys, line.data, &e), OK);
	accept_form_seal(&f, &public, sealed);
	assert_null(strstr(sealed, "horse"));
	assert_int_equal(seal_open(keys, sealed, &opened, &e), OK);
	plain[opened.len] = '\0';
	assert_non_null(strstr(plain, "{\"first_name\":\"A\\\"n\",\"last_name\":\"Ж\","
				      "\"password_argon2id\":\"$argon2id$v=19$m=19456,t=2,p=1$"));
	assert_null(strstr(plain, "horse"));
	seal_keys_free(keys);
}

static void test_nonce(void **state)
{
	char nonce[ACCEPT_NONCE_SIZE];

	(void)state;
	accept_nonce("key", SHA, 1000, nonce);
	assert_true(accept_nonce_ok("key", SHA, 1000, nonce));
	assert_true(accept_nonce_ok("key", SHA, 1000 + ACCEPT_NONCE_HOURS - 1, nonce));
	assert_false(accept_nonce_ok("key", SHA, 1000 + ACCEPT_NONCE_HOURS, nonce));
	assert_false(accept_nonce_ok("key", SHA, 999, nonce));
	assert_false(accept_nonce_ok("other", SHA, 1000, nonce));
	assert_false(accept_nonce_ok("key", "another link", 1000, nonce));
	assert_false(accept_nonce_ok("key", SHA, 1000, ""));
}

/* ---- the page ---- */

static const char settings[] =
	"{\"acme\":{\"sender\":{\"from\":\"a@b.internal\",\"from_name\":\"From\"},"
	"\"contact\":\"help@b.internal\",\"brand\":{\"colour\":\"#7a1f5c\"},"
	"\"accept\":{\"redirect\":\"https://app.internal/start\"},\"timezone\":\"Europe/Moscow\"}}";
static const char request[] = "{\"recipient\":{\"email\":\"anna@b.internal\",\"locale\":\"ru-RU\"},"
			      "\"role\":\"<Engineer>\",\"inviter\":{\"name\":\"Bob\"},"
			      "\"organisation\":{\"name\":\"A&B\"}}";

struct shown {
	struct tenants *tenants;
	struct accept_link link;
	struct buf html;
};

static void shown_clear(struct shown *s)
{
	tenants_free(s->tenants);
	accept_link_clear(&s->link);
	buf_clear(&s->html);
}

static struct shown show_to(struct accept_view v, const char *kept)
{
	struct shown s = { .link = { .invite = "acme/i",
				     .tenant = "acme",
				     .generation = 1,
				     .facts = { true, "sent", 2, 1764000000000, "acme/i",
						1763900000000 },
				     .sent_ms = 1763890000000,
				     .kept = json_loads(kept, 0, NULL) },
			   .html = BUF_INIT(0) };
	json_t *section = json_loads(settings, 0, NULL);
	struct accept_pages *pages = accept_pages_new();
	struct err e;

	if (tenants_load(&s.tenants, section, &e) < 0)
		fail_msg("%s", e.text);
	if (v.kind < ACCEPT_INVALID) {
		v.link = &s.link;
		v.tenant = tenants_find(s.tenants, "acme");
	}
	v.href = "?";
	v.nonce = v.style_nonce = "abc";
	accept_page(pages, &v, &s.html);
	accept_pages_free(pages);
	json_decref(section);
	return s;
}

static struct shown show(struct accept_view v)
{
	return show_to(v, request);
}

/* Where the message went to, so that one knows which of one's own it is for. */
static void test_whose_address(void **state)
{
	static const struct {
		const char *kept, *shown; /* NULL = nothing */
	} rows[] = {
		{ "{\"recipient\":{\"email\":\"anna@b.internal\",\"phone\":\"+79051111111\"}}",
		  "a***@b***.internal" },
		{ "{\"recipient\":{\"phone\":\"+7 905 111 11 11\"}}", "+7 905 ***-**-11" },
		{ "{\"recipient\":{\"email\":\"anna@b.internal\",\"phone\":\"+79051111111\"},"
		  "\"channel\":\"sms\"}",
		  "+7 905 ***-**-11" },
		{ "{\"recipient\":{\"phone\":\"9051111111\"}}", NULL },
		{ "{}", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct shown s = show_to((struct accept_view){ .kind = ACCEPT_OPEN, .lang = "en" },
					 rows[i].kept);
		const char *dt = strstr(s.html.data, "<dt>Sent to</dt>");

		if (!dt != !rows[i].shown || (dt && !strstr(dt, rows[i].shown)))
			fail_msg("row %zu: %s", i, dt ? dt : "nothing");
		assert_null(strstr(s.html.data, "1111"));
		shown_clear(&s);
	}
}

static void test_href(void **state)
{
	char href[ACCEPT_HREF_SIZE];
	static const struct {
		const char *token, *href;
		bool in_path;
	} rows[] = {
		{ "k1.abc", "?", true },
		{ "k1.abc", "?token=k1.abc&", false },
		{ NULL, "?", false },
		{ "k1.<script>", "?", false },
		{ "k1.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		  "?", false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		accept_href(rows[i].token, rows[i].in_path, href);
		assert_string_equal(href, rows[i].href);
	}
}

static void test_pages(void **state)
{
	static const struct {
		enum accept_kind kind;
		const char *en, *ru;
	} rows[] = {
		{ ACCEPT_OPEN, "Accept &amp; Create Account", "Принять и создать учётную запись" },
		{ ACCEPT_OPEN, "name=\"nonce\" value=\"abc\"", "<b>Bob</b> приглашает вас" },
		{ ACCEPT_OPEN, "<dd>&lt;Engineer&gt;</dd>", "<b>A&amp;B</b>" },
		{ ACCEPT_DECLINE, "value=\"decline\"", "Отклонить приглашение" },
		{ ACCEPT_ACCEPTED, "href=\"https://app.internal/start\"", "Войти" },
		{ ACCEPT_DECLINED, "no reminders will follow", "напоминаний не будет" },
		{ ACCEPT_EXPIRED, "<h1>Invitation Expired</h1>", "Срок приглашения истёк" },
		{ ACCEPT_EXPIRED, "href=\"mailto:help@b.internal?subject=New%20invitation\"",
		  "Попросить новое приглашение" },
		{ ACCEPT_CANCELLED, "has been withdrawn", "отозвано" },
		{ ACCEPT_SUPERSEDED,
		  "Open the most recent message, sent 23 November 2025, 12:26 MSK.",
		  "отправленное 23 ноября 2025, 12:26 МСК." },
		{ ACCEPT_INVALID, "We do not know this link", "Такая ссылка нам неизвестна" },
		{ ACCEPT_AWAY, "Nothing is lost", "Ничего не потеряно" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows) * 2; i++) {
		struct accept_view v = { .kind = rows[i / 2].kind, .lang = i % 2 ? "ru" : "en" };
		const char *wanted = i % 2 ? rows[i / 2].ru : rows[i / 2].en;
		struct shown s = show(v);

		if (!strstr(s.html.data, wanted))
			fail_msg("row %zu: no '%s' in\n%s", i / 2, wanted, s.html.data);
		assert_null(strstr(s.html.data, "{{"));
		assert_null(strstr(s.html.data, "anna@"));
		shown_clear(&s);
	}
}

static void test_page_faults(void **state)
{
	const struct accept_form f = { (char *)"An\"na", (char *)"", (char *)"hunter2",
				       (char *)"",	 (char *)"", (char *)"" };
	struct accept_view v = { .kind = ACCEPT_OPEN,
				 .lang = "en",
				 .asks = true,
				 .form = &f,
				 .faults = accept_form_check(&f) };
	struct shown s = show(v);

	(void)state;
	assert_non_null(strstr(s.html.data, "value=\"An&quot;na\""));
	assert_non_null(strstr(s.html.data, "Enter your last name."));
	assert_non_null(strstr(s.html.data, "Use at least 8 characters."));
	assert_null(strstr(s.html.data, "Enter your first name."));
	assert_null(strstr(s.html.data, "hunter2"));
	shown_clear(&s);
}

static void test_lang(void **state)
{
	struct accept_link link = { .kept = json_loads(request, 0, NULL) };
	struct accept_link other = { .kept = json_loads("{\"recipient\":{\"locale\":\"uk\"}}", 0,
							NULL) };
	struct tenant german = { .default_locale = "de" }, russian = { .default_locale = "ru" };

	(void)state;
	assert_string_equal(accept_lang(NULL, &other, &russian, "en"), "ru"); /* as its message */
	assert_string_equal(accept_lang(NULL, &link, NULL, "en"), "ru");
	assert_string_equal(accept_lang("en", &link, NULL, "ru"), "en");
	assert_string_equal(accept_lang("xx", &link, NULL, "en"), "ru");
	assert_string_equal(accept_lang(NULL, NULL, NULL, "ru,en;q=0.9"), "ru");
	assert_string_equal(accept_lang(NULL, NULL, &german, "ru"), "ru");
	assert_string_equal(accept_lang(NULL, NULL, NULL, "de-DE,de;q=0.9, RU-ru;q=0.8,en"), "ru");
	assert_string_equal(accept_lang(NULL, NULL, NULL, "run"), "en");
	assert_string_equal(accept_lang(NULL, NULL, NULL, ",,, ,"), "en");
	assert_string_equal(accept_lang(NULL, NULL, NULL, NULL), "en");
	accept_link_clear(&link);
	accept_link_clear(&other);
}

/* ---- Redis ---- */

static struct redis_server server;
static struct redis *redis;

static void command(int argc, const char **argv)
{
	struct err e;

	redis_add(redis, argc, argv, NULL);
	assert_int_equal(redis_run(redis, &e), OK);
}
#define COMMAND(...)                                                                               \
	command(ARRAY_LEN(((const char *[]){ __VA_ARGS__ })), (const char *[]){ __VA_ARGS__ })

static int set_up(void **state)
{
	struct err e;

	(void)state;
	redis_server_start(&server);
	if (crypto_init(&e) < 0 ||
	    redis_new(&redis,
		      &(struct redis_options){
			      .url = server.url, .name = "test", .timeout_ms = 2000 },
		      NULL, 0, &e) < 0 ||
	    redis_connect(redis, &e) < 0)
		fail_msg("%s", e.text);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	redis_free(redis);
	redis_server_stop(&server);
	return 0;
}

static enum accept_kind look(struct accept_link *l)
{
	struct err e;

	assert_int_equal(accept_store_look(redis, "t:", SHA, l, &e), OK);
	return accept_kind_of(l);
}

static void test_look(void **state)
{
	struct accept_link l;
	struct err e;

	(void)state;
	assert_int_equal(accept_store_look(redis, "t:", SHA, &l, &e), ERR_AGAIN); /* no epoch */
	COMMAND("HSET", "t:epoch", "id", "1");
	assert_int_equal(look(&l), ACCEPT_INVALID);
	assert_string_equal(l.invite, "");
	COMMAND("SET", "t:k:" SHA, "acme/i.1.email.0");
	COMMAND("HSET", "t:d:acme/i", "state", "sent", "gen", "1", "exp", "99999999999999", "ak",
		"acme//invite/h", "sent", "7");
	COMMAND("SET", "t:a:acme//invite/h", "acme/i");
	COMMAND("SET", "t:r:acme/i", request);
	assert_int_equal(look(&l), ACCEPT_OPEN);
	assert_string_equal(l.tenant, "acme");
	assert_int_equal(l.sent_ms, 7);
	assert_non_null(l.kept);
	accept_link_clear(&l);
	COMMAND("HSET", "t:d:acme/i", "gen", "2");
	assert_int_equal(look(&l), ACCEPT_SUPERSEDED);
	accept_link_clear(&l);
	COMMAND("HSET", "t:d:acme/i", "gen", "1", "exp", "1");
	assert_int_equal(look(&l), ACCEPT_EXPIRED);
	accept_link_clear(&l);
	COMMAND("HSET", "t:d:acme/i", "state", "cancelled");
	assert_int_equal(look(&l), ACCEPT_CANCELLED);
	accept_link_clear(&l);
}

/* What was answered is told while the state does not say it; whoever asked for another link has not
   answered this one. */
static void test_answer(void **state)
{
	static const struct {
		const char *answered, *told;
		enum link_verdict verdict;
	} rows[] = {
		{ "", NULL, LINK_VALID },
		{ "accepted", "accepted", LINK_VALID },
		{ "declined", "declined", LINK_VALID },
		{ "declined", NULL, LINK_SUPERSEDED },
		{ ACCEPT_RENEWAL, NULL, LINK_EXPIRED },
		{ ACCEPT_RENEWAL, NULL, LINK_VALID },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct accept_link l = { 0 };
		const char *told;

		text_put(l.answered, sizeof(l.answered), rows[i].answered);
		told = accept_store_answer(&l, rows[i].verdict);
		if (!told != !rows[i].told || (told && strcmp(told, rows[i].told)))
			fail_msg("row %zu: %s", i, told);
	}
}

/* What was answered is seen at once, until the state has it; a ticket is good once, for its tenant.
 */
static void test_note(void **state)
{
	char ticket[ACCEPT_TICKET_SIZE], invite[IDS_KEY_SIZE];
	struct accept_link l;
	struct err e;

	(void)state;
	COMMAND("HSET", "t:d:acme/i", "state", "sent", "exp", "99999999999999");
	assert_int_equal(accept_store_note(redis, "t:", SHA, "declined", &e), OK);
	assert_int_equal(look(&l), ACCEPT_DECLINED);
	accept_link_clear(&l);
	assert_int_equal(accept_store_note_ticket(redis, "t:", SHA, "acme/i", ticket, &e), OK);
	assert_int_equal(look(&l), ACCEPT_ACCEPTED);
	accept_link_clear(&l);
	assert_int_equal(accept_store_take(redis, "t:", "other", ticket, invite, &e), OK);
	assert_string_equal(invite, "");
	assert_int_equal(accept_store_take(redis, "t:", "acm", ticket, invite, &e), OK);
	assert_string_equal(invite, "");
	assert_int_equal(accept_store_take(redis, "t:", "acme", ticket, invite, &e), OK);
	assert_string_equal(invite, "acme/i");
	assert_int_equal(accept_store_take(redis, "t:", "acme", ticket, invite, &e), OK);
	assert_string_equal(invite, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form_read),   cmocka_unit_test(test_form_hostile),
		cmocka_unit_test(test_form_check),  cmocka_unit_test(test_form_seal),
		cmocka_unit_test(test_nonce),	    cmocka_unit_test(test_pages),
		cmocka_unit_test(test_page_faults), cmocka_unit_test(test_lang),
		cmocka_unit_test(test_href),	    cmocka_unit_test(test_whose_address),
		cmocka_unit_test(test_look),	    cmocka_unit_test(test_note),
		cmocka_unit_test(test_answer),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
