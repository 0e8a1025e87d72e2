#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "sched/policy.h"
#include "sched/simulator.h"

static struct sched *sched_of_duration(void)
{
	struct sched_options options = { .mode = "duration" };
	struct error error = ERROR_INIT;
	struct sched *sched = sched_new(&options, &error);

	assert_non_null(sched);
	return sched;
}

/* `seconds` 0: nothing is known of it. */
static void add_to(struct sched *sched, const char *suite, uint64_t number, const char *file,
		   const char *scope, double seconds)
{
	struct sched_test test = { .number = number,
				   .suite = suite,
				   .id = "id",
				   .file = file,
				   .scope = scope,
				   .expected = clock_from_seconds(seconds),
				   .worker = SCHED_ANY_WORKER };

	sched_add(sched, &test);
}

static void add(struct sched *sched, uint64_t number, const char *file, const char *scope, double seconds)
{
	add_to(sched, "suite", number, file, scope, seconds);
}

static void collected(struct sched *sched, unsigned workers)
{
	sched_collected(sched, workers);
	for (unsigned worker = 0; worker < workers; worker++)
		sched_worker_added(sched, worker);
}

/* Runs all on one worker that holds nothing ahead, and compares the order with `expected`. */
static void assert_order(struct sched *sched, unsigned worker, const uint64_t *expected, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(sched_next(sched, worker, false), expected[i]);
		sched_ended(sched, worker, expected[i], CLOCK_SECOND);
	}
	assert_int_equal(sched_next(sched, worker, false), 0);
}

static double expected_of(struct sched *sched, uint64_t number)
{
	return (double)sched_items(sched)[number - 1].expected;
}

static struct simulated run(const struct simulation *simulation)
{
	struct error error = ERROR_INIT;
	struct simulated result = { 0 };

	if (simulate(simulation, &result, &error) != 0)
		fail_msg("%s", error.message);
	return result;
}

static void longest_comes_first(void **state)
{
	static const uint64_t order[] = { 3, 1, 4, 2 };
	struct sched *sched = sched_of_duration();

	(void)state;
	add(sched, 1, "a", "a", 2);
	add(sched, 2, "b", "b", 0.5);
	add(sched, 3, "c", "c", 9);
	add(sched, 4, "d", "d", 1);
	collected(sched, 1);
	assert_order(sched, 0, order, 4);
	sched_free(sched);
}

static void priority_goes_before_length(void **state)
{
	static const uint64_t order[] = { 2, 3, 1, 4 };
	static const int priorities[] = { 0, 1, 0, -1 };
	static const unsigned seconds[] = { 1, 1, 2, 9 };
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 4; i++) {
		struct sched_test test = { .number = i,
					   .suite = "suite",
					   .id = "id",
					   .worker = SCHED_ANY_WORKER,
					   .expected = seconds[i - 1] * CLOCK_SECOND,
					   .priority = priorities[i - 1] };
		sched_add(sched, &test);
	}
	collected(sched, 1);
	assert_order(sched, 0, order, 4);
	sched_free(sched);
}

static void scope_stays_together_in_the_order_of_its_tests(void **state)
{
	static const uint64_t order[] = { 2, 4, 6, 1, 3, 5 };
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 6; i++)
		add(sched, i, "file", i % 2 ? "odd" : "even", i % 2 ? 0.1 : 0.2);
	collected(sched, 1);
	assert_order(sched, 0, order, 6);
	sched_free(sched);
}

static void long_test_comes_first_in_its_scope(void **state)
{
	static const uint64_t order[] = { 3, 1, 2, 4 };
	struct sched *sched = sched_of_duration();

	(void)state;
	add(sched, 1, "a", "a", 0.1);
	add(sched, 2, "a", "a", 0.1);
	add(sched, 3, "a", "a", 10);
	add(sched, 4, "a", "a", 0.1);
	collected(sched, 1);
	assert_order(sched, 0, order, 4);
	sched_free(sched);
}

