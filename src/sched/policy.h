/* What a mode decides, and what it may know for that. Private to sched/.
 *
 * The scheduler (sched.c) keeps tests in units, binds a unit to the worker that takes it, gives its tests out
 * and keeps serial tests, limits and weights.  A policy says how tests are put into units and which unit a
 * worker takes next.  It holds the ready units: those that have waiting tests and are bound to nobody.
 *
 *     unit_ready      a unit has become ready (new, released, given back): the policy has it now
 *     next            a worker wants a unit: the policy gives one away, and has it no longer
 *     steal           no unit is ready for it: may take a part of one that is bound to another
 *
 * Serial tests and those for one worker only never come to a policy, nor does it hear of them.
 *
 * A plugin is a policy too (plugin.c).
 */
#ifndef XTOP_SCHED_POLICY_H
#define XTOP_SCHED_POLICY_H

#include "sched/sched.h"

#define NO_UNIT UINT32_MAX
#define NO_ITEM UINT32_MAX

/* One test. Number n stands in items[n - 1]. At most 16 bytes. */
struct item {
	uint32_t next;      /* the one behind it in its unit's list of waiting tests, NO_ITEM: the last */
	uint32_t unit;
	float expected;     /* seconds, 0: not known */
	uint32_t terms : 24; /* index of what it asks for: struct terms in core.h */
	uint32_t state : 8;  /* sched.c's */
};

/* At most 40 bytes. */
struct unit {
	uint32_t head, tail; /* of its waiting tests, NO_ITEM: none */
	uint32_t waiting;    /* how many */
	uint32_t order;      /* which unit was first found: ties are broken by it */
	uint32_t bound;      /* worker, SCHED_ANY_WORKER: none */
	uint32_t only;       /* the only worker that may have it, else SCHED_ANY_WORKER */
	uint32_t link;       /* sched.c's: the one behind it in the queue in which it stands */
	int16_t priority;    /* the highest of its tests */
	uint8_t flags;       /* the policy's own */
	uint8_t where : 3;   /* sched.c's */
	uint8_t started : 1; /* a test of it was given out and not given back since it was bound */
	uint8_t begun : 1;   /* a test of it has ended since it was bound */
	uint8_t named : 1;   /* others may belong to it; else it is one test, or a part of a unit */
	uint8_t unsorted : 1; /* its tests are to be sorted by priority before one is given out */
	double expected;     /* seconds, of its waiting tests */
};

struct policy_ops {
	const char *name; /* as in --dist */
	/* NULL: error. */
	void *(*new)(struct sched *sched, const struct sched_options *options, struct error *error);
	void (*free)(void *state);
	/* Name of the unit to which a test belongs, borrowed until the next call; NULL: a unit of its own.
	 * NULL function: always. (A rule's unit and a test's only worker are the scheduler's business.) */
	const char *(*unit_of)(void *state, const struct sched_test *test);
	/* A test was added (before its unit is ready). NULL: the policy needs none of it. */
	void (*test_added)(void *state, const struct sched_test *test);
	/* As sched_collected. The scheduler has had every unit_ready so far. */
	void (*collected)(void *state, unsigned workers);
	void (*worker_added)(void *state, unsigned worker);  /* NULL: does not matter */
	void (*worker_gone)(void *state, unsigned worker);   /* NULL: does not matter */
	/* `first`: it was taken before, and goes before the others. */
	void (*unit_ready)(void *state, uint32_t unit, bool first);
	/* NO_UNIT: there is none for this worker now. A unit that has no waiting tests any more, or is not
	 * the policy's (it was dropped and came back), may be returned: it is passed over, and next is called
	 * again. */
	uint32_t (*next)(void *state, unsigned worker);
	/* Called where next gave nothing and the worker is idle. It may take a ready unit that was set aside
	 * for another, or move waiting tests of a bound unit into a new one (sched_split), and return that.
	 * NULL: never. */
	uint32_t (*steal)(void *state, unsigned worker);
	/* An attempt ended. NULL: does not matter. */
	void (*test_done)(void *state, unsigned worker, uint64_t test, uint64_t duration);
	/* A ready unit's waiting tests changed from outside after `collected` (one was added, some were
	 * dropped); one without any is the policy's no longer. NULL: does not matter (see next). */
	void (*unit_changed)(void *state, uint32_t unit);
	/* Parts of a unit that has begun may go to other workers: a test that is given back while another
	 * worker waits in vain becomes a unit of its own. */
	bool splits;
	/* Whether another worker may get a unit that is asked back; NULL: always. */
	bool (*movable)(void *state, uint32_t unit);
	/* Tests wait, no worker runs one and none got one: says by sched_fail what is wrong. NULL: the
	 * scheduler does. */
	void (*stuck)(void *state);
	size_t (*memory)(const void *state); /* bytes */
	const char *(*title)(const void *state); /* what sched_mode says, borrowed; NULL: `name` */
};

/* What the scheduler has, for policies. Pointers are valid until tests or units are added. */
struct item *sched_items(const struct sched *sched);
size_t sched_item_count(const struct sched *sched);
struct unit *sched_units(const struct sched *sched);
size_t sched_unit_count(const struct sched *sched);
/* Whether a worker holds a test. */
bool sched_holds(const struct sched *sched, unsigned worker);
/* The unit that a worker works at, NO_UNIT: none. */
uint32_t sched_unit_of(const struct sched *sched, unsigned worker);
/* While next or steal is called: the expected seconds of the test behind which the worker is to hold what it
 * asks for; 0: it would start it now. */
double sched_asked_behind(const struct sched *sched);
/* A new unit of the last waiting tests of `unit`, beginning with `first` (an item that waits in it; if that
 * is its head, nothing is left there); not ready: the policy has it in its hand. */
uint32_t sched_split(struct sched *sched, uint32_t unit, uint32_t first);
/* Whether limits and weights let a worker take a test now. For `steal`, which must not split off a part that
 * has to wait: it would be asked for the next one. */
bool sched_fits(const struct sched *sched, unsigned worker, uint32_t item);
/* Merge sort, stable: one comes before another where before() says so. */
void sched_sort(uint32_t *list, size_t count, bool (*before)(const void *context, uint32_t a, uint32_t b),
		const void *context);
/* Puts a unit's waiting tests in another order: `items` are all of them. */
void sched_reorder(struct sched *sched, uint32_t unit, const uint32_t *items, size_t count);
/* The policy did what it must not: see sched_failure. */
void sched_fail(struct sched *sched, const char *format, ...) __attribute__((format(printf, 2, 3)));

extern const struct policy_ops policy_load, policy_loadscope, policy_loadfile, policy_loadgroup,
	policy_worksteal, policy_duration, policy_each, policy_plugin;

#endif
