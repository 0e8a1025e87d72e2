#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "feed.h"
#include "tui/spans.h"

#include <stdlib.h>

#define S CLOCK_SECOND

struct listener {
	struct frontend frontend;
	struct spans *spans;
};

struct fixture {
	struct feed feed;
	struct listener listener;
};

static void hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	(void)model;
	spans_hear(((struct listener *)frontend)->spans, event);
}

static const struct frontend_ops ops = { "spans", hear, NULL, NULL, NULL };

static int set_up(void **state)
{
	struct fixture *fixture = ALLOC_NEW(struct fixture);

	fixture->feed.model = model_new();
	fixture->listener.frontend.ops = &ops;
	fixture->listener.spans = spans_new(model_run(fixture->feed.model));
	fixture->feed.frontend = &fixture->listener.frontend;
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	spans_free(fixture->listener.spans);
	model_free(fixture->feed.model);
	free(fixture);
	return 0;
}

static const struct ending passes = { .outcome = OUTCOME_PASSED, .duration = S };
static const struct ending fails = { .outcome = OUTCOME_FAILED, .duration = S };

/* Runs test by test on a worker, a second each, with a second between. */
static void run_some(struct fixture *fixture, unsigned worker, unsigned first, unsigned count, unsigned bad)
{
	struct feed *feed = &fixture->feed;

	for (unsigned i = first; i < first + count; i++) {
		feed_found(feed, i, "a");
		feed_started(feed, i, 1, worker);
		feed->t += S;
		feed_finished(feed, i, 1, worker, i == bad ? fails : passes);
		feed_verdict(feed, i, 1, i == bad ? fails : passes);
		feed->t += S;
	}
}

static void columns_are_found(void **state)
{
	struct fixture *fixture = *state;
	const struct spans *spans = fixture->listener.spans;

	run_some(fixture, 3, 1, 10, 0);
	assert_int_equal(spans_count(spans, 3), 10);
	assert_int_equal(spans_count(spans, 0), 0);
	assert_null(spans_get(spans, 3, 10));
	/* Test i runs from 2 (i - 1) to 2 (i - 1) + 1. */
	assert_int_equal(spans_get(spans, 3, 4)->started, 8 * S);
	assert_int_equal(spans_get(spans, 3, 4)->ended, 9 * S);
	assert_int_equal(spans_get(spans, 3, 4)->test, 5);
	assert_int_equal(spans_ending_behind(spans, 3, 8 * S), 4);
	assert_int_equal(spans_ending_behind(spans, 3, 9 * S), 5);
	assert_int_equal(spans_ending_behind(spans, 3, 100 * S), 10);
	assert_int_equal(spans_starting_from(spans, 3, 8 * S), 4);
	assert_int_equal(spans_starting_from(spans, 3, 8 * S + 1), 5);
	assert_int_equal(spans_starting_from(spans, 3, 0), 0);
	for (size_t from = 0; from <= 10; from++)
		for (uint64_t t = 0; t <= 22 * S; t += S / 2) {
			size_t wanted = spans_starting_from(spans, 3, t);

			assert_int_equal(spans_starting_near(spans, 3, from, t), wanted > from ? wanted : from);
		}
}

static void busy_time_is_summed(void **state)
{
	struct fixture *fixture = *state;
	const struct spans *spans = fixture->listener.spans;

	run_some(fixture, 0, 1, 10, 0);
	assert_int_equal(spans_busy(spans, 0, 0, 20 * S, 20 * S), 10 * S);
	assert_int_equal(spans_busy(spans, 0, S / 2, 2 * S + S / 4, 20 * S), S / 2 + S / 4);
	assert_int_equal(spans_busy(spans, 0, S, 2 * S, 20 * S), 0);
	feed_found(&fixture->feed, 11, "a");
	feed_started(&fixture->feed, 11, 1, 0);
	assert_int_equal(spans_busy(spans, 0, 20 * S, 30 * S, 23 * S), 3 * S);
	assert_int_equal(spans_busy(spans, 0, 24 * S, 30 * S, 23 * S), 0);
}

