#include "tui/format.h"
#include "tui/view.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A list longer than this is put in order at most four times a second while things happen: nobody reads
 * faster, and it keeps the cost of a frame away from the number of tests. */
#define LONG_LIST 20000
#define LONG_LIST_REST (CLOCK_SECOND / 4)

static struct tests_tab *current_tab(struct app *app)
{
	return &app->tests.tabs[app->tests.tab];
}

void tests_init(struct app *app)
{
	struct tests_pane *pane = &app->tests;

	vec_each(&app->run->tests, test)
		if ((*test)->suite != app->run->tests.items[0]->suite)
			pane->many_suites = true;
	pane->tabs[TAB_SLOW].column = COLUMN_TIME;
	pane->forced = true;
}

void tests_fini(struct app *app)
{
	vec_fini(&app->tests.list.tests);
}

void tests_hear(struct app *app, const struct event *event)
{
	struct tests_pane *pane = &app->tests;

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
		current_tab(app)->test = event->test;
		current_tab(app)->held = true;
	}
}

/* Where the selected test stands now. It keeps its line on the screen while the rows around it move, unless
 * the list stands at its top: there the first rows stay in view as long as the selected one is. */
static void find_selected(struct app *app)
{
	struct tests_tab *tab = current_tab(app);
	const struct rows_list *list = &app->tests.list;
	struct list_cursor *cursor = &tab->cursor;

	cursor->length = (long)list->tests.length;
	if (!tab->held) {
		cursor->selected = cursor->top = 0;
	} else if (cursor->selected >= cursor->length || list->tests.items[cursor->selected] != tab->test) {
		for (size_t i = 0; i < list->tests.length; i++) {
			if (list->tests.items[i] != tab->test)
				continue;
			if (cursor->top > 0 || (long)i >= cursor->height)
				cursor->top += (long)i - cursor->selected;
			cursor->selected = (long)i;
			break;
		}
	}
	cursor_clamp(cursor);
	tab->test = cursor->length ? list->tests.items[cursor->selected] : 0;
}

static void show_in_detail(struct app *app, uint64_t test)
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
		show_in_detail(app, current_tab(app)->test);
}

void tests_refresh(struct app *app)
{
	struct tests_pane *pane = &app->tests;
	struct tests_tab *tab = current_tab(app);
	bool due = pane->forced || pane->unfinished || pane->listed_revision != rows_revision(app->rows);

	pane->stale = false;
	if (due && !pane->forced && !pane->unfinished && rows_count(app->rows, TAB_ALL) > LONG_LIST &&
	    !app->ended && app->idle_clock - pane->listed_at < LONG_LIST_REST) {
		pane->stale = true;
		due = false;
	}
	if (due) {
		pane->unfinished = !rows_list(app->rows, app->model, pane->tab, tab->column, tab->inverted,
					      app->now, &pane->list);
		pane->listed_revision = rows_revision(app->rows);
		pane->listed_at = app->idle_clock;
		pane->forced = false;
	}
	find_selected(app);
	show_selected(app);
}

static void take_cursor(struct app *app)
{
	struct tests_tab *tab = current_tab(app);

	cursor_clamp(&tab->cursor);
	tab->test = tab->cursor.length ? app->tests.list.tests.items[tab->cursor.selected] : 0;
	show_selected(app);
}

static void set_tab(struct app *app, int tab)
{
	app->tests.tab = (enum tab)((tab + TAB_COUNT) % TAB_COUNT);
	app->tests.forced = true;
	tests_refresh(app);
}

void tests_select(struct app *app, uint64_t test)
{
	if (!rows_in(app->rows, test, app->tests.tab))
		app->tests.tab = TAB_ALL;
	current_tab(app)->test = test;
	current_tab(app)->held = true;
	app->tests.forced = true;
	app->tests.follow = false;
	tests_refresh(app);
}

void tests_set_column(struct app *app, enum column column)
{
	current_tab(app)->column = column;
	current_tab(app)->inverted = false;
	app->tests.forced = true;
	tests_refresh(app);
}

/* --- finding --- */

