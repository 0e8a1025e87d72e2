/* Control groups of a run's own (version 2, cgroups(7)), by which the kernel itself holds tests to --mem-limit.
 *
 *     OWN                    the group that xtop was started in
 *     OWN/xtop-PID/main      controller, guardian, workers, servers
 *     OWN/xtop-PID/gwN       what the worker of slot N runs
 *
 * That takes a group that this process may write and is alone in, for the kernel gives out a controller only from groups
 * without processes: a container's, or one that systemd has delegated (Delegate=yes).  The root, which is not bound to
 * that, is used as it is.  Nothing of others is moved or changed.
 */
#ifndef XTOP_WORKER_GROUP_H
#define XTOP_WORKER_GROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct group_tree;

/* Before anything is forked: this process goes into "main". `proc`: where proc(5) is mounted. NULL: there can't be such
 * groups, and nothing was changed. */
struct group_tree *group_tree_new(const char *proc);
/* When all other processes are gone: goes back, and removes the groups. NULL is fine. */
void group_tree_free(struct group_tree *tree);
const char *group_tree_path(const struct group_tree *tree); /* borrowed; NULL for NULL */

/* A worker's. */
struct group {
	int procs, limit_file, events; /* -1: there is no group */
	uint64_t limit;                /* bytes, that is set; 0: none yet */
	uint64_t full;                 /* how often it had been full when the attempt began */
};

/* `tree`: its path, NULL: none. */
void group_open(struct group *group, const char *tree, unsigned slot);
/* An attempt begins, with this limit (bytes). False: without a group. */
bool group_begin(struct group *group, uint64_t limit);
/* Puts a process in, with what it starts from then on. A child before it executes may write "0" to `procs` itself. */
bool group_add(const struct group *group, pid_t pid);
/* Since the attempt began a process was killed because the limit was reached: all that was in the group is. */
bool group_was_full(const struct group *group);

#endif
