/* How small units are cut before a run by expected times: as little as lets all workers finish together.
 *
 * A run can't take less than T = max(sum ÷ workers, longest test). For a size of chunk the finish is planned
 * as it will be run, the largest chunk going to the worker that is free first (Graham's LPT rule). The
 * largest size out of T, T/2, T/4 … whose plan is within a hundredth of T is taken: units stay whole while
 * that costs nothing.
 */
#ifndef XTOP_SCHED_DURATION_PLAN_H
#define XTOP_SCHED_DURATION_PLAN_H

#include "sched/policy.h"

/* A unit, or a piece of one, and how long it is expected to take. */
struct piece {
	float seconds;
	uint32_t unit;
};

/* T in seconds, of `count` ready units. */
double plan_target(const struct sched *sched, const struct piece *units, size_t count, unsigned workers);
/* Seconds: units that take longer are to be cut into pieces of about this; 0: into single tests. */
double plan_chunk(const struct sched *sched, const struct piece *units, size_t count, unsigned workers,
		  double target);
/* Where the first piece of a list of items ends that take `seconds` together: the first item behind it,
 * NO_ITEM: it is the whole list. Takes the piece's time off `seconds`. */
uint32_t plan_cut(const struct item *items, uint32_t head, double chunk, double *seconds);
/* Longest first; equal ones by number of their unit. */
void pieces_sort(struct piece *pieces, size_t count);

#endif