static bool walk(struct app *app, int direction, bool from_next, bool (*fits)(struct app *app, uint64_t test))
{
	struct tests_tab *tab = current_tab(app);
	const struct rows_list *list = &app->tests.list;
	long length = (long)list->tests.length;

	for (long step = from_next ? 1 : 0; step < length + (from_next ? 1 : 0); step++) {
		long index = ((tab->cursor.selected + direction * step) % length + length) % length;

		if (!fits(app, list->tests.items[index]))
			continue;
		tab->cursor.selected = index;
		tab->held = true;
		app->tests.follow = false;
		take_cursor(app);
		return true;
	}
	return false;
}

static bool matches_search(struct app *app, uint64_t number)
{
	const struct test *test = model_test(app->model, number);

	return test && strcasestr(test->id, app->search.data);
}

static bool tests_search(struct app *app, int direction, bool from_next)
{
	return walk(app, direction, from_next, matches_search);
}

static bool is_failure(struct app *app, uint64_t test)
{
	return rows_interest(app->rows, test) <= INTEREST_QUARANTINED;
}

static void go_to_failure(struct app *app, int direction)
{
	if (!walk(app, direction, true, is_failure))
		app_say(app, ROLE_NOTE, " There is no failure in this list ");
	/* A detail that covers the screen goes along. */
	show_in_detail(app, current_tab(app)->test);
}

/* --- drawing --- */

struct columns {
	int word, time, worker, tries, suite, test; /* -1: not shown */
	int end;
};

#define SUITE_WIDTH 12

static struct columns place_columns(const struct app *app, int width)
{
	struct columns at = { .word = -1, .worker = -1, .tries = -1, .suite = -1, .end = width };
	int column = 4;

	if (width >= 50) {
		at.word = column;
		column += 8;
	}
	at.time = column;
	column += 7;
	if (width >= 56) {
		at.worker = column;
		column += 5;
	}
	if (width >= 64) {
		at.tries = column;
		column += 4;
	}
	if (app->tests.many_suites && width >= 76) {
		at.suite = column;
		column += SUITE_WIDTH + 1;
	}
	at.test = column;
	return at;
}

static void draw_heading(struct app *app, int row, int column, int width, enum column which, bool right)
{
	const struct tests_tab *tab = current_tab(app);
	const char *label = rows_column_label(which);
	int length = (int)strlen(label);

	app->tests.heading_columns[which] = column;
	if (column < 0)
		return;
	if (right)
		column += width - length;
	screen_text(app->screen, row, column, length, tab->column == which ? ROLE_TITLE_FOCUS : ROLE_HEADING,
		    label);
	if (tab->column == which)
		screen_glyph(app->screen, row, right && length < width ? column - 1 : column + length,
			     ROLE_TITLE_FOCUS,
			     rows_column_goes_down(which) != tab->inverted ? GLYPH_DOWN : GLYPH_UP);
}

static void draw_headings(struct app *app, struct columns at, int row)
{
	draw_heading(app, row, at.word >= 0 ? 2 : -1, 8, COLUMN_STATUS, false);
	draw_heading(app, row, at.time, 6, COLUMN_TIME, true);
	draw_heading(app, row, at.worker, 4, COLUMN_WORKER, false);
	draw_heading(app, row, at.tries, 3, COLUMN_TRIES, true);
	draw_heading(app, row, at.test, 8, COLUMN_TEST, false);
	if (at.suite >= 0)
		screen_text(app->screen, row, at.suite, SUITE_WIDTH, ROLE_HEADING, "SUITE");
}

/* What there is to say about a test in the room behind its id. */
static void draw_remark(struct app *app, const struct test *test, int row, int column, int end)
{
	const struct attempt *attempt = test_last_attempt(test);
	const char *text, *newline;
	char line[256];
	size_t length;

	if (!attempt || test->state != TEST_DONE)
		return;
	if (attempt->code) {
		int width = screen_text_width(app->screen, attempt->code);

		if (end - width - 1 > column) {
			screen_text(app->screen, row, end - width, width, ROLE_DIM, attempt->code);
			end -= width + 1;
		}
	}
	text = attempt->message ? attempt->message : attempt->reason;
	if (!text || test->outcome == OUTCOME_PASSED || end - column < 14)
		return;
	newline = strchr(text, '\n');
	length = newline ? (size_t)(newline - text) : strlen(text);
	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	memcpy(line, text, length);
	line[length] = '\0';
	screen_text_begin(app->screen, row, column + 2, end - column - 2, ROLE_DIM, line);
}