static void unknown_test_gets_the_median_of_its_file_then_suite(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	add(sched, 1, "a", "a::A", 1);
	add(sched, 2, "a", "a::A", 30);
	add(sched, 3, "a", "a::B", 4);
	add(sched, 4, "a", "a::B", 0);
	add(sched, 5, "b", NULL, 0);
	add(sched, 6, "c", NULL, 5);
	add(sched, 7, "c", NULL, 6);
	for (uint64_t i = 8; i <= 11; i++)
		add_to(sched, "slow", i, "a", NULL, 100);
	add_to(sched, "new", 12, "a", NULL, 0);
	collected(sched, 2);
	assert_true(expected_of(sched, 4) > 3.9 && expected_of(sched, 4) < 4.1);
	assert_true(expected_of(sched, 5) > 4.9 && expected_of(sched, 5) < 5.1);
	/* Of the run, where the suite is new. */
	assert_true(expected_of(sched, 12) > 29.9 && expected_of(sched, 12) < 30.1);
	/* One that is found later, too. */
	add(sched, 13, "a", "a::C", 0);
	assert_true(expected_of(sched, 13) > 3.9 && expected_of(sched, 13) < 4.1);
	sched_free(sched);
}

static void without_history_all_count_the_same(void **state)
{
	static const uint64_t order[] = { 3, 4, 5, 1, 2 };
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 5; i++)
		add(sched, i, "file", i <= 2 ? "two" : "three", 0);
	collected(sched, 1);
	assert_true(expected_of(sched, 5) > 0.999 && expected_of(sched, 5) < 1.001);
	assert_order(sched, 0, order, 5);
	sched_free(sched);
}

static void scope_is_cut_where_the_others_would_wait(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 8; i++)
		add(sched, i, "file", "scope", 1);
	collected(sched, 2);
	assert_int_equal(sched_next(sched, 0, false), 1);
	assert_int_equal(sched_next(sched, 1, false), 5);
	sched_free(sched);
}

static void worker_goes_on_with_the_scope_that_it_began(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	/* Three pieces of each scope let three workers end together. */
	for (uint64_t i = 1; i <= 12; i++)
		add(sched, i, "file", i <= 6 ? "A" : "B", 1);
	collected(sched, 3);
	assert_int_equal(sched_next(sched, 0, false), 1);
	assert_int_equal(sched_next(sched, 1, false), 7);
	assert_int_equal(sched_next(sched, 2, false), 5);
	sched_ended(sched, 1, 7, CLOCK_SECOND);
	assert_int_equal(sched_next(sched, 1, false), 8);
	sched_ended(sched, 1, 8, CLOCK_SECOND);
	assert_int_equal(sched_next(sched, 1, false), 9);
	sched_free(sched);
}

static void short_rest_of_a_scope_does_not_go_before_the_longest(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	add(sched, 1, "a", "a", 10);
	add(sched, 2, "a", "a", 1);
	add(sched, 3, "b", "b", 9);
	collected(sched, 2);
	assert_int_equal(sched_next(sched, 0, false), 1);
	sched_ended(sched, 0, 1, CLOCK_SECOND);
	assert_int_equal(sched_next(sched, 0, false), 3);
	assert_int_equal(sched_next(sched, 1, false), 2);
	sched_free(sched);
}

static void nothing_is_held_behind_a_long_test(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	add(sched, 1, "a", "a", 5);
	add(sched, 2, "b", "b", 0.001);
	add(sched, 3, "c", "c", 0.0005);
	collected(sched, 1);
	assert_int_equal(sched_next(sched, 0, false), 1);
	assert_int_equal(sched_next(sched, 0, true), 0);
	sched_ended(sched, 0, 1, CLOCK_SECOND);
	assert_int_equal(sched_next(sched, 0, false), 2);
	assert_int_equal(sched_next(sched, 0, true), 3);
	sched_free(sched);
}

