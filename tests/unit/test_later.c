/* What waits: parked once per turn, leased when due, dropped when put back, bytes unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "later.h"
#include "later_pack.h"

#define LEASE_MS 5000

static int empty(void **state)
{
	struct fixture *f = *state;

	command(f, "DEL beckon:later beckon:later:reasons");
	return 0;
}

static int64_t redis_now_ms(struct fixture *f)
{
	const struct redis_reply *v = command(f, "TIME");

	return redis_int(redis_at(v, 0)) * 1000 + redis_int(redis_at(v, 1)) / 1000 + f->skew_ms;
}

static struct later_item item(const char *id, int64_t turn, int64_t due_ms)
{
	return (struct later_item){ .id = id,
				    .turn = turn,
				    .due_ms = due_ms,
				    .topic = "invite-email",
				    .key = "acme/i",
				    .value = "v",
				    .value_len = 1,
				    .reason = "retry" };
}

static void park(struct fixture *f, struct later_item i)
{
	struct err e;

	if (later_park(f->guards[A], &i, 1, &e) < 0)
		fail_msg("%s", e.text);
}

struct lease {
	struct later_leased out[600];
	size_t n;
	int64_t next_due_ms, now_ms;
	size_t unreadable;
};

static struct lease *lease(struct fixture *f, enum who who, size_t max)
{
	struct lease *l = xcalloc(1, sizeof(*l));
	struct later_lease leased = { .lease_ms = LEASE_MS, .max = max, .items = l->out };
	struct err e;

	if (later_lease(f->guards[who], &leased, &e) < 0)
		fail_msg("%s", e.text);
	l->n = leased.n;
	l->next_due_ms = leased.next_ms;
	l->now_ms = leased.now_ms;
	l->unreadable = leased.unreadable;
	return l;
}

static void lease_free(struct lease *l)
{
	for (size_t i = 0; i < l->n; i++)
		later_leased_clear(&l->out[i]);
	free(l);
}

/* How many are due, and the turn of the first. */
static size_t due(struct fixture *f, int64_t *turn)
{
	struct lease *l = lease(f, A, 100);
	size_t n = l->n;

	if (n && turn)
		*turn = l->out[0].item.turn;
	lease_free(l);
	return n;
}

static void test_bytes(void **state)
{
	struct fixture *f = *state;
	const struct header headers[] = { { "ce_id", "1\0\n|", 4 },
					  { "", "", 0 },
					  { "none", NULL, 0 } };
	struct later_item in = { .id = "acme/i.1.email.0",
				 .turn = 3,
				 .due_ms = 12,
				 .topic = "invite-email",
				 .key = "acme/i",
				 .value = "a\0b\n|",
				 .value_len = 5,
				 .headers = headers,
				 .header_count = 3,
				 .reason = "rate_limited",
				 .tenant = "acme" };

	park(f, in);
	struct lease *l = lease(f, A, 10);

	assert_int_equal(l->n, 1);
	const struct later_item *out = &l->out[0].item;

	assert_string_equal(out->id, in.id);
	assert_int_equal(out->turn, 3);
	assert_int_equal(out->due_ms, 12);
	assert_string_equal(out->topic, in.topic);
	assert_string_equal(out->key, in.key);
	assert_string_equal(out->reason, in.reason);
	assert_string_equal(out->tenant, in.tenant);
	assert_int_equal(out->value_len, 5);
	assert_memory_equal(out->value, in.value, 5);
	assert_int_equal(out->header_count, 3);
	assert_string_equal(out->headers[0].name, "ce_id");
	assert_int_equal(out->headers[0].len, 4);
	assert_memory_equal(out->headers[0].value, "1\0\n|", 4);
	assert_string_equal(out->headers[1].name, "");
	assert_non_null(out->headers[1].value);
	assert_null(out->headers[2].value);
	lease_free(l);
}

static void test_turns(void **state)
{
	static const struct {
		int64_t parked, waits;
	} rows[] = { { 5, 5 }, { 5, 5 }, { 4, 5 }, { 6, 6 }, { 10, 10 }, { 9, 10 } };
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t turn = -1;

		park(f, item("turns", rows[i].parked, 1));
		skew(f, LEASE_MS + 1); /* whatever was leased before is back */
		assert_int_equal(due(f, &turn), 1);
		assert_int_equal(turn, rows[i].waits);
	}
}

static void test_the_same_turn_again(void **state)
{
	struct fixture *f = *state;

	park(f, item("same", 0, 1));
	assert_int_equal(due(f, NULL), 1);
	park(f, item("same", 0, 1));
	assert_int_equal(due(f, NULL), 0); /* it is leased, and stays so */
}

