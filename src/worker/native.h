/* One attempt at a test that is a process of its own: started, read, watched and ended.
 *
 * The worker's loop owns the waiting; this module says what to wait for and is told what came.
 * Every attempt that native_start made ends with exactly one test.finished event.
 *
 * The ways to end: by itself; by its deadline or a cancellation (SIGTERM to the process group, `grace`
 * later SIGKILL to it and to all descendants); by a signal that a person chose.  Descendants that outlive
 * the test's own process are given LEAK_GRACE, then named in a log event and killed.
 */
#ifndef XTOP_WORKER_NATIVE_H
#define XTOP_WORKER_NATIVE_H

#include "worker/command.h"
#include "xtop/event.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

struct native;

/* What an attempt needs of its worker. Borrowed until native_free. */
struct native_host {
	/* Sends an event; fills in t and worker. False: the lane is full, stop reading until there is space. */
	bool (*emit)(void *context, struct event *event);
	void *context;
	char *const *environment;     /* the worker's, NULL-terminated; the test's variables come on top */
	const struct rlimit *nofile;  /* for the test */
	int null_fd;                  /* its standard input */
};

/* Starts the job (borrowed until native_free). `now` and all times here: clock_now(). When the program can't be
 * executed the attempt is over at once, with outcome error. */
struct native *native_start(const struct native_host *host, const struct job *job, uint64_t now);
void native_free(struct native *native);
bool native_is_over(const struct native *native); /* test.finished was sent */
bool native_bailed_out(const struct native *native); /* it asked that the rest of its suite is not run */

/* At most two descriptors to poll; none while the lane is full. Returns how many. */
unsigned native_poll_fds(const struct native *native, struct pollfd fds[2]);
void native_read(struct native *native, const struct pollfd *fds, unsigned count);
/* SIGCHLD came: asks for all that ended. */
void native_reap(struct native *native, uint64_t now);
/* When native_on_time wants to be called; UINT64_MAX: never. */
uint64_t native_wake_at(const struct native *native);
void native_on_time(struct native *native, uint64_t now);

/* The lane is full (or has space again): the output is not read, the deadline stands still. */
void native_stall(struct native *native, bool stalled, uint64_t now);
/* Stops (SIGSTOP) or continues the process group and the deadline. */
void native_pause(struct native *native, bool paused, uint64_t now);
/* Ends it as notrun, with the reason. A second call kills at once. */
void native_cancel(struct native *native, const char *reason, uint64_t now);
/* A person's signal to the process group. */
void native_signal(struct native *native, int number);

uint64_t native_test(const struct native *native); /* its number */

#endif
