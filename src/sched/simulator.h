/* A run without a test: discrete events over a scheduler, to measure modes and to try plugins.
 *
 * Seeded, so that the same numbers come again. Time is simulated: nothing sleeps and nothing is executed. A
 * worker holds a test behind the one that it runs, which is asked back when another worker is idle, as in a
 * real run. While it goes on, it checks what must hold in every mode:
 *   - each test ends exactly once (the crasher's attempt is its end, the rest of its unit goes on),
 *   - units stay whole in the modes that keep them whole (loadscope, loadfile, loadgroup),
 *   - a serial test runs alone, limits hold, weights fit,
 *   - the scheduler is never stuck.
 */
#ifndef XTOP_SCHED_SIMULATOR_H
#define XTOP_SCHED_SIMULATOR_H

#include "base/err.h"
#include "sched/sched.h"

/* How long tests take. */
enum simulated_durations {
	DURATIONS_CONSTANT,    /* all 100 ms */
	DURATIONS_EXPONENTIAL, /* mean 100 ms */
	DURATIONS_HEAVY,       /* Pareto, shape 1.5 from 10 ms, cut at 1000 times the minimum */
	DURATIONS_GIANT,       /* one takes half of all the others together, which are constant */
	DURATIONS_TINY,        /* 1 ms, one in 1000 takes 1 s */
};

/* What the scheduler is told about it. */
enum simulated_history {
	HISTORY_EXACT,
	HISTORY_NOISY,   /* times a factor between 1/2 and 2 */
	HISTORY_STALE,   /* a fifth of the tests is new, a tenth takes ten times as long as told */
	HISTORY_MISSING, /* nothing is known */
};

struct simulation {
	struct sched_options options;
	enum simulated_durations durations;
	enum simulated_history history;
	size_t tests; /* each: all of them, as many for each worker */
	unsigned workers;
	unsigned tests_a_scope; /* mean; scopes' sizes are geometrically distributed; 0: 20 */
	unsigned scopes_a_file; /* 0: 3 */
	double crashes;         /* share of tests in which the worker dies, 0 to 1 */
	double changes; /* share of tests after which the worker goes, to come back; units may split then */
	double serial, limited, heavy; /* shares of tests that are serial, count for limit 0, weigh 2 */
	uint64_t dispatch;             /* ns that pass between two tests of a worker */
	uint64_t seed;
};

struct simulated {
	double makespan; /* seconds */
	/* Seconds: max(sum ÷ workers, longest); with serial tests their sum is added to the rest's, and with
	 * a limit the sum of those that count for it ÷ its workers is one of the bounds. */
	double lower_bound;
	uint64_t decisions; /* calls of sched_next */
	double seconds;     /* real time spent in the scheduler's functions while tests ran */
	double planning;    /* real time spent in sched_add and sched_collected */
	size_t memory;      /* bytes, its greatest (sched_memory) */
	size_t splits;      /* scopes of which tests ran on more than one worker */
};

/* -1: an invariant was broken, or the scheduler failed: the message says which, with the test and the
 * seed. */
int simulate(const struct simulation *simulation, struct simulated *out, struct error *error);

#endif
