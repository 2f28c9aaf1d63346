/* The bitmap of undone offsets against a plain list of flags, and its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "watermark.h"

#define OFFSETS 400000
#define STEPS 300000

static struct watermark *mark_new(void)
{
	struct watermark *w = xmalloc(sizeof(*w));

	watermark_init(w);
	return w;
}

static void test_in_order(void **state)
{
	autofree struct watermark *w = mark_new();

	(void)state;
	assert_int_equal(w->low, -1);
	for (int64_t o = 7; o < 1000; o++) {
		assert_true(watermark_read(w, o));
		assert_true(watermark_done(w, o));
		assert_int_equal(w->low, o + 1);
	}
}

static void test_any_order(void **state)
{
	autofree struct watermark *w = mark_new();

	(void)state;
	for (int64_t o = 100; o < 104; o++)
		assert_true(watermark_read(w, o));
	assert_int_equal(w->low, 100);
	assert_false(watermark_done(w, 102));
	assert_false(watermark_done(w, 101));
	assert_int_equal(w->low, 100);
	assert_true(watermark_done(w, 100));
	assert_int_equal(w->low, 103);
	assert_true(watermark_done(w, 103));
	assert_int_equal(w->low, 104);
}

/* Compacted records and transaction markers: offsets that nobody ever reads. */
static void test_gaps(void **state)
{
	autofree struct watermark *w = mark_new();

	(void)state;
	assert_true(watermark_read(w, 10));
	assert_true(watermark_read(w, 15)); /* 11 to 14 are none */
	assert_false(watermark_done(w, 15));
	assert_true(watermark_done(w, 10));
	assert_int_equal(w->low, 16);
	/* Nothing is undone: a gap of any width. */
	assert_true(watermark_read(w, 16 + 3 * (int64_t)WATERMARK_WINDOW));
	assert_int_equal(w->low, 16 + 3 * (int64_t)WATERMARK_WINDOW);
	assert_true(watermark_done(w, w->low));
	/* The first record of all need not be the first of the topic. */
	watermark_init(w);
	assert_true(watermark_read(w, 5000000000));
	assert_true(watermark_done(w, 5000000000));
	assert_int_equal(w->low, 5000000001);
}

static void test_window(void **state)
{
	autofree struct watermark *w = mark_new();

	(void)state;
	for (int64_t o = 0; o < WATERMARK_WINDOW; o++) {
		assert_false(watermark_full(w));
		assert_true(watermark_read(w, o));
		if (o)
			assert_false(watermark_done(w, o));
	}
	assert_true(watermark_full(w));
	assert_false(watermark_read(w, WATERMARK_WINDOW)); /* nothing changes */
	assert_false(watermark_read(w, 2 * (int64_t)WATERMARK_WINDOW));
	assert_int_equal(w->low, 0);
	assert_int_equal(w->next, WATERMARK_WINDOW);
	assert_true(watermark_done(w, 0));
	assert_int_equal(w->low, WATERMARK_WINDOW);
	assert_false(watermark_full(w));
	assert_true(watermark_read(w, WATERMARK_WINDOW));
	assert_true(watermark_done(w, WATERMARK_WINDOW));
}

/* A gap that reaches over the window is refused as a whole, and taken once there is room. */
static void test_gap_over_the_window(void **state)
{
	autofree struct watermark *w = mark_new();

	(void)state;
	assert_true(watermark_read(w, 0));
	assert_true(watermark_read(w, 1));
	assert_false(watermark_read(w, WATERMARK_WINDOW));
	assert_true(watermark_done(w, 0));
	assert_int_equal(w->low, 1);
	assert_true(watermark_read(w, WATERMARK_WINDOW));
	assert_true(watermark_done(w, 1));
	assert_int_equal(w->low, WATERMARK_WINDOW);
}

enum flag { NEVER, UNDONE, DONE };

/* What watermark promises, said slowly. */
struct model {
	uint8_t flags[OFFSETS];
	int64_t low, next;
};

static void model_advance(struct model *m)
{
	while (m->low < m->next && m->flags[m->low] != UNDONE)
		m->low++;
}

static void model_read(struct model *m, int64_t offset)
{
	if (m->next < 0)
		m->low = offset;
	m->flags[offset] = UNDONE;
	m->next = offset + 1;
	model_advance(m);
}

/* Some offset that was read and is undone, near a place drawn at random; -1 = none there. */
static int64_t model_pick(const struct model *m)
{
	if (m->low < 0 || m->low == m->next)
		return -1;
	for (int64_t o = m->low + random() % (m->next - m->low), end = o + 5000;
	     o < m->next && o < end; o++)
		if (m->flags[o] == UNDONE)
			return o;
	return m->low;
}

static void model_done(struct model *m, struct watermark *w, int64_t offset)
{
	int64_t before = m->low;

	m->flags[offset] = DONE;
	model_advance(m);
	assert_int_equal(watermark_done(w, offset), m->low != before);
}

static void run_model(unsigned seed, long read_weight)
{
	autofree struct model *m = xcalloc(1, sizeof(*m));
	autofree struct watermark *w = mark_new();
	int64_t held = 0; /* one stays undone for long, as behind a lease */

	srandom(seed);
	m->low = m->next = -1;
	for (int i = 0; i < STEPS; i++) {
		int64_t next = m->next < 0 ? random() % 100
					   : m->next + (random() % 20 ? 0 : random() % 40);
		int64_t offset = model_pick(m);

		if (random() % 10 < read_weight && next < OFFSETS) {
			if (watermark_read(w, next))
				model_read(m, next);
			else
				assert_true(next - m->low >= WATERMARK_WINDOW);
		} else if (offset >= 0 && (offset != m->low || ++held % 50 == 0)) {
			model_done(m, w, offset);
		}
		assert_int_equal(w->low, m->low);
		assert_int_equal(w->next, m->next);
	}
	for (int64_t o = m->low < 0 ? 0 : m->low; o < m->next; o++)
		if (m->flags[o] == UNDONE)
			model_done(m, w, o);
	assert_int_equal(w->low, m->next);
}

static void test_model(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 3; seed++) {
		run_model(seed, 5);
		run_model(seed, 9); /* reads outrun what is done */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order), cmocka_unit_test(test_any_order),
		cmocka_unit_test(test_gaps),	 cmocka_unit_test(test_window),
		cmocka_unit_test(test_model),	 cmocka_unit_test(test_gap_over_the_window),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
