/* Which routes a delivery may take, and how many messages one is given that was in trouble. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "courier_priv.h"
#include "mem.h"
#include "now.h"

#define SESSIONS 8
#define ROUTES 3

static const struct channel channel = { .name = "sms" };

/* Three providers, each with one lane, all open and of one order. */
struct ground {
	struct channel_route terms[ROUTES];
	struct courier courier;
	struct lane lane[ROUTES];
	struct lanes lanes;
};

static void ground_make(struct ground *g)
{
	static const char *const names[ROUTES] = { "first", "second", "third" };

	*g = (struct ground){ .courier = { .channel = &channel, .npools = ROUTES } };
	g->lanes.n = ROUTES;
	g->lanes.serving = 7;
	for (size_t i = 0; i < ROUTES; i++) {
		g->terms[i] = (struct channel_route){ .name = names[i], .sessions = SESSIONS };
		g->courier.pools[i] =
			(struct pool){ .courier = &g->courier, .terms = &g->terms[i] };
		g->lane[i] = (struct lane){ .pool = &g->courier.pools[i] };
		g->lanes.list[i] = &g->lane[i];
		g->lanes.routing[i] = (struct routing){ .order = 1, .weight = 1, .open = true };
	}
}

/* What one provider may have taken over is asked of that one again, or of none. */
static void test_bound(void **state)
{
	struct parcel p = { .job = { .provider = "second" } };
	struct parcel free_one = { .job = { .provider = "" } };
	struct ground g;

	(void)state;
	ground_make(&g);
	assert_int_equal(lanes_serving(&g.lanes, &free_one), 7);
	assert_int_equal(lanes_serving(&g.lanes, &p), 2);
	g.lanes.routing[1].order = 9; /* later ones stand by, but not for this */
	g.lanes.routing[1].strained = true;
	assert_int_equal(lanes_serving(&g.lanes, &p), 2);
	g.lanes.routing[1].open = false;
	assert_int_equal(lanes_serving(&g.lanes, &p), 0);
}

/* A provider that refused a message for now is not asked for it again while another is left. */
static void test_passed_on(void **state)
{
	struct ground g;
	struct parcel p = { .lanes = &g.lanes };

	(void)state;
	ground_make(&g);
	for (size_t i = 0; i < ROUTES; i++) {
		p.lane = &g.lane[i];
		assert_int_equal(lanes_pass_on(&p), i + 1 < ROUTES);
		assert_int_equal(lanes_serving(&g.lanes, &p), 7u << (i + 1) & 7);
	}
}

/* Two at a time, of the lane or of all lanes of the provider, until one is taken over. */
static void test_trial(void **state)
{
	struct ground g;
	struct lane *l = &g.lane[0];

	(void)state;
	ground_make(&g);
	assert_true(lane_room(l) >= SESSIONS);
	l->trial = true;
	assert_int_equal(lane_room(l), 2);
	l->away_count = g.courier.pools[0].away_count = 1;
	assert_int_equal(lane_room(l), 1);
	l->asked_count = g.courier.pools[0].asked_count = 1;
	assert_int_equal(lane_room(l), 0);
	l->away_count = l->asked_count = 0; /* those are of another country */
	g.courier.pools[0].trial = true;
	assert_int_equal(lane_room(l), 0);
	l->trial = g.courier.pools[0].trial = false;
	assert_true(lane_room(l) >= SESSIONS - 2);
}

/* Whoever has mended what a provider minded need not wait for the end of its pause. */
static void test_hurry(void **state)
{
	struct lane l = { .region = "RU" };
	struct courier c = { .channel = &channel, .all_lanes = &l };
	int64_t now = now_mono_ms();

	(void)state;
	for (int i = 0; i < 3; i++)
		quarrel_note(&l.quarrel, now + 3600000 * i);
	assert_true(quarrel_holds(&l.quarrel, now + 2 * 3600000));
	courier_hurry(&c);
	assert_false(quarrel_holds(&l.quarrel, now + 2 * 3600000));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bound),
		cmocka_unit_test(test_passed_on),
		cmocka_unit_test(test_trial),
		cmocka_unit_test(test_hurry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
