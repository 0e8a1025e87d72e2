/* The processes below this one, by proc(5).
 *
 * For a process that is a sub-reaper (prctl(2), PR_SET_CHILD_SUBREAPER): orphans of its
 * descendants become its children, whatever session or group they moved to, so that all
 * can be found, named and ended.
 */
#ifndef XTOP_WORKER_DESCENDANTS_H
#define XTOP_WORKER_DESCENDANTS_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct descendant {
	pid_t pid, parent;
};

/* `root`, any process, and all that live below it, into found[0 … max-1]; returns how many there are, which may be more
 * than max. */
size_t descendants_tree(pid_t root, struct descendant *found, size_t max);

pid_t descendants_parent(pid_t pid); /* -1: there is no such process */
bool descendants_is_dead(pid_t pid); /* a zombie, or gone */

/* Direct children of this process that live (zombies are not told), into pids[0 … max-1]; returns how many
 * there are, which may be more than max. */
size_t descendants_children(pid_t *pids, size_t max);

/* Sends SIGKILL to every descendant of this process, but for the subtrees of children for which `keep` says so
 * (NULL: keeps none). Grandchildren first stop being hidden when their parents die: call again until
 * nothing is left. Returns how many were signalled. */
size_t descendants_kill(bool (*keep)(void *context, pid_t child), void *context);

/* Kills them and waits for them, until none is left, or none that may be signalled. Children for which `keep` says so
 * are left alone, with all below them. */
void descendants_end(bool (*keep)(void *context, pid_t child), void *context);

/* Appends a process's command line, made visible, at most `limit` bytes of it; its name in brackets where it has none. */
void descendants_command(pid_t pid, size_t limit, struct str *out);

#endif
