/* What a person may ask of a run that goes on: the dashboard's keys, later attach and the like.
 *
 * Each call returns at once; what follows is heard as events.  -1: it can't be done, and the message, one line
 * for the status bar, says why.
 */
#ifndef XTOP_ENGINE_CONTROL_H
#define XTOP_ENGINE_CONTROL_H

#include "adapter/adapter.h"
#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "store/history_evidence.h"
#include "store/quarantine.h"

#include <stdbool.h>
#include <stdint.h>

/* Tests that failed in some run. */
struct control_flaky {
	struct history_table table;
	struct history_steadiness steadiness;
	bool *held; /* by their places in the table: whether quarantine.yaml holds them now */
};

/* An entry of quarantine.yaml. Texts are owned, NULL: not given. */
struct control_hold {
	char *test, *suite, *reason, *owner, *issue, *since, *expires;
	bool expression; /* `test` is one, not an id */
	bool expired;
	int days_left; /* INT_MAX: it never expires */
	int line;
	VEC(uint64_t) tests; /* of this run that it names */
};

struct control_holds {
	char *file; /* what messages call it */
	VEC(struct control_hold) holds;
};

/* Reading, for who answers `flaky` and `holds`. `facts` tells of the tests from 1 to `tests`; false: there is none. */
int control_flaky_read(struct control_flaky *out, struct history *history, struct quarantine *quarantine,
		       const struct history_steadiness *steadiness, unsigned window, struct error *error);
void control_flaky_fini(struct control_flaky *flaky);
void control_holds_read(struct control_holds *out, const struct quarantine *quarantine, uint64_t tests,
			bool (*facts)(void *context, uint64_t test, struct test_facts *facts), void *context);
void control_holds_fini(struct control_holds *holds);

struct control {
	/* Runs a test that has its verdict once more, with a new set of attempts. */
	int (*rerun)(void *context, uint64_t test, struct error *error);
	/* Sends `signal` to the process group of a running test. */
	int (*kill)(void *context, uint64_t test, int signal, struct error *error);
	/* Looks where a running test is: its stacks, and what it waits for, come as a log event of that test. */
	int (*stack)(void *context, uint64_t test, struct error *error);
	/* How the test is run alone in a debugger, with the terminal as its standard input; launch_fini ends `launch`. */
	int (*debug)(void *context, uint64_t test, struct launch *launch, struct error *error);
	/* Appends the command, for a shell, that runs the test alone. */
	int (*reproduce)(void *context, uint64_t test, struct str *out, struct error *error);
	/* The newest `limit` verdicts that earlier runs have of the test; history_verdicts_fini ends `out`. */
	int (*history)(void *context, uint64_t test, size_t limit, struct history_verdicts *out, struct error *error);
	/* Adds the test to quarantine.yaml with a reason (NULL: none given), or releases it. "until 30d" or "until DATE"
	 * at the reason's end is when it expires. A test that failed already
	 * in this run gets a new verdict event that does not gate (or gates again). */
	int (*quarantine)(void *context, uint64_t test, bool on, const char *reason, struct error *error);
	/* Holds back new tests, or lets them start again. */
	int (*pause)(void *context, bool on, struct error *error);
	/* One worker more, or one fewer: the last one goes when the test that it runs has ended. */
	int (*change_workers)(void *context, bool more, struct error *error);
	/* Stops the run: what runs is ended, what waits is not run. The second call kills. */
	int (*stop)(void *context, struct error *error);
	/* Whether quarantine.yaml holds the test now, whatever its outcome is. */
	bool (*quarantined)(void *context, uint64_t test);
	bool (*paused)(void *context);
	/* No test runs or waits: leaving loses nothing. */
	bool (*idle)(void *context);
	/* What earlier runs, and this one so far, tell of tests that fail now and then. It reads the history, so it
	 * is for the moment in which somebody wants to see it. NULL: it can't be told (a recorded run), as is the
	 * next. The caller ends `out`. */
	int (*flaky)(void *context, struct control_flaky *out, struct error *error);
	/* What stands in quarantine.yaml. The caller ends `out`. */
	int (*holds)(void *context, struct control_holds *out, struct error *error);
	/* Takes an entry out of it, by its test or expression as it is written there; `suite` NULL: it names none.
	 * Tests that failed and are held by no other get new verdicts. */
	int (*release)(void *context, const char *suite, const char *test, struct error *error);
	void *context;
};

#endif
