/* The environment of a worker's tests: the worker's own with xtop's variables in it (xtop(1), ENVIRONMENT). */
#ifndef XTOP_WORKER_VARIABLES_H
#define XTOP_WORKER_VARIABLES_H

#include "base/vec.h"
#include "worker/worker.h"

struct variables {
	VEC(char *) environment; /* NULL-terminated, for a process; the texts are borrowed */
	VEC(char *) changes;     /* NAME=value, or NAME for one that is unset: what xtop made of it */
};

/* Of this process's environment, which must stay as it is. They live as long as the worker. */
void variables_init(struct variables *variables, const struct worker_context *context, unsigned slot);

#endif