static void test_due_times(void **state)
{
	struct fixture *f = *state;
	int64_t now = redis_now_ms(f);
	struct lease *l = lease(f, A, 10);

	assert_int_equal(l->n, 0);
	assert_true(l->next_due_ms == INT64_MAX);
	assert_in_range(l->now_ms, now, now + 10000);
	lease_free(l);

	park(f, item("late", 0, now + 60000));
	park(f, item("second", 0, now - 1000));
	park(f, item("first", 0, now - 2000));
	l = lease(f, A, 10);
	assert_int_equal(l->n, 2);
	assert_string_equal(l->out[0].item.id, "first");
	assert_string_equal(l->out[1].item.id, "second");
	assert_int_equal(l->next_due_ms, l->now_ms + LEASE_MS);
	lease_free(l);
	l = lease(f, B, 10); /* leased is leased for everybody */
	assert_int_equal(l->n, 0);
	lease_free(l);
	assert_int_equal(later_cancel(f->guards[A], "first", NULL), OK);
	assert_int_equal(later_cancel(f->guards[A], "second", NULL), OK);
	l = lease(f, B, 10);
	assert_int_equal(l->next_due_ms, now + 60000);
	lease_free(l);
	skew(f, 60001);
	assert_int_equal(due(f, NULL), 1);
}

static void test_a_dead_clock(void **state)
{
	struct fixture *f = *state;

	park(f, item("x", 0, 1));
	assert_int_equal(due(f, NULL), 1);
	assert_int_equal(due(f, NULL), 0);
	skew(f, LEASE_MS + 1);
	assert_int_equal(due(f, NULL), 1);
}

/* How many wait for a reason; -1 = the reason is not there. */
static int64_t waiting_for(struct fixture *f, const char *reason)
{
	struct later_stats s;

	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	for (size_t i = 0; i < s.nreasons; i++)
		if (!strcmp(s.reasons[i].name, reason))
			return s.reasons[i].waiting;
	return -1;
}

/* What is due soon is taken ahead, in the order of its time, and says when that is. */
static void test_ahead(void **state)
{
	struct fixture *f = *state;
	int64_t now = redis_now_ms(f);
	struct later_leased items[4];
	struct later_lease l = { .lease_ms = 600000, .ahead_ms = 100000, .max = 4, .items = items };

	park(f, item("soon", 0, now + 50000));
	park(f, item("due", 0, now - 7));
	park(f, item("later", 0, now + 500000));
	assert_int_equal(later_lease(f->guards[A], &l, NULL), OK);
	assert_int_equal(l.n, 2);
	assert_string_equal(items[0].item.id, "due");
	assert_int_equal(items[0].next_ms, now - 7);
	assert_string_equal(items[1].item.id, "soon");
	assert_int_equal(items[1].next_ms, now + 50000);
	assert_int_equal(l.next_ms, now + 500000);
	for (size_t i = 0; i < l.n; i++)
		later_leased_clear(&items[i]);
	assert_int_equal(due(f, NULL), 0);
}

static void test_drop(void **state)
{
	struct fixture *f = *state;
	const struct later_ref refs[] = {
		{ "put-back", 0 }, { "parked-anew", 0 }, { "unknown", 0 }, { "put-back", 0 }
	};
	struct later_stats s;

	park(f, item("put-back", 0, 1));
	park(f, item("parked-anew", 0, 1));
	assert_int_equal(due(f, NULL), 2);
	park(f, item("parked-anew", 1, 1));
	assert_int_equal(later_drop(f->guards[A], refs, 4, NULL), OK);
	assert_int_equal(waiting_for(f, "retry"), 1);
	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	assert_int_equal(s.waiting, 1);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:l:put-back")), 0);
	assert_int_equal(later_cancel(f->guards[A], "parked-anew", NULL), OK);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:l:parked-anew beckon:later")), 0);
}

static void test_stats(void **state)
{
	struct fixture *f = *state;
	struct later_stats s = { .waiting = -1, .overdue = -1, .oldest_overdue_ms = -1 };
	int64_t now;

	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	assert_int_equal(s.waiting + s.overdue + s.oldest_overdue_ms, 0);
	now = redis_now_ms(f);
	park(f, item("old", 0, now - 5000));
	park(f, item("young", 0, now - 1000));
	park(f, item("coming", 0, now + 600000));
	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	assert_int_equal(s.waiting, 3);
	assert_int_equal(s.overdue, 2);
	assert_in_range(s.oldest_overdue_ms, 5000, 60000);
}

/* The lag of what a dead clock had leased is counted from its due time, not from the lease's end.
 */
