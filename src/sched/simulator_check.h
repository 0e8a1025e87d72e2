/* What must hold in a simulated run, whatever the mode: each function hears of one step. The first rule that
 * is broken is kept as a message, and nothing is looked at any more. */
#ifndef XTOP_SCHED_SIMULATOR_CHECK_H
#define XTOP_SCHED_SIMULATOR_CHECK_H

#include "sched/simulator_suite.h"

#define SIMULATED_MESSAGE 512

struct simulated_check {
	const struct simulated_suite *suite;
	const struct simulation *simulation;
	uint8_t *states;        /* of each test */
	uint32_t *unit_workers; /* which worker ran each unit that must stay whole */
	uint32_t *scope_workers;
	size_t ended, splits;
	/* Of the tests that run now: how many, their weight, how many count for limit 0, how many are serial. */
	unsigned running, slots, limited, serial;
	char message[SIMULATED_MESSAGE]; /* "": all is well */
};

void check_init(struct simulated_check *check, const struct simulated_suite *suite,
		const struct simulation *simulation);
void check_fini(struct simulated_check *check);
/* false: a rule was broken, and the test must not be started. */
bool check_given(struct simulated_check *check, uint32_t worker, uint64_t test);
void check_given_back(struct simulated_check *check, uint32_t worker, uint64_t test);
void check_started(struct simulated_check *check, uint32_t worker, uint64_t test);
void check_ended(struct simulated_check *check, uint32_t worker, uint64_t test);
void check_lost(struct simulated_check *check, uint64_t test); /* its only worker went */
void check_end(struct simulated_check *check);                 /* of the run: every test has ended */

#endif
