/* The tests pane: what is listed, where the cursor is, what keys and mouse do. */
#include "tui/tests.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

/* A list longer than this is put in order at most four times a second while things happen: nobody reads
 * faster, and it keeps the cost of a frame away from the number of tests. */
#define LONG_LIST 20000
#define LONG_LIST_REST (CLOCK_SECOND / 4)

struct tests_tab *tests_tab(const struct app *app)
{
	return &app->tests->tabs[app->tests->tab];
}

enum tests_shape tests_shape(const struct tests_pane *pane)
{
	if (pane->as_tree)
		return TESTS_AS_TREE;
	return pane->tab == TAB_FAILED ? TESTS_FOLDED : TESTS_AS_LIST;
}

void tests_init(struct app *app)
{
	struct tests_pane *pane = ALLOC_NEW(struct tests_pane);

	app->tests = pane;
	tests_many_found(app);
	pane->tabs[TAB_SLOW].column = COLUMN_TIME;
	pane->forced = true;
	pane->filter = tests_filter_new();
}

void tests_fini(struct app *app)
{
	struct tests_pane *pane = app->tests;

	vec_fini(&pane->list.tests);
	vec_fini(&pane->entries.list);
	tree_free(pane->tree);
	fold_fini(&pane->fold);
	tags_fini(&pane->tags);
	tests_filter_free(pane->filter);
	free(pane);
}

void tests_many_found(struct app *app)
{
	vec_each(&app->run->tests, test)
		if ((*test)->suite != app->run->tests.items[0]->suite)
			app->tests->many_suites = true;
}

void tests_hear(struct app *app, const struct event *event)
{
	struct tests_pane *pane = app->tests;

	if (event->type == EVENT_TEST_FOUND && app->run->tests.length > 1) {
		size_t last = app->run->tests.length - 1;

		if (app->run->tests.items[last]->suite != app->run->tests.items[0]->suite)
			pane->many_suites = true;
	}
	/* Among all tests the newest is the one that started last; in other tabs, what came there last. */
	if (pane->follow && event_has(event, test) &&
	    (event->type == EVENT_TEST_STARTED ||
	     (event->type == EVENT_TEST_VERDICT && pane->tab != TAB_ALL)) &&
	    rows_in(app->rows, event->test, pane->tab)) {
		pane->reveal = (uint32_t)event->test;
		tests_tab(app)->chosen = (struct entry){ .test = (uint32_t)event->test };
		tests_tab(app)->held = true;
	}
}

/* --- the list --- */

bool tests_is_open(const struct tests_pane *pane, uint32_t heading)
{
	return tests_shape(pane) == TESTS_AS_TREE ? tree_is_open(pane->tree, heading)
						  : fold_is_open(&pane->fold, heading);
}

void tests_below(const struct tests_pane *pane, struct entry entry,
		 void (*visit)(void *context, uint64_t test), void *context)
{
	if (!entry.heading)
		visit(context, entry.test);
	else if (tests_shape(pane) == TESTS_AS_TREE)
		tree_each(pane->tree, entry.heading, visit, context);
	else
		fold_each(&pane->fold, entry.heading, visit, context);
}

static bool is_same(struct entry a, struct entry b)
{
	return a.heading ? a.heading == b.heading : !b.heading && a.test == b.test;
}

/* The place of an entry, -1: it is not in the list. */
static long find_entry(const struct tests_pane *pane, struct entry entry)
{
	for (size_t i = 0; i < pane->entries.list.length; i++)
		if (is_same(pane->entries.list.items[i], entry))
			return (long)i;
	return -1;
}

/* Where an entry stands, or else the nearest heading above that is in view. */
static long find_nearest(const struct tests_pane *pane, struct entry entry)
{
	long index = find_entry(pane, entry);

	if (index < 0 && tests_shape(pane) == TESTS_AS_TREE) {
		uint32_t above = entry.heading ? tree_above(pane->tree, entry.heading)
					       : tree_above_test(pane->tree, entry.test);

		for (; above && index < 0; above = tree_above(pane->tree, above))
			index = find_entry(pane, (struct entry){ .heading = above });
	}
	return index;
}