static void test_lag_after_a_lost_lease(void **state)
{
	struct fixture *f = *state;
	struct later_stats s;
	int64_t now = redis_now_ms(f);

	park(f, item("lost", 0, now - 1000));
	assert_int_equal(due(f, NULL), 1);
	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	assert_int_equal(s.overdue, 0);
	skew(f, LEASE_MS + 1);
	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	assert_int_equal(s.overdue, 1);
	assert_in_range(s.oldest_overdue_ms, LEASE_MS + 1001, 60000);
}

static void park_for(struct fixture *f, const char *id, int64_t turn, const char *reason)
{
	struct later_item i = item(id, turn, 1);

	i.reason = reason;
	park(f, i);
}

static void test_reasons(void **state)
{
	struct fixture *f = *state;
	const struct later_ref refs[] = { { "b", 0 }, { "c", 7 } };
	autofree char *long_key = xmalloc(301);

	park_for(f, "a", 0, "retry");
	park_for(f, "a", 0, "retry"); /* the same turn changes nothing */
	park_for(f, "b", 0, "retry");
	park_for(f, "c", 0, NULL);
	assert_int_equal(waiting_for(f, "retry"), 2);
	assert_int_equal(waiting_for(f, ""), 1);
	park_for(f, "a", 1, "paused");
	assert_int_equal(waiting_for(f, "retry"), 1);
	assert_int_equal(waiting_for(f, "paused"), 1);
	assert_int_equal(later_drop(f->guards[A], refs, 2, NULL), OK);
	assert_int_equal(waiting_for(f, "retry"), 0);
	assert_int_equal(waiting_for(f, ""), 1); /* its turn is another */
	assert_int_equal(later_cancel(f->guards[A], "c", NULL), OK);
	assert_int_equal(later_cancel(f->guards[A], "c", NULL), OK);
	assert_int_equal(waiting_for(f, ""), 0);

	memset(long_key, 'k', 300);
	long_key[300] = '\0';
	struct later_item i = item("long", 0, 1);

	i.key = long_key;
	park(f, i);
	assert_int_equal(waiting_for(f, "retry"), 1);
}

/* Every item once, due times first, whatever the size of a page; many share a due time. */
static void test_list(void **state)
{
	enum { N = 25 };
	struct fixture *f = *state;
	int64_t now = redis_now_ms(f);

	for (int i = 0; i < N; i++) {
		char id[16];

		snprintf(id, sizeof(id), "list%02d", i);
		park(f, item(id, 0, i < 20 ? now + 1000 : now + 2000 + i));
	}
	for (size_t max = 1; max <= N + 1; max += 3) {
		struct later_leased out[N + 1];
		struct later_cursor at = { 0 };
		size_t n = 1, seen = 0;

		while (n) {
			assert_int_equal(later_list(f->guards[B], &at, max, out, &n, NULL), OK);
			assert_true(n <= max);
			for (size_t i = 0; i < n; i++) {
				assert_int_equal(strtol(out[i].item.id + 4, NULL, 10), seen++);
				assert_int_equal(out[i].next_ms, out[i].item.due_ms);
				later_leased_clear(&out[i]);
			}
		}
		assert_int_equal(seen, N);
	}
	assert_int_equal(due(f, NULL), 0); /* nothing was leased or lost by it */
	assert_int_equal(waiting_for(f, "retry"), N);
}

/* What this version cannot read does not end the list. */
static void test_list_unreadable(void **state)
{
	struct fixture *f = *state;
	struct later_leased out[2];
	struct later_cursor at = { 0 };
	size_t n;

	command(f, "SET beckon:l:newer 0|2|whatever");
	command(f, "ZADD beckon:later 1 newer");
	command(f, "ZADD beckon:later 1 ghost");
	park(f, item("listed", 0, 2));
	assert_int_equal(later_list(f->guards[A], &at, 1, out, &n, NULL), OK);
	assert_int_equal(n, 1);
	assert_string_equal(out[0].item.id, "listed");
	later_leased_clear(&out[0]);
	assert_int_equal(later_list(f->guards[A], &at, 1, out, &n, NULL), OK);
	assert_int_equal(n, 0);
}

static void test_many(void **state)
{
	enum { N = 2000 };
	struct fixture *f = *state;
	autofree struct later_item *items = xcalloc(N, sizeof(*items));
	autofree char(*ids)[16] = xcalloc(N, sizeof(*ids));
	autofree struct later_ref *refs = xcalloc(N, sizeof(*refs));
	struct later_stats s;
	size_t seen = 0;

	for (int i = 0; i < N; i++) {
		snprintf(ids[i], sizeof(ids[i]), "many%d", i);
		items[i] = item(ids[i], 0, i + 1);
		refs[i] = (struct later_ref){ ids[i], 0 };
	}
	assert_int_equal(later_park(f->guards[A], items, N, NULL), OK);
	for (size_t got = 1; got && seen < N;) {
		struct lease *l = lease(f, A, 500);

		got = l->n;
		for (size_t i = 0; i < got; i++)
			assert_int_equal(l->out[i].item.due_ms, (int64_t)(seen + i + 1));
		seen += got;
		lease_free(l);
	}
	assert_int_equal(seen, N);
	assert_int_equal(later_drop(f->guards[A], refs, N, NULL), OK);
	assert_int_equal(later_stats(f->guards[A], &s, NULL), OK);
	assert_int_equal(s.waiting, 0);
}