static void failures_are_found_among_many(void **state)
{
	struct fixture *fixture = *state;
	const struct spans *spans = fixture->listener.spans;

	run_some(fixture, 0, 1, 100, 58);
	run_some(fixture, 0, 101, 20, 120);
	assert_int_equal(spans_next_bad(spans, 0, 0, 120), 57);
	assert_int_equal(spans_next_bad(spans, 0, 57, 120), 57);
	assert_int_equal(spans_next_bad(spans, 0, 57, 58), 57);
	assert_int_equal(spans_next_bad(spans, 0, 58, 120), 119);
	assert_int_equal(spans_next_bad(spans, 0, 58, 119), 119);
	assert_int_equal(spans_next_bad(spans, 0, 0, 57), 57);
	assert_int_equal(spans_next_bad(spans, 0, 120, 120), 120);
}

static void lost_ends_do_not_overlap(void **state)
{
	struct fixture *fixture = *state;
	struct feed *feed = &fixture->feed;
	const struct spans *spans = fixture->listener.spans;

	feed_found(feed, 1, "a");
	feed_found(feed, 2, "b");
	feed_started(feed, 1, 1, 0);
	feed->t = 5 * S;
	feed_started(feed, 2, 1, 0);
	assert_int_equal(spans_get(spans, 0, 0)->ended, 5 * S);
	assert_int_equal(spans_get(spans, 0, 0)->outcome, OUTCOME_NONE);
	assert_int_equal(spans_get(spans, 0, 1)->ended, UINT64_MAX);
	/* A clock that goes backwards, and an end of something else. */
	feed->t = 2 * S;
	feed_finished(feed, 1, 1, 0, passes);
	assert_int_equal(spans_get(spans, 0, 1)->ended, UINT64_MAX);
	feed_finished(feed, 2, 1, 0, passes);
	assert_int_equal(spans_get(spans, 0, 1)->started, 5 * S);
	assert_int_equal(spans_get(spans, 0, 1)->ended, 5 * S);
}

static void tail_begins_with_the_first_that_is_idle(void **state)
{
	struct fixture *fixture = *state;
	struct feed *feed = &fixture->feed;
	const struct run *run = model_run(feed->model);
	struct spans_tail tail = spans_tail(fixture->listener.spans, run, 0);

	assert_int_equal(tail.from, tail.to);
	for (unsigned i = 1; i <= 3; i++)
		feed_found(feed, i, "a");
	for (unsigned i = 1; i <= 3; i++)
		feed_started(feed, i, 1, i - 1);
	feed->t = 10 * S;
	feed_finished(feed, 1, 1, 0, passes);
	feed->t = 12 * S;
	feed_finished(feed, 2, 1, 1, passes);
	/* One is idle for four seconds, another for two, and one runs on. */
	tail = spans_tail(fixture->listener.spans, run, 14 * S);
	assert_int_equal(tail.from, 10 * S);
	assert_int_equal(tail.to, 14 * S);
	assert_int_equal(tail.slot, 2);
	assert_int_equal(tail.workers, 3);
	assert_true(tail.idle > 1.49 && tail.idle < 1.51);
}

static void past_is_read_from_the_model(void **state)
{
	struct fixture *fixture = *state;
	struct feed *feed = &fixture->feed;
	struct spans *late;

	run_some(fixture, 1, 1, 10, 4);
	feed_found(feed, 11, "a");
	feed_started(feed, 11, 1, 1);
	late = spans_new(model_run(feed->model));
	assert_int_equal(spans_count(late, 1), 11);
	for (unsigned i = 0; i < 11; i++) {
		const struct span *a = spans_get(late, 1, i), *b = spans_get(fixture->listener.spans, 1, i);

		assert_int_equal(a->started, b->started);
		assert_int_equal(a->ended, b->ended);
		assert_int_equal(a->busy_before, b->busy_before);
		assert_int_equal(a->bad_before, b->bad_before);
		assert_int_equal(a->test, b->test);
		assert_int_equal(a->outcome, b->outcome);
	}
	spans_free(late);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(columns_are_found),
		TEST(busy_time_is_summed),
		TEST(failures_are_found_among_many),
		TEST(lost_ends_do_not_overlap),
		TEST(tail_begins_with_the_first_that_is_idle),
		TEST(past_is_read_from_the_model),
	};

	return cmocka_run_group_tests_name("spans", tests, NULL, NULL);
}
