/* Everything at once: a plain account of who holds what beside the scheduler, through thousands of random
 * steps. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "sched/sched.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TESTS = 400, WORKERS = 6, LIMITS = 3, STEPS = 6000, UNITS = 40 };

enum where { ABSENT, WAITS, HELD, ENDED, DROPPED };

struct walk {
	struct sched *sched;
	const char *mode;
	uint32_t random;
	bool weights;
	struct sched_test tests[TESTS + 1];
	enum where where[TESTS + 1];
	uint64_t added;
	uint64_t running[WORKERS], ahead[WORKERS];
	bool there[WORKERS];
	unsigned owner[UNITS]; /* the worker that has it, WORKERS: none */
	bool ended[UNITS];     /* a test of it has ended there */
	size_t waiting;
	bool early[TESTS + 1]; /* it was taken out of turn once */
	unsigned taken[2];     /* out of turn: tests that waited, tests that had ended */
};

static const unsigned limits[LIMITS] = { 1, 2, 3 };

static uint32_t roll(struct walk *walk, uint32_t below)
{
	walk->random = walk->random * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)walk->random * below) >> 32);
}

/* Which must stay whole, UNITS: none. */
static unsigned unit_of(const struct walk *walk, const struct sched_test *test)
{
	const char *name = test->unit;
	if (test->serial || strcmp(walk->mode, "duration") == 0)
		return UNITS;
	if (!name && strcmp(walk->mode, "loadscope") == 0)
		name = test->scope;
	if (!name && (strcmp(walk->mode, "loadfile") == 0 || strcmp(walk->mode, "loadscope") == 0))
		name = test->file;
	if (!name && strcmp(walk->mode, "loadgroup") == 0)
		name = test->group;
	return name && name[0] ? (unsigned)atoi(name + 1) : UNITS;
}

static void add_random(struct walk *walk)
{
	static const char *const names[] = {
		"u0", "u1", "u2", "s3", "s4", "s5", "s6", "f7", "f8", "g9", "g10"
	};
	if (walk->added == TESTS)
		return;
	struct sched_test *test = &walk->tests[++walk->added];
	*test = (struct sched_test){ .number = walk->added, .suite = "suite", .worker = SCHED_ANY_WORKER };
	test->unit = roll(walk, 8) == 0 ? names[roll(walk, 3)] : NULL;
	test->scope = roll(walk, 4) ? names[3 + roll(walk, 4)] : NULL;
	test->file = roll(walk, 8) ? names[7 + roll(walk, 2)] : NULL;
	test->group = roll(walk, 2) ? names[9 + roll(walk, 2)] : NULL;
	test->expected = roll(walk, 3) ? roll(walk, 1000000000) : 0;
	test->priority = roll(walk, 6) ? 0 : (int)roll(walk, 5) - 2;
	test->limits = roll(walk, 3) ? 0 : roll(walk, 1 << LIMITS);
	test->weight = walk->weights && roll(walk, 6) == 0 ? roll(walk, WORKERS + 2) : 0;
	test->serial = roll(walk, 20) == 0;
	if (strcmp(walk->mode, "each") == 0)
		test->worker = roll(walk, WORKERS);
	walk->where[walk->added] = WAITS;
	walk->waiting++;
	sched_add(walk->sched, test);
}

static bool holds(const struct walk *walk, unsigned worker, uint64_t limit)
{
	return (walk->tests[walk->running[worker]].limits | walk->tests[walk->ahead[worker]].limits) & limit;
}

static unsigned weight(const struct walk *walk, unsigned worker)
{
	unsigned most = 0;
	const uint64_t held[] = { walk->running[worker], walk->ahead[worker] };
	for (size_t i = 0; i < 2; i++) {
		unsigned of = walk->tests[held[i]].weight;
		of = held[i] && of == 0 ? 1 : of;
		most = of > most ? of : most;
	}
	return most;
}

static unsigned total_weight(const struct walk *walk)
{
	unsigned total = 0;
	for (unsigned i = 0; i < WORKERS; i++)
		total += weight(walk, i);
	return total;
}

static void assert_rules(const struct walk *walk, unsigned worker, uint64_t given, unsigned weight_before)
{
	unsigned present = 0, total = total_weight(walk), holders = 0, serial = 0;
	for (unsigned i = 0; i < WORKERS; i++) {
		present += walk->there[i];
		holders += walk->running[i] || walk->ahead[i];
		serial += walk->tests[walk->running[i]].serial || walk->tests[walk->ahead[i]].serial;
	}
	/* Workers may have gone since. */
	assert_true(holders == 1 || total <= present || total == weight_before);
	assert_true(serial == 0 || holders == 1);
	/* Not behind another, which would not be alone, unless that has its place among serial tests. */
	assert_false(walk->tests[given].serial && walk->running[worker] &&
		     !walk->tests[walk->running[worker]].serial && !walk->early[walk->running[worker]]);
	for (unsigned limit = 0; limit < LIMITS; limit++) {
		unsigned count = 0;
		for (unsigned i = 0; i < WORKERS; i++)
			count += holds(walk, i, UINT64_C(1) << limit);
		assert_true(count <= limits[limit]);
	}
}

