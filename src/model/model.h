/* The model: what is true now, as the fold of the events.
 *
 * model_apply is the only way to change it; it never fails and never trusts: an event
 * that makes no sense (a test that was never found) is counted in `strange` and
 * skipped, so that a damaged journal can't crash a frontend.  Frontends read the
 * structs below; they never write them.  Everything here is owned by the model and
 * lives as long as it does, but for attempts' output, which may be discarded to
 * bound memory (output.discarded).
 */
#ifndef XTOP_MODEL_MODEL_H
#define XTOP_MODEL_MODEL_H

#include "base/str.h"
#include "base/vec.h"
#include "model/output.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stdint.h>

/* One sub-result of a test: a TAP point. */
struct point {
	uint32_t number; /* 0: it had none */
	uint16_t depth;  /* 0: not in a subtest */
	enum outcome outcome;
	char *name;    /* owned, NULL: none */
	char *message; /* diagnostics, or why skipped; owned, NULL: none */
};

struct attempt {
	uint32_t number; /* from 1 */
	enum outcome outcome; /* NONE: it runs */
	unsigned worker;
	uint32_t pid;      /* 0: not known */
	uint64_t started;  /* ns since the run began */
	uint64_t duration; /* ns */
	uint64_t deadline; /* ns that it may take, 0: as long as it wants */
	uint64_t setup, call, teardown; /* ns, of a test with fixtures */
	uint64_t cpu;      /* ns, user and system */
	uint64_t rss;      /* bytes, peak */
	unsigned signal;   /* 0: none */
	int exit_code;     /* -1: none */
	char *message;     /* first line says it; owned, NULL: none */
	char *reason;      /* owned, NULL: none */
	char *code;        /* owned, NULL: none */
	char *diagnosis;   /* what the code means here: a sentence, then the evidence in a line of its own; owned, NULL: none */
	char *evidence;    /* JSON, as in event.h: how it ended, or where it was when somebody asked; owned, NULL: none */
	char *properties;  /* JSON, as in event.h; owned, NULL: none */
	struct output output;
	VEC(struct point) points;  /* at most MODEL_POINTS_KEPT; failures are kept before passes */
	uint32_t points_passed, points_failed, points_skipped; /* top-level ones, all of them; todo counts as passed */
	uint32_t points_spare; /* kept ones that passed: they make room for failures */
};

#define MODEL_POINTS_KEPT 10000

enum test_state { TEST_WAITING, TEST_RUNNING, TEST_RETRYING /* an attempt ended, another comes */, TEST_DONE };

struct test {
	uint64_t number; /* in this run, from 1: its place in run.tests is number - 1 */
	const char *suite;   /* shared text of the model */
	const char *adapter; /* likewise, NULL: not known */
	char *id;
	uint32_t ordinal; /* among equal ids of a suite, from 1 */
	const char *file; /* shared, NULL: not known */
	uint32_t line;    /* 0: not known */
	const char *scope; /* class, module or group that it belongs to; shared, NULL: not known */
	const char *marks; /* names, comma separated; shared, NULL: none */
	const char *group; /* xdist_group; shared, NULL: none */
	bool serial;       /* runs while nothing else does */
	uint32_t iteration; /* --stress: which run of the same test, from 1; 0: there is only one */
	int only_worker;   /* the only slot that runs it (--dist each); -1: any */
	uint64_t expected; /* ns that it takes by what earlier runs tell, 0: not known */
	enum test_state state;
	enum outcome outcome; /* the verdict, NONE: none yet. A rerun by key keeps the old one until its own */
	bool flaky;
	bool quarantined;  /* the verdict did not gate */
	uint32_t verdicts; /* how many there were: more than 1 after reruns by key */
	uint64_t duration; /* ns, all attempts of the verdict */
	uint64_t verdict_at; /* ns since the run began, 0: none yet */
	unsigned worker;   /* slot of the last attempt */
	const char *reason; /* what the verdict itself says, see test_reason; shared */
	const char *code;   /* likewise; shared */
	char *message;      /* likewise; owned */
	uint32_t points_passed, points_failed, points_skipped; /* of the verdict */
	size_t kept;       /* bytes of output and points that count for the budget, 0: none */
	VEC(struct attempt *) attempts; /* of this verdict; the last is the newest */
};

