/* The processes that tests of a harness have begun: its own children, and the orphans that came to its keeper.
 *
 * Which of them are new is asked after each test, so it must cost next to nothing.  Where the kernel does not list
 * children (/proc/PID/task/TID/children) there seem to be none, and those of another thread than the first are seen only
 * when that thread has ended.
 */
#ifndef XTOP_WORKER_OFFSPRING_H
#define XTOP_WORKER_OFFSPRING_H

#include "base/str.h"
#include "base/vec.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct offspring {
	pid_t harness;
	int lists[2]; /* of the harness, of its keeper; -1: not there */
	struct str known, now; /* as the kernel lists them: " 12 13 | 11 14 " */
};

void offspring_init(struct offspring *offspring);
void offspring_fini(struct offspring *offspring);
/* What is there now is known from here on. */
void offspring_note(struct offspring *offspring, pid_t harness);
/* Puts those that live and are not known into pids[0 … max-1]; returns how many there are, which may be more than max. What
 * an interpreter starts for itself, to live as long as it does, is left out. */
size_t offspring_find_new(struct offspring *offspring, pid_t harness, pid_t *pids, size_t max);

#endif
