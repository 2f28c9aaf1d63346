/* Which limits are asked under which names, and how long the refused wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "limit.h"
#include "mem.h"

#define ONE                                                                                        \
	{                                                                                          \
		1000, 2                                                                            \
	}

static struct job job_of(const char *to, json_t *data)
{
	return (struct job){ .delivery = { .tenant = "acme" },
			     .kind = "invite",
			     .to = to,
			     .recipient_hash = "hash",
			     .data = data };
}

static bool has(const struct limit_list *l, const char *head)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strncmp(l->list[i].name, head, strlen(head)))
			return true;
	return false;
}

static void test_only_what_is_set(void **state)
{
	static const struct {
		struct tenant tenant;
		struct limit_fleet fleet;
		struct limit_relay relay;
		const char *name;
	} rows[] = {
		{ .tenant.recipient_limit = ONE, .name = "recipient:hash" },
		{ .tenant.content_limit = ONE, .name = "content:hash/" },
		{ .tenant.domain_limit = ONE, .name = "domain:acme/" },
		{ .fleet.domain = ONE, .name = "domain:" },
		{ .fleet.global = ONE, .name = "global" },
		{ .relay = { .name = "mx", .rate = ONE }, .name = "relay:mx" },
	};
	struct job job = job_of("olga@Mail.internal", NULL);
	struct limit_list *l = xcalloc(1, sizeof(*l));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		limit_find(l, &job, &rows[i].tenant, &rows[i].fleet, &rows[i].relay);
		assert_int_equal(l->n, 1);
		assert_true(has(l, rows[i].name));
		assert_int_equal(l->list[0].interval_us, 1000);
		assert_int_equal(l->list[0].burst, 2);
	}
	struct tenant all = { .recipient_limit = ONE, .content_limit = ONE, .domain_limit = ONE };
	struct limit_fleet fleet = { ONE, ONE };
	struct limit_relay relay = { "mx", ONE, "mx/RU", ONE };

	limit_find(l, &job, &all, &fleet, &relay);
	assert_int_equal(l->n, LIMIT_MAX);
	limit_find(l, &job, &(struct tenant){ 0 }, &(struct limit_fleet){ 0 }, NULL);
	assert_int_equal(l->n, 0);
	snprintf(job.delivery.channel, sizeof(job.delivery.channel), "sms");
	limit_find(l, &job, &(struct tenant){ 0 }, &(struct limit_fleet){ 0 }, NULL);
	assert_int_equal(l->n, 2);
	assert_true(has(l, "recipient:") && has(l, "content:"));
	for (size_t i = 0; i < 2; i++) /* at most so many in any hour */
		assert_true(l->list[i].burst + INT64_C(3600000000) / l->list[i].interval_us <
			    (i ? 20 : 100));
	limit_find(l, &job, &all, &(struct limit_fleet){ 0 }, NULL);
	assert_int_equal(l->list[0].interval_us, 1000); /* what a tenant sets is its own business */
	free(l);
}

static void test_domains(void **state)
{
	char a[IDS_HASH_SIZE], b[IDS_HASH_SIZE], c[IDS_HASH_SIZE];

	(void)state;
	limit_domain_hash("olga@mail.internal", a);
	limit_domain_hash("\"a@b\"@MAIL.internal", b);
	limit_domain_hash("olga@other.internal", c);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
}

/* Who gets it, its link and its bookkeeping are no content. */
static void test_content(void **state)
{
	static const char base[] =
		"{\"tenant\":\"acme\",\"invite\":\"i1\",\"recipient\":{\"email\":"
		"\"a@b.c\"},\"template\":{\"note\":\"hi\",\"name\":\"x\"}}";
	static const struct {
		const char *data;
		bool same;
	} rows[] = {
		{ "{\"template\":{\"name\":\"x\",\"note\":\"hi\"},\"tenant\":\"acme\"}", true },
		{ "{\"template\":{\"name\":\"x\",\"note\":\"hi\"},\"metadata\":{\"n\":\"1\"}}",
		  true },
		{ "{\"template\":{\"name\":\"x\",\"note\":\"ho\"}}", false },
		{ "{\"template\":{\"name\":\"x\",\"note\":\"hi\"},\"role\":\"r\"}", false },
		{ "{\"template\":{\"name\":\"x\",\"note\":\"hi\"},\"department\":\"r\"}", false },
		{ "{}", false },
	};
	char wanted[IDS_HASH_SIZE], got[IDS_HASH_SIZE];
	json_t *data = json_loads(base, 0, NULL);

	(void)state;
	limit_content_hash("invite", data, wanted);
	limit_content_hash("password", data, got);
	assert_string_not_equal(wanted, got);
	json_decref(data);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		data = json_loads(rows[i].data, 0, NULL);
		limit_content_hash("invite", data, got);
		assert_int_equal(!strcmp(wanted, got), rows[i].same);
		json_decref(data);
	}
}

/* Another version of the courier asks the same limit of it: what the hash is of, and in which
   order, stays. */
static void test_content_name(void **state)
{
	json_t *data = json_loads(
		"{\"teams\":[\"b\",\"a\"],\"inviter\":{\"name\":\"Анна \\\"A\\\"\",\"id\":"
		"\"u-1\"},\"role\":\"r\",\"template\":{\"version\":7,\"name\":\"x\","
		"\"more\":{\"b\":\"\\n\",\"a\":{}}}}",
		0, NULL);
	char got[IDS_HASH_SIZE];

	(void)state;
	limit_content_hash("invite", data, got);
	assert_string_equal(got, "oMvFlhd9dOjLeFcnjdum9Q");
	json_decref(data);
}

static void test_parked(void **state)
{
	static const struct {
		int64_t wait, line;
		int64_t least, most; /* without and with all randomness */
	} rows[] = {
		{ 1, 1, 1000, 1000 },
		{ 1500, 1500, 1500, 1500 },
		{ 1500, 40000, 40000, 40000 }, /* its own place in the line */
		{ 1500, 60000, 1500, 60000 },  /* a long line: somewhere in the minute */
		{ 1500, 61500, 1500, 60000 },
		{ 86400000, 86400000, 30000,
		  60000 }, /* asked again within the minute all the same */
		{ 40000, 40000, 40000, 40000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct claim c = { .wait_ms = rows[i].wait, .line_ms = rows[i].line };

		assert_int_equal(limit_park_ms(&c, 0), rows[i].least);
		assert_int_equal(limit_park_ms(&c, UINT32_MAX), rows[i].most);
		assert_in_range(limit_park_ms(&c, UINT32_MAX / 3), rows[i].least, rows[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_what_is_set), cmocka_unit_test(test_domains),
		cmocka_unit_test(test_content),		 cmocka_unit_test(test_content_name),
		cmocka_unit_test(test_parked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
