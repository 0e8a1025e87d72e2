/* Attempts at tests that run in harnesses, and the harnesses of one worker, one for each fork server.
 *
 * A harness lives on between tests: it is polled all the time, for it may end or print at any moment.
 * What it prints outside of any test becomes a log event, and never the output of the next test.
 *
 * An attempt waits until its harness is ready, is announced (test.started), and then sent to it.  The ways to end: by the
 * harness' word ("finished"); by its end, which is a crash; by its deadline or a cancellation: an interrupt inside the
 * process, so that it lives on, `grace` later SIGTERM to its process group, half the grace later SIGKILL.
 */
#ifndef XTOP_WORKER_HARNESS_RUNNER_H
#define XTOP_WORKER_HARNESS_RUNNER_H

#include "worker/runner.h"
#include "worker/usage.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

struct harness_set;

/* Lives as long as its worker. `host` is borrowed. */
struct harness_set *harness_set_new(const struct runner_host *host);

/* Starts the job, whose `server` is set (borrowed as long as the attempt lives). At most one attempt at a time. */
struct attempt *harness_set_start(struct harness_set *set, const struct job *job, uint64_t now);

/* Tells all harnesses to leave; none runs a test. */
void harness_set_leave(struct harness_set *set, uint64_t now);
bool harness_set_is_empty(const struct harness_set *set); /* none exists, or is being started */

/* Lets the keepers go; the set is empty. */
void harness_set_part(struct harness_set *set);

/* How many descriptors harness_set_poll_fds fills in; some may be -1. */
size_t harness_set_fd_count(const struct harness_set *set);
void harness_set_poll_fds(const struct harness_set *set, struct pollfd *fds);
void harness_set_ready_fds(struct harness_set *set, const struct pollfd *fds, uint64_t now);
uint64_t harness_set_wake_at(const struct harness_set *set);
void harness_set_on_time(struct harness_set *set, uint64_t now);
/* The lane is full, or has space again. Tell it before the running attempt. */
void harness_set_hold(struct harness_set *set, bool held, uint64_t now);

/* Adds what they use and have used. */
void harness_set_add_usage(const struct harness_set *set, struct usage *usage);

#endif
