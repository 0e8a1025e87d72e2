/* Which tests are in which tab, and in which order.
 *
 * Each event changes a few bytes here (rows_update); a tab is put together only when it is looked at, in
 * one pass over those bytes and a radix sort, so that 100,000 tests take a few milliseconds. Only an order
 * by text (name, suite, file) needs comparisons: it is worked out a slice at a time, and rows_list tells when it
 * is not whole yet.
 */
#ifndef XTOP_TUI_ROWS_H
#define XTOP_TUI_ROWS_H

#include "base/vec.h"
#include "model/model.h"

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, "label") */
#define ROWS_TABS(X)                  \
	X(ALL, "all")                 \
	X(RUNNING, "running")         \
	X(FAILED, "failed")           \
	X(FLAKY, "flaky")             \
	X(SLOW, "slow")               \
	X(QUARANTINED, "quarantined")

enum tab {
#define X(name, label) TAB_##name,
	ROWS_TABS(X)
#undef X
	TAB_COUNT
};

#define ROWS_SLOW_AFTER (UINT64_C(1) * 1000000000) /* ns from which on a test is slow where --slow does not say it */

/* X(NAME, "label", what the menu says, goes down at first) */
#define ROWS_COLUMNS(X)                                                                   \
	X(STATUS, "STATUS", "status: failures, flaky, running, newest", false)            \
	X(TIME, "TIME", "time taken, longest first", true)                                \
	X(CPU, "CPU", "processor time of the last attempt, most first", true)             \
	X(MEM, "MEM", "memory of the last attempt, most first", true)                     \
	X(WORKER, "ON", "worker", false)                                                  \
	X(TRIES, "TRY", "attempts, most first", true)                                     \
	X(SUITE, "SUITE", "suite", false)                                                 \
	X(FILE, "FILE", "file and line", false)                                           \
	X(TEST, "TEST", "name", false)                                                    \
	X(MESSAGE, "MESSAGE", "message: the most frequent cause first", false)            \
	X(CODE, "CODE", "code of the diagnosis", false)                                   \
	X(FOUND, "", "the order in which tests were found", false)

enum column {
#define X(name, label, text, down) COLUMN_##name,
	ROWS_COLUMNS(X)
#undef X
	COLUMN_COUNT
};

/* How much a test asks for attention; the order by status. */
enum interest {
	INTEREST_FAILURE,
	INTEREST_QUARANTINED,
	INTEREST_FLAKY,
	INTEREST_RUNNING,
	INTEREST_DONE,
	INTEREST_SKIPPED,
	INTEREST_NOTRUN,
	INTEREST_WAITING,
};

/* What a list needs to know of a test, kept small and side by side. */
struct row {
	uint32_t duration; /* 0.1 ms */
	uint32_t ended;    /* ms since the run began */
	uint32_t started;  /* 0.1 ms since the run began, of the last attempt */
	uint32_t cpu;      /* 0.1 ms */
	uint32_t rss;      /* KiB */
	uint32_t cause;    /* see rows_cause */
	uint16_t code;     /* the digits of the diagnosis' code, 0: none */
	uint8_t worker;
	uint8_t tries;
	uint8_t interest;  /* enum interest */
	uint8_t tabs;      /* bit n: in tab n */
	uint8_t state;     /* enum test_state */
	uint8_t outcome;   /* enum outcome: the verdict */
	uint8_t verdicts;
	bool flaky, quarantined;
	bool hidden;       /* by the filter */
};

const char *rows_tab_label(enum tab tab);
const char *rows_column_label(enum column column);
const char *rows_column_text(enum column column);
bool rows_column_goes_down(enum column column);

struct rows;

/* `slow_after`: ns from which on a test is in the tab "slow"; 0: ROWS_SLOW_AFTER. */
struct rows *rows_new(uint64_t slow_after);
void rows_free(struct rows *rows);
void rows_update(struct rows *rows, const struct test *test); /* O(1): the test was found, or changed */
/* Whether the filter lets it be seen: those hidden are in no list and in no count of a tab. */
void rows_hide(struct rows *rows, uint64_t test, bool hidden);
uint32_t rows_length(const struct rows *rows); /* tests known, hidden or not */
uint32_t rows_count(const struct rows *rows, enum tab tab); /* tests in the tab */
/* Tests whose verdict is `outcome`, but for failures in quarantine. */
uint32_t rows_outcomes(const struct rows *rows, enum outcome outcome);
bool rows_in(const struct rows *rows, uint64_t test, enum tab tab); /* hidden or not */
enum interest rows_interest(const struct rows *rows, uint64_t test);
const struct row *rows_row(const struct rows *rows, uint64_t test); /* NULL: not known; borrowed until the next update */
/* Failures that say the same (report/cause.h) have the same number, from 1; 0: it tells no cause. */
uint32_t rows_cause(const struct rows *rows, uint64_t test);
uint32_t rows_cause_count(const struct rows *rows); /* the highest such number */
/* Grows whenever a tab's list may have changed. */
uint64_t rows_revision(const struct rows *rows);

struct rows_list {
	VEC(uint32_t) tests; /* their numbers */
};

/* Fills `list`. `now` (ns) counts for tests that run. `inverted`: the other way round, but for tests without a value
 * in this column, which are the last in any case. false: an order by text is not whole yet, call
 * again. */
bool rows_list(struct rows *rows, const struct model *model, enum tab tab, enum column column, bool inverted,
	       uint64_t now, struct rows_list *list);

#endif
