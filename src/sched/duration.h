/* What duration.c and duration_start.c share.
 *
 *     list    the pieces as they were planned, in order; what was taken meanwhile is passed over
 *     late    a heap of what became ready after that, and of what has a priority
 *     loaded  a heap of bound units by what waited in them when they were last looked at
 */
#ifndef XTOP_SCHED_DURATION_H
#define XTOP_SCHED_DURATION_H

#include "base/str.h"
#include "base/vec.h"
#include "sched/duration_plan.h"
#include "sched/expect.h"
#include "sched/policy.h"

/* unit.flags */
#define LISTED 1U /* ready, in `list` or not planned yet */
#define LATE 2U   /* ready, in `late` */
#define LOADED 4U /* in `loaded` */
#define READY (LISTED | LATE)

/* A test longer than this part of T comes first in its unit, and less than this is a small rest. */
#define PART_OF_TARGET 16

struct late {
	float seconds;
	uint32_t unit;
	int16_t priority;
	bool first;
};

struct duration {
	struct sched *sched;
	struct expect *expect;
	struct str name;
	bool planned;
	double target; /* T, seconds */
	double ready;  /* seconds of all ready units, about: tests may be dropped */
	unsigned workers;
	size_t waited_in_vain; /* so many tests waited when no unit was found to share */
	VEC(struct piece) list;
	size_t list_at;
	VEC(struct late) late;
	VEC(struct piece) loaded;
	VEC(uint32_t) siblings; /* of each unit the next one of its scope, in a ring; missing: itself */
	VEC(uint32_t) last;     /* of each worker, the unit that it took last */
};

/* All tests are known: fills in what is not known of them, and cuts and sorts the units that are ready. Those
 * with a priority are handed to `late`. */
void duration_start(struct duration *duration, unsigned workers,
		    void (*late)(struct duration *duration, uint32_t unit, bool first));
/* `sibling` is a part of the same scope as `unit`. */
void duration_add_sibling(struct duration *duration, uint32_t unit, uint32_t sibling);

#endif
