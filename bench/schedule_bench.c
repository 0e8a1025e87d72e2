/* How near each mode comes to the shortest run there can be, and what a decision costs.
 *
 *     schedule [--tests N] [--workers N] [--seed N] [--dispatch MICROSECONDS] [--quick]
 *
 * The first table has a row for each way in which tests take long and for each history: the makespan ÷
 * max(sum ÷ workers, longest test), simulated, for each mode, and beside them pytest-xdist's algorithms as
 * its documentation describes them. The second one has the cost of a decision at 1,000,000 tests and 10,000
 * workers.
 */
#include "base/clock.h"
#include "sched/simulator_suite.h"
#include "xdist_model.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const modes[] = { "duration", "load", "worksteal", "loadscope", "loadfile", "loadgroup" };
#define MODES (sizeof(modes) / sizeof(modes[0]))

static const char *const durations[] = {
	[DURATIONS_CONSTANT] = "constant", [DURATIONS_EXPONENTIAL] = "exponential",
	[DURATIONS_HEAVY] = "heavy",       [DURATIONS_GIANT] = "giant",
	[DURATIONS_TINY] = "tiny",
};
static const char *const histories[] = {
	[HISTORY_EXACT] = "exact",
	[HISTORY_NOISY] = "noisy",
	[HISTORY_STALE] = "stale",
	[HISTORY_MISSING] = "missing",
};
static const struct {
	const char *name;
	enum xdist_mode mode;
} yardsticks[] = {
	{ "load", XDIST_LOAD },
	{ "worksteal", XDIST_WORKSTEAL },
	{ "loadscope", XDIST_LOADSCOPE },
};
#define YARDSTICKS (sizeof(yardsticks) / sizeof(yardsticks[0]))

/* Ends the program where an invariant was broken. */
static struct simulated run(const struct simulation *simulation)
{
	struct error error = ERROR_INIT;
	struct simulated result;

	if (simulate(simulation, &result, &error) < 0) {
		fprintf(stderr, "schedule: %s\n", error.message);
		exit(1);
	}
	return result;
}

static void print_row(struct simulation *simulation)
{
	struct simulated_suite suite;

	printf("%-12s %-8s", durations[simulation->durations], histories[simulation->history]);
	for (size_t i = 0; i < MODES; i++) {
		simulation->options.mode = modes[i];
		struct simulated result = run(simulation);
		printf("%10.3f", result.makespan / result.lower_bound);
	}
	simulated_suite_init(&suite, simulation);
	printf(" |");
	for (size_t i = 0; i < YARDSTICKS; i++)
		printf("%10.3f",
		       xdist_makespan(&suite, yardsticks[i].mode, simulation->workers, simulation->dispatch) /
			       simulated_lower_bound(&suite, simulation));
	printf("\n");
	fflush(stdout);
	simulated_suite_fini(&suite);
}

static void print_makespans(struct simulation *simulation)
{
	printf("%zu tests, %u workers, seed %llu: makespan / max(sum / workers, longest)\n",
	       simulation->tests, simulation->workers, (unsigned long long)simulation->seed);
	printf("%-12s %-8s", "durations", "history");
	for (size_t i = 0; i < MODES; i++)
		printf("%10s", modes[i]);
	printf(" |");
	for (size_t i = 0; i < YARDSTICKS; i++)
		printf("%10s", yardsticks[i].name);
	printf(" (xdist)\n");
	for (unsigned i = DURATIONS_CONSTANT; i <= DURATIONS_TINY; i++) {
		for (unsigned j = HISTORY_EXACT; j <= HISTORY_MISSING; j++) {
			simulation->durations = i;
			simulation->history = j;
			print_row(simulation);
		}
	}
}

static void print_costs(struct simulation *simulation)
{
	simulation->durations = DURATIONS_EXPONENTIAL;
	simulation->history = HISTORY_EXACT;
	printf("\n%zu tests, %u workers: what deciding costs\n", simulation->tests, simulation->workers);
	printf("%-12s%14s%14s%14s%12s%14s\n", "mode", "ns/decision", "bytes/test", "plan ns/test", "makespan",
	       "split scopes");
	for (size_t i = 0; i < MODES; i++) {
		simulation->options.mode = modes[i];
		struct simulated result = run(simulation);
		double tests = (double)simulation->tests;
		printf("%-12s%14.0f%14.1f%14.0f%12.3f%14zu\n", modes[i],
		       result.seconds * 1e9 / (double)result.decisions, (double)result.memory / tests,
		       result.planning * 1e9 / tests, result.makespan / result.lower_bound, result.splits);
		fflush(stdout);
	}
}

static unsigned long long number_of(const char *text, unsigned long long least)
{
	char *end;
	unsigned long long number = strtoull(text, &end, 10);

	if (*end || end == text || number < least) {
		fprintf(stderr, "schedule: expected a number from %llu, found '%s'\n", least, text);
		exit(2);
	}
	return number;
}

int main(int argc, char *argv[])
{
	static const struct option options[] = {
		{ "tests", required_argument, NULL, 't' }, { "workers", required_argument, NULL, 'w' },
		{ "seed", required_argument, NULL, 's' },  { "dispatch", required_argument, NULL, 'd' },
		{ "quick", no_argument, NULL, 'q' },       { NULL, 0, NULL, 0 },
	};
	struct simulation makespans = { .tests = 20000, .workers = 200, .seed = 1 }, costs = makespans;
	int option;

	costs.tests = 1000000;
	costs.workers = 10000;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 't')
			makespans.tests = costs.tests = number_of(optarg, 1);
		else if (option == 'w')
			makespans.workers = costs.workers = (unsigned)number_of(optarg, 1);
		else if (option == 's')
			makespans.seed = costs.seed = number_of(optarg, 0);
		else if (option == 'd')
			makespans.dispatch = number_of(optarg, 0) * (CLOCK_MS / 1000);
		else if (option == 'q') {
			makespans.tests = 2000;
			makespans.workers = 16;
			costs.tests = 100000;
			costs.workers = 1000;
		} else {
			fprintf(stderr,
				"usage: schedule [--tests N] [--workers N] [--seed N] [--dispatch MICROSECONDS] "
				"[--quick]\n");
			return 2;
		}
	}
	print_makespans(&makespans);
	print_costs(&costs);
	return 0;
}
