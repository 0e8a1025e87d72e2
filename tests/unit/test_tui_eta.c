#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/clock.h"
#include "feed.h"
#include "tui/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define S CLOCK_SECOND

static int set_up(void **state)
{
	*state = eta_new();
	return 0;
}

static int tear_down(void **state)
{
	eta_free(*state);
	return 0;
}

static void add_waiting(struct eta *eta, uint64_t first, unsigned count, uint64_t expected)
{
	for (unsigned i = 0; i < count; i++)
		eta_move(eta, first + i, ETA_WAITING, expected);
}

static struct eta_left estimate(const struct eta *eta, unsigned workers)
{
	struct eta_left left = { 0 };

	assert_true(eta_estimate(eta, workers, NULL, 0, &left));
	return left;
}

static void near(double found, double wanted, double share)
{
	if (!(fabs(found - wanted) <= share * wanted))
		fail_msg("%g is not %g, give or take %g %%", found, wanted, share * 100);
}

static void nothing_left_or_known_is_not_estimated(void **state)
{
	struct eta *eta = *state;
	struct eta_left left;

	assert_false(eta_estimate(eta, 4, NULL, 0, &left));
	add_waiting(eta, 1, 10, 0);
	assert_false(eta_estimate(eta, 4, NULL, 0, &left));
	for (unsigned i = 1; i <= 10; i++)
		eta_move(eta, i, ETA_OVER, 0);
	assert_false(eta_estimate(eta, 4, NULL, 0, &left));
}

static void history_is_shared_by_the_workers(void **state)
{
	struct eta *eta = *state;

	add_waiting(eta, 1, 40, S);
	near(clock_seconds(estimate(eta, 4).time), 10, 0.01);
	near(clock_seconds(estimate(eta, 1).time), 40, 0.01);
	/* No more workers than there are tests can help. */
	near(clock_seconds(estimate(eta, 400).time), 1, 0.01);
}

static void slower_machine_takes_longer(void **state)
{
	struct eta *eta = *state;
	double at_first, later;

	add_waiting(eta, 1, 40, S);
	at_first = clock_seconds(estimate(eta, 1).time);
	for (unsigned i = 1; i <= 20; i++) {
		assert_int_equal(eta_move(eta, i, ETA_OVER, S), ETA_WAITING);
		eta_took(eta, S, 2 * S);
	}
	later = clock_seconds(estimate(eta, 1).time);
	near(at_first, 40, 0.01);
	/* Twenty are left, each takes twice as long; the weight on the ratio 1 is small by now. */
	near(later, 40, 0.1);
}

static void single_first_test_does_not_decide(void **state)
{
	struct eta *eta = *state;

	add_waiting(eta, 1, 100, S);
	eta_move(eta, 1, ETA_OVER, S);
	eta_took(eta, S, 20 * S);
	assert_in_range(estimate(eta, 1).time, 99 * S, 99 * 6 * S);
}

static void steady_ratios_make_it_surer(void **state)
{
	struct eta *eta = *state, *wild = eta_new();

	add_waiting(eta, 1, 100, S);
	add_waiting(wild, 1, 100, S);
	for (unsigned i = 1; i <= 50; i++) {
		eta_move(eta, i, ETA_OVER, S);
		eta_move(wild, i, ETA_OVER, S);
		eta_took(eta, S, S);
		eta_took(wild, S, i % 2 ? S / 10 : 19 * S / 10);
	}
	near((double)estimate(eta, 1).time, (double)estimate(wild, 1).time, 0.01);
	assert_true(estimate(eta, 1).spread * 3 < estimate(wild, 1).spread);
	/* 50 tests, each off by 0.9: 1.645 × 0.9 × √50, and a little for the ratio itself. */
	near(clock_seconds(estimate(wild, 1).spread), 10.5, 0.45);
	eta_free(wild);
}

static void tests_without_history_make_it_less_sure(void **state)
{
	struct eta *eta = *state, *all = eta_new();

	add_waiting(eta, 1, 50, S);
	add_waiting(eta, 51, 50, 0);
	add_waiting(all, 1, 100, S);
	/* They are as long as the others, as far as anybody knows. */
	near((double)estimate(eta, 2).time, (double)estimate(all, 2).time, 0.01);
	assert_true(estimate(eta, 2).spread > 2 * estimate(all, 2).spread);
	eta_free(all);
}

