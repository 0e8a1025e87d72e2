/* The engine: the controller's side of a run.
 *
 * It collects tests, asks the scheduler, hands tests to workers, drains the ring, folds what comes into
 * the model and lets the frontends hear it; it decides reruns, verdicts, and when the run is over.
 * One thread, one libuv loop.
 *
 *     collect.c   adapters' tests      → test.found
 *     past.c      earlier runs         → what is known of tests; verdicts → the history
 *     selection.h, rules.h, given.h      which tests are run, what xtop.yaml says about them, --order given
 *     dispatch.c  scheduler            → commands to workers
 *     drain.c     the ring             → events
 *     slots.c     births and deaths of workers
 *     team.c      how many workers there are
 *     retry.c     whether and when another attempt follows
 *     resting.c   workers that start nothing while memory is low
 *     stacks.c    whether debuggers are asked for the stacks of tests that hang
 *     diagnosis.c what was seen of an end → diagnosis
 *     verdict.c   finished attempts    → rerun or test.verdict
 *     stop.c      interrupts, --maxfail, bail-outs
 *     server.c    processes that find tests and fork those that run them (pytest's)
 *     server_events.c  what these say → tests, logs
 *     rerun.c     reruns by key: never of stale code
 *     watch.c     saved files (watch_tree.h) → reruns;  build.c  what makes programs first
 *     finish.c    every verdict is there → sessions end → run.finished
 *     bus.c       every event          → spool, journal, model, frontends
 *     spool.c     long outputs         → files
 *     control.c   what a person asks for
 *     unsteady.c  what history and quarantine tell of flaky tests
 */
#ifndef XTOP_ENGINE_ENGINE_H
#define XTOP_ENGINE_ENGINE_H

#include "base/err.h"
#include "config/config.h"
#include "engine/control.h"
#include "event/ring.h"
#include "model/model.h"
#include "worker/pool.h"

#include <uv.h>

struct engine;

/* How the engine tells whoever shows the run. All may be NULL. */
struct engine_listener {
	/* After the model took the event. */
	void (*hear)(void *context, const struct model *model, const struct event *event);
	/* The run is over: every test has its verdict. May come again after a rerun by key. */
	void (*finished)(void *context);
	void *context;
};

/* All are borrowed until engine_free; what pytest's own configuration says about options that nothing else set is stored
 * in `config`. `epoch`: clock_now() at the run's start, the same that workers have. */
struct engine *engine_new(uv_loop_t *loop, struct config *config, struct pool *pool, struct ring *ring,
			  const char *run_id, uint64_t epoch, const struct engine_listener *listener,
			  struct error *error);
/* Closes the loop's handles (the loop must run once more for that) and writes out the journal. */
void engine_close(struct engine *engine);
void engine_free(struct engine *engine);

/* Finds the tests that can be found at once and starts the servers that find the others; from then on the loop does
 * the rest. With config->collect_only nothing is run. `command_line` is borrowed until the run has begun. -1: usage
 * error (exit 4). */
int engine_start(struct engine *engine, const char *command_line, struct error *error);

/* The exit code of a run that could not even begin (a mistake in pytest's configuration, say), with its one message;
 * 0: it did begin. Borrowed. */
int engine_failure(const struct engine *engine, const char **message);

const struct model *engine_model(const struct engine *engine); /* borrowed */
const struct control *engine_control(struct engine *engine);   /* borrowed */

/* A signal or a key asks to stop: the first time running tests are ended, the second time killed. */
void engine_interrupt(struct engine *engine, const char *reason);

/* xtop is about to be stopped (Ctrl-Z), or goes on: running tests and their deadlines with it. */
void engine_suspend(struct engine *engine, bool on);

/* Every test has its verdict, and none was asked for again since. */
bool engine_is_finished(const struct engine *engine);
bool engine_can_run(const struct engine *engine); /* false: the guardian is dead, and nothing starts any more */

/* As in xtop(1), EXIT STATUS: 0, 1, 2, 3 or 5; what the run, as it stands, ends with. */
int engine_exit_code(const struct engine *engine);

/* Something for the log: an event that every frontend hears. */
void engine_log(struct engine *engine, int level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