static void draw_test(struct app *app, const struct test *test, struct columns at, int row)
{
	struct screen *screen = app->screen;
	struct status status = status_of_test(test);
	const struct attempt *attempt = test_last_attempt(test);
	bool waits = status.role == ROLE_WAITING;
	char text[FORMAT_SIZE];
	int column = at.test;

	screen_glyph(screen, row, 2, status.role, status.glyph);
	if (at.word >= 0)
		screen_text(screen, row, at.word, 7, status.role, status.word);
	if (test->state == TEST_RUNNING && attempt)
		screen_format(
			screen, row, at.time, 6, ROLE_RUNNING, "%6s",
			format_age(text, app->now > attempt->started ? app->now - attempt->started : 0));
	else if (test->outcome != OUTCOME_NONE && test->outcome != OUTCOME_NOTRUN)
		screen_format(screen, row, at.time, 6, ROLE_TEXT, "%6s",
			      format_duration(text, test->duration));
	if (at.worker >= 0 && attempt)
		screen_format(screen, row, at.worker, 5, ROLE_DIM, "gw%u", test->worker);
	if (at.tries >= 0 && test->attempts.length)
		screen_format(screen, row, at.tries, 3, test->attempts.length > 1 ? ROLE_FLAKY : ROLE_DIM,
			      "%3zu", test->attempts.length);
	if (at.suite >= 0)
		screen_text_begin(screen, row, at.suite, SUITE_WIDTH, ROLE_DIM, test->suite);
	column +=
		screen_text_end(screen, row, column, at.end - column, waits ? ROLE_DIM : ROLE_TEXT, test->id);
	if (test->ordinal > 1)
		column +=
			screen_format(screen, row, column, at.end - column, ROLE_DIM, " #%u", test->ordinal);
	draw_remark(app, test, row, column, at.end);
	if (app->search.length)
		screen_highlight(screen, row, at.test, column - at.test, app->search.data);
}

static const char *nothing_here(const struct app *app)
{
	switch (app->tests.tab) {
	case TAB_ALL:
		return app->run->collected ? "No tests were found." : "Looking for tests.";
	case TAB_RUNNING:
		return "No test is running.";
	case TAB_FAILED:
		return "No test has failed.";
	case TAB_FLAKY:
		return "No test passed only at a later attempt.";
	case TAB_SLOW:
		return "No test took a second or longer.";
	default:
		return "No test that failed is in quarantine.";
	}
}

static void draw_tabs(struct app *app, int row, int column, int width)
{
	struct tests_pane *pane = &app->tests;
	bool counts = true;
	int needed = 0;
	char text[64];

	for (int tab = 0; tab < TAB_COUNT; tab++)
		needed += snprintf(text, sizeof(text), " %s %u ", rows_tab_label((enum tab)tab),
				   rows_count(app->rows, (enum tab)tab));
	if (column + needed > width)
		counts = false;
	for (int tab = 0; tab < TAB_COUNT; tab++) {
		uint32_t count = rows_count(app->rows, (enum tab)tab);
		bool current = pane->tab == (enum tab)tab;

		/* On a narrow row only the current tab is sure to be named. */
		pane->tab_columns[tab] = pane->tab_ends[tab] = -1;
		if (width < 76 && !current && tab != TAB_ALL && !count)
			continue;
		pane->tab_columns[tab] = column;
		column = pane_draw_tab(app, row, column, width - 1, rows_tab_label((enum tab)tab),
				       (counts || current) && (count || tab == TAB_ALL) ? (long)count : -1,
				       current);
		pane->tab_ends[tab] = column;
	}
	if (pane->follow && column + 8 < width)
		screen_text(app->screen, row, width - 8, 8, ROLE_TITLE_FOCUS, " follow ");
	else if (pane->unfinished && column + 9 < width)
		screen_text(app->screen, row, width - 9, 9, ROLE_DIM, " sorting ");
}

