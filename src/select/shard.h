/* --shard I/N: which part of the tests is this machine's.
 *
 * The union of all parts is the whole and no test is in two, wherever all machines see the same tests and the
 * same history.  With durations: scopes are put, longest first, to the part that has least so far (Graham's
 * LPT rule, "Bounds on Multiprocessing Timing Anomalies", 1969); a scope longer than a part is cut. Without:
 * by a hash of suite, id and ordinal (FNV-1a, 64 bits) that no other test changes.
 */
#ifndef XTOP_SELECT_SHARD_H
#define XTOP_SELECT_SHARD_H

#include "base/err.h"
#include "select/facts.h"

#include <stddef.h>

struct shard {
	unsigned index, count; /* 1 ≤ index ≤ count; count 0: there are no shards */
};

/* By hash; the order of tests does not matter. */
bool shard_has(struct shard shard, const struct test_facts *facts);
/* By durations: part[i] becomes the number of the part, from 1, of test i. Tests whose duration is not
 * known count with the median of their file, else of all. The order in which tests come does not matter:
 * they are sorted by suite, id and ordinal first. */
void shard_balance(unsigned count, const struct test_facts *tests, size_t test_count, unsigned *part);

#endif
