/* The sentences of diagnoses, one function for each kind. They append one line, without a full stop. */
#ifndef XTOP_DIAGNOSE_SAY_H
#define XTOP_DIAGNOSE_SAY_H

#include "base/str.h"
#include "diagnose/facts.h"

typedef void say_function(const struct facts *facts, struct str *out);

say_function say_fork, say_given_up, say_by_hand, say_collecting, say_limit, say_oom, say_worker, say_hang,
	say_no_memory, say_near_limit, say_overflow, say_sanitizer, say_message, say_signal, say_killed,
	say_exit, say_unexplained, say_shell, say_flaky, say_left_over, say_pipe;

/* What was measured, in short: "state S in futex_wait_queue, 0.00 s of CPU in 0.2 s, 3 threads". Nothing where
 * nothing is known. */
say_function say_evidence;

/* The signal that an exit code of a shell stands for, 0: none. */
int said_signal(const struct facts *facts);

#endif
