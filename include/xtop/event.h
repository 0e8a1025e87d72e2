/* The events of a run: everything that happens in xtop is one of these.
 *
 * One schema, two codecs.  The tables below are the schema: in the ring and in a
 * journal an event is a record of tagged fields (doc/formats.md), in NDJSON a line
 * with the names given here.  Numbers are never used again for
 * something else; a reader skips fields that it does not know.
 *
 * Times are nanoseconds since the run began, durations nanoseconds; in NDJSON both
 * are seconds.  Text is bytes as the test gave them, not always UTF-8.
 */
#ifndef XTOP_EVENT_H
#define XTOP_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XTOP_EVENT_VERSION 1
#define XTOP_SLOTS_MAX 256 /* workers are numbered from 0 */

/* X(name, number, "name in NDJSON")
 *
 * RUN_STARTED     first event: run_id, version, command, root, wall
 * TEST_FOUND      test (its number in this run), suite, id, ordinal, file, line, scope, marks, group, serial; worker: the
 *                 only one that runs it (--dist each); iteration; expected
 * RUN_COLLECTED   the end of collection: tests, workers, dist, history, shard; expected (of all tests together), known
 * COLLECT_ERROR   suite, file, message
 * WORKER_STARTED  worker, incarnation, pid
 * TEST_STARTED    worker, test, attempt, expected, deadline
 * TEST_OUTPUT     worker, test, attempt, stream, data
 * TEST_POINT      a sub-result inside a test (a TAP point): worker, test, attempt, number, depth, outcome, name, message, reason
 * TEST_FINISHED   the end of one attempt: worker, test, attempt, outcome, duration, signal, exit_code, message, reason, code, cpu, rss,
 *                 bail_out, output_file, evidence; of a test with fixtures: setup, call, teardown, properties, rerun
 * TEST_VERDICT    the test after its last attempt: test, outcome, flaky, quarantined, attempts, duration, worker, and the attempt's fields
 * WORKER_SAMPLE   worker, cpu (used by it and its tests since its start), rss
 * WORKER_DIED     worker, incarnation, pid, signal, exit_code, message ("was killed by SIGKILL"), test (0: it had none)
 * WORKER_LEFT     fewer workers were asked for, and this one has gone: worker, incarnation, workers
 * DIAGNOSIS       code, message (a sentence; a second line has the evidence), and what it is about: test and attempt, or
 *                 test alone (its verdict), or worker, or nothing (the run)
 * LOG             level, message, worker and test where they apply; name: whose words they are (pytest's summary);
 *                 evidence, of a test that somebody asked about while it ran
 * RUN_FINISHED    last event: exit_code, duration, tests and the counts
 */
#define XTOP_EVENT_TYPES(X)                    \
	X(RUN_STARTED, 1, "run.started")       \
	X(TEST_FOUND, 2, "test.found")         \
	X(RUN_COLLECTED, 3, "run.collected")   \
	X(COLLECT_ERROR, 4, "collect.error")   \
	X(WORKER_STARTED, 5, "worker.started") \
	X(TEST_STARTED, 6, "test.started")     \
	X(TEST_OUTPUT, 7, "test.output")       \
	X(TEST_POINT, 8, "test.point")         \
	X(TEST_FINISHED, 9, "test.finished")   \
	X(TEST_VERDICT, 10, "test.verdict")    \
	X(WORKER_SAMPLE, 11, "worker.sample")  \
	X(WORKER_DIED, 12, "worker.died")      \
	X(DIAGNOSIS, 13, "diagnosis")          \
	X(LOG, 14, "log")                      \
	X(RUN_FINISHED, 15, "run.finished")    \
	X(WORKER_LEFT, 16, "worker.left")

enum event_type {
#define X(name, number, text) EVENT_##name = number,
	XTOP_EVENT_TYPES(X)
#undef X
};

/* X(name, number, "name in NDJSON"): how a test, or one attempt at it, ended.
 * NONE: not yet. NOTRUN has a reason. In a TEST_POINT: passed, failed, skipped, xfailed, xpassed. */
#define XTOP_OUTCOMES(X)           \
	X(NONE, 0, "")             \
	X(PASSED, 1, "passed")     \
	X(FAILED, 2, "failed")     \
	X(ERROR, 3, "error")       \
	X(TIMEOUT, 4, "timeout")   \
	X(CRASHED, 5, "crashed")   \
	X(SKIPPED, 6, "skipped")   \
	X(XFAILED, 7, "xfailed")   \
	X(XPASSED, 8, "xpassed")   \
	X(NOTRUN, 9, "notrun")

enum outcome {
#define X(name, number, text) OUTCOME_##name = number,
	XTOP_OUTCOMES(X)
#undef X
	OUTCOME_COUNT
};

enum event_stream { STREAM_STDOUT = 1, STREAM_STDERR = 2 }; /* both in one pipe: STDOUT */
enum event_level { LEVEL_NOTE = 1, LEVEL_WARNING = 2, LEVEL_ERROR = 3 };

/* X(number, kind, name): kinds are
 *   UINT   uint64_t          TIME  uint64_t nanoseconds, seconds in NDJSON
 *   INT    int64_t           TEXT  bytes
 *   BOOL   bool              ENUM  int, a word in NDJSON (outcome, stream, level)
 * The field's name is its name in NDJSON too. */
