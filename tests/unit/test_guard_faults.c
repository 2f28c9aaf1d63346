/* Redis that forgets, restarts, is full, falls silent in mid-pipeline; holders that race. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "guard_fixture.h"
#include "later.h"

static struct claim claim_for(const char *delivery)
{
	return (struct claim){ .delivery = delivery,
			       .invite = "acme/f",
			       .generation = 1,
			       .coords = { "invite-email", 0, 1 },
			       .lease_ms = 1000 };
}

/* ---- the epoch ---- */

static void test_init_once(void **state)
{
	struct fixture *f = *state;
	bool created = true;
	autofree char *before = xstrdup(text_of(command(f, "HGET beckon:epoch id")));

	assert_int_equal(guard_init_epoch(f->guards[B], &created, NULL), OK);
	assert_false(created);
	assert_string_equal(text_of(command(f, "HGET beckon:epoch id")), before);
}

static void test_forgotten(void **state)
{
	struct fixture *f = *state;
	struct claim c = claim_for("acme/f.1.email.0");
	bool created = false;
	struct err e;

	command(f, "FLUSHALL");
	c.now_ms = -7;
	guard_add_claim(f->guards[A], &c);
	guard_add_release(f->guards[A], "acme/f.1.email.0", 0, false);
	assert_int_equal(guard_run(f->guards[A], &e), ERR_AGAIN);
	assert_string_equal(e.text, "redis: epoch missing or changed");
	assert_int_equal(c.now_ms, -7); /* untouched */
	assert_false(guard_is_ready(f->guards[A]));
	assert_int_equal(guard_ready(f->guards[A], &e), ERR_AGAIN);
	assert_string_equal(e.text,
			    "redis: epoch missing; run beckon rebuild, or init where all is new");
	assert_int_equal(redis_int(command(f, "DBSIZE")),
			 0); /* nothing was written in the meantime */

	assert_int_equal(guard_init_epoch(f->guards[A], &created, &e), OK);
	assert_true(created);
	guard_add_claim(f->guards[B], &c); /* still believes in the old epoch */
	assert_int_equal(guard_run(f->guards[B], &e), ERR_AGAIN);
	ready_or_fail(f->guards[B]);
	guard_add_claim(f->guards[B], &c);
	run_or_fail(f->guards[B]);
	assert_int_equal(c.answer, CLAIM_GO);
}

static void test_restarted_with_its_data(void **state)
{
	struct fixture *f = *state;
	struct claim c = claim_for("acme/r.1.email.0");
	struct err e;

	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	autofree char *id = xstrdup(text_of(command(f, "HGET beckon:epoch id")));
	autofree char *run_id = xstrdup(text_of(command(f, "HGET beckon:epoch run_id")));

	redis_server_kill(&f->server);
	guard_add_claim(f->guards[A], &c);
	assert_int_equal(guard_run(f->guards[A], &e), ERR_AGAIN);
	assert_int_equal(guard_ready(f->guards[A], &e), ERR_AGAIN);
	redis_server_run(&f->server);
	for (enum who w = 0; w < WHO_COUNT; w++)
		ready_or_fail(f->guards[w]);
	assert_string_equal(text_of(command(f, "HGET beckon:epoch id")), id);
	assert_string_not_equal(text_of(command(f, "HGET beckon:epoch run_id")), run_id);
	guard_add_claim(f->guards[B], &c);
	run_or_fail(f->guards[B]);
	assert_int_equal(c.answer, CLAIM_BUSY); /* the claim came through */
}

/* Whoever connected before another Redis took over must hear of it before anything is claimed. */
static void test_of_another_run(void **state)
{
	struct fixture *f = *state;
	struct claim c = claim_for("acme/t.1.email.0");
	struct err e;

	command(f, "HSET beckon:epoch run_id 0000000000000000000000000000000000000000");
	guard_add_claim(f->guards[A], &c);
	assert_int_equal(guard_run(f->guards[A], &e), ERR_AGAIN);
	assert_int_equal(redis_type(command(f, "GET beckon:c:acme/t.1.email.0")), REDIS_NIL);
	ready_or_fail(f->guards[A]);
	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	assert_int_equal(c.answer, CLAIM_GO);
}

