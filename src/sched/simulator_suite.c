#include "sched/simulator_suite.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define USUAL (100 * CLOCK_MS)
#define USUAL_TESTS_A_SCOPE 20
#define USUAL_SCOPES_A_FILE 3
/* One scope in so many belongs to a group, and so many neighbours among those share theirs. */
#define SCOPES_A_GROUPED_ONE 4
#define GROUPED_SCOPES_A_GROUP 2

struct dice {
	uint64_t state;
};

/* The generator is splitmix64. */
static uint64_t dice_bits(struct dice *dice)
{
	uint64_t bits = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	bits = (bits ^ (bits >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	bits = (bits ^ (bits >> 27)) * UINT64_C(0x94d049bb133111eb);
	return bits ^ (bits >> 31);
}

/* From 0 to 1, without 1. */
static double dice_share(struct dice *dice)
{
	return (double)(dice_bits(dice) >> 11) * 0x1p-53;
}

static bool dice_hits(struct dice *dice, double share)
{
	return dice_share(dice) < share;
}

static uint64_t duration_of(struct dice *dice, enum simulated_durations durations)
{
	double share = dice_share(dice);

	switch (durations) {
	case DURATIONS_EXPONENTIAL:
		return clock_from_seconds(-0.1 * log1p(-share));
	case DURATIONS_HEAVY:
		return clock_from_seconds(fmin(0.01 * pow(1 - share, -1 / 1.5), 10));
	case DURATIONS_TINY:
		return share < 0.001 ? CLOCK_SECOND : CLOCK_MS;
	case DURATIONS_CONSTANT:
	case DURATIONS_GIANT:
		break;
	}
	return USUAL;
}

static uint64_t told_of(struct dice *dice, enum simulated_history history, uint64_t duration)
{
	double share = dice_share(dice);

	switch (history) {
	case HISTORY_EXACT:
		return duration;
	case HISTORY_NOISY:
		return clock_from_seconds(clock_seconds(duration) * exp2(2 * share - 1));
	case HISTORY_STALE:
		if (share < 0.2)
			return 0;
		return share < 0.3 ? duration / 10 : duration;
	case HISTORY_MISSING:
		break;
	}
	return 0;
}

static void place_in_scopes(struct simulated_suite *suite, struct dice *dice, unsigned tests_a_scope,
			    unsigned scopes_a_file)
{
	uint32_t scope = 0;

	for (size_t i = 0; i < suite->count; i++) {
		struct simulated_test *test = &suite->tests[i];

		test->scope = scope;
		test->file = scope / scopes_a_file;
		test->group = SIMULATED_NONE;
		if (scope % SCOPES_A_GROUPED_ONE == 0)
			test->group = scope / SCOPES_A_GROUPED_ONE / GROUPED_SCOPES_A_GROUP;
		scope += dice_hits(dice, 1.0 / tests_a_scope);
	}
	suite->scopes = scope + 1;
	suite->files = scope / scopes_a_file + 1;
	suite->groups = scope / SCOPES_A_GROUPED_ONE / GROUPED_SCOPES_A_GROUP + 1;
}

/* Each property has its own sequence of numbers, so that one more of them leaves the others as they were. */
static struct dice dice_for(const struct simulation *simulation, uint64_t purpose)
{
	struct dice dice = { simulation->seed * UINT64_C(0x2545f4914f6cdd1d) + purpose };

	dice_bits(&dice);
	return dice;
}

void simulated_suite_init(struct simulated_suite *suite, const struct simulation *simulation)
{
	bool each = simulation->options.mode && strcmp(simulation->options.mode, "each") == 0;
	struct dice scopes = dice_for(simulation, 1), durations = dice_for(simulation, 2);
	struct dice history = dice_for(simulation, 3), kinds = dice_for(simulation, 4);

	*suite = (struct simulated_suite){ .count = simulation->tests };
	suite->tests = alloc_zeroed(suite->count, sizeof(*suite->tests));
	for (size_t i = 0; i < suite->count; i++) {
		struct simulated_test *test = &suite->tests[i];

		test->duration = duration_of(&durations, simulation->durations);
		test->worker = each ? (uint32_t)(i % simulation->workers) : SCHED_ANY_WORKER;
		test->serial = dice_hits(&kinds, simulation->serial);
		test->limited = dice_hits(&kinds, simulation->limited);
		test->heavy = dice_hits(&kinds, simulation->heavy);
		test->crashes = dice_hits(&kinds, simulation->crashes);
		test->changes = dice_hits(&kinds, simulation->changes);
	}
	if (simulation->durations == DURATIONS_GIANT && suite->count > 0)
		suite->tests[dice_bits(&durations) % suite->count].duration = USUAL * suite->count / 2;
	for (size_t i = 0; i < suite->count; i++)
		suite->tests[i].told = told_of(&history, simulation->history, suite->tests[i].duration);
	place_in_scopes(suite, &scopes,
			simulation->tests_a_scope ? simulation->tests_a_scope : USUAL_TESTS_A_SCOPE,
			simulation->scopes_a_file ? simulation->scopes_a_file : USUAL_SCOPES_A_FILE);
}

void simulated_suite_fini(struct simulated_suite *suite)
{
	free(suite->tests);
	suite->tests = NULL;
}

/* Where every test has its only worker, the one with the most to do. */
static double busiest(const struct simulated_suite *suite, unsigned workers)
{
	double *sums = alloc_zeroed(workers, sizeof(*sums)), most = 0;

	for (size_t i = 0; i < suite->count; i++) {
		const struct simulated_test *test = &suite->tests[i];

		if (test->worker == SCHED_ANY_WORKER || test->serial)
			continue;
		sums[test->worker] += clock_seconds(test->duration);
		most = fmax(most, sums[test->worker]);
	}
	free(sums);
	return most;
}

double simulated_lower_bound(const struct simulated_suite *suite, const struct simulation *simulation)
{
	double serial = 0, area = 0, longest = 0, limited = 0;
	const struct sched_options *options = &simulation->options;
	double workers = simulation->workers;

	for (size_t i = 0; i < suite->count; i++) {
		const struct simulated_test *test = &suite->tests[i];
		double seconds = clock_seconds(test->duration);

		if (test->serial) {
			serial += seconds;
			continue;
		}
		area += test->heavy && simulation->workers > 1 ? 2 * seconds : seconds;
		longest = fmax(longest, seconds);
		limited += test->limited ? seconds : 0;
	}
	longest = fmax(longest, area / workers);
	if (options->limit_count > 0 && options->limits[0] > 0)
		longest = fmax(longest, limited / options->limits[0]);
	return serial + fmax(longest, busiest(suite, simulation->workers));
}