/* Where the selected entry stands now. It keeps its line on the screen while the rows around it move, unless
 * the list stands at its top: there the first rows stay in view as long as the selected one is. */
static void find_selected(struct app *app)
{
	struct tests_tab *tab = tests_tab(app);
	struct tests_pane *pane = app->tests;
	struct list_cursor *cursor = &tab->cursor;
	long index = -1;

	cursor->length = (long)pane->entries.list.length;
	if (!tab->held) {
		cursor->selected = cursor->top = 0;
	} else if (tab->chosen.test && (cursor->selected >= cursor->length ||
					!is_same(pane->entries.list.items[cursor->selected], tab->chosen))) {
		index = find_nearest(pane, tab->chosen);
		/* A cause that has one test left, or more than one now. */
		if (index < 0 && tests_shape(pane) == TESTS_FOLDED)
			index = find_entry(
				pane, tab->chosen.heading
					      ? (struct entry){ .test = tab->chosen.test }
					      : (struct entry){
							.heading = rows_cause(app->rows, tab->chosen.test) });
	}
	if (index >= 0) {
		if (cursor->top > 0 || index >= cursor->height)
			cursor->top += index - cursor->selected;
		cursor->selected = index;
	}
	cursor_clamp(cursor);
	/* What is not in a list that is not whole may still come. */
	if (tab->held && pane->unfinished && pane->reveal)
		return;
	tab->chosen = cursor->length ? pane->entries.list.items[cursor->selected] : (struct entry){ 0 };
}

void tests_show_in_detail(struct app *app, uint64_t test)
{
	struct detail_pane *detail = &app->detail;

	if (detail->test == test)
		return;
	detail->test = test;
	detail->page.scroll.top = 0;
	detail->follow = true;
	detail->moved = false;
	detail->revision++;
}

static void show_selected(struct app *app)
{
	if (app_over(app) == PANE_NONE)
		tests_show_in_detail(app, tests_tab(app)->chosen.test);
}

/* Opens what is above the test that is to be seen. */
static void open_above(struct app *app)
{
	struct tests_pane *pane = app->tests;
	uint32_t above;

	if (!pane->reveal)
		return;
	switch (tests_shape(pane)) {
	case TESTS_AS_TREE:
		above = tree_above_test(pane->tree, pane->reveal);
		if (!above)
			return; /* it has no place yet */
		for (; above; above = tree_above(pane->tree, above))
			tree_open(pane->tree, above, true);
		break;
	case TESTS_FOLDED:
		fold_open(&pane->fold, rows_cause(app->rows, pane->reveal), true);
		break;
	default:
		break;
	}
	pane->reveal = 0;
}

static void make_list(struct app *app)
{
	struct tests_pane *pane = app->tests;
	struct tests_tab *tab = tests_tab(app);

	pane->unfinished = !tests_filter_go_on(app);
	if (!rows_list(app->rows, app->model, pane->tab, tab->column, tab->inverted, app->now, &pane->list))
		pane->unfinished = true;
	switch (tests_shape(pane)) {
	case TESTS_AS_TREE:
		if (!tree_learn(pane->tree, app->run))
			pane->unfinished = true;
		open_above(app);
		tree_fill(pane->tree, app->rows, &pane->tags, &pane->list, tab->column, tab->inverted,
			  &pane->entries);
		break;
	case TESTS_FOLDED:
		open_above(app);
		fold_fill(&pane->fold, app->rows, &pane->tags, &pane->list, &pane->entries);
		break;
	case TESTS_AS_LIST:
		pane->reveal = 0;
		vec_reserve(&pane->entries.list, pane->list.tests.length);
		pane->entries.list.length = pane->list.tests.length;
		for (size_t i = 0; i < pane->list.tests.length; i++)
			pane->entries.list.items[i] = (struct entry){ .test = pane->list.tests.items[i] };
		break;
	}
	if (!pane->unfinished)
		pane->reveal = 0;
	pane->listed_revision = rows_revision(app->rows);
	pane->listed_at = app->idle_clock;
	pane->forced = false;
}

