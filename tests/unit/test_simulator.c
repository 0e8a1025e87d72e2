#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/simulator_check.h"

#include <stdio.h>
#include <string.h>

static const char *const modes[] = { "load",      "loadscope", "loadfile", "loadgroup",
				     "worksteal", "duration",  "each" };
#define MODES (sizeof(modes) / sizeof(modes[0]))

static const unsigned two[] = { 2 };

static struct simulated run(const struct simulation *simulation)
{
	struct error error = ERROR_INIT;
	struct simulated result = { 0 };
	int status = simulate(simulation, &result, &error);

	if (status != 0)
		fail_msg("%s", error.message);
	/* Time is kept in whole nanoseconds. A worker that goes takes the tests with it that only it may
	 * run. */
	if (simulation->changes <= 0 || strcmp(simulation->options.mode, "each") != 0)
		assert_true(result.makespan >= result.lower_bound * 0.999999);
	return result;
}

/* A few suites and pools, each with every mode. */
static void run_all(struct simulation simulation)
{
	static const unsigned workers[] = { 1, 2, 7, 40 };

	for (size_t mode = 0; mode < MODES; mode++) {
		for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
			for (simulation.seed = 1; simulation.seed <= 3; simulation.seed++) {
				simulation.options.mode = modes[mode];
				simulation.workers = workers[i];
				simulation.tests = 250 + 100 * (size_t)simulation.seed;
				simulation.durations = (enum simulated_durations)(simulation.seed % 5);
				simulation.history = (enum simulated_history)(i % 4);
				run(&simulation);
			}
		}
	}
}

static void every_test_ends_once_in_every_mode(void **state)
{
	struct simulation plain = { .dispatch = 200000 };

	(void)state;
	run_all(plain);
}

static void workers_that_die_lose_no_test(void **state)
{
	struct simulation crashes = { .crashes = 0.05 }, always = { .crashes = 1 };

	(void)state;
	run_all(crashes);
	run_all(always);
}

static void workers_that_go_and_come_lose_no_test(void **state)
{
	struct simulation changes = { .changes = 0.05 }, both = { .changes = 0.1, .crashes = 0.1 };

	(void)state;
	run_all(changes);
	run_all(both);
}

static void serial_tests_run_alone(void **state)
{
	struct simulation some = { .serial = 0.05 }, all = { .serial = 1 };

	(void)state;
	run_all(some);
	run_all(all);
}

static void limits_and_weights_hold(void **state)
{
	struct simulation limited = { .options = { .limits = two, .limit_count = 1 }, .limited = 0.2 };
	struct simulation heavy = { .heavy = 0.2 };

	(void)state;
	run_all(limited);
	run_all(heavy);
}

static void everything_at_once_holds(void **state)
{
	struct simulation all = { .options = { .limits = two, .limit_count = 1 },
				  .limited = 0.1,
				  .heavy = 0.1,
				  .serial = 0.03,
				  .crashes = 0.03,
				  .changes = 0.02 };

	(void)state;
	run_all(all);
}

static void units_stay_whole_when_workers_die(void **state)
{
	struct simulation simulation = {
		.crashes = 0.1, .workers = 6, .tests = 600, .durations = DURATIONS_EXPONENTIAL
	};

	(void)state;
	for (simulation.seed = 1; simulation.seed <= 10; simulation.seed++) {
		simulation.options.mode = "loadscope";
		assert_int_equal(run(&simulation).splits, 0);
		simulation.options.mode = "loadfile";
		assert_int_equal(run(&simulation).splits, 0);
		simulation.options.mode = "load";
		assert_int_not_equal(run(&simulation).splits, 0);
	}
}

