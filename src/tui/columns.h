/* The columns that the panes can show: what the settings name and the set-up screen offers. */
#ifndef XTOP_TUI_COLUMNS_H
#define XTOP_TUI_COLUMNS_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, "name in the settings", "what it shows", shown at first): in the order at first. */
#define TESTS_COLUMNS(X)                                                  \
	X(STATUS, "status", "how it went, in a word", true)               \
	X(TIME, "time", "time taken", true)                               \
	X(CPU, "cpu", "processor time of the last attempt", false)        \
	X(MEM, "mem", "memory of the last attempt, at most", false)       \
	X(WORKER, "worker", "the worker it ran on", true)                 \
	X(TRIES, "tries", "attempts", true)                               \
	X(SUITE, "suite", "suite, where there are several", true)         \
	X(FILE, "file", "file and line", false)                           \
	X(MESSAGE, "message", "what it says, behind the name", true)      \
	X(CODE, "code", "code of the diagnosis, behind the name", true)

#define WORKERS_COLUMNS(X)                                      \
	X(LOAD, "load", "share of the time with a test", true)  \
	X(CPU, "cpu", "processor time", true)                   \
	X(MEM, "mem", "memory", true)                           \
	X(DONE, "done", "tests that it ended", true)            \
	X(RESTARTS, "restarts", "processes that died", true)    \
	X(AGE, "age", "how long its test runs already", true)

enum tests_column {
#define X(name, word, text, shown) TESTS_COLUMN_##name,
	TESTS_COLUMNS(X)
#undef X
	TESTS_COLUMN_COUNT
};

enum workers_column {
#define X(name, word, text, shown) WORKERS_COLUMN_##name,
	WORKERS_COLUMNS(X)
#undef X
	WORKERS_COLUMN_COUNT
};

/* The panes that have columns. The name of the test, or of the worker, stands beside them in any case. */
enum columns_pane { COLUMNS_TESTS, COLUMNS_WORKERS, COLUMNS_PANE_COUNT };

#define COLUMNS_MAX 32 /* of a pane */

/* What a pane shows, from left to right; what does not fit into its width it leaves out. */
struct columns_shown {
	unsigned count;
	uint8_t columns[COLUMNS_MAX]; /* enum tests_column or workers_column, each at most once */
};

void columns_init(struct columns_shown *shown, enum columns_pane pane); /* as at first */
bool columns_has(const struct columns_shown *shown, unsigned column);

const char *columns_pane_name(enum columns_pane pane); /* "tests" */
unsigned columns_count(enum columns_pane pane);        /* that there are */
const char *columns_name(enum columns_pane pane, unsigned column);
const char *columns_text(enum columns_pane pane, unsigned column);
int columns_by_name(enum columns_pane pane, const char *name); /* -1: none is called so */

#endif
