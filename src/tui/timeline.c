#include "tui/timeline_inside.h"

#include "base/alloc.h"
#include "base/clock.h"

#include <stdlib.h>

#define SCALE_LEAST (CLOCK_MS / 10)
#define SCALE_MOST (3600 * CLOCK_SECOND)
#define WHOLE_LEAST (5 * CLOCK_SECOND) /* so much is shown of a run that has just begun */

struct timeline *timeline_new(const struct run *run)
{
	struct timeline *timeline = ALLOC_NEW(struct timeline);

	timeline->spans = spans_new(run);
	timeline->follow = true;
	timeline->index = SIZE_MAX;
	timeline->chart_width = 1;
	timeline->drawn_scale = CLOCK_SECOND;
	return timeline;
}

void timeline_free(struct timeline *timeline)
{
	if (!timeline)
		return;
	spans_free(timeline->spans);
	free(timeline);
}

void timeline_hear(struct app *app, const struct event *event)
{
	struct timeline *timeline = app->timeline;

	spans_hear(timeline->spans, event);
	if (event->type == EVENT_RUN_FINISHED && !timeline->ended) {
		timeline->tail = spans_tail(timeline->spans, app->run, event->t);
		timeline->ended = true;
	}
}

uint64_t timeline_end(const struct app *app)
{
	if (!app->ended)
		return app->now;
	return app->ended_at > app->run->now ? app->ended_at : app->run->now;
}

/* --- rows --- */

static bool has_row(const struct app *app, const struct worker *worker)
{
	return worker->state != WORKER_ABSENT || spans_count(app->timeline->spans, worker->slot);
}

static long row_of(const struct app *app, unsigned slot)
{
	long row = 0;

	vec_each(&app->run->workers, worker)
		if (worker->slot < slot)
			row += has_row(app, worker);
	return row;
}

unsigned timeline_slot(const struct app *app, long row)
{
	vec_each(&app->run->workers, worker)
		if (has_row(app, worker) && row-- == 0)
			return worker->slot;
	return NO_ROW;
}

void timeline_count_rows(struct app *app)
{
	struct timeline *timeline = app->timeline;

	timeline->rows.length = 0;
	vec_each(&app->run->workers, worker)
		timeline->rows.length += has_row(app, worker);
	timeline->rows.selected = row_of(app, timeline->slot);
	cursor_clamp(&timeline->rows);
}

/* --- scale and window --- */

/* 1, 2, 3 or 5 of a unit: ticks are at round times then. */
static uint64_t round_scale(uint64_t least)
{
	static const uint64_t steps[] = { 1, 2, 3, 5 };

	for (uint64_t unit = SCALE_LEAST;; unit *= 10)
		for (unsigned i = 0; i < 4; i++)
			if (steps[i] * unit >= least || steps[i] * unit >= SCALE_MOST)
				return steps[i] * unit;
}

static uint64_t scale_for_all(const struct app *app)
{
	uint64_t columns = (uint64_t)(app->timeline->chart_width > 1 ? app->timeline->chart_width - 1 : 1);

	return round_scale((timeline_end(app) > WHOLE_LEAST ? timeline_end(app) : WHOLE_LEAST) / columns + 1);
}

uint64_t timeline_scale(const struct app *app)
{
	return app->timeline->scale ? app->timeline->scale : scale_for_all(app);
}

static void set_left(struct timeline *timeline, uint64_t left, uint64_t scale)
{
	timeline->left = left / scale * scale;
}

/* Where the window begins that ends a little behind `t`. */
static uint64_t left_for_end(const struct timeline *timeline, uint64_t t, uint64_t scale)
{
	uint64_t room = scale * (uint64_t)(timeline->chart_width > 2 ? timeline->chart_width - 2 : 1);

	return t > room ? t - room : 0;
}

const struct span *timeline_span(const struct app *app)
{
	return spans_get(app->timeline->spans, app->timeline->slot, app->timeline->index);
}

/* What is selected comes into view. */
static void show_selected(struct app *app)
{
	struct timeline *timeline = app->timeline;
	const struct span *span = timeline_span(app);
	uint64_t scale = timeline_scale(app), width = scale * (uint64_t)timeline->chart_width;

	if (!timeline->scale) {
		timeline->left = 0;
		return;
	}
	if (!span)
		return;
	if (span->started < timeline->left)
		set_left(timeline, span->started > 2 * scale ? span->started - 2 * scale : 0, scale);
	else if (span->started >= timeline->left + width - 2 * scale)
		set_left(timeline, left_for_end(timeline, span->started + width / 4, scale) + scale, scale);
}

/* The window goes on by a quarter at a time: most frames change little then. */
static void show_end(struct app *app)
{
	struct timeline *timeline = app->timeline;
	uint64_t scale = timeline_scale(app), width = scale * (uint64_t)timeline->chart_width,
		 end = timeline_end(app);

	if (!timeline->scale)
		timeline->left = 0;
	else if (end < timeline->left || end + scale >= timeline->left + width)
		set_left(timeline, left_for_end(timeline, end + (app->ended ? 0 : width / 4), scale), scale);
}