void tests_refresh(struct app *app)
{
	struct tests_pane *pane = app->tests;
	bool due = pane->forced || pane->unfinished || pane->listed_revision != rows_revision(app->rows);

	pane->stale = false;
	if (due && !pane->forced && !pane->unfinished && rows_length(app->rows) > LONG_LIST && !app->ended &&
	    app->idle_clock - pane->listed_at < LONG_LIST_REST) {
		pane->stale = true;
		due = false;
	}
	if (due)
		make_list(app);
	find_selected(app);
	show_selected(app);
}

bool tests_unfinished(const struct app *app)
{
	return app->tests->unfinished;
}

bool tests_stale(const struct app *app)
{
	return app->tests->stale;
}

/* --- the cursor --- */

static void take_cursor(struct app *app)
{
	struct tests_tab *tab = tests_tab(app);

	cursor_clamp(&tab->cursor);
	tab->chosen = tab->cursor.length ? app->tests->entries.list.items[tab->cursor.selected]
					 : (struct entry){ 0 };
	show_selected(app);
}

void tests_go_to(struct app *app, long index)
{
	struct tests_tab *tab = tests_tab(app);

	tab->cursor.selected = index;
	tab->held = true;
	app->tests->follow = false;
	take_cursor(app);
}

void tests_reveal(struct app *app, uint64_t test)
{
	struct tests_tab *tab = tests_tab(app);

	tab->chosen = (struct entry){ .test = (uint32_t)test };
	tab->held = true;
	app->tests->reveal = (uint32_t)test;
	app->tests->forced = true;
	app->tests->follow = false;
	tests_refresh(app);
}

enum tests_line tests_line(const struct app *app)
{
	uint32_t heading = tests_tab(app)->chosen.heading;

	if (!heading)
		return TESTS_LINE_TEST;
	return tests_is_open(app->tests, heading) ? TESTS_LINE_OPEN : TESTS_LINE_CLOSED;
}

void tests_hold(struct app *app)
{
	tests_tab(app)->held = true;
}

void tests_stop_following(struct app *app)
{
	app->tests->follow = false;
}

void tests_set_tab(struct app *app, int tab)
{
	app->tests->tab = (enum tab)((tab + TAB_COUNT) % TAB_COUNT);
	app->tests->forced = true;
	tests_refresh(app);
}

void tests_select(struct app *app, uint64_t test)
{
	const struct row *row = rows_row(app->rows, test);

	if (!rows_in(app->rows, test, app->tests->tab))
		app->tests->tab = TAB_ALL;
	if (row && row->hidden && tests_clear_filter(app))
		app_say(app, ROLE_NOTE, " The filter hid this test, and is off now ");
	tests_reveal(app, test);
}

enum column tests_column(const struct app *app)
{
	return tests_tab(app)->column;
}

void tests_open(struct app *app, uint64_t test)
{
	tests_select(app, test);
	tests_show_in_detail(app, test);
	app->detail.moved = false;
	app_cover(app, PANE_DETAIL);
}

void tests_set_column(struct app *app, enum column column)
{
	tests_tab(app)->column = column;
	tests_tab(app)->inverted = false;
	app->tests->forced = true;
	tests_refresh(app);
}

/* --- keys --- */

/* Goes through the columns that are shown. */
static void move_column(struct app *app, int step)
{
	enum column shown[COLUMN_COUNT], column = tests_column(app);
	int count = (int)tests_shown_columns(app, screen_width(app->screen), shown), at = -1;

	for (int i = 0; i < count; i++)
		if (shown[i] == column)
			at = i;
	if (at < 0)
		at = step > 0 ? -1 : 0;
	tests_set_column(app, shown[(at + step + count) % count]);
	app_say(app, ROLE_NOTE, " Sorted by %s ", rows_column_text(tests_column(app)));
}

