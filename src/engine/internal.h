/* What the files of the engine share. Nobody else includes this. */
#ifndef XTOP_ENGINE_INTERNAL_H
#define XTOP_ENGINE_INTERNAL_H

#include "adapter/collect.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/lines.h"
#include "base/map.h"
#include "base/vec.h"
#include "diagnose/diagnose.h"
#include "engine/engine.h"
#include "engine/rules.h"
#include "engine/selection.h"
#include "event/journal.h"
#include "sched/sched.h"
#include "store/history.h"
#include "store/quarantine.h"
#include "worker/memory.h"
#include "worker/room.h"
#include "worker/usage.h"

#include <stdbool.h>

#define NO_SLOT UINT32_MAX

enum entry_state {
	ENTRY_WAITING, /* the scheduler has it */
	ENTRY_SENT,    /* a worker has it, not started */
	ENTRY_RUNNING,
	ENTRY_DELAYED, /* an attempt failed, the next one waits for its delay */
	ENTRY_LOOKED_UP, /* a rerun by key: its server looks whether the code changed, or a new one collects it */
	ENTRY_DONE,    /* it has its verdict */
};

/* The engine's own facts about a test; everything that is shown stands in the model. */
struct entry {
	struct found_test found;
	enum entry_state state;
	uint32_t attempt;       /* the one that runs, or ran last; 0: none yet */
	uint64_t expected;      /* ns, by what earlier runs tell; 0: not known */
	uint64_t duration;      /* ns, of this verdict's attempts so far */
	bool broken;            /* could not be collected: never runs */
	bool judged;            /* its verdict was known when it was found: there is nothing to run */
	bool had_verdict;       /* before a person asked for it again: stopped in time, that one stands */
	bool gates;             /* it counts among gating_failures */
	bool by_key;            /* a person asked for this rerun: its failure stops nothing */
	uint64_t retry_at;      /* DELAYED: ns since the epoch */
	bool saved;             /* --watch: its code changed, it is to be run again */
	bool awaited;           /* --watch: it failed last and runs again, before the others that were saved */
	unsigned home;          /* DELAYED, SENT: slot that holds it (hold.c), NO_SLOT: none */
	bool no_rerun;          /* its last attempt said that another makes no sense */
	unsigned holder;        /* slot that the scheduler gave it to and where it has not ended, NO_SLOT: none */
	unsigned only;          /* the only slot that may run it (--dist each), NO_SLOT: any */
	uint32_t position;      /* in the order of starts, from 1; 0: not started yet */
	/* What rules say, see struct ruled. */
	uint64_t timeout, reruns_delay, mem_limit;
	double reruns_delay_factor;
	int reruns, leak;
};

/* A rerun that waits where its last attempt ran. */
struct hold {
	uint64_t test;
	char *node;  /* below which tests may run meanwhile; "": any */
	bool alone;  /* none may */
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
	uint64_t wants;    /* its harness waits to hear what comes after this test, 0: it doesn't */
	uint64_t again;    /* the running test, whose harness was told that it comes again: nothing is sent before that; 0: none */
	uint64_t last;     /* test that was started there last, 0: none */
	VEC(struct hold) holds;
	char *standing;    /* the innermost node of which the harness of the last test has something set up; NULL: of none */
	bool standing_alone; /* and its last test, should it fail, can be run again only before any other */
	bool retiring;     /* its harnesses were told to leave */
	bool scheduled;    /* the scheduler counts on it */
	bool resting;      /* memory is low: it gets no more until there is room */
	bool leaving;      /* fewer workers were asked for: it gets no more, and goes when what it runs has ended */
	struct blocked *blocked; /* waits until commands can be written, NULL: it needn't */
};

#define SERVER_REPLACEMENTS 8 /* how many servers may take others' places, without --max-worker-restart */

enum server_state {
	SERVER_STARTING, /* asked for */
	SERVER_READY,    /* its configuration is read; it is listened to again when all are so far */
	SERVER_FINDING,
	SERVER_SERVING,  /* all is found; workers may turn to it */
	SERVER_ENDING,   /* told to finish */
	SERVER_DONE,     /* it finished, or it died */
};

