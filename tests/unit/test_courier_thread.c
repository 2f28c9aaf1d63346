/* What a channel thread may do with a parcel: no final dot once the lease is over. */
/* mark: tsan */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "courier_priv.h"
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

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_lease) };

	return cmocka_run_group_tests_name("courier_thread", tests, NULL, NULL);
}