static void same_seed_gives_the_same_run(void **state)
{
	struct simulation simulation = { .options = { .mode = "worksteal" },
					 .durations = DURATIONS_HEAVY,
					 .tests = 500,
					 .workers = 9,
					 .crashes = 0.02,
					 .seed = 7 };
	struct simulated first = run(&simulation), again = run(&simulation);

	(void)state;
	assert_true(first.makespan == again.makespan);
	assert_int_equal(first.decisions, again.decisions);
	simulation.seed = 8;
	assert_false(run(&simulation).makespan == first.makespan);
}

static void one_worker_needs_the_sum_of_all(void **state)
{
	struct simulation simulation = {
		.options = { .mode = "load" }, .tests = 50, .workers = 1, .dispatch = 1000000
	};
	struct simulated result = run(&simulation);

	(void)state;
	assert_true(result.lower_bound > 4.999 && result.lower_bound < 5.001);
	assert_true(result.makespan > 5.049 && result.makespan < 5.051);
}

static void lower_bound_knows_limits_weights_and_serial_tests(void **state)
{
	struct simulation limited = { .options = { .mode = "load", .limits = two, .limit_count = 1 },
				      .tests = 100,
				      .workers = 10,
				      .limited = 1 };
	struct simulation heavy = { .options = { .mode = "load" }, .tests = 100, .workers = 10, .heavy = 1 };
	struct simulation serial = {
		.options = { .mode = "load" }, .tests = 100, .workers = 10, .serial = 1
	};
	double bounds[] = { run(&limited).lower_bound, run(&heavy).lower_bound, run(&serial).lower_bound };
	static const double expected[] = { 5, 2, 10 };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_true(bounds[i] > expected[i] * 0.999 && bounds[i] < expected[i] * 1.001);
}

static void more_workers_than_tests_are_no_harm(void **state)
{
	struct simulation simulation = { .tests = 3, .workers = 500 }, none = { .workers = 4 };

	(void)state;
	for (size_t mode = 0; mode < MODES; mode++) {
		simulation.options.mode = none.options.mode = modes[mode];
		run(&simulation);
		assert_int_equal(run(&none).makespan, 0);
	}
}

static void a_mode_that_does_not_exist_is_an_error(void **state)
{
	struct simulation simulation = { .options = { .mode = "sideways" }, .tests = 3, .workers = 2 };
	struct error error = ERROR_INIT;
	struct simulated result;

	(void)state;
	assert_int_equal(simulate(&simulation, &result, &error), -1);
	assert_non_null(strstr(error.message, "sideways"));
	simulation.options.mode = "load";
	simulation.workers = 0;
	assert_int_equal(simulate(&simulation, &result, &error), -1);
}

/* The checks themselves: a suite, and steps that break a rule. */
struct checked {
	struct simulation simulation;
	struct simulated_suite suite;
	struct simulated_check check;
};

static void checked_init(struct checked *checked, const char *mode)
{
	memset(checked, 0, sizeof(*checked));
	checked->simulation =
		(struct simulation){ .options = { .mode = mode, .limits = two, .limit_count = 1 },
				     .tests = 6,
				     .workers = 4,
				     .tests_a_scope = 1000,
				     .seed = 1 };
	simulated_suite_init(&checked->suite, &checked->simulation);
	check_init(&checked->check, &checked->suite, &checked->simulation);
}

static void checked_fini(struct checked *checked)
{
	check_fini(&checked->check);
	simulated_suite_fini(&checked->suite);
}

static void begin(struct checked *checked, uint32_t worker, uint64_t test)
{
	check_given(&checked->check, worker, test);
	check_started(&checked->check, worker, test);
}

static void assert_broken(struct checked *checked, const char *text)
{
	if (!strstr(checked->check.message, text))
		fail_msg("expected \"%s\", found \"%s\"", text, checked->check.message);
	checked_fini(checked);
}

static void a_test_that_is_given_twice_is_found(void **state)
{
	struct checked checked;

	(void)state;
	checked_init(&checked, "load");
	begin(&checked, 0, 1);
	assert_false(check_given(&checked.check, 1, 1));
	assert_broken(&checked, "test 1 runs");
	checked_init(&checked, "load");
	assert_false(check_given(&checked.check, 1, 7));
	assert_broken(&checked, "does not exist");
}