struct collect_failure {
	char *file, *message;
};

/* A process that finds the tests of a suite and forks the processes that run them (pytest's fork server). */
struct server {
	struct engine *engine;
	unsigned number;       /* from 1: its place in engine->servers is number - 1 */
	const struct suite_config *suite;
	enum server_state state;
	bool auxiliary;        /* only for reruns by key, or in the place of one that died: adds no tests */
	bool hopeless;         /* nothing can take its place */
	bool wanted_again;     /* workers could not reach it: another takes its place once it is dead */
	bool replaces;         /* it is there in the place of one that died, and collects still */
	bool held;             /* READY: its lines wait */
	bool deaf;             /* its socket ended */
	unsigned replaced_by;  /* number of the one that took its place, 0: none */
	char *socket;          /* abstract name on which workers reach it */
	char *rootdir;         /* pytest's; NULL: not known yet */
	bool distributes;      /* pytest's own configuration asks for workers */
	struct lines lines;
	int output_fd;         /* what it prints; -1: closed */
	struct str printed;    /* of that, what is no whole line yet */
	char *last_line;       /* before it crashed, if it did; NULL: none */
	struct str crash;      /* from the line on in which Python says that it crashes: that and its stacks */
	uv_poll_t control, output;
	uv_idle_t more;        /* runs while lines wait */
	bool handles_open;
	int status;            /* what plugins make of the run: 0, or not */
	VEC(uint64_t) tests;   /* LOOKED_UP: asked about changes, or (auxiliary) to be collected */
	VEC(struct collect_failure) failures; /* auxiliary */
	VEC(struct found_test) late; /* auxiliary, --watch: tests that were not there before */
	struct map *found;     /* auxiliary: ids with ordinals */
};

struct fresh_file {
	const struct suite_config *suite;
	char *path; /* absolute */
};

struct bailed_suite {
	const struct suite_config *suite;
	char *reason;
};

struct early_log {
	int level;
	char *name, *message; /* name NULL: none */
};

struct engine {
	uv_loop_t *loop;
	struct config *config;
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
	struct sched *sched;       /* NULL before the run has begun */
	struct rules *rules;
	struct retry *retry;
	struct map *stacks_of;     /* by program: a number, how often a debugger was asked; NULL: never */
	unsigned stacks;           /* of all programs */
	struct selection *selection;
	struct history *history;   /* what earlier runs tell; NULL: none */
	struct history *recording; /* where this run is recorded, often the same; NULL: nowhere */
	bool recorded;             /* history_begin was called */
	bool read_only_history;    /* `history` may not be written */
	uint64_t worker_memory;    /* bytes, the most that one worker took */
	uint64_t test_memory;      /* bytes, the most that one worker or test took */
	struct room_source room_source;
	bool room_source_is_known;  /* memory is looked at while tests run */
	bool memory_low;           /* it was said, and is not over */
	bool memory_was_low;       /* it was said once */
	uint32_t starts;           /* tests that were started, each counted once */
	VEC(struct found_test) held; /* found, not told: all must be known before it is decided which are run, or when */
	struct given *given;       /* --order given; NULL: the order is not given */
	size_t deselected;         /* tests that were found and are not to be run */
	size_t elsewhere;          /* tests that other shards run */
	unsigned each;             /* --dist each: on how many workers every test runs; 0: on one */
	VEC(struct entry) entries; /* test number - 1 */
	size_t done;               /* entries with a verdict */
	uint64_t expected, known;  /* ns that tests take together, and how many of them that is known of */
	struct slot slots[RING_LANES];
	unsigned workers;          /* slots in use: 0 … workers-1 */
	unsigned ahead_limit;      /* tests a worker may hold: 2, or 1 with --maxfail */
	VEC(struct server *) servers;
	unsigned replacements;     /* servers that took others' places */
	unsigned replacing;        /* servers that are to take another's place and still collect */
	VEC(uint64_t) asked;       /* reruns by key that were asked for while the run was being ended */
	VEC(uint64_t) fresh;       /* LOOKED_UP tests that a new server is to collect */
	VEC(struct fresh_file) fresh_files; /* files that it is to collect besides */
	uv_timer_t fresh_start;
	struct watch *watch;       /* NULL: nothing is watched */
	struct build *build;       /* NULL: nothing was to be made yet */
	struct findings *findings; /* until the run begins */
	const char *command_line;  /* likewise; borrowed */
	VEC(struct early_log) early; /* logged before the run began */
	struct map *seen;          /* how often each suite and id was found */
	bool begun, collect_only;
	bool collected, finished, paused;
	bool forced;               /* a second interrupt: no session is waited for */
	bool closing;              /* every test has its verdict: harnesses and servers are ended */
	int failure_code;          /* 0: none; of a run that could not be begun, or not collected */
	char *failure;
	bool closed;               /* no new test starts: stop or maxfail */
	bool session_over;         /* --session-timeout */
	bool interrupted, ever_interrupted, broken_collection, failed_inside;
	bool lost_session;         /* a server died: what plugins gathered in it is not told */
	char *close_reason;        /* why those that wait are not run */
	VEC(struct bailed_suite) bailed;
	uint64_t finished_at, idle; /* ns: when the run ended last, and how long it lay still between its ends */
	unsigned gating_failures, barren_deaths;
	uv_poll_t doorbell, guardian;
	uv_prepare_t before_sleep;
	unsigned next_lane;        /* where the next round of draining begins */
	uv_idle_t more;            /* runs while the ring has more than one round may take */
	uv_timer_t second;         /* journal flush, delayed reruns */
	uv_timer_t retry_timer;
	uv_timer_t room;           /* looks whether memory is low */
	uv_timer_t session;        /* with --session-timeout: looks whether it is over */
	uint64_t session_used, session_looked; /* ns: of that time; when it was looked at last */
	bool handles_open;
};

