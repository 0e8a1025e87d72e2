/* Failures with the same cause (rows_cause) as one line each, which can be opened.
 *
 * The lines are made from a list of tests in order: a cause stands where its first test does, and the tests below
 * it in the order of the list. A cause of one test is not folded.
 */
#ifndef XTOP_TUI_TESTS_FOLD_H
#define XTOP_TUI_TESTS_FOLD_H

#include "tui/entries.h"
#include "tui/rows.h"
#include "tui/tags.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero: no cause is open. The heading of a cause has its number. */
struct fold {
	VEC(bool) open;                /* by number of the cause - 1, as are the next two */
	VEC(struct heading_sums) sums; /* of the newest list */
	VEC(uint32_t) first;           /* place in the list, UINT32_MAX: not in it */
	VEC(uint32_t) last;
	VEC(uint32_t) next; /* by place: the next one with the same cause */
	VEC(uint32_t) listed;
};

void fold_fini(struct fold *fold);
void fold_fill(struct fold *fold, const struct rows *rows, const struct tags *tags,
	       const struct rows_list *list, struct entries *entries);
/* Of the newest fold_fill. */
void fold_each(const struct fold *fold, uint32_t cause, void (*visit)(void *context, uint64_t test),
	       void *context);
const struct heading_sums *fold_sums(const struct fold *fold, uint32_t cause); /* borrowed */
/* Whether it has a line of its own. */
bool fold_is_folded(const struct fold *fold, uint32_t cause);
bool fold_is_open(const struct fold *fold, uint32_t cause);
void fold_open(struct fold *fold, uint32_t cause, bool open);

#endif
