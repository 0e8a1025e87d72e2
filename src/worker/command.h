/* Commands: what the controller tells a worker, through one socket a worker.
 *
 * A command is four bytes of length (of this machine's order) and a record of tagged fields (base/wire.h).
 * Workers never answer here: what they have to say is an event in the ring.
 */
#ifndef XTOP_WORKER_COMMAND_H
#define XTOP_WORKER_COMMAND_H

#include "adapter/adapter.h"
#include "base/err.h"
#include "base/str.h"
#include "config/config.h"

#include <stdbool.h>
#include <stdint.h>

enum command_type {
	COMMAND_JOB = 1,  /* run this test, after the one that runs now; at most one is held ahead */
	COMMAND_RECALL,   /* give the test back unless it was started (answer: MESSAGE_RETURNED) */
	COMMAND_SPACE,    /* the lane has room again */
	COMMAND_CANCEL,   /* end the running test: TERM, grace, KILL; its outcome is notrun */
	COMMAND_SIGNAL,   /* send `signal` to the running test's process group */
	COMMAND_PAUSE,    /* stop the running test's processes and its deadline's clock */
	COMMAND_RESUME,
	COMMAND_LEAVE,    /* exit when nothing runs; what is held ahead is not started, harnesses are ended as by RETIRE */
	COMMAND_NO_NEXT,  /* answer to MESSAGE_WANTS: nothing comes after this test, its harness may tear everything down */
	COMMAND_RETIRE,   /* end every harness of this worker in good order (none runs a test now); answer: MESSAGE_RETIRED */
	COMMAND_KEEP,     /* answer to MESSAGE_WANTS: nothing comes yet, but what `keep` needs is to stay as it is */
	COMMAND_LOOK,     /* tell where the running test is; answer: a log event of it */
};

/* A test that is to be run again in the harness that ran it, after a delay; what it shares with others stays set up. */
struct kept_test {
	char *server;     /* as a job's; NULL: there is none */
	char *id;
	uint32_t ordinal;
};

struct job {
	uint64_t test;     /* number in the run */
	uint32_t attempt;  /* from 1 */
	char *id;          /* XTOP_TEST_ID */
	uint32_t ordinal;  /* among equal ids, from 1 */
	char *server;      /* abstract socket of the fork server whose harness runs it; NULL: a process of its own */
	uint64_t behind;   /* the test that its worker ran when the controller sent this, as far as it knew; 0: none */
	bool may_rerun;    /* should this attempt fail, another one follows on this worker, at once or after a delay */
	struct kept_test keep; /* should the test before this one be of its harness, and this one not */
	bool stop_on_failure; /* with a server: if this attempt fails, what is held ahead is returned, not started */
	const struct adapter *adapter; /* may be NULL where there is a server */
	struct launch launch; /* with a server only the environment counts: it is the suite's addition to a harness' */
	uint64_t timeout;  /* ns, 0: none */
	uint64_t grace;    /* ns between TERM and KILL */
	bool enough_stacks; /* should it hang, no debugger is asked for its stacks: the run has such already */
	uint64_t output_limit; /* bytes */
	enum leak_mode leak;
	uint64_t mem_limit; /* bytes that its processes may have resident together, 0: no limit */
};

struct command {
	enum command_type type;
	uint64_t test;   /* RECALL, CANCEL, SIGNAL, NO_NEXT, KEEP, LOOK: which; one that no longer runs is ignored */
	int signal;      /* SIGNAL */
	char *reason;    /* CANCEL: why, becomes the outcome's reason */
	struct kept_test keep; /* KEEP; owned */
	struct job *job; /* JOB; owned */
};

void kept_test_fini(struct kept_test *keep);

void job_free(struct job *job); /* NULL is fine */

/* Appends the framed command. */
void command_encode(const struct command *command, struct str *out);
/* Takes one framed command off the front of `in`. 1: *command is filled (command_fini ends it); 0: more bytes are
 * needed; -1: the bytes are no command. */
int command_decode(struct str *in, struct command *command);
void command_fini(struct command *command);

/* What a worker puts into the ring that is no event: the first byte can't be an event's type. */
#define MESSAGE_RETURNED 0xFF  /* then 8 bytes: the number of a test that was not started, recalled or not */
#define MESSAGE_WANTS 0xFE     /* then 8 bytes: the running test, whose harness asks which test comes next while none is
				* held ahead (answer: a job, or NO_NEXT); then 1 byte: 1 if its outcome so far is a failure */
#define MESSAGE_RETIRED 0xFD   /* every harness has ended */
#define MESSAGE_NO_SERVER 0xFC /* then the socket's name: it can't be reached; the job for it is returned next */
#define MESSAGE_AGAIN 0xFB     /* then 8 bytes: the running test, whose harness was told that it comes again: what is held
				* ahead, or was sent before this was known, is returned */
#define MESSAGE_STANDS 0xFA    /* then 1 byte: 1, or 2 if only the test that finishes next may be run there without being in
				* the way of its own rerun; then the node of which its harness keeps something set up. Or
				* 0, and nothing: nothing stands, or it is not known. Told where it differs from before. */
#define MESSAGE_HARNESS_GONE 0xF9 /* then the socket's name: the harness from there ended, or is about to */

#endif
