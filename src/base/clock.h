/* Time. Everywhere in xtop a point in time and a duration are nanoseconds in
 * uint64_t, of CLOCK_MONOTONIC unless a name says "wall". */
#ifndef XTOP_BASE_CLOCK_H
#define XTOP_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_MS UINT64_C(1000000)
#define CLOCK_SECOND UINT64_C(1000000000)

uint64_t clock_now(void);  /* ns, CLOCK_MONOTONIC; the same for all processes of this machine */
uint64_t clock_wall(void); /* ns since 1970-01-01 UTC */
double clock_seconds(uint64_t nanoseconds);
/* Seconds to nanoseconds, rounded; negative and NaN give 0, too large gives UINT64_MAX. */
uint64_t clock_from_seconds(double seconds);

#endif