/* engine.c: each second what was gathered is written out, while something happens. */
void engine_start_second(struct engine *engine);
/* Looks for tests and starts servers, once what is to be made first is made. */
void engine_collect(struct engine *engine);
/* Goes on with the run's beginning once every server has read its configuration. */
void engine_begin(struct engine *engine);
/* Ends the collection once every server has found its tests. */
void engine_end_collection(struct engine *engine);

/* bus.c: completes the event (t), and gives it to the spool, the journal, the model and the listener. What is logged
 * before the run has begun waits until then, for run.started is the first event. */
void bus_emit(struct engine *engine, struct event *event);
/* The same for an event that has its time already. */
void bus_pass(struct engine *engine, const struct event *event);

void bus_tell_early(struct engine *engine);
void bus_forget_early(struct engine *engine);

struct entry *engine_entry(struct engine *engine, uint64_t test); /* NULL: no such test */

/* team.c: how many workers there are. */
/* As many as were asked for, as the machine has, as there are tests, and as there are descriptors for. */
unsigned team_count(struct engine *engine);
/* Whether tests may run at the same time, now or after a key: not with -n 0 and --dist no. */
bool team_is_parallel(const struct engine *engine);
/* Whether there will be more than one, given tests enough. */
bool team_may_be_large(struct engine *engine);
/* One that was told to go has gone. */
void team_tell_left(struct engine *engine, unsigned slot);
/* A slot is empty for good: what was bound to it goes to others, what only it may run is not run. */
void team_lost(struct engine *engine, unsigned slot, const char *reason);
/* Whether a worker is there, or can come, that may run the test. */
bool team_can_run(const struct engine *engine, const struct entry *entry);
/* One worker more, or one fewer (`more` false), while the run goes on. */
int team_change(struct engine *engine, bool more, struct error *error);

/* past.c: what earlier runs tell of this one's tests, and what is kept of it. */
/* Nothing that is wrong with a history ends a run, unless shards depend on it (-1). */
int past_open(struct engine *engine, struct error *error);
void past_facts(const struct engine *engine, const struct found_test *test, struct test_facts *facts);
/* Appends what the history, this run included, tells of the test's failures: why it is put into quarantine. Nothing, where
 * it tells nothing. */
