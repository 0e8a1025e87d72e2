/* What earlier runs tell of each test's steadiness: how often it failed, at which commits, in which runs.
 * Only reads.
 *
 * A table is made of all runs, newest first, and all tests; what each test did in each run is in it, so
 * that tests can also be compared with each other. Skipped tests tell nothing: their runs count in no
 * number below.
 */
#ifndef XTOP_STORE_HISTORY_EVIDENCE_H
#define XTOP_STORE_HISTORY_EVIDENCE_H

#include "base/str.h"
#include "select/facts.h"
#include "store/history.h"
#include "store/wilson.h"

#define HISTORY_RECENT 10 /* verdicts of a test that are its latest */

/* A verdict in one byte; 0: the test has none in that run. */
typedef unsigned char history_mark;
enum outcome history_mark_outcome(history_mark mark);
bool history_mark_is_flaky(history_mark mark);
bool history_mark_counts(history_mark mark); /* there is one, and not that it was skipped */
bool history_mark_failed(history_mark mark); /* an attempt failed, be it that a rerun passed */

/* A run. */
struct history_when {
	char *run_id, *commit; /* commit NULL: not known */
	uint64_t wall;         /* ns since 1970 at its start */
};

/* A test. Numbers are of runs. */
struct history_evidence {
	char *suite, *id, *file; /* file NULL: not known */
	uint32_t ordinal;
	uint64_t first_seen;    /* ns since 1970 */
	history_mark *marks;    /* one for each run of the table */
	uint32_t runs;          /* that tell something */
	uint32_t failures;      /* in which an attempt failed; */
	uint32_t flaky;         /* of these: a rerun passed */
	uint32_t changes;       /* how often it went from failing to passing or back, from run to run */
	uint32_t mixed_commits; /* at which some runs failed and others did not */
	uint32_t recent, recent_failures; /* the same as runs and failures, of its latest ones: HISTORY_RECENT, unless
					   * history_table_count_recent said otherwise */
	size_t last;                      /* index of the newest run that has it, skipped or not */
	size_t last_failure; /* index of the newest run in which an attempt failed; SIZE_MAX: none did */
};

struct history_table {
	struct history_when *runs; /* newest first */
	size_t run_count;
	struct history_evidence *tests; /* by suite, id and ordinal; those without any verdict are left out */
	size_t test_count;
};

/* Fills the table by all tests or, where `id` is not NULL, by those with this id. -1: it can't be read,
 * and the table is empty. */
int history_evidence_read(struct history *history, const char *id, struct history_table *out,
			  struct error *error);
/* Counts `recent` and `recent_failures` of every test anew, of its latest `window` runs. */
void history_table_count_recent(struct history_table *table, unsigned window);
/* The same by those tests only that failed in some run, be it that a rerun passed: no other can be flaky. It takes
 * less time and memory where most tests always pass. */
int history_evidence_read_failed(struct history *history, struct history_table *out, struct error *error);
void history_table_fini(struct history_table *table);

/* From when on a test counts as flaky. */
struct history_steadiness {
	unsigned percent; /* of the latest runs that failed, */
	unsigned least;   /* where there are so many runs; */
	unsigned advised; /* so many, before quarantine is advised */
};
#define HISTORY_STEADINESS_DEFAULT                      \
	{                                               \
		.percent = 30, .least = 3, .advised = 5 \
	}

/* It both failed and passed: at one commit, in one run, or, often enough, in its latest runs. */
bool history_is_flaky(const struct history_evidence *test, const struct history_steadiness *steadiness);

enum history_advice {
	HISTORY_STEADY,     /* it is not flaky */
	HISTORY_TOO_FEW,    /* it is, but not seen often enough to hide its failures */
	HISTORY_BROKEN,     /* it passed, then failed in every run since: that is no flakiness */
	HISTORY_MENDED,     /* it failed, then passed in every run since */
	HISTORY_QUARANTINE, /* it is unreliable */
};
enum history_advice history_advise(const struct history_evidence *test,
				   const struct history_steadiness *steadiness);

/* What is known of such a test without running it, as filters and quarantine ask for it. Borrows the texts. */
struct test_facts history_evidence_facts(const struct history *history, const struct history_evidence *test);

/* Appends "3 of 10 runs failed (11 % to 60 %), 1 of these passed when rerun; last at 8f2c1d0ab1": the rate
 * with its 95 % interval. Nothing, where there are no runs. `commit`: of the last failure; NULL: left out. */
void history_add_evidence(struct str *out, uint64_t failures, uint64_t runs, uint64_t flaky,
			  const char *commit);

/* A verdict of a test, with all that is kept of it. */
struct history_verdict {
	char *run_id, *commit, *message; /* commit, message NULL: none */
	uint64_t wall;                   /* ns since 1970, when the run began */
	enum outcome outcome;
	bool flaky, quarantined;
	uint32_t attempts, position;
	uint64_t duration, rss; /* ns of the attempt that decided; bytes, 0: not known */
	unsigned worker;
};

struct history_verdicts { /* a VEC */
	struct history_verdict *items;
	size_t length;
	size_t capacity;
};

/* The newest `limit` (0: all) verdicts of a test, skipped ones included, newest first. -1: they can't be
 * read, and there is nothing to free. */
int history_verdicts_read(struct history *history, const char *suite, const char *id, uint32_t ordinal,
			  size_t limit, struct history_verdicts *out, struct error *error);
void history_verdicts_fini(struct history_verdicts *verdicts);

#endif
