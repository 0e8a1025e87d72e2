/* What each worker ran, and when: the timeline's data.
 *
 * Each event changes one worker's list at its end; a list is in the order of time, with running sums, so that a
 * column of a picture is found by binary search however many tests fall into it.
 */
#ifndef XTOP_TUI_SPANS_H
#define XTOP_TUI_SPANS_H

#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An attempt. Times in ns since the run began. */
struct span {
	uint64_t started;
	uint64_t ended;       /* UINT64_MAX: it runs */
	uint64_t busy_before; /* ns of all earlier ones of this worker */
	uint32_t test;
	uint32_t bad_before; /* how many of the earlier ones failed */
	uint16_t attempt;    /* its number, UINT16_MAX: that or more */
	uint8_t outcome;     /* NONE: it runs, or nothing told how it ended */
};

struct spans;

struct spans *spans_new(const struct run *run); /* with what ran already, as far as the model keeps it */
void spans_free(struct spans *spans);           /* NULL is fine */
void spans_hear(struct spans *spans, const struct event *event); /* O(1) but for the list's growth */

size_t spans_count(const struct spans *spans, unsigned slot);
/* Borrowed until the next event; NULL: there is no such one. */
const struct span *spans_get(const struct spans *spans, unsigned slot, size_t index);
/* Index of the first that ends behind `t`, of the first that starts at `t` or later; the count where none does. */
size_t spans_ending_behind(const struct spans *spans, unsigned slot, uint64_t t);
size_t spans_starting_from(const struct spans *spans, unsigned slot, uint64_t t);
/* The latter again, where it is known to be near and not before `from`. */
size_t spans_starting_near(const struct spans *spans, unsigned slot, size_t from, uint64_t t);
/* Index of the first that failed at `from` or behind it, before `to`; `to`: none did. */
size_t spans_next_bad(const struct spans *spans, unsigned slot, size_t from, size_t to);
/* Of the time between two points, how much the worker had a test, ns. `now` ends what runs. */
uint64_t spans_busy(const struct spans *spans, unsigned slot, uint64_t from, uint64_t to, uint64_t now);

/* The time at a run's end in which not all workers had a test any more. */
struct spans_tail {
	uint64_t from, to; /* the same: there is none */
	unsigned slot;     /* whose last test ended last */
	unsigned workers;
	double idle; /* how many of them had no test, on average */
};

/* As if nothing were to start any more. Workers that were sent away, and those that ran nothing, don't count. */
struct spans_tail spans_tail(const struct spans *spans, const struct run *run, uint64_t now);

#endif