void timeline_follow(struct app *app)
{
	struct timeline *timeline = app->timeline;
	size_t count = spans_count(timeline->spans, timeline->slot);

	if (timeline->follow && count)
		timeline->index = count - 1;
	if (timeline->follow)
		show_end(app);
	if (timeline->index >= count)
		timeline->index = count ? count - 1 : SIZE_MAX;
}

static void select_span(struct app *app, unsigned slot, size_t index)
{
	struct timeline *timeline = app->timeline;

	timeline->slot = slot;
	timeline->index = index;
	timeline->follow = false;
	show_selected(app);
}

/* The attempt at that time on a row, or the nearest before, or else the first. */
static size_t index_at(const struct app *app, unsigned slot, uint64_t t)
{
	size_t index = spans_starting_from(app->timeline->spans, slot, t + 1);

	if (!spans_count(app->timeline->spans, slot))
		return SIZE_MAX;
	return index ? index - 1 : 0;
}

void timeline_open(struct app *app)
{
	struct timeline *timeline = app->timeline;
	const struct test *test = app_selected(app);
	const struct attempt *attempt = test ? test_last_attempt(test) : NULL;

	app_cover(app, PANE_TIMELINE);
	if (!attempt || attempt->worker >= XTOP_SLOTS_MAX || !spans_count(timeline->spans, attempt->worker))
		return;
	/* What runs is the newest of its worker anyway. */
	timeline->slot = attempt->worker;
	timeline->index = index_at(app, attempt->worker, attempt->started);
	timeline->follow = !app->ended && attempt->outcome == OUTCOME_NONE;
	show_selected(app);
}

/* --- keys and mouse --- */

static void move_row(struct app *app, enum request request)
{
	struct timeline *timeline = app->timeline;
	const struct span *span = timeline_span(app);
	uint64_t t = span ? span->started : timeline->left;
	bool follow = timeline->follow;
	unsigned slot;

	timeline_count_rows(app);
	cursor_request(&timeline->rows, request);
	slot = timeline_slot(app, timeline->rows.selected);
	if (slot == NO_ROW)
		return;
	select_span(app, slot, index_at(app, slot, t));
	timeline->follow = follow;
}

/* To the attempt before or behind, and at least into another column. */
static void move_along(struct app *app, int step)
{
	struct timeline *timeline = app->timeline;
	const struct span *span = timeline_span(app);
	size_t count = spans_count(timeline->spans, timeline->slot), index = timeline->index;
	uint64_t scale = timeline->drawn_scale, column;

	if (!span)
		return;
	column = span->started / scale;
	if (step < 0 && index > 0) {
		index = spans_starting_from(timeline->spans, timeline->slot, column * scale);
		if (index >= timeline->index)
			index = timeline->index;
		/* The first in the column where the one before begins; where this column has the worker's first,
		 * that one. */
		if (index > 0) {
			column = spans_get(timeline->spans, timeline->slot, index - 1)->started / scale;
			index = spans_starting_from(timeline->spans, timeline->slot, column * scale);
		}
	} else if (step > 0 && index + 1 < count) {
		index = spans_starting_from(timeline->spans, timeline->slot, (column + 1) * scale);
		if (index >= count)
			index = count - 1;
	}
	select_span(app, timeline->slot, index);
}

static void zoom(struct app *app, bool in)
{
	struct timeline *timeline = app->timeline;
	const struct span *span = timeline_span(app);
	uint64_t scale = timeline->drawn_scale, least = scale_for_all(app);
	uint64_t width = (uint64_t)timeline->chart_width;
	uint64_t middle = span && !timeline->follow ? span->started : timeline->left + scale * width / 2;

	if (in) {
		uint64_t wanted = SCALE_LEAST;

		/* The next smaller step. */
		while (round_scale(wanted + 1) < scale)
			wanted = round_scale(wanted + 1);
		scale = wanted;
	} else {
		scale = round_scale(scale + 1);
	}
	timeline->scale = scale >= least ? 0 : scale;
	scale = timeline_scale(app);
	set_left(timeline, middle > scale * width / 2 ? middle - scale * width / 2 : 0, scale);
	if (!timeline->follow)
		show_selected(app);
	else
		show_end(app);
}

static void move_window(struct app *app, int step)
{
	struct timeline *timeline = app->timeline;
	uint64_t scale = timeline->drawn_scale, half = scale * (uint64_t)timeline->chart_width / 2;
	uint64_t most = left_for_end(timeline, timeline_end(app), scale), left = timeline->left;

	if (!timeline->scale)
		return;
	left = step > 0 ? left + half : left > half ? left - half : 0;
	if (left > most)
		left = most;
	set_left(timeline, left, scale);
	timeline->follow = false;
	timeline->index = index_at(app, timeline->slot, left + half);
}