/* The newest attempt, NULL: none yet. Borrowed. */
const struct attempt *test_last_attempt(const struct test *test);
/* What the verdict says, else what its last attempt says (a test that never ran has none). NULL: nothing.
 * Borrowed. */
const char *test_message(const struct test *test);
const char *test_reason(const struct test *test);
const char *test_code(const struct test *test);

enum worker_state { WORKER_ABSENT, WORKER_IDLE, WORKER_BUSY, WORKER_DEAD };

struct worker {
	unsigned slot;
	enum worker_state state;
	uint32_t incarnation;
	uint32_t pid;
	uint32_t lefts;        /* how often it went because fewer workers were asked for */
	uint32_t restarts;     /* incarnations after the first, but for those after it went so */
	uint64_t test;         /* number of the one it runs, 0: none */
	uint64_t started;      /* ns: when its state began (its test started, it became idle …) */
	uint64_t first_seen;   /* ns */
	uint64_t busy;         /* ns spent in tests that ended */
	uint64_t done;         /* attempts that ended */
	uint64_t cpu;          /* ns used in all */
	double cpu_share;      /* of one CPU between the last two samples: 0.5 = half a CPU */
	uint64_t rss;          /* bytes, last sample */
	uint64_t sampled;      /* ns, when */
};

/* Share of the time since it was first seen that the worker spent in tests, 0 to 1. */
double worker_load(const struct worker *worker, uint64_t now);

struct tally {
	uint32_t outcomes[OUTCOME_COUNT]; /* verdicts by outcome, quarantined ones included */
	uint32_t flaky;                   /* verdicts that are flaky */
	uint32_t quarantined;             /* failures that did not gate */
	uint32_t found, running, done;    /* done: those with a verdict */
	uint64_t points_passed, points_failed, points_skipped;
};

/* The three numbers of the closing line (passed counts flaky and xpassed, failed counts failed,
 * error, timeout, crashed; skipped counts skipped, xfailed and quarantined failures), and those that never ran. */
struct tally_summary {
	uint32_t passed, failed, skipped, notrun;
};
struct tally_summary tally_sum(const struct tally *tally);

struct log_line {
	uint64_t t;
	int level; /* enum event_level */
	enum event_type type; /* of the event that it came from: LOG, COLLECT_ERROR, WORKER_DIED */
	const char *name; /* whose words they are: "pytest"; shared, NULL: xtop's own */
	char *text;
};

#define MODEL_LOG_KEPT 10000

struct run {
	char *id, *version, *command, *root; /* NULL before run.started */
	uint64_t wall;     /* ns since 1970 */
	unsigned workers_wanted;
	char *dist;        /* how tests are distributed; NULL: not known yet */
	char *history;     /* fingerprint of the history by which tests were ordered; NULL: none was used */
	char *shard;       /* "2/5"; NULL: all tests */
	uint64_t expected; /* ns, of all tests together of which earlier runs tell that; */
	uint64_t known;    /* so many are these */
	bool collected, finished;
	int exit_code;     /* when finished */
	uint64_t now;      /* t of the newest event */
	uint64_t duration; /* ns, when finished */
	VEC(struct test *) tests;
	VEC(struct worker) workers; /* by slot; those never started have state ABSENT */
	VEC(struct log_line) log;   /* notes, warnings, errors, worker deaths, collect errors: the newest */
	uint64_t log_dropped;       /* older lines that were let go */
	struct tally tally;
	uint64_t sum_of_durations; /* ns, of all attempts that ended */
	uint64_t strange;          /* events that made no sense */
	uint64_t revision;         /* grows with each change: a frontend redraws when it differs */
};

struct model;

struct model *model_new(void);
void model_free(struct model *model); /* NULL is fine */
void model_apply(struct model *model, const struct event *event);
const struct run *model_run(const struct model *model); /* borrowed */
struct test *model_test(const struct model *model, uint64_t number); /* NULL: no such test; borrowed */
/* Bytes of output and points kept for tests that did not fail, beyond which the oldest are discarded;
 * default 64 MiB. Failed and flaky ones have four times as much. */
void model_set_output_budget(struct model *model, size_t bytes);

#endif
