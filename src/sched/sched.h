/* The scheduler: which test goes to which worker next.
 *
 *     sched.c        what holds in every mode: tests that are added, given back, ended, dropped
 *     next.c         who gets the next test, and when serial tests run
 *     places.c       where units stand, and workers that come and go
 *     limits.c       limits and weights, and the units that wait because of them
 *     units.c        the tables of tests and units
 *     policy.h       what a mode decides: which unit a worker takes next
 *     load.c worksteal.c (over lanes.c) scope.c duration.c plugin.c   the modes
 *     simulator.h    runs a schedule without a test, to try modes and plugins
 *
 * It neither sends nor waits: it holds the numbers of tests and says which comes next.  Tests may be added and
 * workers may come and go at any time.  Each test that was added is given out exactly once, and again only after
 * sched_give_back or sched_again.
 *
 * Tests belong to units.  A unit is bound to the worker that takes it and its tests go there one after the other
 * in the order in which they were added; in most modes a unit is one test.
 */
#ifndef XTOP_SCHED_SCHED_H
#define XTOP_SCHED_SCHED_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;

#define SCHED_LIMITS_MAX 64
#define SCHED_ANY_WORKER UINT32_MAX

/* What a scheduler knows of a test. Texts are borrowed for the call. */
struct sched_test {
	uint64_t number;    /* from 1, dense: its place in tables */
	const char *suite, *id, *file, *scope, *group; /* NULL: none, or not known */
	const char *unit;   /* a unit that a rule named (`scope: /regex/`), in the place of the mode's own; NULL: none */
	uint64_t expected;  /* ns, 0: not known */
	int priority;       /* higher ones first; 0 is usual */
	unsigned weight;    /* slots that it takes; 0 counts as 1 */
	uint64_t limits;    /* bit i: it counts for limit i */
	bool serial;        /* runs while nothing else does */
	uint32_t worker;    /* the only one that may run it (each); else SCHED_ANY_WORKER */
};

struct sched_options {
	const char *mode;    /* as in --dist; one with a '/' in it is a plugin's file */
	unsigned max_chunk;  /* --maxschedchunk: the most tests that `load` sets aside for a worker at once; 0: no limit */
	bool no_reorder;     /* --no-loadscope-reorder: units in the order in which they were found */
	const unsigned *limits; /* max-workers of each; borrowed for sched_new */
	size_t limit_count;  /* at most SCHED_LIMITS_MAX */
};

/* NULL: there is no such mode, or the plugin can't be loaded: the message says what was expected. */
struct sched *sched_new(const struct sched_options *options, struct error *error);
void sched_free(struct sched *sched); /* NULL is fine */
const char *sched_mode(const struct sched *sched); /* "duration"; of a plugin its name; borrowed */
bool sched_mode_exists(const char *mode);          /* a built-in one */
#define SCHED_MODES "load|loadscope|loadfile|loadgroup|worksteal|duration|each|no"

void sched_add(struct sched *sched, const struct sched_test *test);
/* Every test is known that is found before workers begin, and so many workers are about to come: a policy sorts
 * and splits now. Later ones may be added all the same. */
void sched_collected(struct sched *sched, unsigned workers);

/* A slot is worked from now on; as many as there are is what weights are counted against. A worker that is
 * restarted in its slot did not go: its unit's rest waits for it. */
void sched_worker_added(struct sched *sched, unsigned worker);
/* It comes no more: what was bound to it goes to others. What it held was given back, or has ended. Tests that
 * only it may run are handed to `lost` (NULL: there are none) and forgotten. */
void sched_worker_gone(struct sched *sched, unsigned worker, void (*lost)(void *context, uint64_t test),
		       void *context);

/* The next test for this worker, 0: none for it now. `ahead`: the worker runs one still and is to hold this one
 * behind it; then a test that would take more than its forerunner (a limit, weight, the whole pool) is kept. The
 * worker holds it until sched_give_back or sched_ended. */
uint64_t sched_next(struct sched *sched, unsigned worker, bool ahead);
/* This very test for this worker, out of turn: one that waits, or one that has ended and is to run once more without
 * waiting. False: another worker's unit has it, or limits, weights or serial tests are against it now; all is as it was.
 * `ahead` as above. One that the worker holds already is its. */
bool sched_take(struct sched *sched, unsigned worker, uint64_t test, bool ahead);
/* A test that was given out was not started: it comes first again, its unit bound as before unless none of its
 * tests was started. */
void sched_give_back(struct sched *sched, unsigned worker, uint64_t test);
/* An attempt at it has ended after so many ns: the worker holds it no longer. */
void sched_ended(struct sched *sched, unsigned worker, uint64_t test, uint64_t duration);
/* A test that had ended is to run once more (a rerun): it comes first, on the worker of its unit if that is bound. */
void sched_again(struct sched *sched, uint64_t test);

size_t sched_waiting(const struct sched *sched);
/* Whether a test that a worker holds ahead could go to an idle worker at once, were it given back. */
bool sched_is_movable(const struct sched *sched, uint64_t test);
/* Takes every waiting test out and hands it to `dropped`: the run stops. */
void sched_clear(struct sched *sched, void (*dropped)(void *context, uint64_t test), void *context);
/* Takes out those waiting tests for which `drop` says true: a suite bailed out. */
void sched_drop_if(struct sched *sched, bool (*drop)(void *context, uint64_t test), void *context);

/* What a plugin did that it must not (a test twice, one that does not wait): from then on nothing is given out any
 * more. NULL: nothing. Borrowed. The engine asks after sched_next, and when tests wait, all workers are idle and
 * none got one. */
const char *sched_failure(const struct sched *sched);
/* All workers were asked, none runs a test, and none got one though tests wait: says what is wrong ("held back 3
 * tests …"), which is sched_failure() from then on. NULL: a limit or a serial test explains it. */
const char *sched_stuck(struct sched *sched);

/* Bytes that it has allocated, for the benchmark. */
size_t sched_memory(const struct sched *sched);

#endif