static void without_history_the_rate_tells(void **state)
{
	struct eta *eta = *state;
	struct eta_left left;

	add_waiting(eta, 1, 100, 0);
	for (unsigned i = 1; i <= 2; i++) {
		eta_move(eta, i, ETA_OVER, 0);
		eta_took(eta, 0, S / 2);
	}
	assert_false(eta_estimate(eta, 4, NULL, 0, &left));
	for (unsigned i = 3; i <= 20; i++) {
		eta_move(eta, i, ETA_OVER, 0);
		eta_took(eta, 0, S / 2);
		eta_paused(eta, S / 2);
	}
	/* 80 tests of half a second, and as much between two. */
	near(clock_seconds(estimate(eta, 4).time), 20, 0.01);
}

static void long_tests_that_run_are_not_missed(void **state)
{
	struct eta *eta = *state;
	struct eta_running running[] = { { .age = 30 * S }, { .age = 30 * S } };
	struct eta_left left;

	add_waiting(eta, 1, 102, 0);
	for (unsigned i = 1; i <= 10; i++) {
		eta_move(eta, i, ETA_OVER, 0);
		eta_took(eta, 0, S);
	}
	eta_move(eta, 101, ETA_RUNNING, 0);
	eta_move(eta, 102, ETA_RUNNING, 0);
	assert_true(eta_estimate(eta, 2, running, 2, &left));
	/* The mean is 7 s, not 1. */
	near(clock_seconds(left.time), 90 * 7 / 2.0, 0.05);
}

static void waits_that_are_no_pauses_are_cut(void **state)
{
	struct eta *eta = *state;

	add_waiting(eta, 1, 10, S);
	eta_paused(eta, 3600 * S);
	near(clock_seconds(estimate(eta, 1).time), 20, 0.01);
}

static void longest_running_test_is_waited_for(void **state)
{
	struct eta *eta = *state;
	struct eta_running running[] = { { .age = 2 * S, .expected = 30 * S }, { .age = S, .expected = 2 * S } };
	struct eta_left left;

	eta_move(eta, 1, ETA_RUNNING, 30 * S);
	eta_move(eta, 2, ETA_RUNNING, 2 * S);
	assert_true(eta_estimate(eta, 8, running, 2, &left));
	near(clock_seconds(left.time), 28, 0.01);
	assert_true(left.spread > 0);
}

static void long_test_may_come_last(void **state)
{
	struct eta *eta = *state;
	struct eta_left without, with;

	add_waiting(eta, 1, 400, S / 10);
	for (unsigned i = 0; i < 400; i++)
		eta_took(eta, S / 10, S / 10);
	without = estimate(eta, 4);
	eta_move(eta, 401, ETA_WAITING, 10 * S);
	with = estimate(eta, 4);
	near(clock_seconds(without.time), 10, 0.01);
	near(clock_seconds(with.time), 12.5, 0.01);
	/* Last it would add 7.5 s, first nothing. */
	assert_in_range(with.spread, 3 * S, 8 * S);
	assert_true(without.spread < with.spread / 2);
	/* Among a few it is what is waited for. */
	for (unsigned i = 1; i <= 390; i++)
		eta_move(eta, i, ETA_OVER, S / 10);
	near(clock_seconds(estimate(eta, 4).time), 10, 0.01);
	eta_move(eta, 401, ETA_OVER, 10 * S);
	near(clock_seconds(estimate(eta, 4).time), 0.25, 0.01);
}

static void late_test_ends_at_its_deadline_at_the_latest(void **state)
{
	struct eta *eta = *state;
	struct eta_running running = { .age = 20 * S, .expected = 2 * S };
	struct eta_left left;

	eta_move(eta, 1, ETA_RUNNING, 2 * S);
	assert_true(eta_estimate(eta, 2, &running, 1, &left));
	near(clock_seconds(left.time), 5, 0.01);
	running.deadline = 22 * S;
	assert_true(eta_estimate(eta, 2, &running, 1, &left));
	near(clock_seconds(left.time), 2, 0.01);
	running.age = 23 * S;
	assert_true(eta_estimate(eta, 2, &running, 1, &left));
	assert_int_equal(left.time, 0);
}

