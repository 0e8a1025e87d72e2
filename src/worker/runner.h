/* A runner: how a worker runs one attempt at a test.
 *
 * The worker's loop owns the waiting and knows attempts only by this table; native.h makes those that are a
 * process of their own, harness_runner.h those that run in a process that lives on.
 *
 * An attempt that was started (test.started was sent) ends with exactly one test.finished. One that is over without
 * having been started is to be given back.  All times: clock_now().
 */
#ifndef XTOP_WORKER_RUNNER_H
#define XTOP_WORKER_RUNNER_H

#include "worker/command.h"
#include "worker/group.h"
#include "xtop/event.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>

#define RUNNER_FDS_MAX 4

struct attempt;

/* What attempts need of their worker. Borrowed as long as one lives. */
struct runner_host {
	/* Sends an event; fills in t and worker. False: the lane is full, stop reading until there is space. */
	bool (*emit)(void *context, struct event *event);
	/* The running test's harness asks which test comes next; the runner's `answer` is called, now or later. */
	void (*ask_next)(void *context, bool failed, bool may_rerun);
	/* Before the end of an attempt in a harness is told: of which node that harness keeps something set up (NULL: of
	 * none), and whether that is so only as long as no other test runs there. */
	void (*stands)(void *context, const char *node, bool alone);
	/* Before that of an attempt whose harness ended is told: with it went what stood. */
	void (*harness_gone)(void *context, const char *server);
	/* A fork server can't be reached; the attempt that needs it is over, not started. */
	void (*no_server)(void *context, const char *server);
	void *context;
	char *const *environment;    /* the worker's, NULL-terminated; the test's variables come on top */
	char *const *variables;      /* what of it the worker made: NAME=value, or NAME where it is unset */
	size_t variable_count;
	const struct rlimit *nofile; /* for a test's process */
	int null_fd;                 /* its standard input */
	int kills_fd;                /* of memory_open_kills */
	struct group *group;         /* for tests that have a limit of memory; NULL: there is none */
	unsigned slot, workers;
	const char *run_id;
	bool serial;
};

enum next_kind {
	NEXT_NONE,  /* nothing comes after the running test, or nothing that its harness could know */
	NEXT_AGAIN, /* the running test, once more */
	NEXT_TEST,
};

struct runner {
	void (*free)(struct attempt *attempt);
	bool (*is_over)(const struct attempt *attempt);
	bool (*was_started)(const struct attempt *attempt);
	bool (*bailed_out)(const struct attempt *attempt); /* it asked that the rest of its suite is not run */
	/* Fills in at most RUNNER_FDS_MAX descriptors to poll; none while the lane is full. Returns how many. */
	unsigned (*poll_fds)(const struct attempt *attempt, struct pollfd *fds);
	void (*read)(struct attempt *attempt, const struct pollfd *fds, unsigned count);
	/* Something woke the worker, SIGCHLD perhaps: asks for children that ended. */
	void (*reap)(struct attempt *attempt, uint64_t now);
	/* When on_time wants to be called; UINT64_MAX: never. */
	uint64_t (*wake_at)(const struct attempt *attempt);
	void (*on_time)(struct attempt *attempt, uint64_t now);
	/* The lane is full (or has space again): output is not read, the deadline stands still. */
	void (*stall)(struct attempt *attempt, bool stalled, uint64_t now);
	/* Stops (SIGSTOP) or continues its process group and the deadline. */
	void (*pause)(struct attempt *attempt, bool paused, uint64_t now);
	/* Ends it as notrun, with the reason. A second call kills at once. */
	void (*cancel)(struct attempt *attempt, const char *reason, uint64_t now);
	/* A person's signal to the process group. */
	void (*signal)(struct attempt *attempt, int number);
	/* Somebody wants to know where it is: a log event tells, later. Nothing happens where it does not run. */
	void (*look)(struct attempt *attempt, uint64_t now);
	/* It is not wanted any more, unless it was started: then nothing happens. */
	void (*recall)(struct attempt *attempt);
	/* To the last ask_next. `id` (borrowed for the call) and `ordinal` are NEXT_TEST's. */
	void (*answer)(struct attempt *attempt, enum next_kind kind, const char *id, uint32_t ordinal);
};

/* What every attempt begins with. */
struct attempt {
	const struct runner *runner;
	const struct runner_host *host;
	const struct job *job; /* borrowed */
};

#endif
