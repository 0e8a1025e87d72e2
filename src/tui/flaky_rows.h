/* The flaky tests, now and by history, as a list: what the pane (flaky.h) shows, without how. */
#ifndef XTOP_TUI_FLAKY_ROWS_H
#define XTOP_TUI_FLAKY_ROWS_H

#include "base/str.h"
#include "engine/control.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flaky_row {
	uint64_t test;                           /* number in this run, 0: it is not in it */
	const struct history_evidence *evidence; /* NULL: earlier runs tell nothing of it; borrowed */
	bool now;                                /* it was flaky in this run */
	bool held;                               /* in quarantine when that was asked for last */
	bool advised;                            /* a quarantine is advised */
};

struct flaky_rows;

struct flaky_rows *flaky_rows_new(const struct run *run); /* which may have tests already */
void flaky_rows_free(struct flaky_rows *rows);            /* NULL is fine */
/* O(1); after the model took the event. `test`: the one it is about, NULL: none. */
void flaky_rows_hear(struct flaky_rows *rows, const struct event *event, const struct test *test);
/* Takes what earlier runs tell, and leaves `known` empty; NULL: nothing is known any more. */
void flaky_rows_take(struct flaky_rows *rows, struct control_flaky *known);
/* Puts the list together where something changed: those of this run first, then the rest as `xtop flaky` has it. */
void flaky_rows_refresh(struct flaky_rows *rows, const struct model *model);

size_t flaky_rows_count(const struct flaky_rows *rows);
const struct flaky_row *flaky_rows_get(const struct flaky_rows *rows,
				       size_t index);   /* NULL: no such row; borrowed */
size_t flaky_rows_runs(const struct flaky_rows *rows);  /* that the history has */
unsigned flaky_rows_now(const struct flaky_rows *rows); /* how many are flaky in this run */
/* The latest verdicts that tell something, newest first; returns how many. */
unsigned flaky_rows_recent(const struct flaky_rows *rows, const struct flaky_row *row,
			   history_mark recent[HISTORY_RECENT]);
/* Appends why it counts as flaky, and what is advised. */
void flaky_rows_add_why(struct str *out, const struct flaky_rows *rows, const struct flaky_row *row);
void flaky_rows_add_first_seen(struct str *out, const struct flaky_row *row); /* a date */

/* Tests whose failures were in quarantine in this run: all that a recorded run tells of it. Borrowed. */
const uint64_t *flaky_rows_quarantined(const struct flaky_rows *rows, size_t *count);

#endif