static bool request_of_list(struct app *app, enum request request)
{
	struct tests_tab *tab = tests_tab(app);

	switch (request) {
	case REQUEST_PREVIOUS_TAB:
		tests_set_tab(app, (int)app->tests->tab - 1);
		return true;
	case REQUEST_NEXT_TAB:
		tests_set_tab(app, (int)app->tests->tab + 1);
		return true;
	case REQUEST_SORT_LEFT:
		move_column(app, -1);
		return true;
	case REQUEST_SORT_RIGHT:
		move_column(app, 1);
		return true;
	case REQUEST_INVERT:
		tab->inverted = !tab->inverted;
		app->tests->forced = true;
		tests_refresh(app);
		return true;
	case REQUEST_SORT_MENU:
		menu_open(app, MENU_SORT, 0);
		return true;
	case REQUEST_FILTER:
		tests_open_filter(app);
		return true;
	default:
		return false;
	}
}

static bool tests_request(struct app *app, enum request request)
{
	struct tests_tab *tab = tests_tab(app);

	if (cursor_request(&tab->cursor, request)) {
		/* At the top the newest and worst stays in view; anywhere else the test was chosen. */
		tab->held = request != REQUEST_FIRST;
		app->tests->follow = false;
		take_cursor(app);
		return true;
	}
	switch (request) {
	case REQUEST_OPEN:
		/* From another pane it is about the test. */
		return app_front(app) == PANE_TESTS && tests_toggle(app);
	case REQUEST_PREVIOUS_FAILURE:
		tests_go_to_failure(app, -1);
		return true;
	case REQUEST_NEXT_FAILURE:
		tests_go_to_failure(app, 1);
		return true;
	case REQUEST_TREE:
		tests_toggle_tree(app);
		return true;
	case REQUEST_EXPAND:
		tests_expand(app);
		return true;
	case REQUEST_COLLAPSE:
		tests_collapse(app);
		return true;
	case REQUEST_TAG:
		tests_tag(app);
		return true;
	case REQUEST_UNTAG:
		tests_untag_all(app);
		return true;
	case REQUEST_FOLLOW:
		app->tests->follow = !app->tests->follow;
		return true;
	default:
		return request_of_list(app, request);
	}
}

/* --- mouse --- */

static void click_heading(struct app *app, int column)
{
	const int *columns = app->tests->heading_columns;
	int found = -1;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (columns[i] >= 0 && columns[i] <= column && (found < 0 || columns[i] > columns[found]))
			found = i;
	if (found < 0)
		return;
	if ((enum column)found == tests_column(app))
		tests_request(app, REQUEST_INVERT);
	else
		tests_set_column(app, (enum column)found);
}

static void tests_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct tests_pane *pane = app->tests;
	struct tests_tab *tab = tests_tab(app);
	bool headings = pane->heading_columns[COLUMN_TEST] >= 0;
	long index;

	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		int step = mouse == MOUSE_WHEEL_UP ? -3 : 3;

		tab->cursor.top += step;
		tests_go_to(app, tab->cursor.selected + step);
		return;
	}
	if (row == 0) {
		for (int i = 0; i < TAB_COUNT; i++)
			if (pane->tab_columns[i] >= 0 && column >= pane->tab_columns[i] &&
			    column < pane->tab_ends[i])
				tests_set_tab(app, i);
		return;
	}
	if (headings && row == 1) {
		click_heading(app, column);
		return;
	}
	index = tab->cursor.top + row - (headings ? 2 : 1);
	if (index >= tab->cursor.length)
		return;
	tests_go_to(app, index);
	if (mouse == MOUSE_DOUBLE_CLICK && !tests_toggle(app))
		app_open_detail(app);
}

/* Of a heading the first test below it, which the detail shows. */
static uint64_t tests_selected(const struct app *app)
{
	return tests_tab(app)->chosen.test;
}

const struct view_ops tests_view = {
	"tests", tests_draw, tests_request, tests_mouse, tests_search, tests_selected,
};
