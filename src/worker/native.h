/* One attempt at a test that is a process of its own: started, read, watched and ended.
 *
 * The ways to end: by itself; by its deadline or a cancellation (SIGTERM to the process group, `grace`
 * later SIGKILL to it and to all descendants); by a signal that a person chose.  Descendants that outlive
 * the test's own process are given LEAK_GRACE, then named in a log event and killed.
 */
#ifndef XTOP_WORKER_NATIVE_H
#define XTOP_WORKER_NATIVE_H

#include "worker/runner.h"

#include <stdint.h>

/* Starts the job (borrowed as long as the attempt lives). When the program can't be executed the attempt is over at
 * once, with outcome error. */
struct attempt *native_start(const struct runner_host *host, const struct job *job, uint64_t now);

#endif
