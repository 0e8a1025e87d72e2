/* How pytest-xdist hands out tests, as its documentation describes it, in simulated time: a yardstick.
 *
 * What all three have in common: a worker begins a test only when it knows the one behind it, or was told
 * that there is none, so each needs two tests at least. Messages take no time here, so a real run is slower.
 */
#ifndef XTOP_BENCH_XDIST_MODEL_H
#define XTOP_BENCH_XDIST_MODEL_H

#include "sched/simulator_suite.h"

enum xdist_mode {
	XDIST_LOAD,      /* a quarter of the tests round robin, then chunks that become smaller */
	XDIST_WORKSTEAL, /* even contiguous parts, then half of the longest queue */
	XDIST_LOADSCOPE, /* whole scopes, those with the most tests first */
};

/* Seconds until the last test has ended. `dispatch`: ns that pass between two tests of a worker. */
double xdist_makespan(const struct simulated_suite *suite, enum xdist_mode mode, unsigned workers,
		      uint64_t dispatch);

#endif