static void idle_worker_takes_half_of_what_waits(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 9; i++)
		add(sched, i, "file", "scope", 1);
	collected(sched, 1);
	sched_worker_added(sched, 1);
	sched_worker_added(sched, 2);
	assert_int_equal(sched_next(sched, 0, false), 1); /* 2 to 9 wait behind it */
	assert_int_equal(sched_next(sched, 1, false), 6);
	assert_int_equal(sched_next(sched, 2, false), 4); /* of 2 to 5, the more loaded one */
	assert_int_equal(sched_next(sched, 0, true), 2);
	assert_int_equal(sched_next(sched, 1, true), 7);
	sched_free(sched);
}

/* Were it kept for its worker, the other's harness would hear that nothing comes, tear all down, and get it after all. */
static void idle_worker_takes_the_last_test_of_one_that_is_busy(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t number = 1; number <= 2; number++)
		add(sched, number, "f", "s", 1);
	collected(sched, 1);
	sched_worker_added(sched, 1);
	assert_int_equal(sched_next(sched, 0, false), 1);
	assert_int_equal(sched_next(sched, 1, false), 2);
	sched_free(sched);
}

static void test_held_behind_a_long_one_goes_to_an_idle_worker(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		add(sched, i, "file", "scope", 1);
	collected(sched, 1);
	sched_worker_added(sched, 1);
	assert_int_equal(sched_next(sched, 0, false), 1);
	sched_ended(sched, 0, 1, CLOCK_SECOND);
	assert_int_equal(sched_next(sched, 0, false), 2);
	assert_int_equal(sched_next(sched, 0, true), 3);
	assert_int_equal(sched_next(sched, 1, false), 0);
	assert_true(sched_is_movable(sched, 3));
	sched_give_back(sched, 0, 3);
	assert_int_equal(sched_next(sched, 1, false), 3);
	sched_free(sched);
}

static void rest_of_a_scope_waits_for_its_worker_to_come_again(void **state)
{
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 3; i++)
		add(sched, i, "file", "scope", 1);
	collected(sched, 1);
	assert_int_equal(sched_next(sched, 0, false), 1);
	assert_int_equal(sched_next(sched, 0, true), 2);
	/* It dies in the first. */
	sched_ended(sched, 0, 1, CLOCK_SECOND);
	sched_give_back(sched, 0, 2);
	assert_int_equal(sched_next(sched, 0, false), 2);
	sched_ended(sched, 0, 2, CLOCK_SECOND);
	/* It goes for good. */
	sched_worker_gone(sched, 0, NULL, NULL);
	sched_worker_added(sched, 1);
	assert_int_equal(sched_next(sched, 1, false), 3);
	sched_free(sched);
}

static void tests_that_are_found_late_come_by_length_too(void **state)
{
	static const uint64_t order[] = { 3, 1, 4, 2 };
	struct sched *sched = sched_of_duration();

	(void)state;
	add(sched, 1, "a", NULL, 3);
	add(sched, 2, "b", NULL, 1);
	collected(sched, 1);
	add(sched, 3, "c", NULL, 9);
	add(sched, 4, "d", NULL, 2);
	assert_order(sched, 0, order, 4);
	sched_free(sched);
}

static bool is_odd(void *context, uint64_t test)
{
	(void)context;
	return test % 2 == 1;
}

static void dropped_tests_are_passed_over(void **state)
{
	static const uint64_t order[] = { 6, 8, 2, 4 };
	struct sched *sched = sched_of_duration();

	(void)state;
	for (uint64_t i = 1; i <= 4; i++)
		add(sched, i, "a", i < 3 ? "one" : "two", 1.0 / (double)i);
	for (uint64_t i = 5; i <= 8; i++)
		add(sched, i, "b", NULL, (double)i);
	collected(sched, 1);
	add(sched, 9, "c", NULL, 0.1);
	sched_drop_if(sched, is_odd, NULL);
	assert_int_equal(sched_waiting(sched), 4);
	assert_order(sched, 0, order, 4);
	sched_free(sched);
}

