/* A worker: a process that runs one test at a time and watches it.
 *
 * It listens to commands (command.h), writes events to its lane of the ring, and does nothing else:
 * which test comes when is the controller's business.  Plain ppoll(2), no loop library; it leaves
 * by _exit(2).  While its lane is full it stops reading its test's output and the test's
 * deadline stands still, but commands are still obeyed.
 */
#ifndef XTOP_WORKER_WORKER_H
#define XTOP_WORKER_WORKER_H

#include "event/ring.h"

#include <stdint.h>
#include <sys/resource.h>

/* The same for all workers of a run. Strings borrowed. */
struct worker_context {
	const char *run_id;
	const char *groups;  /* where workers make control groups for their tests (worker/group.h); NULL: nowhere */
	const char *test_run_uid; /* PYTEST_XDIST_TESTRUNUID of its tests */
	uint64_t epoch;      /* clock_now() at the run's start: events' times count from it */
	unsigned workers;    /* how many there are, for the tests' environment; the guardian fills it in */
	int serial;          /* -n 0: not zero; tests see no parallel run; likewise */
	struct rlimit nofile; /* what tests get: the controller raised its own */
};

/* The whole life of a worker process, after the fork. */
_Noreturn void worker_main(const struct worker_context *context, struct ring *ring, unsigned slot,
			   uint32_t incarnation, int command_fd);

#endif
