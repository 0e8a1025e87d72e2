/* What a test has left behind: processes, and a pipe of its output that somebody holds open.
 *
 * Collected, then told, then put into the verdict.  Ending them is the caller's business.
 */
#ifndef XTOP_WORKER_LEFTOVERS_H
#define XTOP_WORKER_LEFTOVERS_H

#include "adapter/adapter.h"
#include "base/json.h"
#include "base/str.h"
#include "worker/capture.h"
#include "worker/command.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* All zero but for the strs, which leftovers_init makes: nothing was left. */
struct leftovers {
	size_t count;    /* of processes */
	struct str list; /* "1234 `sleep 60`, …", at most so many that one likes to read them */
	struct str plain; /* the same without quotes */
	bool pipe_held;
	struct str holders; /* of the pipe, as `list`; empty: they can't be seen */
};

void leftovers_init(struct leftovers *leftovers);
void leftovers_fini(struct leftovers *leftovers);

void leftovers_add(struct leftovers *leftovers, pid_t pid);
/* The children of this process. */
void leftovers_add_children(struct leftovers *leftovers);
/* Somebody who is no child holds the capture's pipes: looks for who it is. */
void leftovers_add_pipe(struct leftovers *leftovers, const struct capture *capture);
bool leftovers_are_none(const struct leftovers *leftovers);

/* Append what the log is to say; `fate`: "ended now". */
void leftovers_describe_processes(const struct leftovers *leftovers, const char *fate, struct str *out);
void leftovers_describe_pipe(const struct leftovers *leftovers, struct str *out);
/* Makes a failure of a pass where that is the mode. */
void leftovers_judge(const struct leftovers *leftovers, enum leak_mode mode, struct result *result);
/* left_over, pipe_held */
void leftovers_put(const struct leftovers *leftovers, struct json *evidence);

#endif