static void a_test_that_never_ends_is_found(void **state)
{
	struct checked checked;

	(void)state;
	checked_init(&checked, "load");
	for (uint64_t test = 1; test <= 5; test++) {
		begin(&checked, 0, test);
		check_ended(&checked.check, 0, test);
	}
	assert_string_equal(checked.check.message, "");
	check_end(&checked.check);
	assert_broken(&checked, "test 6 waits");
}

static void a_unit_on_two_workers_is_found(void **state)
{
	static const char *const whole[] = { "loadscope", "loadfile", "loadgroup" };
	struct checked checked;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		checked_init(&checked, whole[i]);
		begin(&checked, 0, 1);
		begin(&checked, 1, 2);
		assert_broken(&checked, "was begun on worker 0");
	}
	checked_init(&checked, "load");
	begin(&checked, 0, 1);
	begin(&checked, 1, 2);
	begin(&checked, 2, 3);
	assert_int_equal(checked.check.splits, 1);
	assert_broken(&checked, "");
}

static void company_of_a_serial_test_is_found(void **state)
{
	struct checked checked;

	(void)state;
	checked_init(&checked, "load");
	checked.suite.tests[1].serial = true;
	begin(&checked, 0, 1);
	begin(&checked, 1, 2);
	assert_broken(&checked, "serial");
}

static void a_limit_and_slots_that_are_passed_are_found(void **state)
{
	struct checked checked;

	(void)state;
	checked_init(&checked, "load");
	for (uint32_t i = 0; i < 3; i++)
		checked.suite.tests[i].limited = true;
	begin(&checked, 0, 1);
	begin(&checked, 1, 2);
	assert_string_equal(checked.check.message, "");
	begin(&checked, 2, 3);
	assert_broken(&checked, "2 others of a limit of 2");
	checked_init(&checked, "load");
	for (uint32_t i = 0; i < 3; i++) {
		checked.suite.tests[i].heavy = true;
		begin(&checked, i, i + 1);
	}
	assert_broken(&checked, "6 slots of 4");
}

static void a_test_on_another_worker_than_its_own_is_found(void **state)
{
	struct checked checked;

	(void)state;
	checked_init(&checked, "each");
	assert_true(check_given(&checked.check, 1, 2));
	assert_false(check_given(&checked.check, 1, 3));
	assert_broken(&checked, "only 2 may run it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_test_ends_once_in_every_mode),
		cmocka_unit_test(workers_that_die_lose_no_test),
		cmocka_unit_test(workers_that_go_and_come_lose_no_test),
		cmocka_unit_test(serial_tests_run_alone),
		cmocka_unit_test(limits_and_weights_hold),
		cmocka_unit_test(everything_at_once_holds),
		cmocka_unit_test(units_stay_whole_when_workers_die),
		cmocka_unit_test(same_seed_gives_the_same_run),
		cmocka_unit_test(one_worker_needs_the_sum_of_all),
		cmocka_unit_test(lower_bound_knows_limits_weights_and_serial_tests),
		cmocka_unit_test(more_workers_than_tests_are_no_harm),
		cmocka_unit_test(a_mode_that_does_not_exist_is_an_error),
		cmocka_unit_test(a_test_that_is_given_twice_is_found),
		cmocka_unit_test(a_test_that_never_ends_is_found),
		cmocka_unit_test(a_unit_on_two_workers_is_found),
		cmocka_unit_test(company_of_a_serial_test_is_found),
		cmocka_unit_test(a_limit_and_slots_that_are_passed_are_found),
		cmocka_unit_test(a_test_on_another_worker_than_its_own_is_found),
	};

	return cmocka_run_group_tests_name("simulator", tests, NULL, NULL);
}