void past_add_evidence(struct engine *engine, const struct found_test *test, struct str *out);
void past_begin(struct engine *engine);
void past_record(struct engine *engine, uint64_t test); /* it has (another) verdict */
void past_flush(struct engine *engine);
void past_end(struct engine *engine);

/* unsteady.c: what struct control has of these names. */
int unsteady_flaky(void *context, struct control_flaky *out, struct error *error);
int unsteady_holds(void *context, struct control_holds *out, struct error *error);
int unsteady_release(void *context, const char *suite, const char *test, struct error *error);

/* collect.c: first everything is found (NULL: usage error), then it is told, which takes what was found. */
struct findings;
struct findings *collect_find(const struct config *config, struct error *error);
void collect_tell(struct engine *engine, struct findings *findings);
void collect_forget(struct findings *findings); /* NULL is fine */
/* A test that was found: it is told and scheduled, now or when all are found, unless it is not selected. Takes its
 * strings. */
void collect_take(struct engine *engine, struct found_test *test);
/* What can't be a test has a collect.error and a verdict all the same, under its name: it must not get lost. */
void collect_add_broken(struct engine *engine, const struct suite_config *suite, const char *id,
			const char *message);
/* The same behind the end of the collection (--watch); told and scheduled at once. */
void collect_take_late(struct engine *engine, struct found_test *test);
/* Those among the findings that were not found before. */
void collect_take_new(struct engine *engine, struct findings *findings);
/* Before anything is told: the scheduler, for whatever pytest's configuration says about it. -1: there is no such
 * mode or plugin. */
int collect_begin(struct engine *engine, struct error *error);
/* Everything is found: run.collected; workers are started. */
void collect_end(struct engine *engine);

/* server.c: a server's process and its socket. */
/* For a suite; `paths` (NULL: the suite's own) are what is collected. NULL: it can't be started. */
struct server *server_start(struct engine *engine, const struct suite_config *suite, char *const *paths,
			    size_t path_count, bool auxiliary, struct error *error);
void server_send(struct server *server, const struct str *lines);
/* The process of a harness ended in this test: no report of it comes from there, and plugins are to hear of it. */
void server_tell_crash(struct engine *engine, const struct entry *entry, unsigned slot, const char *message);
void server_let_go(struct server *server); /* what was held is processed */
void server_kill(struct server *server);
void server_close(struct server *server);  /* its handles and descriptors */
void server_free(struct server *server);
void server_on_news(struct engine *engine, const struct pool_news *news);
struct server *server_by_number(struct engine *engine, unsigned number); /* 0: NULL */
/* The one that runs its tests now: itself, or what took its place. NULL for number 0. */
struct server *server_current(struct engine *engine, unsigned number);
/* Starts another one in the place of one that died. */
void server_replace(struct server *server);
/* A worker could not reach the server of that socket. */
void server_unreachable(struct engine *engine, const char *socket, size_t length);
/* server_events.c: one line from it. */
void server_take(struct server *server, struct slice line);
/* It is dead; `how` ("was killed by SIGKILL") and what it printed last go into messages. */
void server_died(struct server *server, const struct pool_news *news, const char *how);

/* rerun.c: reruns by key of a server's tests. */
void rerun_look_up(struct engine *engine, uint64_t test);
void rerun_on_changes(struct server *server, const struct json *files);
void rerun_on_collected(struct server *server);
/* The server can't collect: its tests get the verdict error. */
void rerun_failed(struct server *server, const char *message);
/* It died before it told what changed: the tests are collected anew. */
void rerun_unanswered(struct server *server);
void rerun_start_fresh(uv_timer_t *timer);
/* Sessions are being ended: it begins when they have. False: that was asked for already. */
bool rerun_later(struct engine *engine, uint64_t test);
/* They have. True: so the run goes on. */
bool rerun_asked(struct engine *engine);

