#include "base/clock.h"

#include <time.h>

static uint64_t read_clock(clockid_t id)
{
	struct timespec now;

	if (clock_gettime(id, &now) != 0)
		return 0; /* neither clock can fail on Linux; a wall clock before 1970 is not ours to mend */
	return (uint64_t)now.tv_sec * CLOCK_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t clock_now(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall(void)
{
	return read_clock(CLOCK_REALTIME);
}

double clock_seconds(uint64_t nanoseconds)
{
	return (double)nanoseconds / 1e9;
}

uint64_t clock_from_seconds(double seconds)
{
	uint64_t whole;

	if (!(seconds > 0))
		return 0;
	if (seconds >= (double)(UINT64_MAX / CLOCK_SECOND))
		return UINT64_MAX;
	/* In two parts: the product of a large number of seconds has no bits left for the nanoseconds. */
	whole = (uint64_t)seconds;
	return whole * CLOCK_SECOND + (uint64_t)((seconds - (double)whole) * 1e9 + 0.5);
}
