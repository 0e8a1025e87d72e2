#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "store/wilson.h"

#include <math.h>

static void is_near(double found, double expected)
{
	if (!(fabs(found - expected) < 1e-9))
		fail_msg("expected %.12f, found %.12f", expected, found);
}

/* The bounds are the two rates q with |p - q| = z √(q(1-q)/n): Wilson's own condition, solved another way. */
static double bound_by_bisection(double p, double n, double z, double inside, double outside)
{
	for (int i = 0; i < 200; i++) {
		double middle = (inside + outside) / 2;

		if (fabs(p - middle) <= z * sqrt(middle * (1 - middle) / n))
			inside = middle;
		else
			outside = middle;
	}
	return inside;
}

static void bounds_are_what_wilson_asks_of_them(void **state)
{
	static const uint64_t trials[] = { 1, 2, 3, 7, 10, 100, 12345 };
	static const double zs[] = { 1, WILSON_Z_95, 2.5758293035489004 };

	(void)state;
	for (size_t t = 0; t < sizeof(trials) / sizeof(trials[0]); t++) {
		for (uint64_t hits = 0; hits <= trials[t]; hits += 1 + trials[t] / 20) {
			for (size_t k = 0; k < sizeof(zs) / sizeof(zs[0]); k++) {
				double n = (double)trials[t];
				double p = (double)hits / n;
				struct wilson interval = wilson_interval(hits, trials[t], zs[k]);

				is_near(interval.low, bound_by_bisection(p, n, zs[k], p, 0));
				is_near(interval.high, bound_by_bisection(p, n, zs[k], p, 1));
			}
		}
	}
}

/* Worked out by hand: z = 2, so z² = 4: (0.5 + 4/8 ± 2 √(0.25/4 + 4/64)) ÷ (1 + 4/4); of 1 in 5 the same way. */
static void bounds_are_those_of_the_formula(void **state)
{
	struct wilson half = wilson_interval(2, 4, 2);
	struct wilson fifth = wilson_interval(1, 5, 2);

	(void)state;
	is_near(half.low, 0.5 - sqrt(0.125));
	is_near(half.high, 0.5 + sqrt(0.125));
	is_near(fifth.low, (0.6 - 2 * sqrt(0.032 + 0.04)) / 1.8);
	is_near(fifth.high, (0.6 + 2 * sqrt(0.032 + 0.04)) / 1.8);
}

static void where_all_ended_alike_one_end_is_exact(void **state)
{
	(void)state;
	for (uint64_t n = 1; n < 200; n++) {
		struct wilson none = wilson_interval(0, n, WILSON_Z_95);
		struct wilson all = wilson_interval(n, n, WILSON_Z_95);

		assert_true(none.low == 0 && none.high > 0 && none.high < 1);
		assert_true(all.high == 1 && all.low > 0 && all.low < 1);
		is_near(none.high, 1 - all.low);
		/* With no hit among n the bound is z²/(n + z²). */
		is_near(none.high, WILSON_Z_95 * WILSON_Z_95 / ((double)n + WILSON_Z_95 * WILSON_Z_95));
	}
}

static void more_trials_make_it_narrower(void **state)
{
	double before = 1;

	(void)state;
	for (uint64_t n = 10; n <= 10000000; n *= 10) {
		struct wilson interval = wilson_interval(n * 3 / 10, n, WILSON_Z_95);

		assert_true(interval.low < 0.3 && 0.3 < interval.high);
		assert_true(interval.high - interval.low < before);
		before = interval.high - interval.low;
	}
}

static void without_trials_nothing_is_known(void **state)
{
	struct wilson nothing = wilson_interval(0, 0, WILSON_Z_95);
	struct wilson odd = wilson_interval(9, 4, WILSON_Z_95);

	(void)state;
	assert_true(nothing.low == 0 && nothing.high == 1);
	assert_true(odd.high == 1 && odd.low < 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bounds_are_what_wilson_asks_of_them),
		cmocka_unit_test(bounds_are_those_of_the_formula),
		cmocka_unit_test(where_all_ended_alike_one_end_is_exact),
		cmocka_unit_test(more_trials_make_it_narrower),
		cmocka_unit_test(without_trials_nothing_is_known),
	};

	return cmocka_run_group_tests_name("wilson", tests, NULL, NULL);
}
