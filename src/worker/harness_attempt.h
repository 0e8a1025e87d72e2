/* Inside the harness runner: an attempt, and the place where it meets its harness.
 *
 * harness_runner.c has the places, one for each fork server, and hands on to the attempt what concerns it;
 * harness_attempt.c says what that means for the test.
 */
#ifndef XTOP_WORKER_HARNESS_ATTEMPT_H
#define XTOP_WORKER_HARNESS_ATTEMPT_H

#include "base/str.h"
#include "worker/harness.h"
#include "worker/memory.h"
#include "worker/offspring.h"
#include "worker/runner.h"

struct harness_set;
struct harness_attempt;

/* What was printed while no test ran. */
struct outside {
	struct str text;
	uint64_t more;     /* bytes that did not fit into it */
	uint64_t flush_at; /* UINT64_MAX: nothing waits */
};

struct harness_place {
	const struct runner_host *host;
	char *server;
	struct harness *harness;
	struct harness_attempt *attempt; /* NULL, or not over */
	struct outside outside;
	struct offspring offspring; /* of tests */
	struct memory_peak peak;
	bool held; /* the lane is full */
	uint64_t cpu_ended; /* ns that harnesses used which have ended */
};

/* Sends what was printed outside of tests as a log event. */
void harness_place_tell_outside(struct harness_place *place);
__attribute__((format(printf, 3, 4))) void harness_place_log(struct harness_place *place, enum event_level level,
							      const char *format, ...);
/* Appends "killed by SIGSEGV (core dumped)", "exited with 0" or that it is not known. */
void harness_end_describe(const struct harness_end *end, struct str *out);

struct harness_attempt *harness_attempt_new(struct harness_place *place, const struct job *job, uint64_t now);
struct attempt *harness_attempt_base(struct harness_attempt *attempt);
/* Its test runs now: what is printed is its output. */
bool harness_attempt_runs(const struct harness_attempt *attempt);
/* The harness is ready. */
void harness_attempt_announce(struct harness_attempt *attempt, uint64_t now);
/* NEXT or FINISHED; what is needed later is taken from `event`. As struct harness_owner's `event`. */
bool harness_attempt_event(struct harness_attempt *attempt, struct harness_event *event, uint64_t now);
void harness_attempt_kept(struct harness_attempt *attempt, enum event_stream stream, struct slice bytes,
			  uint64_t dropped);
/* False: this end is none of its business, it waits for another harness. */
bool harness_attempt_ended(struct harness_attempt *attempt, const struct harness_end *end, uint64_t now);
void harness_attempt_unreachable(struct harness_attempt *attempt);

#endif
