/* Evidence → cause: what is known about an attempt, a worker or a collection that went wrong becomes one
 * code, one sentence about this case, the evidence in short, and how sure that is.
 *
 * Pure functions: nothing is read but the struct that is handed over.  The rules are a table in diagnose.c;
 * the first that fits gives the code.
 */
#ifndef XTOP_DIAGNOSE_DIAGNOSE_H
#define XTOP_DIAGNOSE_DIAGNOSE_H

#include "base/str.h"
#include "diagnose/codes.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

enum evidence_of {
	EVIDENCE_ATTEMPT,    /* one attempt at a test */
	EVIDENCE_VERDICT,    /* a test after its last attempt: for flaky */
	EVIDENCE_WORKER,     /* a worker that died, with the test it had or without */
	EVIDENCE_COLLECTION, /* what looks for tests */
};

/* All texts borrowed, NULL: not known. What was never seen stays 0, but for exit_code. */
struct evidence {
	enum evidence_of of;
	enum outcome outcome;
	unsigned signal; /* that ended the process, 0: none */
	int exit_code;   /* -1: none */
	bool core_dumped;
	const char *adapter;   /* "pytest" */
	const char *message;   /* of the attempt, or of the worker's death */
	struct slice output;   /* the end of what it printed: some kilobytes */
	const char *root;      /* files below it are named from there */
	uint64_t rss;          /* bytes, peak */
	uint64_t mem_limit;    /* bytes that --mem-limit allows, 0: no limit */
	uint64_t oom_kills;    /* by how much the cgroup's counter oom_kill rose meanwhile */
	unsigned attempts;     /* of a verdict */
	bool flaky;            /* the verdict: passed after failing */
	bool given_up;         /* workers died too often: the run ends */
	const char *left_over; /* processes that outlived the test: "412 `sleep 1000`, 413 `cat`" */
	bool pipe_held;        /* something held the pipe of its output open */
	/* The field `evidence` of test.finished: a JSON object. Keys that are missing, unknown or of another
	 * type are passed over:
	 *   phase        "setup", "call", "teardown", "collect", "start"
	 *   state        letter of proc(5): "S"
	 *   wchan, syscall  what it was in, as /proc/PID has it; of the call the name is enough
	 *   cpu          seconds used in the 200 ms between two looks, by all threads
	 *   threads      how many
	 *   stack        of faulthandler, gdb or eu-stack, innermost frame first
	 *   native_stack of a process whose `stack` would be Python's; also of one that did not print its own
	 *   no_stack     why there is none: "enough", "late", "empty" (worker/hang.h)
	 *   gil          true: C code holds the interpreter lock
	 *   oom          as oom_kills; 0 tells that the counters could be read
	 *   limit        bytes: the memory limit that it passed
	 *   ignored_term, ignored_interrupt, stopped, core, forked   true or false; forked: a child came back into the
	 *                harness
	 *   left_over, pipe_held   as above
	 *   killed_by    "xtop", "person" (by the dashboard), "kernel" */
	const char *seen;
};
#define EVIDENCE_INIT           \
	{                       \
		.exit_code = -1 \
	}

enum certainty { CERTAINTY_POSSIBLE = 1, CERTAINTY_LIKELY, CERTAINTY_CERTAIN };
const char *certainty_name(enum certainty certainty); /* "likely" */

#define DIAGNOSIS_ASIDE 2

struct diagnosis {
	const struct code *code;
	char *sentence; /* one line about this case; owned */
	char *evidence; /* one line, "" where there is nothing to add; owned */
	enum certainty certainty;
	const struct code
		*aside[DIAGNOSIS_ASIDE]; /* what else is the matter: "ignores-sigterm"; NULL: nothing */
};

/* False: there is nothing to say (it passed, or it failed as tests do), and `out` is empty. */
bool diagnose(const struct evidence *evidence, struct diagnosis *out);
/* One that somebody else came to, such as quarantine-expired. Sentence and evidence are copied; evidence may
 * be NULL. */
void diagnosis_init(struct diagnosis *diagnosis, enum code_number number, enum certainty certainty,
		    const char *sentence, const char *evidence);
void diagnosis_fini(struct diagnosis *diagnosis);
/* Appends what the event `diagnosis` and reports say: the sentence, behind "likely: " or "possibly: " where it
 * isn't certain, and in a second line the evidence. */
void diagnosis_say(const struct diagnosis *diagnosis, struct str *out);

#endif
