/* Inside an attempt at a test of a harness: what its two halves share.
 *
 * harness_attempt.c starts it, watches its time and ends it; harness_verdict.c says what became of it.
 */
#ifndef XTOP_WORKER_HARNESS_INSIDE_H
#define XTOP_WORKER_HARNESS_INSIDE_H

#include "worker/deadline.h"
#include "worker/evidence.h"
#include "worker/glimpse.h"
#include "worker/hang.h"
#include "worker/harness_attempt.h"
#include "worker/leftovers.h"
#include "worker/memory.h"

enum phase {
	PHASE_PREPARING, /* its harness is not ready */
	PHASE_HELD,      /* announced, but the lane had no room for that: not sent to the harness yet */
	PHASE_RUNNING,
	PHASE_LOOKING,     /* its deadline passed: what it does is looked at before it is interrupted */
	PHASE_INTERRUPTED,
	PHASE_DUMPING,     /* that did not help: its stacks are being read */
	PHASE_TERMINATING, /* SIGTERM was sent */
	PHASE_KILLED,      /* SIGKILL was sent */
	PHASE_FINISHING,   /* the harness gave its verdict; what was printed is not read to its end yet, or what it began
			    * may still end */
	PHASE_OVER,
};

enum cause { CAUSE_ITSELF, CAUSE_DEADLINE, CAUSE_CANCEL, CAUSE_SIGNAL, CAUSE_MEMORY };

struct harness_attempt {
	struct attempt base;
	struct harness_place *place;
	enum phase phase;
	enum cause cause;
	char *cancel_reason;
	int person_signal;
	bool announced;
	bool asked;      /* which test comes next, and has no answer yet */
	bool tears_down; /* it has asked that */
	bool terminated; /* SIGTERM or more was sent to the harness */
	bool stubborn;   /* it was killed */
	bool ignored_term; /* because it did not react in time */
	unsigned killed_starts; /* harnesses that were killed before they were ready */
	bool bailed_out; /* what is held ahead goes back */
	bool paused;
	bool ignored_interrupt;
	uint64_t started; /* ns */
	struct deadline deadline; /* held while stalled or paused */
	struct hang hang;
	struct glimpse glimpse;
	struct memory_watch memory;
	bool grouped; /* a control group has its limit of memory */
	struct kill_count kill_count;
	struct harness_event finished; /* FINISHING */
	uint64_t finished_at;
	bool leaks_noted;
	struct leftovers leftovers;
};

/* In harness_attempt.c. Puts test and attempt into the event. */
void harness_attempt_emit(struct harness_attempt *attempt, struct event *event);
/* Sends test.started; `pid` 0: it has no process. */
void harness_attempt_tell_start(struct harness_attempt *attempt, pid_t pid);

/* In harness_verdict.c. After this it is over. */
void harness_attempt_leave(struct harness_attempt *attempt);
/* Sends test.finished. Takes the result. `said` and `end`, one of them NULL, have what goes along. */
void harness_attempt_finish(struct harness_attempt *attempt, struct result *result, const struct harness_event *said,
			    const struct harness_end *end);
/* The harness gave its verdict: over, once all that it printed was read, and what it began had its time to end. */
void harness_attempt_try_to_finish(struct harness_attempt *attempt, uint64_t now);
/* The same for one that could not be finished at once: its harness was not listened to meanwhile. */
void harness_attempt_go_on_finishing(struct harness_attempt *attempt, uint64_t now);

#endif
