#include "tui/flaky_inside.h"

#include "base/alloc.h"
#include "event/codec.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct flaky_pane *flaky_new(const struct run *run)
{
	struct flaky_pane *pane = ALLOC_NEW(struct flaky_pane);

	pane->rows = flaky_rows_new(run);
	pane->flaky_outdated = pane->holds_outdated = true;
	return pane;
}

void flaky_free(struct flaky_pane *pane)
{
	if (!pane)
		return;
	flaky_rows_free(pane->rows);
	control_holds_fini(&pane->holds);
	free(pane);
}

void flaky_hear(struct app *app, const struct event *event, const struct test *test)
{
	struct flaky_pane *pane = app->flaky;

	flaky_rows_hear(pane->rows, event, test);
	/* The run is in the history now, and all its tests are known. */
	if (event->type == EVENT_RUN_FINISHED)
		pane->flaky_outdated = true;
	if (event->type == EVENT_RUN_FINISHED || event->type == EVENT_RUN_COLLECTED)
		pane->holds_outdated = true;
	/* In a recorded run this is how an entry is seen. */
	if (app->options.replay && test && test->quarantined)
		pane->holds_outdated = true;
}

void flaky_outdate(struct app *app)
{
	app->flaky->flaky_outdated = app->flaky->holds_outdated = true;
}

/* --- asking --- */

static void ask_flaky(struct app *app)
{
	struct flaky_pane *pane = app->flaky;
	struct control_flaky known = { .held = NULL };
	struct error error = ERROR_INIT;

	pane->flaky_outdated = false;
	pane->flaky_problem[0] = '\0';
	if (app->options.replay || !app->control || !app->control->flaky)
		return;
	if (app->control->flaky(app->control->context, &known, &error) == 0)
		flaky_rows_take(pane->rows, &known);
	else
		snprintf(pane->flaky_problem, sizeof(pane->flaky_problem), "%.159s", error.message);
}

/* Of a recorded run: the tests whose failures did not count. */
static void read_verdicts(struct app *app)
{
	struct flaky_pane *pane = app->flaky;
	size_t count;
	const uint64_t *tests = flaky_rows_quarantined(pane->rows, &count);

	for (size_t i = 0; i < count; i++) {
		const struct test *test = model_test(app->model, tests[i]);
		struct control_hold hold = { .days_left = INT_MAX };

		if (!test || !test->quarantined)
			continue;
		hold.test = alloc_string(test->id);
		vec_push(&hold.tests, test->number);
		vec_push(&pane->holds.holds, hold);
	}
}

static void ask_holds(struct app *app)
{
	struct flaky_pane *pane = app->flaky;
	struct error error = ERROR_INIT;

	pane->holds_outdated = false;
	pane->holds_problem[0] = '\0';
	control_holds_fini(&pane->holds);
	if (app->options.replay || !app->control || !app->control->holds)
		read_verdicts(app);
	else if (app->control->holds(app->control->context, &pane->holds, &error) != 0)
		snprintf(pane->holds_problem, sizeof(pane->holds_problem), "%.159s", error.message);
}

/* Only when it is looked at: it reads a file and a database. */
void flaky_refresh(struct app *app)
{
	struct flaky_pane *pane = app->flaky;

	if (pane->flaky_outdated)
		ask_flaky(app);
	if (pane->holds_outdated)
		ask_holds(app);
	flaky_rows_refresh(pane->rows, app->model);
	pane->cursors[LIST_FLAKY].length = (long)flaky_rows_count(pane->rows);
	pane->cursors[LIST_HOLDS].length = (long)pane->holds.holds.length;
	cursor_clamp(&pane->cursors[LIST_FLAKY]);
	cursor_clamp(&pane->cursors[LIST_HOLDS]);
}

void flaky_open(struct app *app)
{
	flaky_outdate(app);
	app_cover(app, PANE_FLAKY);
	flaky_refresh(app);
}

const struct flaky_row *flaky_selected_row(const struct app *app)
{
	const struct flaky_pane *pane = app->flaky;

	return pane->current == LIST_FLAKY
		       ? flaky_rows_get(pane->rows, (size_t)pane->cursors[LIST_FLAKY].selected)
		       : NULL;
}

const struct control_hold *flaky_selected_hold(const struct app *app)
{
	const struct flaky_pane *pane = app->flaky;
	size_t index = (size_t)pane->cursors[LIST_HOLDS].selected;

	return pane->current == LIST_HOLDS && index < pane->holds.holds.length
		       ? &pane->holds.holds.items[index]
		       : NULL;
}

bool flaky_is_on_entry(const struct app *app)
{
	return flaky_selected_hold(app) != NULL;
}

