/* The state of the tests pane; for tests*.c only.
 *
 * What is shown is a list of entries (entries.h): made from the order of the tests (rows.h) as it is, as a tree, or
 * with failures of the same cause folded. It is made anew when rows or the way to look at them changed.
 */
#ifndef XTOP_TUI_TESTS_H
#define XTOP_TUI_TESTS_H

#include "tui/entries.h"
#include "tui/rows.h"
#include "tui/tags.h"
#include "tui/tests_fold.h"
#include "tui/tests_tree.h"
#include "tui/view.h"

#include <stdbool.h>
#include <stdint.h>

struct tests_tab {
	struct list_cursor cursor;
	struct entry chosen; /* under the cursor, test 0: nothing; the cursor follows it once `held` */
	bool held;           /* the person chose it: it stays under the cursor when the order changes */
	enum column column;
	bool inverted;
};

enum tests_shape { TESTS_AS_LIST, TESTS_AS_TREE, TESTS_FOLDED };

struct tests_filter;

struct tests_pane {
	enum tab tab;
	struct tests_tab tabs[TAB_COUNT];
	struct rows_list list;    /* of the current tab */
	struct entries entries;   /* the same in its shape */
	bool as_tree;
	struct tree *tree;        /* NULL: it was not looked at yet */
	struct fold fold;
	uint32_t reveal;          /* a test whose headings are to be opened; 0: none */
	struct tags tags;
	struct tests_filter *filter;
	uint64_t listed_revision; /* of rows, when the list was made */
	uint64_t listed_at;       /* idle clock */
	bool stale;               /* the list is out of date, and waits a little because it is long */
	bool forced;              /* it must be made anew at once */
	bool many_suites;         /* then rows name theirs */
	bool unfinished;          /* order, tree or filter are not whole yet */
	bool follow;
	int tab_columns[TAB_COUNT]; /* where their labels begin and end on the title row, for the mouse */
	int tab_ends[TAB_COUNT];
	int heading_columns[COLUMN_COUNT]; /* where columns begin, -1: not shown */
};

/* --- tests.c --- */
enum tests_shape tests_shape(const struct tests_pane *pane);
struct tests_tab *tests_tab(const struct app *app); /* the current one */
/* Whether the heading of an entry is open. */
bool tests_is_open(const struct tests_pane *pane, uint32_t heading);
/* Calls `visit` for each test below a heading, or for the test. */
void tests_below(const struct tests_pane *pane, struct entry entry, void (*visit)(void *context, uint64_t test),
		 void *context);
/* Puts the cursor on a place of the list. */
void tests_go_to(struct app *app, long index);
/* Puts the cursor on a test, opening what is above it. */
void tests_reveal(struct app *app, uint64_t test);
void tests_show_in_detail(struct app *app, uint64_t test);

/* --- tests_walk.c: going to the next of something --- */
bool tests_search(struct app *app, int direction, bool from_next);
void tests_go_to_failure(struct app *app, int direction);

/* --- tests_shape.c: tree and folds --- */
void tests_toggle_tree(struct app *app);
void tests_expand(struct app *app);
void tests_collapse(struct app *app);
bool tests_toggle(struct app *app); /* the heading under the cursor; false: it is on none */

/* --- tests_draw.c --- */
void tests_draw(struct app *app, struct area area, bool focused);
/* The columns that are shown at some width, from left to right, the name among them; returns how many. */
unsigned tests_shown_columns(const struct app *app, int width, enum column columns[COLUMN_COUNT]);

/* --- tests_title.c --- */
void tests_draw_title(struct app *app, struct area area, bool focused);

/* --- tests_filter.c --- */
struct tests_filter *tests_filter_new(void);
void tests_filter_free(struct tests_filter *filter);
void tests_open_filter(struct app *app);
/* Judges some more tests by a filter that is new. true: all are judged. */
bool tests_filter_go_on(struct app *app);

/* --- tests_tags.c --- */
void tests_tag(struct app *app);
void tests_untag_all(struct app *app);

#endif
