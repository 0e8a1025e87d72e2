/* What the files of the engine share. Nobody else includes this. */
#ifndef XTOP_ENGINE_INTERNAL_H
#define XTOP_ENGINE_INTERNAL_H

#include "adapter/collect.h"
#include "base/vec.h"
#include "engine/engine.h"
#include "event/journal.h"
#include "sched/sched.h"
#include "store/quarantine.h"

#include <stdbool.h>

enum entry_state {
	ENTRY_WAITING, /* the scheduler has it */
	ENTRY_SENT,    /* a worker has it, not started */
	ENTRY_RUNNING,
	ENTRY_DELAYED, /* an attempt failed, the next one waits for its delay */
	ENTRY_DONE,    /* it has its verdict */
};

/* The engine's own facts about a test; everything that is shown stands in the model. */
struct entry {
	struct found_test found;
	enum entry_state state;
	uint32_t attempt;       /* the one that runs, or ran last; 0: none yet */
	uint64_t duration;      /* ns, of this verdict's attempts so far */
	bool broken;            /* could not be collected: never runs */
	bool had_verdict;       /* before a person asked for it again: stopped in time, that one stands */
	bool gates;             /* it counts among gating_failures */
	bool by_key;            /* a person asked for this rerun: its failure stops nothing */
	uint64_t retry_at;      /* DELAYED: ns since the epoch */
};

enum slot_state {
	SLOT_EMPTY,
	SLOT_STARTING, /* asked for; jobs may be sent already */
	SLOT_LIVE,     /* it was heard of */
};

struct slot {
	enum slot_state state;
	uint32_t incarnation;
	uint64_t running;  /* test, 0: none */
	uint64_t ahead;    /* sent, not started */
	bool recalling;    /* `ahead` was asked back */
	bool finished_one; /* since this incarnation began */
	struct blocked *blocked; /* waits until commands can be written, NULL: it needn't */
};

struct bailed_suite {
	const struct suite_config *suite;
	char *reason;
};

struct engine {
	uv_loop_t *loop;
	const struct config *config;
	struct pool *pool;
	struct ring *ring;
	const char *run_id;
	uint64_t epoch;
	struct engine_listener listener;
	struct model *model;
	struct control control;
	struct journal_writer *journal;
	struct quarantine *quarantine;
	struct spool *spool;
	const struct sched_ops *sched_ops;
	struct sched *sched;
	VEC(struct entry) entries; /* test number - 1 */
	size_t done;               /* entries with a verdict */
	struct slot slots[RING_LANES];
	unsigned workers;          /* slots in use: 0 … workers-1 */
	unsigned ahead_limit;      /* tests a worker may hold: 2, or 1 with --maxfail */
	bool collected, finished, paused;
	bool closed;               /* no new test starts: stop or maxfail */
	bool interrupted, ever_interrupted, broken_collection, failed_inside;
	char *close_reason;        /* why those that wait are not run */
	VEC(struct bailed_suite) bailed;
	uint64_t finished_at, idle; /* ns: when the run ended last, and how long it lay still between its ends */
	unsigned gating_failures, barren_deaths;
	uv_poll_t doorbell, guardian;
	uv_prepare_t before_sleep;
	unsigned next_lane;        /* where the next round of draining begins */
	uv_idle_t more;            /* runs while the ring has more than one round may take */
	uv_timer_t second;         /* journal flush, delayed reruns */
	uv_timer_t retry;
	bool handles_open;
};

/* bus.c: completes the event (t), and gives it to the spool, the journal, the model and the listener. */
void bus_emit(struct engine *engine, struct event *event);
/* The same for an event that has its time already. */
void bus_pass(struct engine *engine, const struct event *event);

struct entry *engine_entry(struct engine *engine, uint64_t test); /* NULL: no such test */

/* As many workers as were asked for, as the machine has, as there are tests, and as there are descriptors for. */
unsigned engine_count_workers(struct engine *engine);

/* collect.c: first everything is found (NULL: usage error), then it is told, which takes what was found. */
struct findings;
struct findings *collect_find(const struct config *config, struct error *error);
void collect_tell(struct engine *engine, struct findings *findings);
void collect_forget(struct findings *findings);

/* slots.c */
void slots_start(struct engine *engine);
void slots_on_guardian(uv_poll_t *handle, int status, int events);
void slots_stop_waiting(struct engine *engine, unsigned slot); /* nothing more is to be written there */
void slots_send(struct engine *engine, unsigned slot, const struct command *command);

/* drain.c */
void drain_on_doorbell(uv_poll_t *handle, int status, int events);
void drain_on_more(uv_idle_t *handle);
/* Each time the loop is about to wait: a worker rings only a consumer that said it sleeps. */
void drain_before_sleep(uv_prepare_t *handle);
/* All that a lane still holds, after its producer died. */
void drain_rest(struct engine *engine, unsigned slot);

/* dispatch.c: gives work to every slot that can take some, and asks work back for those that have none. */
void dispatch(struct engine *engine);
void dispatch_slot(struct engine *engine, unsigned slot);
void dispatch_started(struct engine *engine, unsigned slot, uint64_t test);
void dispatch_returned(struct engine *engine, unsigned slot, uint64_t test);
/* What a slot was sent and did not start waits again (or is not run any more). */
void dispatch_unsend(struct engine *engine, unsigned slot);

/* verdict.c: `event` is a TEST_FINISHED that the model has taken. */
void verdict_attempt_ended(struct engine *engine, const struct event *event);
void verdict_not_run(struct engine *engine, uint64_t test, const char *reason);
/* (Again) the verdict of a test as its last attempt stands: quarantine may have changed. */
void verdict_emit(struct engine *engine, uint64_t test);
void verdict_retry_due(uv_timer_t *timer);
void verdict_check_finished(struct engine *engine);

/* stop.c */
void stop_dispatching(struct engine *engine, const char *reason); /* those that wait are not run */
void stop_suite(struct engine *engine, const struct suite_config *suite, const char *reason);
/* Why a test must not be started any more; NULL: it may. Borrowed. */
const char *stop_reason(const struct engine *engine, const struct entry *entry);
/* Asks back what workers hold ahead: all of it, or a suite's. */
void stop_recall(struct engine *engine, const struct suite_config *suite);

/* spool.c: hears all three before the model does. */
struct spool;
struct spool *spool_new(const char *root, const char *run_id);
void spool_output(struct spool *spool, struct model *model, const struct event *event);
/* Tells where the attempt's whole output is: borrowed until its verdict, NULL: in no file. */
const char *spool_finished(struct spool *spool, const struct event *event);
void spool_verdict(struct spool *spool, const struct event *event);
/* True, once, when files could not be written (any more): *error says why. */
bool spool_take_error(struct spool *spool, struct error *error);
void spool_free(struct spool *spool);

#endif
