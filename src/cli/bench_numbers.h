/* The numbers of `xtop bench`: what one run was like, and what several say together. */
#ifndef XTOP_CLI_BENCH_NUMBERS_H
#define XTOP_CLI_BENCH_NUMBERS_H

#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One run. Times in seconds; points in time since the run began. */
struct bench_run {
	double wall;              /* of its process */
	double cpu;               /* the same, with all below it */
	uint64_t largest_process; /* bytes */
	unsigned workers;         /* that there were */
	uint64_t tests, failed, notrun;
	double first, last; /* a test's first start and last end */
	double tail;        /* before `last`, from where the first worker had no test any more */
	double idle;        /* workers × seconds without a test in that time */
	double busy;        /* sum of all attempts' durations */
	uint64_t rss;       /* bytes: what each worker had at its peak, together; 0: not known */
	char *longest_test, *longest_scope; /* NULL: there is none */
	double longest_test_time, longest_scope_time;
};

void bench_run_fini(struct bench_run *run);

/* The runs with one number of workers. */
struct bench_count {
	unsigned asked; /* -n */
	VEC(struct bench_run) runs;
	double wall, least, most;   /* median, minimum, maximum; 0 without runs */
	double speedup, efficiency; /* against the baseline; 0: not known */
};

struct bench {
	VEC(struct bench_count) counts; /* ascending */
	unsigned wanted_runs;
	unsigned cpus;   /* that the process may use */
	uint64_t memory; /* bytes that could be had, 0: not known */
	bool interrupted;
	/* Of bench_conclude; -1: none has runs. */
	int baseline;      /* index: -n 1, else -n 0, else the least */
	int largest;       /* index: the most workers */
	int best, advised; /* indexes: the least wall, and the fewest workers that come near it */
	double serial;     /* share that does not become shorter; -1: not known */
};

void bench_fini(struct bench *bench);

/* `values` is sorted by it. 0 of none. */
double bench_median(double *values, size_t count);

/* The serial share s of Amdahl (1967): with n workers a run takes T(n) = T(1) × (s + (1 - s) / n). -1:
 * there are not two different n. */
double bench_serial_share(const double *n, const double *walls, size_t count);

/* Fills the numbers that follow from the runs. */
void bench_conclude(struct bench *bench);

/* Its run that was nearest to the median; NULL: it has none. Borrowed. */
const struct bench_run *bench_typical(const struct bench_count *count);
/* How many run at once with `-n asked`: 0 means one. */
unsigned bench_parallel(unsigned asked);
/* The widest span of walls of one count, as a share of its median. */
double bench_spread(const struct bench *bench);
/* How much longer tests took with the most workers than in the baseline; 0: not known. */
double bench_contention(const struct bench *bench);

#endif
