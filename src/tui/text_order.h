/* The numbers of tests in the order of a text of theirs that never changes: the id, the file.
 *
 * Comparing texts is what takes long, so the order is worked out a slice at a time.
 */
#ifndef XTOP_TUI_TEXT_ORDER_H
#define XTOP_TUI_TEXT_ORDER_H

#include "base/vec.h"
#include "model/model.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int text_order_compare(const struct test *a, const struct test *b); /* never 0 but for the same test */

struct text_order {
	VEC(uint32_t) numbers; /* in order, of the tests taken so far */
	uint32_t *ranks;       /* by number - 1: place in `numbers` */
	size_t ranks_size;
};

/* All zero is an empty order. */
void text_order_fini(struct text_order *order);
/* Takes some more of the run's first `count` tests in. true: that was all. */
bool text_order_learn(struct text_order *order, const struct model *model, size_t count, text_order_compare *compare);
/* The place of the test with this number - 1; UINT32_MAX: not taken in yet. */
uint32_t text_order_rank(const struct text_order *order, uint32_t index);

#endif
