#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/sched.h"

#include <stdbool.h>

struct dropped {
	uint64_t tests[8];
	size_t count;
};

static void note_dropped(void *context, uint64_t test)
{
	struct dropped *dropped = context;
	assert_true(dropped->count < 8);
	dropped->tests[dropped->count++] = test;
}

static struct sched *sched_of(uint64_t tests)
{
	struct sched *sched = sched_load.new();
	for (uint64_t test = 1; test <= tests; test++)
		sched_load.add(sched, test);
	return sched;
}

static void tests_come_in_the_order_in_which_they_were_added(void **state)
{
	(void)state;
	struct sched *sched = sched_of(3);
	assert_int_equal(sched_load.waiting(sched), 3);
	for (uint64_t test = 1; test <= 3; test++)
		assert_int_equal(sched_load.next(sched, (unsigned)test), test);
	assert_int_equal(sched_load.waiting(sched), 0);
	assert_int_equal(sched_load.next(sched, 0), 0);
	sched_load.free(sched);
}

static void test_given_back_comes_first_again(void **state)
{
	(void)state;
	struct sched *sched = sched_of(4);
	assert_int_equal(sched_load.next(sched, 0), 1);
	assert_int_equal(sched_load.next(sched, 1), 2);
	sched_load.give_back(sched, 1);
	assert_int_equal(sched_load.waiting(sched), 3);
	assert_int_equal(sched_load.next(sched, 1), 1);
	assert_int_equal(sched_load.next(sched, 1), 3);
	sched_load.free(sched);
}

static void more_may_be_given_back_than_were_taken(void **state)
{
	(void)state;
	struct sched *sched = sched_of(2);
	sched_load.give_back(sched, 7);
	sched_load.give_back(sched, 8);
	static const uint64_t expected[] = { 8, 7, 1, 2, 0 };
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(sched_load.next(sched, 0), expected[i]);
	sched_load.free(sched);
}

static void tests_may_be_added_at_any_time(void **state)
{
	(void)state;
	struct sched *sched = sched_of(1);
	assert_int_equal(sched_load.next(sched, 0), 1);
	assert_int_equal(sched_load.next(sched, 0), 0);
	sched_load.add(sched, 5);
	sched_load.give_back(sched, 1);
	assert_int_equal(sched_load.next(sched, 0), 1);
	assert_int_equal(sched_load.next(sched, 0), 5);
	assert_int_equal(sched_load.next(sched, 0), 0);
	sched_load.free(sched);
}

static void clear_hands_over_each_test_that_waits_once(void **state)
{
	(void)state;
	struct dropped dropped = { { 0 }, 0 };
	struct sched *sched = sched_of(4);
	assert_int_equal(sched_load.next(sched, 0), 1);
	sched_load.clear(sched, note_dropped, &dropped);
	assert_int_equal(dropped.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(dropped.tests[i], i + 2);
	assert_int_equal(sched_load.waiting(sched), 0);
	assert_int_equal(sched_load.next(sched, 0), 0);
	sched_load.add(sched, 9);
	assert_int_equal(sched_load.next(sched, 0), 9);
	sched_load.free(sched);
}

/* A random walk against a plain account of where each test is. */
static void no_test_is_lost_or_given_out_twice(void **state)
{
	enum { TESTS = 50, STEPS = 20000 };
	(void)state;
	bool out[TESTS + 1] = { false };
	uint32_t random = 12345;
	size_t waiting = TESTS;
	struct sched *sched = sched_of(TESTS);
	for (int step = 0; step < STEPS; step++) {
		random = random * 1664525 + 1013904223;
		uint64_t test = (random >> 8) % TESTS + 1;
		if (out[test] && (random >> 30)) {
			sched_load.give_back(sched, test);
			out[test] = false;
			waiting++;
		} else {
			uint64_t next = sched_load.next(sched, 0);
			assert_true((next == 0) == (waiting == 0));
			if (next) {
				assert_in_range(next, 1, TESTS);
				assert_false(out[next]);
				out[next] = true;
				waiting--;
			}
		}
		assert_int_equal(sched_load.waiting(sched), waiting);
	}
	sched_load.free(sched);
}

static void modes_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(sched_find("load"), &sched_load);
	assert_non_null(sched_find("no"));
	assert_null(sched_find("loadly"));
	assert_null(sched_find(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tests_come_in_the_order_in_which_they_were_added),
		cmocka_unit_test(test_given_back_comes_first_again),
		cmocka_unit_test(more_may_be_given_back_than_were_taken),
		cmocka_unit_test(tests_may_be_added_at_any_time),
		cmocka_unit_test(clear_hands_over_each_test_that_waits_once),
		cmocka_unit_test(no_test_is_lost_or_given_out_twice),
		cmocka_unit_test(modes_are_found_by_name),
	};
	return cmocka_run_group_tests_name("load", tests, NULL, NULL);
}