#define XTOP_EVENT_FIELDS(X)                                                                   \
	X(1, UINT, worker)      /* slot, 0 to 255 */                                           \
	X(2, UINT, test)        /* number of the test in this run, from 1; NDJSON has suite and id instead */ \
	X(3, TEXT, suite)                                                                      \
	X(4, TEXT, id)                                                                         \
	X(5, UINT, ordinal)     /* among equal ids of a suite, from 1; absent: 1 */            \
	X(6, TEXT, file)                                                                       \
	X(7, UINT, line)                                                                       \
	X(8, UINT, attempt)     /* from 1 */                                                   \
	X(9, ENUM, outcome)                                                                    \
	X(10, TEXT, reason)     /* why skipped, expected to fail, not run */                   \
	X(11, BOOL, flaky)                                                                     \
	X(12, BOOL, quarantined)                                                               \
	X(13, UINT, attempts)   /* how many there were */                                      \
	X(14, TIME, duration)                                                                  \
	X(15, UINT, signal)     /* that ended the process */                                   \
	X(16, INT, exit_code)                                                                  \
	X(17, TEXT, message)                                                                   \
	X(18, TEXT, code)       /* XT and four digits */                                       \
	X(19, ENUM, stream)                                                                    \
	X(20, TEXT, data)                                                                      \
	X(21, TIME, cpu)        /* user and system time */                                     \
	X(22, UINT, rss)        /* bytes; of an attempt: its peak */                           \
	X(23, UINT, pid)                                                                       \
	X(24, UINT, incarnation) /* of a slot: 1 for its first worker, 2 for the next … */     \
	X(25, TEXT, name)                                                                      \
	X(26, UINT, number)                                                                    \
	X(27, UINT, depth)      /* of a sub-result: 0 at the top */                            \
	X(28, TEXT, run_id)                                                                    \
	X(29, TEXT, version)    /* of xtop */                                                  \
	X(30, TEXT, command)    /* the command line, quoted for a shell */                     \
	X(31, TEXT, root)                                                                      \
	X(32, UINT, workers)                                                                   \
	X(33, UINT, wall)       /* ns since 1970 at the run's start */                         \
	X(34, ENUM, level)                                                                     \
	X(35, UINT, tests)                                                                     \
	X(36, UINT, passed)     /* as in the closing line: with flaky and xpassed */           \
	X(37, UINT, failed)                                                                    \
	X(38, UINT, skipped)                                                                   \
	X(39, UINT, notrun)                                                                    \
	X(40, UINT, dropped)    /* bytes of output beyond the limit, not kept */               \
	X(41, TEXT, scope)                                                                     \
	X(42, TEXT, adapter)                                                                   \
	X(43, BOOL, bail_out)   /* of TEST_FINISHED: the program asked that its whole suite stop */ \
	X(44, TEXT, output_file) /* with all that the attempt printed, where that was much; kept if the test fails */ \
	X(45, TIME, setup)      /* of TEST_FINISHED: how long its fixtures took */             \
	X(46, TIME, call)       /* the test itself */                                          \
	X(47, TIME, teardown)                                                                  \
	X(48, TEXT, properties) /* JSON: [["name", "value"], …], as the test recorded them; in NDJSON that array */ \
	X(49, TEXT, marks)      /* of TEST_FOUND: names of its markers, comma separated */     \
	X(50, BOOL, rerun)      /* of TEST_FINISHED: false: the test says that another attempt makes no sense */ \
	X(51, TEXT, dist)       /* how tests are distributed, as in --dist; a plugin's name */ \
	X(52, TEXT, history)    /* fingerprint of the history by which tests were ordered; absent: none was used */ \
	X(53, TEXT, shard)      /* "2/5": only this part of the tests */                       \
	X(54, TEXT, group)      /* of TEST_FOUND: the xdist_group that it belongs to */        \
	X(55, BOOL, serial)     /* of TEST_FOUND: runs while nothing else does; absent: false */ \
	X(56, TEXT, evidence)   /* JSON object: what was seen of an attempt that hung or crashed; in NDJSON that object */ \
	X(57, UINT, iteration)  /* of TEST_FOUND, with --stress: which run of the same test, from 1 */ \
	X(58, TIME, expected)   /* how long it takes, by what earlier runs tell; absent: not known */ \
	X(59, TIME, deadline)   /* of TEST_STARTED: how long the attempt may take; absent: as long as it wants */ \
	X(60, UINT, known)      /* of RUN_COLLECTED: how many of the tests are in `expected` */

enum event_field {
#define X(number, kind, name) FIELD_##name = number,
	XTOP_EVENT_FIELDS(X)
#undef X
	FIELD_COUNT
};

struct event_text {
	const char *data; /* borrowed from whoever made the event; not NUL-terminated */
	size_t length;
};

#define XTOP_KIND_UINT uint64_t
#define XTOP_KIND_TIME uint64_t
#define XTOP_KIND_INT int64_t
#define XTOP_KIND_BOOL bool
#define XTOP_KIND_ENUM int
#define XTOP_KIND_TEXT struct event_text

/* One event, its fields side by side. `has` tells which are there: bit n is field n.
 * Texts are borrowed: they end when the function that was handed the event returns. */
struct event {
	enum event_type type;
	uint64_t t;   /* ns since the run began */
	uint64_t has;
#define X(number, kind, name) XTOP_KIND_##kind name;
	XTOP_EVENT_FIELDS(X)
#undef X
};

#define event_has(event, field) (((event)->has >> FIELD_##field) & 1)
/* clang-format off */
#define event_put(event, field, value) ((event)->field = (value), (event)->has |= UINT64_C(1) << FIELD_##field)
/* clang-format on */
/* Puts a text; nothing is put for NULL. */
#define event_put_text(event, field, text_)                                                      \
	do {                                                                                     \
		const char *event_text_ = (text_);                                               \
		if (event_text_)                                                                 \
			event_put(event, field,                                                  \
				  ((struct event_text){event_text_, __builtin_strlen(event_text_)})); \
	} while (0)

#endif
