#include "store/wilson.h"

#include <math.h>

struct wilson wilson_interval(uint64_t hits, uint64_t trials, double z)
{
	struct wilson interval = { .low = 0, .high = 1 };

	if (trials == 0)
		return interval;
	if (hits > trials)
		hits = trials;
	double n = (double)trials;
	double p = (double)hits / n;
	double zz = z * z;
	double middle = (p + zz / (2 * n)) / (1 + zz / n);
	double half = z / (1 + zz / n) * sqrt(p * (1 - p) / n + zz / (4 * n * n));
	/* These ends are 0 and 1 exactly; rounding would only come near. */
	if (hits > 0)
		interval.low = middle - half;
	if (hits < trials)
		interval.high = middle + half;
	return interval;
}
