/* A scheduler of your own: decides which test a worker of xtop runs next.
 *
 * Build a shared object that defines
 *
 *     const struct xtop_scheduler xtop_scheduler = {
 *             .abi = XTOP_SCHEDULER_ABI,
 *             .size = sizeof(struct xtop_scheduler),
 *             .name = "mine",
 *             ...
 *     };
 *
 * and name it: `xtop --dist ./mine.so`. `xtop scheduler check ./mine.so` tries it without running a test.
 * xtop-scheduler(3) is the manual, examples/scheduler a complete plugin.
 *
 * xtop itself keeps what must hold with every scheduler: serial tests run alone (a scheduler is never told of
 * them), limits and weights are kept, reruns come, a crash costs one test.
 *
 * All functions are called in one thread, one at a time.  Structs that xtop passes, and all texts, are
 * borrowed: they end with the call.  Structs grow at their end, and begin with their size; so an old plugin
 * goes on working with a newer xtop, and a new one can ask an older xtop with XTOP_SCHEDULER_HAS what it has.
 */
#ifndef XTOP_SCHEDULER_H
#define XTOP_SCHEDULER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Changes only where plugins that were built before can't go on working. */
#define XTOP_SCHEDULER_ABI 1

/* Whether a struct that xtop passed has this field. Those of the first version it always has. */
#define XTOP_SCHEDULER_HAS(pointer, field) \
	((size_t)(pointer)->size >= (size_t)((const char *)&(pointer)->field - (const char *)(pointer)) + \
					    sizeof((pointer)->field))

/* What xtop is to a scheduler. Unlike the other structs it stays until fini returns. */
struct xtop_scheduler_host {
	uint32_t size;
	uint32_t abi;             /* that xtop speaks */
	const char *xtop_version; /* "0.1.0" */
	/* Says why the scheduler can't do its work: in init, which then returns NULL, or in any later
	 * function, which ends the run. Copies the text. */
	void (*fail)(const struct xtop_scheduler_host *host, const char *text);
};

/* A test. Where a rule makes several tests a unit (`scope:` in xtop.yaml), the first of them stands for them
 * all: they follow each other on the worker that takes it. */
struct xtop_scheduler_test {
	uint32_t size;
	uint32_t weight;      /* how many workers' places it takes; 1 is usual */
	uint64_t number;      /* from 1; never another test's in this run */
	const char *suite;    /* this and the next: never NULL */
	const char *id;
	const char *file;     /* source file or program; this and the next: NULL where there is none */
	const char *scope;    /* module, class, or group of the program */
	const char *group;    /* of the marker xdist_group */
	uint64_t expected;    /* nanoseconds that it takes by the history; 0: not known */
	int32_t priority;     /* by a rule: higher ones are to come first; 0 is usual */
};

/* The end of an attempt at a test. */
struct xtop_scheduler_done {
	uint32_t size;
	uint32_t worker;
	uint64_t test;     /* the number that stands for it */
	uint64_t duration; /* nanoseconds */
};

/* Fields marked "may be NULL" are functions that a scheduler can do without. */
struct xtop_scheduler {
	uint32_t abi;     /* XTOP_SCHEDULER_ABI */
	uint32_t size;    /* sizeof(struct xtop_scheduler) */
	const char *name; /* printable, at most 64 bytes */

	/* The first call. What it returns is handed to all others; NULL: it refuses (see fail), and nothing
	 * else is called. */
	void *(*init)(const struct xtop_scheduler_host *host);
	/* The last call, however the run ended. */
	void (*fini)(void *context);

	/* A test was found, and waits. Most are found before the first worker asks, but any number may come
	 * later. */
	void (*test_added)(void *context, const struct xtop_scheduler_test *test);
	/* One that next_for had returned waits once more, and should come before others: it was not started,
	 * or is to be rerun. */
	void (*test_again)(void *context, uint64_t test);
	/* All tests are known that are found before the run, and about so many workers will come. May be
	 * NULL. */
	void (*collected)(void *context, uint32_t workers);

	/* A worker will ask for tests: numbers from 0, below 256 in a run, up to 10,000 in the simulator. One
	 * that is restarted after a crash keeps its number and was never gone. May be NULL. */
	void (*worker_added)(void *context, uint32_t worker);
	/* It asks no more; what it had not ended comes back by test_again. What was set aside for it must go
	 * to others. It may be added again. May be NULL. */
	void (*worker_gone)(void *context, uint32_t worker);

	/* A worker wants a test: the number of one that waits, which waits no longer then; 0: none for this
	 * worker now. It asks again when something has changed. A worker asks for its next test while it runs
	 * one. Where all workers are idle, each was answered 0 and tests wait, the run ends with an error. */
	uint64_t (*next_for)(void *context, uint32_t worker);
	/* May be NULL. */
	void (*test_done)(void *context, const struct xtop_scheduler_done *done);
};

/* The one symbol that xtop looks for. */
extern const struct xtop_scheduler xtop_scheduler __attribute__((visibility("default")));

#ifdef __cplusplus
}
#endif

#endif
