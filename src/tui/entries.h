/* The lines of the tests pane: tests, and headings that tests stand under. */
#ifndef XTOP_TUI_ENTRIES_H
#define XTOP_TUI_ENTRIES_H

#include "base/vec.h"

#include <stdbool.h>
#include <stdint.h>

struct entry {
	uint32_t test;    /* its number; of a heading: that of the first test below it */
	uint32_t heading; /* from 1: it is a heading; 0: it is a test */
	uint32_t depth;
};

struct entries {
	VEC(struct entry) list;
};

/* What is below a heading. */
struct heading_sums {
	uint32_t tests, passed, failed, quarantined, running, left, other, tagged;
	uint64_t time, cpu; /* 0.1 ms */
};

#endif