/* Of those that an entry names: one that failed, else the first. */
static uint64_t test_of_hold(const struct app *app, const struct control_hold *hold)
{
	vec_each(&hold->tests, number) {
		const struct test *test = model_test(app->model, *number);

		if (test && outcome_is_failure(test->outcome))
			return *number;
	}
	return hold->tests.length ? hold->tests.items[0] : 0;
}

static uint64_t flaky_selected(const struct app *app)
{
	const struct flaky_row *row = flaky_selected_row(app);
	const struct control_hold *hold = flaky_selected_hold(app);

	return row ? row->test : hold ? test_of_hold(app, hold) : 0;
}

/* --- keys and mouse --- */

static void open_selected(struct app *app)
{
	uint64_t test = flaky_selected(app);

	if (test)
		tests_open(app, test);
	else if (flaky_selected_hold(app))
		app_say(app, ROLE_NOTE, " It names no test of this run ");
	else
		app_say(app, ROLE_NOTE,
			flaky_selected_row(app) ? " It is not in this run " : " No test is selected ");
}

/* A whole entry goes, and with it all that it holds. */
static void ask_for_release(struct app *app)
{
	if (app->options.replay || !app->control || !app->control->release)
		action_can_ask(app);
	else if (!flaky_selected_hold(app))
		app_say(app, ROLE_NOTE, " No entry is selected ");
	else
		prompt_open(app, PROMPT_RELEASE_ENTRY, 0);
}

void flaky_release(struct app *app)
{
	const struct control_hold *hold = flaky_selected_hold(app);
	struct error error = ERROR_INIT;

	if (!hold)
		return;
	if (app->control->release(app->control->context, hold->suite, hold->test, &error) != 0) {
		action_say_refused(app, &error);
		return;
	}
	app_say(app, ROLE_NOTE, " Released: %.200s ", hold->test);
	flaky_outdate(app);
}

static bool flaky_request(struct app *app, enum request request)
{
	struct flaky_pane *pane = app->flaky;

	switch (request) {
	case REQUEST_NEXT_PANE:
	case REQUEST_PREVIOUS_PANE:
	case REQUEST_NEXT_TAB:
	case REQUEST_PREVIOUS_TAB:
		pane->current = pane->current == LIST_FLAKY ? LIST_HOLDS : LIST_FLAKY;
		return true;
	case REQUEST_OPEN:
		open_selected(app);
		return true;
	case REQUEST_QUARANTINE:
		if (pane->current == LIST_HOLDS) {
			ask_for_release(app);
			return true;
		}
		if (flaky_selected_row(app) && !flaky_selected_row(app)->test) {
			app_say(app, ROLE_NOTE,
				" It is not in this run: `xtop quarantine add` takes any test ");
			return true;
		}
		return false;
	default:
		return cursor_request(&pane->cursors[pane->current], request);
	}
}

static const char *name_of(const struct app *app, long index)
{
	const struct flaky_pane *pane = app->flaky;
	const struct flaky_row *row;
	const struct test *test;

	if (pane->current == LIST_HOLDS)
		return pane->holds.holds.items[index].test;
	row = flaky_rows_get(pane->rows, (size_t)index);
	test = row->test ? model_test(app->model, row->test) : NULL;
	return test ? test->id : row->evidence->id;
}

static bool flaky_search(struct app *app, int direction, bool from_next)
{
	struct list_cursor *cursor = &app->flaky->cursors[app->flaky->current];

	for (long step = from_next ? 1 : 0; step < cursor->length + (from_next ? 1 : 0); step++) {
		long index = ((cursor->selected + direction * step) % cursor->length + cursor->length) %
			     cursor->length;

		if (!strcasestr(name_of(app, index), app->search.data))
			continue;
		cursor->selected = index;
		cursor_clamp(cursor);
		return true;
	}
	return false;
}

static void flaky_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct flaky_pane *pane = app->flaky;
	enum flaky_list list = row >= pane->first_rows[LIST_HOLDS] - 1 ? LIST_HOLDS : LIST_FLAKY;
	struct list_cursor *cursor = &pane->cursors[list];

	(void)column;
	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		cursor->selected += mouse == MOUSE_WHEEL_UP ? -3 : 3;
		cursor_clamp(cursor);
		return;
	}
	if (row < 1)
		return;
	pane->current = list;
	if (row < pane->first_rows[list] || row >= pane->first_rows[list] + cursor->height)
		return;
	cursor->selected = cursor->top + row - pane->first_rows[list];
	cursor_clamp(cursor);
	if (mouse == MOUSE_DOUBLE_CLICK)
		open_selected(app);
}

const struct view_ops flaky_view = {
	"flaky tests", flaky_draw, flaky_request, flaky_mouse, flaky_search, flaky_selected,
};
