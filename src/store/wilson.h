/* How sure a rate is that was seen in few trials.
 *
 * Source: Edwin B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", Journal
 * of the American Statistical Association 22 (158), 1927, pages 209 to 212.  Unlike the textbook's p ±
 * z√(p(1-p)/n) the interval stays between 0 and 1 and is no point where all trials ended alike.
 */
#ifndef XTOP_STORE_WILSON_H
#define XTOP_STORE_WILSON_H

#include <stdint.h>

#define WILSON_Z_95 1.959963984540054 /* of the normal distribution, 2.5 % lie above it */

struct wilson {
	double low, high; /* 0 to 1 */
};

/* Between which rates the true one lies, at z standard deviations. Of no trials nothing is known: 0 to 1.
 * More hits than trials count as all of them. */
struct wilson wilson_interval(uint64_t hits, uint64_t trials, double z);

#endif