/* ---- a Redis that refuses ---- */

/* It answers questions and takes nothing: whoever only asks would call it whole. */
static void test_refuses(void **state)
{
	static const struct {
		const char *begin, *end, *told;
	} rows[] = {
		{ "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0", "OOM" },
		{ "REPLICAOF 127.0.0.1 9", "REPLICAOF NO ONE", "read only replica" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		autofree char *delivery = xasprintf("acme/o%zu.1.email.0", i);
		struct claim c = claim_for(delivery);
		struct err e;

		command(f, rows[i].begin);
		guard_add_claim(f->guards[A], &c);
		assert_int_equal(guard_run(f->guards[A], &e), ERR_AGAIN);
		assert_non_null(strstr(e.text, rows[i].told));
		for (int n = 0; n < 3; n++) {
			e.text[0] = '\0';
			assert_int_equal(guard_ready(f->guards[A], &e), ERR_AGAIN);
			assert_non_null(strstr(e.text, rows[i].told));
			assert_false(guard_is_ready(f->guards[A]));
		}
		command(f, rows[i].end);
		ready_or_fail(f->guards[A]);
		guard_add_claim(f->guards[A], &c);
		run_or_fail(f->guards[A]);
		assert_int_equal(c.answer, CLAIM_GO);
	}
}

static void test_scripts_flushed(void **state)
{
	struct fixture *f = *state;
	struct claim c = claim_for("acme/n.1.email.0");

	command(f, "SCRIPT FLUSH");
	guard_add_claim(f->guards[A], &c);
	run_or_fail(f->guards[A]);
	assert_int_equal(c.answer, CLAIM_GO);
}

/* Somebody else may ask the same Redis between question and answer. */
static void test_awaited(void **state)
{
	struct fixture *f = *state;
	struct redis *r = guard_redis(f->guards[A]);
	struct claim c = claim_for("acme/w.1.email.0");
	const char *ping = "PING";
	struct err e;

	guard_add_claim(f->guards[A], &c);
	guard_send(f->guards[A]);
	guard_await(f->guards[A]);
	guard_await(f->guards[A]); /* there is nothing more */
	redis_add(r, 1, &ping, NULL);
	assert_int_equal(redis_run(r, &e), OK);
	assert_string_equal(redis_str(redis_reply(r, 0), NULL), "PONG");
	assert_int_equal(guard_hear(f->guards[A], &e), OK);
	assert_int_equal(c.answer, CLAIM_GO);

	command(f, "FLUSHALL");
	guard_add_claim(f->guards[A], &c);
	guard_send(f->guards[A]);
	guard_await(f->guards[A]);
	assert_int_equal(guard_hear(f->guards[A], &e), ERR_AGAIN);
	assert_string_equal(e.text, "redis: epoch missing or changed");
}

/* What is asked between a question and its answer has an answer of its own: whoever parks something
   there must not take it for parked when Redis has gone. */
static void test_asked_between(void **state)
{
	struct fixture *f = *state;
	struct claim c = claim_for("acme/b.1.email.0");
	struct later_item item = { .id = "acme/p.1.email.0",
				   .turn = 2,
				   .topic = "invite-email",
				   .key = "acme/p",
				   .value = "{}",
				   .value_len = 2 };
	struct err e;

	guard_add_claim(f->guards[A], &c);
	guard_send(f->guards[A]);
	guard_await(f->guards[A]);
	assert_int_equal(later_park(f->guards[A], &item, 1, &e), OK);
	assert_int_equal(redis_int(command(f, "EXISTS beckon:l:acme/p.1.email.0")), 1);
	assert_int_equal(guard_hear(f->guards[A], &e), OK);
	assert_int_equal(c.answer, CLAIM_GO);

	guard_add_claim(f->guards[A], &c);
	guard_send(f->guards[A]);
	guard_await(f->guards[A]);
	redis_server_kill(&f->server);
	item.id = "acme/q.1.email.0";
	assert_int_equal(later_park(f->guards[A], &item, 1, &e), ERR_AGAIN);
	assert_int_equal(guard_hear(f->guards[A], &e), OK); /* that had come in time */
	redis_server_run(&f->server);
	ready_or_fail(f->guards[A]);
}

static void test_nothing_asked(void **state)
{
	struct fixture *f = *state;

	run_or_fail(f->guards[A]);
}

static void test_bad_url(void **state)
{
	struct guard_options o = { .redis_url = "http://x" };
	struct guard *g = NULL;

	(void)state;
	assert_int_equal(guard_new(&g, &o, NULL), ERR_INVALID);
}

/* ---- silence in mid-pipeline ---- */

#define PIPELINE 400

struct work {
	char name[PIPELINE][32], delivery[PIPELINE][64];
	struct event_claim events[PIPELINE];
	struct decide decides[PIPELINE];
	struct claim claims[PIPELINE];
	struct settle settles[PIPELINE];
	struct later_item items[PIPELINE];
	struct guard_field set;
	struct guard_limit limit;
};

static struct work *work_new(int round)
{
	struct work *w = xcalloc(1, sizeof(*w));

	w->set = (struct guard_field){ "state", "queued", 6 };
	w->limit = (struct guard_limit){ "relay:round", 1000, INT64_C(1000000000000) };
	for (int i = 0; i < PIPELINE; i++) {
		snprintf(w->name[i], sizeof(w->name[i]), "r%d/i%d", round, i);
		snprintf(w->delivery[i], sizeof(w->delivery[i]), "r%d/i%d.1.email.0", round, i);
		w->events[i] = (struct event_claim){ .event_hash = w->name[i],
						     .invite = w->name[i],
						     .coords = { "r", 0, i } };
		w->decides[i] = (struct decide){ .event_hash = w->name[i],
						 .invite = w->name[i],
						 .coords = { "r", 0, i },
						 .set = &w->set,
						 .nset = 1,
						 .plan = "p",
						 .first = "f",
						 .limit = { "tenant:round", 1000, 1 } };
		w->claims[i] = (struct claim){ .delivery = w->delivery[i],
					       .invite = w->name[i],
					       .generation = 1,
					       .coords = { "j", 0, i },
					       .lease_ms = 100000,
					       .limits = &w->limit,
					       .nlimits = 1 };
		w->items[i] = (struct later_item){ .id = w->delivery[i],
						   .due_ms = 1,
						   .topic = "j",
						   .key = "k",
						   .value = "v",
						   .value_len = 1,
						   .reason = "retry" };
		w->settles[i] = (struct settle){ .delivery = w->delivery[i],
						 .invite = w->name[i],
						 .generation = 1,
						 .verdict = "parked",
						 .doubt = true,
						 .outcome = "o",
						 .outcome_len = 1,
						 .park = &w->items[i] };
	}
	return w;
}

/* Queues the whole life of PIPELINE invites and runs it. */
static int work_run(struct guard *g, struct work *w)
{
	for (int i = 0; i < PIPELINE; i++)
		guard_add_event_claim(g, &w->events[i]);
	for (int i = 0; i < PIPELINE; i++)
		guard_add_decide(g, &w->decides[i]);
	for (int i = 0; i < PIPELINE; i++)
		guard_add_claim(g, &w->claims[i]);
	for (int i = 0; i < PIPELINE; i++)
		guard_add_settle(g, &w->settles[i]);
	return guard_run(g, NULL);
}

/* Stops the server after a while, from another process. */
static pid_t stop_after_us(const struct fixture *f, useconds_t us)
{
	pid_t pid = fork();

	if (pid == 0) {
		usleep(us);
		kill(f->server.pid, SIGSTOP);
		_exit(0);
	}
	return pid;
}

static void test_silence_doubles_nothing(void **state)
{
	struct fixture *f = *state;
	int silent = 0;

	command(f, "SET beckon:g:tenant:round 1900000000000000");
	command(f, "SET beckon:g:relay:round 1900000000000000");
	for (int round = 0; round < 6; round++) {
		struct work *w = work_new(round);
		pid_t pid = stop_after_us(f, (useconds_t)(1000 + 2500 * round));
		int first = work_run(f->guards[A], w);

		waitpid(pid, NULL, 0);
		kill(f->server.pid, SIGCONT);
		silent += first < 0;
		for (int i = 0; i < PIPELINE; i++)
			event_claim_clear(&w->events[i]);
		ready_or_fail(f->guards[A]);
		assert_int_equal(work_run(f->guards[A], w), OK);
		for (int i = 0; i < PIPELINE; i++) {
			/* whether the lost call had run or not: decided, and settled by us */
			assert_in_range(w->events[i].answer, EVENT_NEW, EVENT_DECIDED);
			assert_int_equal(w->settles[i].answer, SETTLE_DONE);
			event_claim_clear(&w->events[i]);
			claim_clear(&w->claims[i]); /* the lost call may have settled it */
		}
		assert_int_equal(redis_int(command(f, "ZCARD beckon:later")),
				 (round + 1) * PIPELINE);
		for (int i = 0; i < PIPELINE; i += 97) {
			assert_int_equal(
				redis_int(command(f, "HGET beckon:d:r%d/i%d ver", round, i)), 1);
			struct claim c = w->claims[i];

			c.turn = 1;
			c.nlimits = 0;
			guard_add_claim(f->guards[A], &c);
			guard_add_release(f->guards[A], c.delivery, 1, false);
			run_or_fail(f->guards[A]);
			assert_int_equal(c.doubts, 1);
		}
		/* every slot and every question was charged once */
		int64_t line = 1900000000000000 + (round + 1) * PIPELINE * INT64_C(1000);

		assert_int_equal(redis_int(command(f, "GET beckon:g:tenant:round")), line);
		assert_int_equal(redis_int(command(f, "GET beckon:g:relay:round")), line);
		free(w);
	}
	assert_true(silent > 0);
}

/* ---- two holders ---- */

#define RACE 400

/* Claims every delivery of the race; the answer is how many it got, or -1. */
static int race(struct fixture *f, enum who who)
{
	struct guard *g = guard_open(f, who);
	static struct claim claims[RACE];
	static char names[RACE][40];
	int got = 0;

	if (guard_ready(g, NULL) < 0)
		return -1;
	for (int i = 0; i < RACE; i++) {
		snprintf(names[i], sizeof(names[i]), "acme/race%d.1.email.0", i);
		claims[i] = claim_for(names[i]);
		claims[i].lease_ms = 60000;
		guard_add_claim(g, &claims[i]);
		if (i % 7 == 0 && guard_run(g, NULL) < 0)
			return -1;
	}
	if (guard_run(g, NULL) < 0)
		return -1;
	for (int i = 0; i < RACE; i++)
		got += claims[i].answer == CLAIM_GO;
	guard_free(g);
	return got;
}

static void test_two_holders_race(void **state)
{
	struct fixture *f = *state;
	int results[2], got[2] = { 0 };

	assert_int_equal(pipe(results), 0);
	for (enum who who = A; who <= B; who += B - A)
		if (fork() == 0) {
			int mine = race(f, who);

			_exit(write(results[1], &mine, sizeof(mine)) != sizeof(mine));
		}
	for (int i = 0; i < 2; i++) {
		assert_int_equal(read(results[0], &got[i], sizeof(got[i])), sizeof(got[i]));
		assert_true(got[i] >= 0);
	}
	while (waitpid(0, NULL, WNOHANG) > 0)
		;
	close(results[0]);
	close(results[1]);
	assert_int_equal(got[0] + got[1], RACE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_init_once, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_forgotten, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_restarted_with_its_data, fixture_open,
						fixture_close),
		cmocka_unit_test_setup_teardown(test_of_another_run, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_refuses, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_scripts_flushed, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_awaited, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_asked_between, fixture_open, fixture_close),
		cmocka_unit_test_setup_teardown(test_nothing_asked, fixture_open, fixture_close),
		cmocka_unit_test(test_bad_url),
		cmocka_unit_test_setup_teardown(test_silence_doubles_nothing, fixture_open,
						fixture_close),
		cmocka_unit_test_setup_teardown(test_two_holders_race, fixture_open, fixture_close),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("guard_faults", tests, NULL, NULL);
}
