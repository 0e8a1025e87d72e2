/* Starting a program, by vfork.
 *
 * The parent's signals stay blocked over the fork; the child has default handlers (given that
 * the parent ignores nothing: spawn_reset_signals) and an empty mask, a process group of its own, only the descriptors 0 to 2 (3 too, where it is given one), and dies
 * when the thread that started it dies (prctl(2), PR_SET_PDEATHSIG).  A program that can't be executed is
 * reported as itself, by errno: never as a process that failed.
 */
#ifndef XTOP_WORKER_SPAWN_H
#define XTOP_WORKER_SPAWN_H

#include "base/err.h"

#include <sys/resource.h>
#include <sys/types.h>

struct spawn_request {
	char *const *argv;  /* NULL-terminated; argv[0] is executed, without a search in PATH */
	char *const *envp;  /* NULL-terminated NAME=value */
	const char *cwd;    /* NULL: stay */
	int fds[3];         /* what the child has as 0, 1, 2; all ≥ 0 */
	int control_fd;     /* what it has as 3; 0: nothing */
	int group_fd;       /* cgroup.procs of the control group that it goes into; 0: it stays */
	const struct rlimit *nofile; /* soft and hard limit of descriptors for the child, NULL: as it is */
};

/* The child's pid (its process group has the same number); -1: not started, the message names the program and why. */
pid_t spawn_program(const struct spawn_request *request, struct error *error);

/* Gives every signal its default action. For a process that is about to start programs: an ignored signal would
 * stay ignored in them. */
void spawn_reset_signals(void);

#endif
