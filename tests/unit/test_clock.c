#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"

static void clock_never_goes_back(void **state)
{
	uint64_t last = clock_now();

	(void)state;
	assert_true(last > 0);
	for (int i = 0; i < 10000; i++) {
		uint64_t now = clock_now();

		assert_true(now >= last);
		last = now;
	}
}

static void wall_clock_is_later_than_this_source(void **state)
{
	(void)state;
	assert_true(clock_wall() > UINT64_C(1700000000) * CLOCK_SECOND);
}

static void seconds_come_back(void **state)
{
	(void)state;
	assert_true(clock_from_seconds(1.5) == 1500 * CLOCK_MS);
	assert_true(clock_from_seconds(0.001) == CLOCK_MS);
	assert_true(clock_from_seconds(0.1) == 100 * CLOCK_MS);
	assert_true(clock_from_seconds(0.0000000006) == 1); /* rounded */
	assert_true(clock_from_seconds(0.0000000004) == 0);
	assert_true(clock_from_seconds(86400.000000001) == 86400 * CLOCK_SECOND + 1);
	assert_true(clock_seconds(2500 * CLOCK_MS) == 2.5);
	assert_true(clock_seconds(0) == 0);
}

static void seconds_out_of_range_are_clamped(void **state)
{
	const double huge = 1e300;

	(void)state;
	assert_true(clock_from_seconds(0) == 0);
	assert_true(clock_from_seconds(-1) == 0);
	assert_true(clock_from_seconds(huge * 0 / (huge - huge)) == 0); /* NaN */
	assert_true(clock_from_seconds(huge) == UINT64_MAX);
	assert_true(clock_from_seconds(huge * huge) == UINT64_MAX); /* infinity */
	assert_true(clock_from_seconds(18446744073.0) == UINT64_MAX);
	assert_true(clock_from_seconds(18446744072.0) == UINT64_C(18446744072) * CLOCK_SECOND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(clock_never_goes_back),
		cmocka_unit_test(wall_clock_is_later_than_this_source),
		cmocka_unit_test(seconds_come_back),
		cmocka_unit_test(seconds_out_of_range_are_clamped),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
