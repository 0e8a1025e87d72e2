/* Schedulers: which test goes to which worker next. One file a distribution mode.
 *
 * A scheduler holds the numbers of tests that wait, and nothing else; it neither sends nor
 * waits.  Tests may be added and workers may come and go at any time.  Each test that was added is
 * given out exactly once, and again only after sched_give_back.
 */
#ifndef XTOP_SCHED_SCHED_H
#define XTOP_SCHED_SCHED_H

#include <stddef.h>
#include <stdint.h>

struct sched;

struct sched_ops {
	const char *name; /* as in --dist */
	struct sched *(*new)(void);
	void (*free)(struct sched *sched);
	void (*add)(struct sched *sched, uint64_t test);
	/* The next test for this worker, 0: none for it now. */
	uint64_t (*next)(struct sched *sched, unsigned worker);
	/* A test that was given out was not started: it goes first again. */
	void (*give_back)(struct sched *sched, uint64_t test);
	size_t (*waiting)(const struct sched *sched);
	/* Takes every waiting test out and hands it to `dropped`: the run stops, or a suite bailed out. */
	void (*clear)(struct sched *sched, void (*dropped)(void *context, uint64_t test), void *context);
};

struct sched {
	const struct sched_ops *ops;
};

extern const struct sched_ops sched_load; /* small batches to whoever runs low, in the order in which tests were added */

const struct sched_ops *sched_find(const char *mode); /* NULL: no such mode */

#endif