static void all_workers_end_together_with_exact_history(void **state)
{
	static const struct {
		size_t tests;
		unsigned workers, tests_a_scope;
	} sizes[] = { { 300, 8, 20 },     { 1000, 100, 20 }, { 2000, 16, 1 },
		      { 2000, 16, 3000 }, { 5000, 2, 20 },   { 5000, 400, 20 } };

	(void)state;
	for (unsigned durations = DURATIONS_CONSTANT; durations <= DURATIONS_TINY; durations++) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			struct simulation simulation = { .options = { .mode = "duration" },
							 .durations = (enum simulated_durations)durations,
							 .history = HISTORY_EXACT,
							 .tests = sizes[i].tests,
							 .workers = sizes[i].workers,
							 .tests_a_scope = sizes[i].tests_a_scope,
							 .seed = 11 + i };
			struct simulated result = run(&simulation);

			if (result.makespan > 1.05 * result.lower_bound)
				fail_msg("%zu tests, %u workers, durations %u: %.3f of %.3f s",
					 sizes[i].tests, sizes[i].workers, durations, result.makespan,
					 result.lower_bound);
		}
	}
}

static void scopes_stay_whole_where_that_costs_nothing(void **state)
{
	struct simulation simulation = { .options = { .mode = "duration" }, .tests = 10000, .workers = 4 };

	(void)state;
	for (simulation.seed = 1; simulation.seed <= 3; simulation.seed++) {
		simulation.durations = DURATIONS_CONSTANT;
		assert_int_equal(run(&simulation).splits, 0);
		simulation.durations = DURATIONS_EXPONENTIAL;
		assert_true(run(&simulation).splits <= 2);
	}
	/* A hundredth is not worth a cut. */
	simulation.tests = 3000;
	simulation.workers = 16;
	simulation.durations = DURATIONS_HEAVY;
	struct simulated result = run(&simulation);
	assert_true(result.makespan <= 1.01 * result.lower_bound);
	assert_true(result.splits <= 5);
}

static void memory_is_no_more_than_64_bytes_a_test(void **state)
{
	struct simulation simulation = { .options = { .mode = "duration" },
					 .durations = DURATIONS_EXPONENTIAL,
					 .tests = 50000,
					 .workers = 100 };

	(void)state;
	for (unsigned history = HISTORY_EXACT; history <= HISTORY_MISSING; history++) {
		simulation.history = (enum simulated_history)history;
		assert_true(run(&simulation).memory <= 64 * simulation.tests);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(longest_comes_first),
		cmocka_unit_test(priority_goes_before_length),
		cmocka_unit_test(scope_stays_together_in_the_order_of_its_tests),
		cmocka_unit_test(long_test_comes_first_in_its_scope),
		cmocka_unit_test(unknown_test_gets_the_median_of_its_file_then_suite),
		cmocka_unit_test(without_history_all_count_the_same),
		cmocka_unit_test(scope_is_cut_where_the_others_would_wait),
		cmocka_unit_test(worker_goes_on_with_the_scope_that_it_began),
		cmocka_unit_test(short_rest_of_a_scope_does_not_go_before_the_longest),
		cmocka_unit_test(nothing_is_held_behind_a_long_test),
		cmocka_unit_test(idle_worker_takes_half_of_what_waits),
		cmocka_unit_test(idle_worker_takes_the_last_test_of_one_that_is_busy),
		cmocka_unit_test(test_held_behind_a_long_one_goes_to_an_idle_worker),
		cmocka_unit_test(rest_of_a_scope_waits_for_its_worker_to_come_again),
		cmocka_unit_test(tests_that_are_found_late_come_by_length_too),
		cmocka_unit_test(dropped_tests_are_passed_over),
		cmocka_unit_test(all_workers_end_together_with_exact_history),
		cmocka_unit_test(scopes_stay_whole_where_that_costs_nothing),
		cmocka_unit_test(memory_is_no_more_than_64_bytes_a_test),
	};

	return cmocka_run_group_tests_name("duration", tests, NULL, NULL);
}
