/* Tests as a tree: suite, directory, file, class.
 *
 * Where a test stands follows from its suite and id and never changes: it is worked out once, a slice of the
 * run at a time. The lines are made from a list of tests in order (rows.h): within a heading the order is that of
 * the list, and headings stand in the order of the first test below them, or of their sums. Each test of a run has
 * its place, a heading without tests in the list is not shown.
 */
#ifndef XTOP_TUI_TESTS_TREE_H
#define XTOP_TUI_TESTS_TREE_H

#include "model/model.h"
#include "tui/entries.h"
#include "tui/rows.h"
#include "tui/tags.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tree_kind { TREE_SUITE, TREE_DIRECTORY, TREE_FILE, TREE_CLASS };

struct tree;

/* Headings begin open where `open`; else files and classes begin closed. */
struct tree *tree_new(bool open);
void tree_free(struct tree *tree); /* NULL is fine */

/* Gives some more of the run's tests their place. true: all have one. */
bool tree_learn(struct tree *tree, const struct run *run);

/* Makes the lines of `list`. Tests without a place yet are left out. `order`: of the list; by time and by
 * processor time headings stand in the order of their sums. */
void tree_fill(struct tree *tree, const struct rows *rows, const struct tags *tags,
	       const struct rows_list *list, enum column order, bool inverted, struct entries *entries);

/* What follows is of the newest tree_fill. */
const char *tree_label(const struct tree *tree,
		       uint32_t heading); /* "tests/unit/", "test_net.py", "TestRetry"; borrowed */
enum tree_kind tree_kind(const struct tree *tree, uint32_t heading);
const struct heading_sums *tree_sums(const struct tree *tree, uint32_t heading);
/* Calls `visit` for each test of the list that stands below. */
void tree_each(const struct tree *tree, uint32_t heading, void (*visit)(void *context, uint64_t test),
	       void *context);

bool tree_is_open(const struct tree *tree, uint32_t heading);
void tree_open(struct tree *tree, uint32_t heading, bool open);
void tree_open_all(struct tree *tree, uint32_t heading, bool open); /* with all below; 0: the whole tree */
/* The heading right above a test, or above a heading; 0: none. */
uint32_t tree_above_test(const struct tree *tree, uint64_t test);
uint32_t tree_above(const struct tree *tree, uint32_t heading);

/* What is left of the id below its headings. Borrowed from the test. */
const char *tree_name(const struct test *test);

#endif
