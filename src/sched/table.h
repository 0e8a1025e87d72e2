/* Arrays as long as there are tests: they grow by a sixteenth, for which the system moves pages and copies
 * nothing. The half by which a vec grows would waste more than a scheduler takes besides them. */
#ifndef XTOP_SCHED_TABLE_H
#define XTOP_SCHED_TABLE_H

#include "base/vec.h"

/* clang-format off */
#define table_push(vec, item) do { \
	if ((vec)->length == (vec)->capacity) { \
		(vec)->capacity += (vec)->capacity / 16 + 64; \
		(vec)->items = alloc_resized((vec)->items, (vec)->capacity, sizeof(*(vec)->items)); \
	} \
	(vec)->items[(vec)->length++] = (item); \
	} while (0)

#define table_trim(vec) do { \
	if ((vec)->length > 0 && (vec)->length < (vec)->capacity) { \
		(vec)->capacity = (vec)->length; \
		(vec)->items = alloc_resized((vec)->items, (vec)->capacity, sizeof(*(vec)->items)); \
	} } while (0)
/* clang-format on */

#endif