/* resting.c: workers start nothing new while memory is low. */
void resting_watch(struct engine *engine); /* looks now, before anything is started, and from now on */
void resting_go_on(struct engine *engine); /* the run that had ended goes on */
void resting_note(struct engine *engine, const struct event *event);
bool resting_end_one(struct engine *engine); /* false: none rests */

/* stacks.c: whether debuggers are asked for the stacks of tests that hang. They compute for some tenths of a second each,
 * and after some of a program, and some more of a run, the next ones tell nothing new. */
bool stacks_are_enough(const struct engine *engine, const struct entry *entry);
void stacks_note(struct engine *engine, const struct event *finished);
void stacks_free(struct engine *engine);

/* A test that has its verdict, once more: the scheduler has it, or it is looked up. dispatch() is up to the caller. */
void rerun_begin(struct engine *engine, uint64_t test);
/* Its code changed. False: it runs or waits, so not now. */
bool rerun_as_changed(struct engine *engine, uint64_t test);
/* Collects a file of a suite with a server that no test is known of. */
void rerun_collect_file(struct engine *engine, const struct suite_config *suite, const char *path);
/* A run that had ended (or was stopped) goes on. */
void rerun_reopen(struct engine *engine);

/* watch.c: saved files (--watch). */
void watch_start(struct engine *engine); /* nothing without --watch */
void watch_close(struct engine *engine);
void watch_free(struct engine *engine);
/* Whether a test of this suite, id and ordinal was found already. */
bool watch_knows(struct engine *engine, const struct found_test *test);
void watch_collected(struct engine *engine); /* every test is found that there is at first */
void watch_building(struct engine *engine, const struct suite_config *suite); /* its build is about to start */
void watch_built(struct engine *engine, const struct suite_config *suite, bool well);
void watch_ended(struct engine *engine, struct entry *entry); /* it has its verdict */
void watch_go_on(struct engine *engine); /* something ended that it may have waited for */
void watch_rest(struct engine *engine);  /* the run has ended, for now */

/* build.c: commands that make programs. */
void build_start(struct engine *engine, const struct suite_config *suite); /* behind those that were asked for before */
bool build_goes_on(const struct engine *engine);
void build_on_news(struct engine *engine, const struct pool_news *news);
void build_lost(struct engine *engine); /* the guardian is dead */
void build_close(struct engine *engine);
void build_free(struct engine *engine);
/* alone.c: how one test is run alone, outside of this run. */
/* Appends the command for a shell. */
void alone_reproduce(struct engine *engine, const struct entry *entry, struct str *out);
/* In a debugger where there is one; launch_fini ends `launch`. -1: there is nothing to run. */
int alone_debug(struct engine *engine, const struct entry *entry, struct launch *launch, struct error *error);

/* retry.c: whether and when another attempt follows. */
#define RETRY_DELAY_MAX (24 * 3600 * CLOCK_SECOND)
struct retry;
struct retry *retry_new(const struct config *config, struct error *error); /* NULL: a regular expression is wrong */
void retry_free(struct retry *retry); /* NULL is fine */
/* Whether the attempt that ended is followed by another; counts it if so. */
bool retry_follows(struct engine *engine, const struct entry *entry, const struct attempt *attempt);
/* ns until then. */
uint64_t retry_delay(const struct engine *engine, const struct entry *entry);
/* Should the attempt that runs fail, another follows on the same worker. */
bool retry_may_follow_here(const struct engine *engine, const struct entry *entry);

/* hold.c: reruns that wait on the worker that keeps their fixtures. */
bool hold_any(struct engine *engine, unsigned slot);
/* Whether any test may be run there meanwhile. */
bool hold_is_open(struct engine *engine, unsigned slot);
/* Whether the delay of one is over. */
bool hold_is_due(struct engine *engine, unsigned slot);
/* Of a test that failed there; `retry_at` is set. */
void hold_add(struct engine *engine, unsigned slot, uint64_t test);
void hold_started(struct engine *engine, unsigned slot, uint64_t test);
/* What its harness (of the server with this socket; without data: any) kept is gone: others may run them. */
void hold_release(struct engine *engine, unsigned slot, struct slice socket);
/* The worker told that something of the node (NULL: nothing) stands there. */
void hold_standing(struct slot *place, const char *node, bool alone);
/* The test for this slot, which holds some, taken in the scheduler: one of these, or (unless the slot rests) one that
 * leaves them in peace. 0: none now. */