static void numbers_stay_finite(void **state)
{
	struct eta *eta = *state;
	struct eta_running running = { .age = UINT64_MAX, .expected = UINT64_MAX };
	struct eta_left left;

	add_waiting(eta, 1, 3, UINT64_MAX);
	eta_took(eta, 1, UINT64_MAX);
	assert_true(eta_estimate(eta, 0, &running, 1, &left));
	assert_in_range(left.time, 1, 3600000 * S);
	assert_in_range(left.spread, 0, 3600000 * S);
	assert_int_equal(eta_move(eta, 0, ETA_WAITING, 1), ETA_NOWHERE);
}

static void text_is_short(void **state)
{
	char buffer[ETA_TEXT_SIZE];

	(void)state;
#define TEXT(time, spread, ascii) eta_text(buffer, &(struct eta_left){ time, spread }, ascii)
	assert_string_equal(TEXT(18 * S, 4 * S, false), "0:18 ±4");
	assert_string_equal(TEXT(18 * S, 4 * S, true), "0:18 +-4");
	assert_string_equal(TEXT(18 * S, S / 10, false), "0:18");
	assert_string_equal(TEXT(18 * S, 40 * S, false), "~0:18");
	assert_string_equal(TEXT(750 * S, 130 * S, false), "12:30 ±2m");
	assert_string_equal(TEXT(0, 0, false), "0:01");
	assert_string_equal(TEXT(0, S, false), "~0:01");
	assert_string_equal(TEXT(5400 * S, 99 * S, false), "1:30:00 ±99");
}

/* --- what events make of it --- */

static void run_comes_to_its_end(void **state)
{
	struct feed feed = { .model = model_new() };
	struct forecast *forecast = forecast_new(model_run(feed.model));
	struct eta_left left;
	uint64_t before = UINT64_MAX;

	(void)state;
	feed_run_started(&feed, 1);
	for (unsigned i = 1; i <= 20; i++) {
		struct event event = feed_make(EVENT_TEST_FOUND);

		event_put(&event, test, i);
		event_put_text(&event, id, "a");
		event_put(&event, expected, S);
		model_apply(feed.model, &event);
		forecast_hear(forecast, &event, model_test(feed.model, i));
	}
	for (unsigned i = 1; i <= 20; i++) {
		const struct test *test = model_test(feed.model, i);
		struct event event = feed_make(EVENT_TEST_STARTED);

		event_put(&event, test, i);
		event_put(&event, worker, 0);
		event_put(&event, attempt, 1);
		event.t = feed.t;
		model_apply(feed.model, &event);
		forecast_hear(forecast, &event, test);
		assert_true(forecast_left(forecast, feed.model, feed.t, &left));
		assert_true(left.time < before);
		before = left.time;
		feed.t += S;
		for (int verdict = 0; verdict < 2; verdict++) {
			event = feed_make(verdict ? EVENT_TEST_VERDICT : EVENT_TEST_FINISHED);
			event_put(&event, test, i);
			event_put(&event, worker, 0);
			event_put(&event, outcome, OUTCOME_PASSED);
			event_put(&event, attempts, 1);
			event_put(&event, duration, S);
			event.t = feed.t;
			model_apply(feed.model, &event);
			forecast_hear(forecast, &event, test);
		}
	}
	assert_false(forecast_left(forecast, feed.model, feed.t, &left));
	forecast_free(forecast);
	/* As if the dashboard had been opened only now. */
	forecast = forecast_new(model_run(feed.model));
	assert_false(forecast_left(forecast, feed.model, feed.t, &left));
	forecast_free(forecast);
	model_free(feed.model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(nothing_left_or_known_is_not_estimated),
		TEST(history_is_shared_by_the_workers),
		TEST(slower_machine_takes_longer),
		TEST(single_first_test_does_not_decide),
		TEST(steady_ratios_make_it_surer),
		TEST(tests_without_history_make_it_less_sure),
		TEST(without_history_the_rate_tells),
		TEST(long_tests_that_run_are_not_missed),
		TEST(waits_that_are_no_pauses_are_cut),
		TEST(longest_running_test_is_waited_for),
		TEST(long_test_may_come_last),
		TEST(late_test_ends_at_its_deadline_at_the_latest),
		TEST(numbers_stay_finite),
		TEST(text_is_short),
		cmocka_unit_test(run_comes_to_its_end),
	};

	return cmocka_run_group_tests_name("eta", tests, NULL, NULL);
}
