/* A deadline that moves on while its clock is held: the lane is full, or the run is paused. Times: clock_now(). */
#ifndef XTOP_WORKER_DEADLINE_H
#define XTOP_WORKER_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NEVER UINT64_MAX

struct deadline {
	uint64_t at;         /* ns; DEADLINE_NEVER: there is none */
	uint64_t held_since; /* 0: the clock runs */
};

/* While the clock is held, only what passes from now on is put on top. */
void deadline_set(struct deadline *deadline, uint64_t at, uint64_t now);
void deadline_hold(struct deadline *deadline, bool held, uint64_t now);
/* When to look again; DEADLINE_NEVER while it is held. */
uint64_t deadline_wake_at(const struct deadline *deadline);

#endif
