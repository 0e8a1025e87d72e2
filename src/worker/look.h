/* What the processes of a test do: looked at twice, some time apart, then judged.
 *
 * By proc(5), without waiting: two calls, between which the caller does what it likes.  What may not be read is passed
 * over.  Judged is one thread of one process, the one that tells most: the first thread of
 *
 *   - the process in the tree that computed for more than half of the time; else
 *   - the root; or, where it only waits for a child and the test is a tree of processes (a shell's script), that child,
 *     and so on downwards.
 */
#ifndef XTOP_WORKER_LOOK_H
#define XTOP_WORKER_LOOK_H

#include "base/json.h"
#include "base/str.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct look;

/* The first look. `alone`: the root runs the test (a harness), and what is below it is only told of as its child. */
struct look *look_new(pid_t root, bool alone, uint64_t now);
void look_free(struct look *look);
/* The second. False: the root is gone, there is nothing to tell. */
bool look_again(struct look *look, uint64_t now);

/* After look_again gave true. */
pid_t look_pid(const struct look *look);
bool look_is_stopped(const struct look *look);
/* where, state, syscall, wchan, cpu (seconds of each 0.2), pid, command, threads, child: what is known of them. */
void look_put(const struct look *look, struct json *evidence);
/* "it was blocked in futex (a lock)" */
void look_describe(const struct look *look, struct str *out);

#endif
