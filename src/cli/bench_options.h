/* The command line of `xtop bench`: a few options of its own; all else is for the runs. */
#ifndef XTOP_CLI_BENCH_OPTIONS_H
#define XTOP_CLI_BENCH_OPTIONS_H

#include "base/err.h"
#include "base/vec.h"

#include <stdbool.h>

#define BENCH_RUNS_MAX 1000

struct bench_options {
	VEC(unsigned) counts; /* ascending, each once */
	unsigned runs;        /* of each count */
	bool json, help;
	VEC(char *) rest; /* borrowed */
};

/* `cpus`: what `auto` means; without -n it is how far the counts go. -1: something is wrong, and the
 * message says what was expected; then `out` holds nothing. */
int bench_options_parse(char *const *arguments, size_t count, unsigned cpus, struct bench_options *out,
			struct error *error);
void bench_options_fini(struct bench_options *options);

#endif
