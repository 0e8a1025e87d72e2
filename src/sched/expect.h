/* How long tests will take of which nothing is known: as long as the others of their file do, else of their
 * suite, else of the run (each time the median). Where nothing is known of any test, each counts one second,
 * and only the relation between sums of them means something. */
#ifndef XTOP_SCHED_EXPECT_H
#define XTOP_SCHED_EXPECT_H

#include "sched/policy.h"

struct expect;

struct expect *expect_new(void);
void expect_free(struct expect *expect); /* NULL is fine */
/* A test was added. One that comes after expect_fill has its time at once. */
void expect_added(struct expect *expect, struct sched *sched, const struct sched_test *test);
/* Sets the time of every test of which none is known. Units' sums are left as they are. */
void expect_fill(struct expect *expect, struct sched *sched);
bool expect_knows(const struct expect *expect); /* something is known of a test */
size_t expect_memory(const struct expect *expect);

#endif