static void hold(struct walk *walk, unsigned worker, uint64_t test, unsigned weight_before)
{
	assert_true(walk->there[worker]);
	assert_in_range(test, 1, walk->added);
	assert_true(walk->tests[test].worker == SCHED_ANY_WORKER || walk->tests[test].worker == worker);
	unsigned unit = unit_of(walk, &walk->tests[test]);
	if (unit < UNITS && walk->tests[test].worker == SCHED_ANY_WORKER) {
		assert_true(walk->owner[unit] == WORKERS || walk->owner[unit] == worker);
		walk->owner[unit] = worker;
	}
	walk->waiting -= walk->where[test] == WAITS;
	walk->where[test] = HELD;
	*(walk->running[worker] ? &walk->ahead[worker] : &walk->running[worker]) = test;
	assert_rules(walk, worker, test, weight_before);
}

static uint64_t ask(struct walk *walk, unsigned worker)
{
	/* One that is about to end is asked as if it had. */
	bool ahead = walk->running[worker] && roll(walk, 4);
	unsigned weight_before = total_weight(walk);
	uint64_t test = sched_next(walk->sched, worker, ahead);
	if (!test)
		return 0;
	assert_int_equal(walk->where[test], WAITS);
	hold(walk, worker, test, weight_before);
	return test;
}

/* Out of turn; what has ended is run again where its unit's others are. */
static void take(struct walk *walk, unsigned worker)
{
	uint64_t test = walk->added ? 1 + roll(walk, (uint32_t)walk->added) : 0;
	if (!test || walk->ahead[worker])
		return;
	unsigned unit = unit_of(walk, &walk->tests[test]), weight_before = total_weight(walk);
	bool ended = walk->where[test] == ENDED;
	if (ended && ((unit < UNITS && walk->owner[unit] != worker) ||
		      (walk->tests[test].worker != SCHED_ANY_WORKER && walk->tests[test].worker != worker)))
		return;
	if (walk->where[test] == HELD) {
		assert_int_equal(sched_take(walk->sched, worker, test, false), walk->running[worker] == test);
		return;
	}
	if (!sched_take(walk->sched, worker, test, walk->running[worker] && roll(walk, 4)))
		return;
	assert_true(ended || walk->where[test] == WAITS);
	walk->taken[ended]++;
	walk->early[test] = true;
	hold(walk, worker, test, weight_before);
}

/* Another test of the unit runs where it is. */
static bool runs(const struct walk *walk, unsigned worker, unsigned unit)
{
	return walk->running[worker] && unit_of(walk, &walk->tests[walk->running[worker]]) == unit;
}

static void give_back(struct walk *walk, unsigned worker)
{
	uint64_t test = walk->ahead[worker];
	if (!test)
		return;
	walk->ahead[worker] = 0;
	walk->where[test] = WAITS;
	walk->waiting++;
	unsigned unit = unit_of(walk, &walk->tests[test]);
	if (unit < UNITS && !walk->ended[unit] && !runs(walk, worker, unit))
		walk->owner[unit] = WORKERS;
	sched_give_back(walk->sched, worker, test);
}

static void end(struct walk *walk, unsigned worker)
{
	uint64_t test = walk->running[worker];
	if (!test)
		return;
	if (roll(walk, 10) == 0)
		give_back(walk, worker); /* it died */
	sched_ended(walk->sched, worker, test, roll(walk, 1000000));
	walk->where[test] = ENDED;
	if (unit_of(walk, &walk->tests[test]) < UNITS)
		walk->ended[unit_of(walk, &walk->tests[test])] = true;
	walk->running[worker] = walk->ahead[worker];
	walk->ahead[worker] = 0;
	if (roll(walk, 10) == 0) {
		sched_again(walk->sched, test);
		walk->where[test] = WAITS;
		walk->waiting++;
	}
}

static void lose(void *context, uint64_t test)
{
	struct walk *walk = context;
	assert_int_equal(walk->where[test], WAITS);
	walk->where[test] = DROPPED;
	walk->waiting--;
}

static void come_or_go(struct walk *walk, unsigned worker)
{
	if (!walk->there[worker]) {
		walk->there[worker] = true;
		sched_worker_added(walk->sched, worker);
		return;
	}
	give_back(walk, worker);
	end(walk, worker);
	assert_int_equal(walk->running[worker], 0);
	walk->there[worker] = false;
	sched_worker_gone(walk->sched, worker, lose, walk);
	for (unsigned i = 0; i < UNITS; i++)
		if (walk->owner[i] == worker) {
			walk->owner[i] = WORKERS;
			walk->ended[i] = false;
		}
}