/* One answer is bounded in bytes, and yet every item comes. */
static void test_large_items(void **state)
{
	enum { N = 200, BYTES = 64 << 10 };
	struct fixture *f = *state;
	autofree char *value = xmalloc(BYTES);
	size_t seen = 0, answers = 0;

	memset(value, 'v', BYTES);
	for (int i = 0; i < N; i++) {
		char id[16];
		struct later_item large;

		snprintf(id, sizeof(id), "large%d", i);
		large = item(id, 0, 1);
		large.value = value;
		large.value_len = BYTES;
		park(f, large);
	}
	for (size_t got = 1; got && seen < N; answers++) {
		struct lease *l = lease(f, A, 500);

		got = l->n;
		seen += got;
		assert_true(got == 0 || l->out[0].item.value_len == BYTES);
		lease_free(l);
	}
	assert_int_equal(seen, N);
	assert_true(answers > 1);
}

/* What cannot be read stays for whoever can. */
static void test_unreadable(void **state)
{
	struct fixture *f = *state;

	park(f, item("good", 0, 2));
	command(f, "SET beckon:l:newer 0|2|whatever");
	command(f, "ZADD beckon:later 1 newer");
	command(f, "ZADD beckon:later 1 ghost"); /* its bytes are gone: forgotten */
	struct lease *l = lease(f, A, 10);

	assert_int_equal(l->n, 1);
	assert_string_equal(l->out[0].item.id, "good");
	assert_int_equal(l->unreadable, 1);
	lease_free(l);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:l:newer")), 1);
	assert_int_equal(redis_int(command(f, "ZCARD beckon:later")), 2);
}

static void test_forgotten(void **state)
{
	struct fixture *f = *state;
	struct later_item i = item("x", 0, 1);
	struct err e;

	command(f, "FLUSHALL");
	assert_int_equal(later_park(f->guards[A], &i, 1, &e), ERR_AGAIN);
	assert_non_null(strstr(e.text, "epoch missing"));
	assert_int_equal(redis_int(command(f, "DBSIZE")), 0);
}

/* Every cut and every changed byte is either read as an item or refused, and never read beyond. */
static void test_damaged_bytes(void **state)
{
	const struct header headers[] = { { "a", "1", 1 }, { "b", NULL, 0 } };
	struct later_item in = { .turn = 3,
				 .due_ms = 12,
				 .topic = "t",
				 .key = "k",
				 .value = "value",
				 .value_len = 5,
				 .headers = headers,
				 .header_count = 2,
				 .reason = "r" };
	struct header out_headers[RECORD_HEADERS_MAX];
	autobuf packed = BUF_INIT(0);
	struct later_item out;

	(void)state;
	later_pack(&in, in.turn, &packed);
	assert_true(later_unpack(packed.data, packed.len, &out, out_headers));
	assert_null(out.tenant);
	for (size_t cut = 0; cut < packed.len; cut++) {
		autofree char *copy =
			xmemdup(packed.data, cut); /* exact size: a sanitizer sees a read beyond */

		/* a cut between two headers leaves a whole item with fewer */
		if (later_unpack(copy, cut, &out, out_headers))
			assert_true(out.header_count < 2);
	}
	for (size_t i = 0; i < packed.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			autofree char *copy = xmemdup(packed.data, packed.len);

			copy[i] = (char)(copy[i] ^ (1 << bit));
			later_unpack(copy, packed.len, &out, out_headers);
		}
}

#define CASE(f) cmocka_unit_test_setup(f, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_bytes),
		CASE(test_turns),
		CASE(test_the_same_turn_again),
		CASE(test_due_times),
		CASE(test_a_dead_clock),
		CASE(test_ahead),
		CASE(test_drop),
		CASE(test_stats),
		CASE(test_lag_after_a_lost_lease),
		CASE(test_reasons),
		CASE(test_list),
		CASE(test_list_unreadable),
		CASE(test_many),
		CASE(test_large_items),
		CASE(test_unreadable),
		CASE(test_forgotten),
		cmocka_unit_test(test_damaged_bytes),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("later", tests, fixture_open, fixture_close);
}
