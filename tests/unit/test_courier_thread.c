/* What a channel thread may do with a parcel: no final dot once the lease is over, nor one that the
   journal does not know of. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "courier_priv.h"
#include "crypto.h"
#include "mem.h"
#include "now.h"

#define PATIENCE_MS 20000
#define HOUR_MS 3600000

static void ask_for_the_dot(void *ctx, struct worker *w, struct parcel_link *first)
{
	const struct mail_result taken = { .reach = REACH_TAKEN };

	for (struct parcel *p = (struct parcel *)first; p; p = parcel_next(w, 0)) {
		*(bool *)ctx = parcel_dot(w, p);
		parcel_answer(w, p, &taken);
	}
}

/* Whether a thread that holds a parcel with such a lease may send, and what the parcel says. */
static bool may_send(int64_t lease_left_ms, int64_t zombie_ms, bool *withheld)
{
	struct parcel p = { .entry = -1, .lease_end_boot_ms = now_boot_ms() + lease_left_ms };
	struct pollfd wake = { .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN };
	bool may = false;
	struct exchange *x = exchange_new(&(struct exchange_options){
		.sessions = 1,
		.wake_fd = wake.fd,
		.deadline_ms = HOUR_MS,
		.zombie_ms = zombie_ms,
		.work = ask_for_the_dot,
		.ctx = &may,
	});

	exchange_put(x, &p.link);
	assert_int_equal(poll(&wake, 1, PATIENCE_MS), 1);
	assert_ptr_equal(exchange_done(x), &p.link);
	exchange_free(x);
	close(wake.fd);
	*withheld = p.withheld;
	return may;
}

static void test_lease(void **state)
{
	static const struct {
		int64_t left_ms, zombie_ms;
		bool may;
	} cases[] = {
		{ HOUR_MS, HOUR_MS, true },
		{ 0, HOUR_MS, false }, /* exactly over */
		{ -HOUR_MS, HOUR_MS, false },
		{ HOUR_MS, 0, false }, /* the loop does not turn: it may have slept */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool withheld;

		assert_int_equal(may_send(cases[i].left_ms, cases[i].zombie_ms, &withheld),
				 cases[i].may);
		assert_int_equal(withheld, !cases[i].may);
	}
}

/* ---- what a killed process leaves behind ---- */

#define DELIVERY "t/i.1.email.0"

static void answer_so(void *ctx, struct worker *w, struct parcel_link *first)
{
	struct parcel *p = (struct parcel *)first;

	if (parcel_dot(w, p))
		parcel_answer(w, p, ctx);
}

/* Sends a parcel that is answered so, and forgets it; the stage that the next life reads. */
static enum journal_stage left_behind(const char *dir, const struct mail_result *answer)
{
	struct pollfd wake = { .fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), .events = POLLIN };
	struct courier c = { .journal = NULL };
	struct parcel p = { .courier = &c, .lease_end_boot_ms = now_boot_ms() + HOUR_MS };
	struct exchange *x = exchange_new(&(struct exchange_options){
		.sessions = 1,
		.wake_fd = wake.fd,
		.deadline_ms = HOUR_MS,
		.zombie_ms = HOUR_MS,
		.work = answer_so,
		.ctx = (void *)answer,
	});
	const struct journal_entry *former;
	enum journal_stage stage;

	assert_int_equal(journal_open(&c.journal, dir, "w", 4, NULL), OK);
	p.entry = journal_take(c.journal, DELIVERY, 1);
	exchange_put(x, &p.link);
	assert_int_equal(poll(&wake, 1, PATIENCE_MS), 1);
	exchange_free(x);
	close(wake.fd);
	journal_close(c.journal);
	assert_int_equal(journal_open(&c.journal, dir, "w", 4, NULL), OK);
	former = journal_former(c.journal, DELIVERY, 1);
	stage = former ? former->stage : JOURNAL_FREE;
	journal_forget(c.journal, DELIVERY, 1);
	journal_close(c.journal);
	return stage;
}

/* Without the dot it would be sent again; an answer that decides nothing leaves it in doubt. */
static void test_journal(void **state)
{
	const struct mail_result taken = { .reach = REACH_TAKEN },
				 doubt = { .reach = REACH_IN_DOUBT };
	char dir[] = "/tmp/beckon-courier-XXXXXX", file[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof(file), "%s/w.journal", dir);
	assert_int_equal(left_behind(dir, &doubt), JOURNAL_DOT);
	assert_int_equal(left_behind(dir, &taken), JOURNAL_REPLIED);
	unlink(file);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lease),
		cmocka_unit_test(test_journal),
	};

	if (crypto_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("courier_thread", tests, NULL, NULL);
}
