/* A look at a running test that a person asked for: where it is, told by a log event, while it goes on.
 *
 * As of a test whose deadline has passed (hang.h), but nothing is ended, and the run's ration of debuggers does not count.
 */
#ifndef XTOP_WORKER_GLIMPSE_H
#define XTOP_WORKER_GLIMPSE_H

#include "worker/hang.h"

/* All zero: nobody asked. */
struct glimpse {
	struct hang hang;
	bool active;
};

void glimpse_fini(struct glimpse *glimpse);
/* Parameters as for hang_begin. One that goes on already goes on. */
void glimpse_begin(struct glimpse *glimpse, const struct job *job, pid_t root, bool alone, bool with_stack, uint64_t now);
/* When the descriptor is ready, or the time has come. At its end `emit` gets the event, borrowed for the call. */
void glimpse_go_on(struct glimpse *glimpse, const struct runner_host *host, uint64_t now,
		   void (*emit)(void *context, struct event *event), void *context);
/* Whether a debugger runs, a child of this process. */
bool glimpse_has_tool(const struct glimpse *glimpse);
unsigned glimpse_poll_fds(const struct glimpse *glimpse, struct pollfd *fds); /* at most one */
uint64_t glimpse_wake_at(const struct glimpse *glimpse); /* UINT64_MAX: never */

#endif