static void tests_draw(struct app *app, struct area area, bool focused)
{
	struct tests_pane *pane = &app->tests;
	struct list_cursor *cursor = &current_tab(app)->cursor;
	struct columns at = place_columns(app, area.width);
	int row = area.row + 1, height = area.height - 1;

	draw_tabs(app, area.row, pane_draw_title(app, area, GLYPH_TEE, focused, "Tests"), area.width);
	for (int column = 0; column < COLUMN_COUNT; column++)
		pane->heading_columns[column] = -1;
	if (height >= 5) {
		draw_headings(app, at, row);
		row++;
		height--;
	}
	cursor->height = height;
	cursor_clamp(cursor);
	if (!cursor->length)
		screen_text(app->screen, row, 2, area.width - 2, ROLE_DIM, nothing_here(app));
	for (int i = 0; i < height && cursor->top + i < cursor->length; i++) {
		const struct test *test = model_test(app->model, pane->list.tests.items[cursor->top + i]);

		if (!test)
			continue;
		draw_test(app, test, at, row + i);
		if (cursor->top + i == cursor->selected)
			screen_mark(app->screen, row + i, 1, area.width - 1,
				    focused ? MARK_CURSOR : MARK_CURSOR_WEAK);
	}
}

/* --- keys and mouse --- */

static void move_column(struct app *app, int step)
{
	enum column column = current_tab(app)->column;

	column = (enum column)(((int)column + step + COLUMN_COUNT) % COLUMN_COUNT);
	tests_set_column(app, column);
	app_say(app, ROLE_NOTE, " Sorted by %s ", rows_column_text(column));
}

static bool tests_request(struct app *app, enum request request)
{
	struct tests_tab *tab = current_tab(app);

	if (cursor_request(&tab->cursor, request)) {
		/* At the top the newest and worst stays in view; anywhere else the test was chosen. */
		tab->held = request != REQUEST_FIRST;
		app->tests.follow = false;
		take_cursor(app);
		return true;
	}
	switch (request) {
	case REQUEST_PREVIOUS_TAB:
		set_tab(app, (int)app->tests.tab - 1);
		return true;
	case REQUEST_NEXT_TAB:
		set_tab(app, (int)app->tests.tab + 1);
		return true;
	case REQUEST_PREVIOUS_FAILURE:
		go_to_failure(app, -1);
		return true;
	case REQUEST_NEXT_FAILURE:
		go_to_failure(app, 1);
		return true;
	case REQUEST_SORT_LEFT:
		move_column(app, -1);
		return true;
	case REQUEST_SORT_RIGHT:
		move_column(app, 1);
		return true;
	case REQUEST_INVERT:
		tab->inverted = !tab->inverted;
		app->tests.forced = true;
		tests_refresh(app);
		return true;
	case REQUEST_SORT_MENU:
		menu_open(app, MENU_SORT, 0);
		return true;
	case REQUEST_FOLLOW:
		app->tests.follow = !app->tests.follow;
		return true;
	default:
		return false;
	}
}

static void click_heading(struct app *app, int column)
{
	int found = -1;

	for (int i = 0; i < COLUMN_COUNT; i++)
		if (app->tests.heading_columns[i] >= 0 && app->tests.heading_columns[i] <= column &&
		    (found < 0 || app->tests.heading_columns[i] > app->tests.heading_columns[found]))
			found = i;
	if (found < 0)
		return;
	if ((enum column)found == current_tab(app)->column)
		tests_request(app, REQUEST_INVERT);
	else
		tests_set_column(app, (enum column)found);
}

static void tests_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct tests_pane *pane = &app->tests;
	struct tests_tab *tab = current_tab(app);
	bool headings = pane->heading_columns[COLUMN_TEST] >= 0;
	long index;

	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		int step = mouse == MOUSE_WHEEL_UP ? -3 : 3;

		tab->cursor.selected += step;
		tab->cursor.top += step;
		tab->held = true;
		pane->follow = false;
		take_cursor(app);
		return;
	}
	if (row == 0) {
		for (int i = 0; i < TAB_COUNT; i++)
			if (pane->tab_columns[i] >= 0 && column >= pane->tab_columns[i] &&
			    column < pane->tab_ends[i])
				set_tab(app, i);
		return;
	}
	if (headings && row == 1) {
		click_heading(app, column);
		return;
	}
	index = tab->cursor.top + row - (headings ? 2 : 1);
	if (index >= tab->cursor.length)
		return;
	tab->cursor.selected = index;
	tab->held = true;
	pane->follow = false;
	take_cursor(app);
	if (mouse == MOUSE_DOUBLE_CLICK)
		app_open_detail(app);
}

static uint64_t tests_selected(const struct app *app)
{
	return app->tests.tabs[app->tests.tab].test;
}

const struct view_ops tests_view = {
	"tests", tests_draw, tests_request, tests_mouse, tests_search, tests_selected,
};
