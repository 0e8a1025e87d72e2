/* An adapter: how a kind of test is recognised, started and read.
 *
 * Two halves.  The controller's half turns programs into tests and a test into a
 * launch (what to execute).  The worker's half, a reader, is fed what the test prints
 * and how it ended, and says the outcome.  The two share nothing but the launch, which
 * travels through a command (worker/command.h).
 *
 * Here is the contract of adapters whose tests are processes of their own; what starts
 * and watches them is worker/.
 */
#ifndef XTOP_ADAPTER_ADAPTER_H
#define XTOP_ADAPTER_ADAPTER_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

/* What to execute for one test. Strings owned. */
struct launch {
	VEC(char *) argv;        /* argv[0] is also what is executed: a path with a '/' in it, absolute */
	VEC(char *) environment; /* NAME=value, added to (and over) the environment that xtop has */
	char *cwd;               /* absolute */
	bool split_streams;      /* stderr in a pipe of its own (else both in one, in their order) */
};
void launch_init(struct launch *launch);
void launch_fini(struct launch *launch);

/* What a finished attempt was. Texts owned; NULL: none. */
struct result {
	enum outcome outcome;
	char *message;
	char *reason;
	bool bail_out; /* the test asks for the end of its whole suite; the message begins with "Bail out!" */
};
void result_fini(struct result *result);

/* How a process ended. */
struct ending {
	bool signaled;
	int number; /* exit code, or signal */
	bool core_dumped;
	const char *last_line; /* of what it printed, borrowed, NULL: nothing; for messages */
};
/* Appends "exit code 3" or "killed by SIGSEGV (core dumped)". */
void ending_describe(const struct ending *ending, struct str *out);
/* Appends `separator` and the last line, cut to a length fit for a message; nothing where there is none. */
void ending_add_last_line(const struct ending *ending, const char *separator, struct str *out);

/* Where a reader puts sub-results as soon as it has read them. `point` is an EVENT_TEST_POINT whose point fields
 * (number, depth, outcome, name, message, reason) are set; it and its texts are borrowed for the call. */
typedef void reader_emit(void *context, struct event *point);

struct reader; /* made by the adapter, one an attempt */

struct adapter {
	const char *name;
	const char *summary; /* one line for help and errors */
	/* Whether `path` (absolute, a regular file) is this kind of test, judged without executing it. `head` is its
	 * first bytes (at most 4 KiB). NULL: never by itself. */
	bool (*recognises)(const char *path, struct slice head);
	/* Fills `launch->argv` for a program (absolute path) and its arguments, and split_streams; cwd and environment
	 * are set already. -1: it can't be started; the message names the program (relative to cwd where it is below
	 * it), what is wrong and what to do. NULL: tests are found and run by a server, not started one by one. */
	int (*launch)(const char *path, char *const *args, size_t arg_count, struct launch *launch,
		      struct error *error);
	/* --- in the worker --- NULL functions: nothing is read, only the ending counts. */
	struct reader *(*reader_new)(reader_emit *emit, void *context);
	void (*reader_feed)(struct reader *reader, enum event_stream stream, const char *bytes,
			    size_t length);
	/* The outcome of a process that ended by itself. Never fails. Gives the points that were still held, so it is
	 * called once for every attempt, at the end of its output: where the worker judges (a deadline), it takes its
	 * own outcome instead. */
	void (*conclude)(struct reader *reader, const struct ending *ending, struct result *result);
	void (*reader_free)(struct reader *reader);
};

extern const struct adapter adapter_exec, adapter_tap, adapter_pytest;

const struct adapter *adapter_find(const char *name); /* NULL: no such adapter */
/* The same; where there is none, the message names those that there are. */
const struct adapter *adapter_need(const char *name, struct error *error);
/* All of them, NULL-terminated, in the order in which they are asked to recognise. */
const struct adapter *const *adapter_list(void);

#endif
