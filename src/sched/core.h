/* What sched.c, next.c, places.c, units.c and limits.c share. No policy sees it.
 *
 * A unit stands in one place at a time (`where`): the policy has it, or it is bound to a worker and in that
 * worker's open queue, or it waits for a limit (in its worker's parked queues if it is bound, else in those
 * of all), or it is the pending heavy one. Queues are linked through the units, tests through the items, so
 * they cost no memory.
 */
#ifndef XTOP_SCHED_CORE_H
#define XTOP_SCHED_CORE_H

#include "base/map.h"
#include "base/str.h"
#include "base/vec.h"
#include "sched/policy.h"

enum item_state { ITEM_NONE, ITEM_WAITS, ITEM_HELD, ITEM_ENDED, ITEM_DROPPED };

enum unit_where {
	UNIT_RESTS,   /* no test of it waits */
	UNIT_READY,   /* the policy has it */
	UNIT_OPEN,    /* bound; its worker goes on with it */
	UNIT_PARKED,  /* its next test counts for a limit that is reached */
	UNIT_PENDING, /* its next test is heavy, and everybody waits for it */
	UNIT_SERIAL,  /* holds serial tests */
};

/* What tests ask for; most share one. */
struct terms {
	uint64_t limits;
	uint32_t set;    /* index of `limits` in sets */
	uint32_t weight;
	int16_t priority;
	bool serial;
};

struct unit_queue {
	uint32_t head, tail; /* NO_UNIT: empty */
};

/* Units that wait for limits, a queue for each set of limits: where one fits, its whole queue would. */
struct parking {
	VEC(struct unit_queue) queues; /* by set */
	size_t units;
};

/* A worker, as the scheduler sees it. */
struct place {
	uint64_t limits;       /* of the tests that it holds */
	uint32_t weight;       /* the greatest of these, 0: it holds none */
	uint32_t held;         /* its tests, linked by `next`; NO_ITEM: none */
	uint32_t current;      /* the unit of the last one given to it, NO_UNIT: none */
	uint32_t serial;       /* the unit of serial tests for it only, NO_UNIT: none */
	struct unit_queue open;
	struct parking parked;
	bool present;
	bool hungry;           /* it asked in vain */
};

struct sched {
	const struct policy_ops *policy;
	void *state;
	const char *mode;
	VEC(struct item) items;
	VEC(struct unit) units;
	VEC(struct terms) terms;
	VEC(uint64_t) sets;       /* of limits */
	VEC(struct place) places; /* by worker */
	struct map *names;        /* of units: index + 1 */
	struct map *known_terms;  /* index + 1 */
	size_t name_bytes;
	struct str key;
	size_t waiting;
	unsigned workers;         /* present ones */
	unsigned holding;         /* how many of them hold a test */
	unsigned hungry;          /* how many asked in vain */
	unsigned hungry_holders;  /* of these, who hold a test still, which is ending */
	uint64_t used;            /* the sum of their weights */
	size_t tied;              /* units in open and parked queues of workers */
	uint64_t full;            /* limits that no further worker may hold */
	unsigned limit_max[SCHED_LIMITS_MAX], limit_used[SCHED_LIMITS_MAX];
	size_t limit_count;
	struct parking parked;
	uint32_t pending;         /* unit, NO_UNIT: none */
	uint32_t serial;          /* the unit of serial tests for any worker, NO_UNIT: none */
	double asked_behind;      /* sched_asked_behind */
	uint32_t serial_worker;   /* has the pool for itself; SCHED_ANY_WORKER: gone, another goes on */
	bool serial_phase;
	bool collected;
	char *failure;
};

/* units.c */
struct place *core_place(struct sched *sched, uint32_t worker); /* made if it is not there */
static inline struct terms *core_terms(const struct sched *sched, uint32_t item)
{
	return &sched->terms.items[sched->items.items[item].terms];
}
/* Puts a test into the tables and into the list of its unit, at its end; returns the unit. */
uint32_t core_enter(struct sched *sched, const struct sched_test *test);
uint32_t core_unit_new(struct sched *sched, uint32_t only);
uint32_t core_head(struct sched *sched, uint32_t unit); /* the next test of a unit that has one */
uint32_t core_pop(struct sched *sched, uint32_t unit);                /* the same, and takes it out */
void core_push_first(struct sched *sched, uint32_t unit, uint32_t item);
void core_sort_items(struct sched *sched, uint32_t unit);             /* by priority */
void core_relink(struct sched *sched, uint32_t unit);                 /* leaves out what waits no more */
void core_trim(struct sched *sched);                                  /* gives back memory that is not used */
bool core_by_priority(const void *sched, uint32_t a, uint32_t b);     /* of units, for sched_sort */

void queue_push(struct sched *sched, struct unit_queue *queue, uint32_t unit);
void queue_push_first(struct sched *sched, struct unit_queue *queue, uint32_t unit);
uint32_t queue_pop(struct sched *sched, struct unit_queue *queue);    /* NO_UNIT: empty */
/* Takes out units of which nothing waits; how many these were. */
size_t queue_filter(struct sched *sched, struct unit_queue *queue);
void queue_remove(struct sched *sched, struct unit_queue *queue, uint32_t unit); /* it is in it */

/* places.c */
/* Into the queue of the worker to which it is bound. */
void core_open(struct sched *sched, uint32_t unit, bool first);
/* Out of where it stands, the policy's hands excepted. */
void core_detach(struct sched *sched, uint32_t unit);
void core_unbind(struct sched *sched, uint32_t unit);           /* it stands nowhere */
/* A test came into the list of a unit: the unit is put where it is found. `first`: the test is to come before
 * all else. */
void core_expose(struct sched *sched, uint32_t unit, bool first);
void core_set_hungry(struct sched *sched, struct place *place, bool hungry);
/* Whether a test that the worker holds is of this unit. */
bool core_holds_of(const struct sched *sched, const struct place *place, uint32_t unit);

/* limits.c */
enum fit {
	FITS,
	FITS_LATER,    /* a limit keeps it */
	FITS_TOO_HEAVY /* there are not enough slots */
};
enum fit core_fit(const struct sched *sched, const struct place *place, const struct terms *terms,
		  bool ahead);
void core_hold(struct sched *sched, struct place *place, uint32_t item);
/* False: the worker does not hold it. */
bool core_release(struct sched *sched, struct place *place, uint32_t item);
/* To the parked units of its worker if it is bound, else to those that anybody may take. */
void core_park(struct sched *sched, uint32_t unit);
void core_unpark(struct sched *sched, uint32_t unit);
void core_park_anew(struct sched *sched, struct parking *parking); /* after tests were taken out */
/* The first whose limits let this worker have it; it stays where it is. NO_UNIT: none. */
uint32_t core_parked(const struct sched *sched, const struct parking *parking, const struct place *place,
		     bool ahead);

#endif
