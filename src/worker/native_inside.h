/* Inside an attempt at a test that is a process of its own: what its two halves share.
 *
 * native.c starts it, watches its time and ends it; native_end.c sees to what it leaves behind, and says what became
 * of it.
 */
#ifndef XTOP_WORKER_NATIVE_INSIDE_H
#define XTOP_WORKER_NATIVE_INSIDE_H

#include "worker/capture.h"
#include "worker/deadline.h"
#include "worker/evidence.h"
#include "worker/glimpse.h"
#include "worker/hang.h"
#include "worker/leftovers.h"
#include "worker/memory.h"
#include "worker/runner.h"

/* How long descendants may outlive the test before they count as left behind: enough for the rest of a
 * pipeline to finish, too short to hold up a run. */
#define LEAK_GRACE (100 * CLOCK_MS)

enum phase {
	PHASE_HELD, /* announced, but the lane had no room for it: not started yet */
	PHASE_RUNNING,
	PHASE_LOOKING,     /* its deadline passed: what it does is looked at before it is ended */
	PHASE_TERMINATING, /* SIGTERM was sent */
	PHASE_KILLED,      /* SIGKILL was sent */
	PHASE_LEFTOVERS,   /* its process ended; descendants may live */
	PHASE_OVER,
};

enum cause { CAUSE_ITSELF, CAUSE_DEADLINE, CAUSE_CANCEL, CAUSE_SIGNAL, CAUSE_MEMORY };

struct native {
	struct attempt base;
	struct reader *reader;
	enum phase phase;
	enum cause cause;
	char *cancel_reason;
	int person_signal;
	pid_t pid;
	struct capture capture;
	uint64_t started, ended; /* ns */
	struct deadline deadline; /* of the phase; held while stalled (capture.held) or paused */
	bool paused;
	bool killed;       /* by kill_all */
	bool ignored_term; /* it was needed, the grace was over */
	bool processes_noted, pipe_noted;
	bool bailed_out;
	struct hang hang;
	struct glimpse glimpse;
	struct leftovers leftovers;
	struct memory_watch memory;
	bool grouped; /* a control group has its limit of memory */
	struct kill_count kill_count;
	unsigned futile_kills; /* how often nothing of what lives could be signalled */
	int status; /* of wait(2), once ended */
	struct rusage usage;
};

/* In native.c. Puts test and attempt into the event. */
void native_emit(struct native *native, struct event *event);

/* In native_end.c. Sends test.finished, and it is over. */
void native_finish(struct native *native, const struct result *result);
/* After the test's own process ended: over when nothing of it lives and all it printed was read. */
void native_try_to_finish(struct native *native, uint64_t now);

#endif
