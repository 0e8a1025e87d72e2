/* Ready units in lanes, one a worker, for the modes that set units aside: load and worksteal.
 *
 * All units stand in one array, and a lane is a piece of it: setting aside and stealing move two indexes and
 * no unit. A worker takes from its own lane, then from what nobody has set aside, and at last the second half
 * of the longest lane.
 */
#ifndef XTOP_SCHED_LANES_H
#define XTOP_SCHED_LANES_H

#include "base/vec.h"
#include "sched/policy.h"

struct lane {
	uint32_t begin, end;
	uint32_t known;  /* its length when the heap last looked; it may be shorter now */
	uint32_t place;  /* in the heap */
};

struct lanes {
	struct sched *sched;
	VEC(uint32_t) units;
	size_t begin;                     /* from here on units are in no lane */
	VEC(uint32_t) first;              /* units that were taken before, the next one last */
	VEC(struct lane) loose;           /* pieces that are nobody's any more */
	VEC(struct lane) lanes;           /* by worker */
	VEC(uint32_t) heap;               /* workers, the longest lane first */
	unsigned workers;                 /* that are there, or about to come */
	unsigned present;
	unsigned max_chunk;               /* 0: no limit */
};

void lanes_init(struct lanes *lanes, struct sched *sched, unsigned max_chunk);
void lanes_fini(struct lanes *lanes);
size_t lanes_memory(const struct lanes *lanes);
void lanes_collected(struct lanes *lanes, unsigned workers); /* sorts by priority */
void lanes_split(struct lanes *lanes); /* an even piece of what is in no lane for each worker */
void lanes_worker_added(struct lanes *lanes);
void lanes_worker_gone(struct lanes *lanes, unsigned worker);
void lanes_push(struct lanes *lanes, uint32_t unit, bool first);
size_t lanes_unset(const struct lanes *lanes);               /* how many are in no lane */
/* Its lane's next one. An empty lane gets the next `chunk` first of what is in none (at most all, at least
 * one). */
uint32_t lanes_next(struct lanes *lanes, unsigned worker, size_t chunk);
uint32_t lanes_steal(struct lanes *lanes, unsigned worker);

#endif