uint64_t hold_next(struct engine *engine, unsigned slot);
/* For whom everything is to stay that stands, `besides` not counted. False: for nobody; else the caller owns *keep. */
bool hold_put_kept(struct engine *engine, unsigned slot, uint64_t besides, struct kept_test *keep);
void hold_fini(struct slot *place);

/* diagnosis.c: what is known of an end that is no ordinary one becomes a diagnosis event. */
/* `finished` is a TEST_FINISHED that the model has taken. */
void diagnosis_of_attempt(struct engine *engine, const struct event *finished);
/* Its verdict is out. */
void diagnosis_of_verdict(struct engine *engine, uint64_t test);
void diagnosis_of_worker(struct engine *engine, const struct pool_news *news, const char *how, bool given_up);
/* Of a server that died before all tests were found: "XT1011" and "killed by SIGSEGV while …" are put into `code` and
 * `sentence`. */
void diagnosis_of_collection(struct engine *engine, const struct pool_news *news, const struct str *crash,
			     const char **code, struct str *sentence);
/* What somebody else found out, about the run as a whole. */
void diagnosis_of_run(struct engine *engine, enum code_number number, int level, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* finish.c: the end of the run, in steps: harnesses leave, servers finish, run.finished. */
void finish_check(struct engine *engine);
/* Waits no longer for what is being ended. */
void finish_by_force(struct engine *engine);
/* The run can't be begun, or not collected: it is over. `code`: the exit code. */
void finish_failed(struct engine *engine, int code, const char *message);
/* Interrupted while tests are still being found. */
void finish_uncollected(struct engine *engine, const char *reason);

/* slots.c */
void slots_start(struct engine *engine);
int slots_start_one(struct engine *engine, unsigned slot, struct error *error);
void slots_on_guardian(uv_poll_t *handle, int status, int events);
void slots_stop_waiting(struct engine *engine, unsigned slot); /* nothing more is to be written there */
/* Appends "was killed by SIGKILL", or the like. */
void slots_describe_death(const struct pool_news *news, struct str *out);
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
/* Puts into a TEST_STARTED how long the attempt is expected to take, and how long it may. */
void dispatch_put_times(struct engine *engine, struct event *event);
void dispatch_returned(struct engine *engine, unsigned slot, uint64_t test);
/* Its harness asks what comes after the test that it runs. */
void dispatch_wanted(struct engine *engine, unsigned slot, uint64_t test, bool failing);
/* The harness of the test that it runs was told that it comes again. */
void dispatch_kept(struct engine *engine, unsigned slot, uint64_t test);
/* Runs a test once more on the slot where it ran. False: the slot can't. */
bool dispatch_again(struct engine *engine, unsigned slot, uint64_t test);
/* An attempt ended, and no other follows at once: its slot holds it no longer. */
void dispatch_release(struct engine *engine, uint64_t test, uint64_t duration);
/* What a slot was sent and did not start waits again (or is not run any more). */
void dispatch_unsend(struct engine *engine, unsigned slot);

/* verdict.c: `event` is a TEST_FINISHED that the model has taken. */
void verdict_attempt_ended(struct engine *engine, const struct event *event);
void verdict_not_run(struct engine *engine, uint64_t test, const char *reason);
/* Skipped: what was found before is not there any more (--watch). */
void verdict_gone(struct engine *engine, uint64_t test, const char *reason);
/* (Again) the verdict of a test as its last attempt stands: quarantine may have changed. */
void verdict_emit(struct engine *engine, uint64_t test);
void verdict_retry_due(uv_timer_t *timer);
/* What could not be run, and why: an attempt that ends with an error before it began. */
void verdict_launch_failed(struct engine *engine, unsigned slot, uint64_t test, const char *message);

/* stop.c */
void stop_watch_session(struct engine *engine); /* starts the clock of --session-timeout */
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
