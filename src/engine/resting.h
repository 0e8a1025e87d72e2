/* Which workers rest, while memory is low: they end what they run, and start nothing new. */
#ifndef XTOP_ENGINE_RESTING_H
#define XTOP_ENGINE_RESTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A worker that goes on so far. */
struct resting_candidate {
	uint64_t rss; /* bytes, what it used when it was heard of last */
	bool works;   /* it runs a test, or will in a moment */
};

/* Sets rest[i] of those that are to rest: every other one, or all but one (`most`). Idle ones come first, for they would
 * start something; then those that use most; of equal ones the later. One always goes on, and where one works, one that
 * works. */
void resting_choose(const struct resting_candidate *candidates, size_t count, bool most, bool *rest);

#endif
