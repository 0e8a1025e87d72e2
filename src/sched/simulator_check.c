#include "sched/simulator_check.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum state {
	WAITING,
	HELD, /* given to a worker that has not started it */
	RUNNING,
	ENDED,
	LOST,
};

static const char *const state_texts[] = {
	[WAITING] = "waits",   [HELD] = "is held",  [RUNNING] = "runs",
	[ENDED] = "has ended", [LOST] = "was lost",
};

static void __attribute__((format(printf, 2, 3)))
break_rule(struct simulated_check *check, const char *format, ...)
{
	va_list args;

	if (check->message[0])
		return;
	va_start(args, format);
	vsnprintf(check->message, sizeof(check->message), format, args);
	va_end(args);
}

static bool is_mode(const struct simulated_check *check, const char *mode)
{
	return check->simulation->options.mode && strcmp(check->simulation->options.mode, mode) == 0;
}

/* The unit that must not run on two workers; SIMULATED_NONE: the test may run anywhere. */
static uint32_t unit_of(const struct simulated_check *check, const struct simulated_test *test)
{
	/* A serial test runs where the pool has drained; a unit whose worker went goes on elsewhere. */
	if (test->serial || check->simulation->changes > 0)
		return SIMULATED_NONE;
	if (is_mode(check, "loadscope"))
		return test->scope;
	if (is_mode(check, "loadfile"))
		return test->file;
	return is_mode(check, "loadgroup") ? test->group : SIMULATED_NONE;
}

static uint32_t *nobody(size_t count)
{
	uint32_t *workers = alloc_zeroed(count, sizeof(*workers));

	for (size_t i = 0; i < count; i++)
		workers[i] = SIMULATED_NONE;
	return workers;
}

void check_init(struct simulated_check *check, const struct simulated_suite *suite,
		const struct simulation *simulation)
{
	*check = (struct simulated_check){
		.suite = suite,
		.simulation = simulation,
		.states = alloc_zeroed(suite->count, sizeof(*check->states)),
		.unit_workers = nobody(suite->scopes), /* there are as many files and groups at most */
		.scope_workers = nobody(suite->scopes),
	};
}

void check_fini(struct simulated_check *check)
{
	free(check->states);
	free(check->unit_workers);
	free(check->scope_workers);
}

static const struct simulated_test *move(struct simulated_check *check, uint32_t worker, uint64_t number,
					 enum state from, enum state to)
{
	if (number == 0 || number > check->suite->count) {
		break_rule(check, "worker %" PRIu32 " got test %" PRIu64 ", which does not exist", worker,
			   number);
		return &check->suite->tests[0];
	}
	if (check->states[number - 1] != from)
		break_rule(check, "test %" PRIu64 " %s, where it is about to be what %s on worker %" PRIu32,
			   number, state_texts[check->states[number - 1]], state_texts[to], worker);
	check->states[number - 1] = (uint8_t)to;
	return &check->suite->tests[number - 1];
}

bool check_given(struct simulated_check *check, uint32_t worker, uint64_t test)
{
	uint32_t only = move(check, worker, test, WAITING, HELD)->worker;

	if (only != SCHED_ANY_WORKER && only != worker)
		break_rule(check, "test %" PRIu64 " went to worker %" PRIu32 ", only %" PRIu32 " may run it",
			   test, worker, only);
	return check->message[0] == '\0';
}

void check_given_back(struct simulated_check *check, uint32_t worker, uint64_t test)
{
	move(check, worker, test, HELD, WAITING);
}

static unsigned weight_of(const struct simulated_check *check, const struct simulated_test *test)
{
	return test->heavy && check->simulation->workers > 1 ? 2 : 1;
}

static void check_whole(struct simulated_check *check, const struct simulated_test *test, uint64_t number,
			uint32_t worker)
{
	uint32_t unit = unit_of(check, test);
	uint32_t *scope_worker = &check->scope_workers[test->scope];

	if (unit != SIMULATED_NONE) {
		if (check->unit_workers[unit] != SIMULATED_NONE && check->unit_workers[unit] != worker)
			break_rule(check,
				   "unit %" PRIu32 " was begun on worker %" PRIu32 ", its test %" PRIu64
				   " runs on worker %" PRIu32,
				   unit, check->unit_workers[unit], number, worker);
		check->unit_workers[unit] = worker;
	}
	if (*scope_worker == SIMULATED_NONE)
		*scope_worker = worker;
	if (*scope_worker != worker && *scope_worker != SIMULATED_NONE - 1) {
		*scope_worker = SIMULATED_NONE - 1; /* counted */
		check->splits++;
	}
}

void check_started(struct simulated_check *check, uint32_t worker, uint64_t number)
{
	const struct simulated_test *test = move(check, worker, number, HELD, RUNNING);
	const struct sched_options *options = &check->simulation->options;

	check_whole(check, test, number, worker);
	check->running++;
	check->slots += weight_of(check, test);
	check->limited += test->limited;
	check->serial += test->serial;
	if (check->serial > 0 && check->running > 1)
		break_rule(check, "test %" PRIu64 " runs beside %u others, and one of them is serial", number,
			   check->running - 1);
	if (check->slots > check->simulation->workers)
		break_rule(check, "test %" PRIu64 " makes it %u slots of %u", number, check->slots,
			   check->simulation->workers);
	if (options->limit_count > 0 && options->limits[0] > 0 && check->limited > options->limits[0])
		break_rule(check, "test %" PRIu64 " runs beside %u others of a limit of %u", number,
			   check->limited - 1, options->limits[0]);
}

void check_ended(struct simulated_check *check, uint32_t worker, uint64_t number)
{
	const struct simulated_test *test = move(check, worker, number, RUNNING, ENDED);

	check->ended++;
	check->running--;
	check->slots -= weight_of(check, test);
	check->limited -= test->limited;
	check->serial -= test->serial;
}

void check_lost(struct simulated_check *check, uint64_t number)
{
	uint32_t only = move(check, SCHED_ANY_WORKER, number, WAITING, LOST)->worker;

	check->ended++;
	if (only == SCHED_ANY_WORKER)
		break_rule(check, "test %" PRIu64 " was lost, though any worker may run it", number);
}

void check_end(struct simulated_check *check)
{
	for (size_t i = 0; i < check->suite->count && check->ended < check->suite->count; i++)
		if (check->states[i] != ENDED && check->states[i] != LOST)
			break_rule(check, "test %zu %s at the end of the run", i + 1,
				   state_texts[check->states[i]]);
}