static void to_end(struct app *app, bool newest)
{
	struct timeline *timeline = app->timeline;
	size_t count = spans_count(timeline->spans, timeline->slot);

	if (newest) {
		timeline->follow = !app->ended;
		timeline->index = count ? count - 1 : SIZE_MAX;
		show_end(app);
		return;
	}
	timeline->follow = false;
	timeline->index = count ? 0 : SIZE_MAX;
	timeline->left = 0;
}

/* The failure that is nearest in time before or behind what is selected, on any worker. */
static void go_to_failure(struct app *app, int direction)
{
	struct timeline *timeline = app->timeline;
	const struct span *span = timeline_span(app);
	uint64_t t = span ? span->started : 0, best = 0;
	unsigned found = NO_ROW;
	size_t found_index = 0;

	for (unsigned slot = 0; slot < XTOP_SLOTS_MAX; slot++) {
		size_t count = spans_count(timeline->spans, slot);
		size_t from = direction > 0 ? spans_starting_from(timeline->spans, slot, t) : 0;
		size_t to = direction > 0 ? count : spans_starting_from(timeline->spans, slot, t + 1);

		for (size_t i = spans_next_bad(timeline->spans, slot, from, to); i < to;
		     i = spans_next_bad(timeline->spans, slot, i + 1, to)) {
			uint64_t started = spans_get(timeline->spans, slot, i)->started;
			/* Of those that start at once, the one on the worker with the lower number comes first. */
			bool behind = started > t || (started == t && slot > timeline->slot);
			bool before = started < t || (started == t && slot < timeline->slot);
			bool nearer = found == NO_ROW || (direction > 0 ? started < best : started >= best);

			if (!(direction > 0 ? behind : before) || !nearer)
				continue;
			best = started;
			found = slot;
			found_index = i;
			if (direction > 0)
				break;
		}
	}
	if (found == NO_ROW)
		app_say(app, ROLE_NOTE,
			direction > 0 ? " No test failed later " : " No test failed earlier ");
	else
		select_span(app, found, found_index);
}

static void open_selected(struct app *app)
{
	const struct span *span = timeline_span(app);

	if (span && model_test(app->model, span->test))
		tests_open(app, span->test);
	else
		app_say(app, ROLE_NOTE, " No test is selected ");
}

static bool timeline_request(struct app *app, enum request request)
{
	struct timeline *timeline = app->timeline;

	timeline_follow(app);
	switch (request) {
	case REQUEST_UP:
	case REQUEST_DOWN:
	case REQUEST_PAGE_UP:
	case REQUEST_PAGE_DOWN:
		move_row(app, request);
		return true;
	case REQUEST_PREVIOUS_TAB:
		move_along(app, -1);
		return true;
	case REQUEST_NEXT_TAB:
		move_along(app, 1);
		return true;
	case REQUEST_FIRST:
		to_end(app, false);
		return true;
	case REQUEST_LAST:
		to_end(app, true);
		return true;
	case REQUEST_SORT_LEFT:
		move_window(app, -1);
		return true;
	case REQUEST_SORT_RIGHT:
		move_window(app, 1);
		return true;
	case REQUEST_EXPAND:
		zoom(app, true);
		return true;
	case REQUEST_COLLAPSE:
		zoom(app, false);
		return true;
	case REQUEST_FOLLOW:
		timeline->follow = !timeline->follow && !app->ended;
		return true;
	case REQUEST_PREVIOUS_FAILURE:
		go_to_failure(app, -1);
		return true;
	case REQUEST_NEXT_FAILURE:
		go_to_failure(app, 1);
		return true;
	case REQUEST_OPEN:
		open_selected(app);
		return true;
	default:
		return false;
	}
}

static void timeline_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct timeline *timeline = app->timeline;
	uint64_t t;
	unsigned slot;

	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		move_row(app, mouse == MOUSE_WHEEL_UP ? REQUEST_UP : REQUEST_DOWN);
		return;
	}
	slot = timeline_slot(app, timeline->rows.top + row - 2);
	if (row < 2 || row >= 2 + timeline->rows.height || slot == NO_ROW)
		return;
	t = timeline->left +
	    timeline->drawn_scale * (uint64_t)(column > LABEL_WIDTH ? column - LABEL_WIDTH + 1 : 1) - 1;
	select_span(app, slot, index_at(app, slot, t));
	if (mouse == MOUSE_DOUBLE_CLICK)
		open_selected(app);
}

static uint64_t timeline_selected(const struct app *app)
{
	const struct span *span = timeline_span(app);

	return span ? span->test : 0;
}

const struct view_ops timeline_view = {
	"timeline", timeline_draw, timeline_request, timeline_mouse, NULL, timeline_selected,
};
