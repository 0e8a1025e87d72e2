/* Programs that a subcommand starts and waits for: xtop itself (bench), a Python (doctor).
 *
 * While there is a `struct children`, signals that would end this process are handed on to the program that
 * runs, which has a process group of its own, and are remembered; so nothing that it started is left
 * behind.  Ctrl-Z stops both.
 */
#ifndef XTOP_CLI_CHILD_H
#define XTOP_CLI_CHILD_H

#include "base/err.h"
#include "base/str.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct children {
	int signals;     /* signalfd(2) */
	sigset_t before; /* the mask as it was */
	int interrupted; /* the first signal that asked for an end; 0: none did */
	unsigned asked;  /* how many did */
	bool suspended;  /* by Ctrl-Z, since child_run began */
};

/* How a program ended, and what it took. */
struct child_end {
	bool signaled;
	int number;        /* exit code, or signal */
	bool late;         /* it was killed because its time was over */
	uint64_t wall;     /* ns, from its start to its end */
	uint64_t cpu;      /* ns, of it and all that it waited for */
	uint64_t largest;  /* bytes, the most that one of these processes had resident */
	struct str errors; /* the end of what it wrote to stderr; the caller's to free */
};

int children_init(struct children *children, struct error *error);
void children_fini(struct children *children); /* signals mean again what they meant before */

/* Runs argv (argv[0] is a name, `path` is executed) and hands each line of its output to `line`, borrowed
 * for the call, as it comes. `limit`: ns, then it is killed; 0: none. -1: it could not be started; `end`
 * holds nothing. */
int child_run(struct children *children, const char *path, const char *const argv[], uint64_t limit,
	      void (*line)(void *context, struct slice line), void *context, struct child_end *end,
	      struct error *error);
void child_end_fini(struct child_end *end);

#endif