static bool drop_some(void *context, uint64_t test)
{
	struct walk *walk = context;
	assert_int_equal(walk->where[test], WAITS);
	if (roll(walk, 20))
		return false;
	walk->where[test] = DROPPED;
	walk->waiting--;
	return true;
}

/* A test that is said to be movable must be of use to an idle worker, or it would be asked back for ever. */
static void recall(struct walk *walk, unsigned worker)
{
	unsigned idle = roll(walk, WORKERS);
	if (!walk->ahead[worker] || !walk->there[idle] || walk->running[idle] || ask(walk, idle) ||
	    !sched_is_movable(walk->sched, walk->ahead[worker]))
		return;
	give_back(walk, worker);
	uint64_t test = ask(walk, idle);
	assert_true(test || walk->weights);
}

static void step(struct walk *walk)
{
	unsigned worker = roll(walk, WORKERS);
	switch (roll(walk, 16)) {
	case 0:
		add_random(walk);
		break;
	case 1:
		give_back(walk, worker);
		break;
	case 2:
		if (roll(walk, 10) == 0)
			come_or_go(walk, worker);
		break;
	case 3:
		if (roll(walk, 40) == 0)
			sched_drop_if(walk->sched, drop_some, walk);
		else if (roll(walk, 40) == 0)
			sched_collected(walk->sched, 1 + roll(walk, WORKERS));
		break;
	case 4:
		recall(walk, worker);
		break;
	case 9:
		take(walk, worker);
		break;
	case 5: case 6: case 7: case 8:
		end(walk, worker);
		break;
	default:
		if (!walk->ahead[worker])
			ask(walk, worker);
	}
}

/* From here on everything comes to its end: in each round somebody runs a test. */
static void finish(struct walk *walk)
{
	for (unsigned worker = 0; worker < WORKERS; worker++)
		if (!walk->there[worker])
			come_or_go(walk, worker);
	for (unsigned round = 0; round < 40 * TESTS; round++) {
		bool any = false;
		for (unsigned worker = 0; worker < WORKERS; worker++) {
			if (!walk->running[worker])
				ask(walk, worker);
			any = any || walk->running[worker];
		}
		if (!any)
			break;
		for (unsigned worker = 0; worker < WORKERS; worker++) {
			if (!walk->ahead[worker] && walk->running[worker] && roll(walk, 2))
				ask(walk, worker);
			if (roll(walk, 2))
				end(walk, worker);
		}
		end(walk, roll(walk, WORKERS));
	}
	assert_int_equal(sched_waiting(walk->sched), 0);
	assert_null(sched_stuck(walk->sched));
	for (uint64_t i = 1; i <= walk->added; i++)
		assert_true(walk->where[i] == ENDED || walk->where[i] == DROPPED);
}

static void random_walk(const char *mode, uint32_t seed, bool weights, unsigned taken[2])
{
	struct walk *walk = calloc(1, sizeof(*walk));
	assert_non_null(walk);
	struct sched_options options = { .mode = mode, .limits = limits, .limit_count = LIMITS };
	walk->sched = sched_new(&options, NULL);
	assert_non_null(walk->sched);
	walk->mode = mode;
	walk->random = seed;
	walk->weights = weights;
	for (unsigned i = 0; i < UNITS; i++)
		walk->owner[i] = WORKERS;
	for (unsigned i = 0; i < WORKERS; i++)
		come_or_go(walk, i);
	uint32_t early = roll(walk, TESTS);
	for (uint32_t i = 0; i < early; i++)
		add_random(walk);
	if (roll(walk, 4))
		sched_collected(walk->sched, 1 + roll(walk, WORKERS));
	for (unsigned i = 0; i < STEPS; i++) {
		step(walk);
		assert_int_equal(sched_waiting(walk->sched), walk->waiting);
		assert_null(sched_failure(walk->sched));
	}
	finish(walk);
	taken[0] += walk->taken[0];
	taken[1] += walk->taken[1];
	sched_free(walk->sched);
	free(walk);
}

static void no_rule_is_broken_on_a_random_walk_in_any_mode(void **state)
{
	static const char *const modes[] = { "load",      "loadscope", "loadfile", "loadgroup",
					     "worksteal", "duration",  "each" };
	const char *seeds = getenv("SCHED_SEEDS"); /* more than usual, by hand */
	uint32_t count = seeds ? (uint32_t)atoi(seeds) : 6;
	unsigned taken[2] = { 0, 0 };
	(void)state;
	for (uint32_t seed = 1; seed <= count; seed++) {
		for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
			print_message("mode %s, seed %u\n", modes[i], seed);
			random_walk(modes[i], seed, seed % 2, taken);
		}
	}
	assert_true(taken[0] > 0 && taken[1] > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_rule_is_broken_on_a_random_walk_in_any_mode),
	};
	return cmocka_run_group_tests_name("sched_walk", tests, NULL, NULL);
}
