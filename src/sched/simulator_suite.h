/* The made-up suite that a simulation runs: from a seed, the same for every mode and every scheduler. */
#ifndef XTOP_SCHED_SIMULATOR_SUITE_H
#define XTOP_SCHED_SIMULATOR_SUITE_H

#include "sched/simulator.h"

#define SIMULATED_NONE UINT32_MAX

struct simulated_test {
	uint64_t duration;           /* ns */
	uint64_t told;               /* what the scheduler hears of it, 0: nothing */
	uint32_t scope, file, group; /* numbers from 0; group SIMULATED_NONE: it is in none */
	uint32_t worker;             /* the only one that may run it (each), else SCHED_ANY_WORKER */
	bool serial, limited, heavy;
	bool crashes; /* its worker dies in it */
	bool changes; /* its worker goes after it */
};

struct simulated_suite {
	struct simulated_test *tests; /* number n stands in tests[n - 1] */
	size_t count;
	uint32_t scopes, files, groups;
};

void simulated_suite_init(struct simulated_suite *suite, const struct simulation *simulation);
void simulated_suite_fini(struct simulated_suite *suite);
/* Seconds in which no scheduler could have run it; see struct simulated. */
double simulated_lower_bound(const struct simulated_suite *suite, const struct simulation *simulation);

#endif
