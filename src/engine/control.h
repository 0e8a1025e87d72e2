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

#include <stdbool.h>
#include <stdint.h>

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
	/* Adds the test to quarantine.yaml with a reason (NULL: none given), or releases it. A test that failed already
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
	void *context;
};

#endif
