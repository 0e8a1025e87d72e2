/* What a test does whose deadline has passed: two looks at its processes (look.h), then their stacks (stack.h), one after
 * the other, while its worker's loop goes on.
 *
 * The looks are cheap, the stacks are not: a debugger computes for some tenths of a second.  So it has no more time than
 * the test has grace, and is left out where the run has stacks enough (struct job).
 */
#ifndef XTOP_WORKER_HANG_H
#define XTOP_WORKER_HANG_H

#include "base/json.h"
#include "base/str.h"
#include "worker/look.h"
#include "worker/runner.h"
#include "worker/stack.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* All zero: nothing was done. */
struct hang {
	struct look *look;
	struct stack *stack; /* the tool runs */
	uint64_t look_at;    /* when the second look is due; 0: it was done, or there is none */
	bool looked;         /* there is something to tell */
	bool wants_stack;
	bool enough;         /* the run has stacks enough */
	uint64_t grace;      /* ns */
	char *frames;        /* NULL: none */
	const char *no_stack; /* why there are none, though they were wanted: a word, see hang_put; NULL: nobody knows */
};

void hang_fini(struct hang *hang);

/* The first look at a test of this job. `alone` as for look_new; `with_stack`: the second one is followed by the stacks of
 * the process that tells most. */
void hang_begin(struct hang *hang, const struct job *job, pid_t root, bool alone, bool with_stack, uint64_t now);
/* Goes for the stacks of that process now, if they can be had. */
void hang_begin_stack(struct hang *hang, const struct runner_host *host, pid_t pid, uint64_t now);
/* Stops at once; what was found stays. */
void hang_stop(struct hang *hang);
/* When the descriptor is ready, or the time has come. True: it is done. */
bool hang_go_on(struct hang *hang, const struct runner_host *host, uint64_t now);
/* Fills in at most one descriptor to poll; returns how many. */
unsigned hang_poll_fds(const struct hang *hang, struct pollfd *fds);
uint64_t hang_wake_at(const struct hang *hang); /* UINT64_MAX: it is done */

/* Adds what was found, the stacks by this key; nothing where nothing was. Where there are no stacks, `no_stack` says why:
 * "enough" (the run has them of others), "late" (the grace was too short), "empty" (the debugger told none). */
void hang_put(const struct hang *hang, const char *stack_key, struct json *evidence);
/* Appends "; it was blocked in futex (a lock)". */
void hang_describe(const struct hang *hang, struct str *out);

#endif
