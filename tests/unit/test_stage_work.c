/* A work ends once all that was appended for it is with Kafka, and never where Kafka refuses some
 * of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "mem.h"
#include "stage_priv.h"

static int ended;
static bool stands_in; /* another record went in a refused one's place */

static void flushed(void *ctx, struct work *w)
{
	(void)ctx;
	(void)w;
	ended++;
}

static bool refused(void *ctx, struct work *w)
{
	(void)ctx;
	w->pending += stands_in;
	return stands_in;
}

static const struct stage stage = {
	.name = "test", .input = STAGE_TOPIC_REQUESTED, .flushed = flushed, .refused = refused
};

/* A partition with the records 0, which stays undone, and 1, for which two have been appended. */
static struct work *begin(struct run *r, struct stage_part *part)
{
	struct record rec = { .partition = 0, .offset = 0 };
	struct work *w;

	*r = (struct run){ .stage = &stage };
	r->settings.topics[STAGE_TOPIC_REQUESTED] = (char *)"asked";
	*part = (struct stage_part){ .undone = 0 };
	watermark_init(&part->mark);
	watermark_read(&part->mark, 0);
	work_new(r, part, &rec);
	rec.offset = 1;
	watermark_read(&part->mark, 1);
	w = work_new(r, part, &rec);
	w->pending = 2;
	ended = 0;
	return w;
}

static void test_all_of_it(void **state)
{
	struct run *r = xcalloc(1, sizeof(*r));
	struct stage_part part;
	struct work *w = begin(r, &part);

	(void)state;
	stage_on_acked(r, w, NULL);
	stage_on_acked(r, w, NULL);
	assert_int_equal(ended, 0); /* the service is not through with it */
	stage_finish(r, w);
	assert_int_equal(ended, 1);
	assert_int_equal(r->undone_count, 1);

	stage_free_works(r);
	w = begin(r, &part);
	stage_finish(r, w);
	stage_on_acked(r, w, NULL);
	assert_int_equal(ended, 0); /* one of two */
	stage_on_acked(r, w, NULL);
	assert_int_equal(ended, 1);
	stage_free_works(r);
	free(r);
}

static void test_refused(void **state)
{
	struct run *r = xcalloc(1, sizeof(*r));
	struct stage_part part;
	struct work *w = begin(r, &part);

	(void)state;
	stands_in = true;
	stage_finish(r, w);
	stage_on_acked(r, w, NULL);
	stage_on_acked(r, w, "too large");
	assert_int_equal(ended, 0);
	assert_string_equal(r->dying, "");
	stage_on_acked(r, w, NULL); /* what went in its place */
	assert_int_equal(ended, 1);

	stage_free_works(r);
	w = begin(r, &part);
	stands_in = false;
	stage_finish(r, w);
	stage_on_acked(r, w, "no");
	stage_on_acked(r, w, NULL);
	assert_int_equal(ended, 0);
	assert_string_equal(r->dying, "no");
	stage_free_works(r);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_of_it),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("stage_work", tests, NULL, NULL);
}
