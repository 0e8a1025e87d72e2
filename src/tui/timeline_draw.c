/* The picture of the timeline. */
#include "tui/format.h"
#include "tui/timeline_inside.h"

#include "base/clock.h"
#include "event/codec.h"

#include <stdio.h>
#include <string.h>

#define TICK_COLUMNS 10
#define NARROW 70 /* from which on there is room for more than a test's name and time */
#define SPARSE 2  /* where tests take less than one of so many parts of a column */

/* --- what a bar looks like --- */

static struct status status_of_span(const struct app *app, const struct span *span)
{
	const struct test *test = model_test(app->model, span->test);
	struct status status = status_of_outcome((enum outcome)span->outcome);

	if (span->ended != UINT64_MAX && span->outcome == OUTCOME_NONE)
		return (struct status){ ROLE_WAITING, GLYPH_NOTRUN, "unknown" };
	if (outcome_is_failure((enum outcome)span->outcome) && test && test->quarantined)
		return (struct status){ ROLE_QUARANTINED, GLYPH_QUARANTINED, status.word };
	if (span->outcome == OUTCOME_PASSED && span->attempt > 1)
		return (struct status){ ROLE_FLAKY, GLYPH_FLAKY, "flaky" };
	return status;
}

struct cell_look {
	enum role role;
	enum glyph glyph;
};

struct bars {
	const struct app *app;
	const struct timeline *timeline;
	struct spans_tail tail; /* from == to: none */
	uint64_t now, scale;
	unsigned slot;
};

/* A column in which there is one attempt, or a part of it. */
static struct cell_look look_of_one(const struct bars *bars, const struct span *span, uint64_t from,
				    uint64_t to)
{
	struct status status = status_of_span(bars->app, span);
	bool runs = span->ended == UINT64_MAX,
	     last = bars->tail.from < bars->tail.to && bars->slot == bars->tail.slot;

	if (runs && bars->now < to)
		return (struct cell_look){ status.role, GLYPH_RUNNING };
	if (span->started >= from)
		return (struct cell_look){ status.role, status.glyph == GLYPH_PASSED || runs
								? GLYPH_TRACK_BEGIN
								: status.glyph };
	if (last && to > bars->tail.from)
		return (struct cell_look){ status.role, GLYPH_TRACK_TAIL };
	return (struct cell_look){ status.role, runs ? GLYPH_TRACK_OPEN : GLYPH_TRACK };
}

/* One with several: of those that begin in it the first that failed, or how full it is. */
static struct cell_look look_of_many(const struct bars *bars, size_t first, size_t behind, uint64_t from,
				     uint64_t to)
{
	const struct spans *spans = bars->timeline->spans;
	size_t begins = first + (spans_get(spans, bars->slot, first)->started < from);
	size_t bad = spans_next_bad(spans, bars->slot, begins, behind);
	size_t told = bad < behind ? bad : begins + 1 == behind ? begins : behind;
	uint64_t busy;

	if (told < behind) {
		const struct span *span = spans_get(spans, bars->slot, told);
		struct status status = status_of_span(bars->app, span);

		if (span->ended == UINT64_MAX)
			return look_of_one(bars, span, from, to);
		return (struct cell_look){ status.role,
					   status.glyph == GLYPH_PASSED ? GLYPH_TRACK_MANY : status.glyph };
	}
	busy = spans_busy(spans, bars->slot, from, to, bars->now);
	return (struct cell_look){ ROLE_PASSED,
				   busy * SPARSE < to - from ? GLYPH_TRACK_SPARSE : GLYPH_TRACK_MANY };
}

static void draw_bars(struct app *app, const struct bars *bars, struct area area, int row)
{
	const struct spans *spans = bars->timeline->spans;
	size_t count = spans_count(spans, bars->slot);
	uint64_t from = bars->timeline->left, to;
	size_t first = spans_ending_behind(spans, bars->slot, from), behind;

	/* From column to column both ends move on by a few attempts only. */
	for (int column = 0; column < area.width && first < count && from <= bars->now; column++, from = to) {
		struct cell_look look;

		to = from + bars->scale;
		if (spans_get(spans, bars->slot, first)->started >= to)
			continue;
		behind = spans_starting_near(spans, bars->slot, first + 1, to);
		if (behind == first + 1)
			look = look_of_one(bars, spans_get(spans, bars->slot, first), from, to);
		else
			look = look_of_many(bars, first, behind, from, to);
		screen_glyph(app->screen, row, area.column + column, look.role, look.glyph);
		first = behind - 1;
		while (first < count && spans_get(spans, bars->slot, first)->ended <= to)
			first++;
	}
}

static void mark_selected(struct app *app, struct area area, int row, uint64_t scale, uint64_t now)
{
	const struct span *span = timeline_span(app);
	uint64_t left = app->timeline->left, end = left + scale * (uint64_t)area.width;
	uint64_t from, to;

	if (!span)
		return;
	to = span->ended == UINT64_MAX ? now : span->ended;
	if (to < left || span->started >= end)
		return;
	from = span->started > left ? span->started : left;
	from = (from - left) / scale;
	to = ((to < end ? to : end) - left + scale - 1) / scale;
	screen_mark(app->screen, row, area.column + (int)from, (int)(to > from ? to - from : 1), MARK_CURSOR);
}

/* --- the frame around them --- */

static const char *format_scale(char buffer[FORMAT_SIZE], uint64_t scale)
{
	if (scale < CLOCK_MS)
		snprintf(buffer, FORMAT_SIZE, "%gms", (double)scale / (double)CLOCK_MS);
	else if (scale < CLOCK_SECOND)
		snprintf(buffer, FORMAT_SIZE, "%ums", (unsigned)(scale / CLOCK_MS));
	else
		format_age(buffer, scale);
	return buffer;
}

/* A time on the axis: as finely as the scale needs it. */
static const char *format_tick(char buffer[FORMAT_SIZE], uint64_t t, uint64_t scale)
{
	uint64_t step = scale * TICK_COLUMNS;
	int digits = step % CLOCK_SECOND == 0          ? 0
		     : step % (CLOCK_SECOND / 10) == 0 ? 1
		     : step % (10 * CLOCK_MS) == 0     ? 2
						       : 3;

	format_clock(buffer, t);
	if (digits) {
		size_t length = strlen(buffer);
		unsigned long long part = t % CLOCK_SECOND / CLOCK_MS;

		for (int i = digits; i < 3; i++)
			part /= 10;
		snprintf(buffer + length, FORMAT_SIZE - length, ".%0*llu", digits, part);
	}
	return buffer;
}

static void draw_axis(struct app *app, struct area area, int row, uint64_t scale)
{
	uint64_t step = scale * TICK_COLUMNS, left = app->timeline->left;
	uint64_t t = (left + step - 1) / step * step;
	char text[FORMAT_SIZE];

	for (;; t += step) {
		int column = (int)((t - left) / scale), width;

		if (column >= area.width)
			break;
		format_tick(text, t, scale);
		width = (int)strlen(text);
		screen_glyph(app->screen, row, area.column + column, ROLE_DIM, GLYPH_VERTICAL);
		if (column + 1 + width <= area.width)
			screen_text(app->screen, row, area.column + column + 1, width, ROLE_DIM, text);
	}
}

/* While tests wait, nobody knows yet where the tail begins. */
static struct spans_tail find_tail(const struct app *app)
{
	const struct tally *tally = &app->run->tally;

	if (app->timeline->ended)
		return app->timeline->tail;
	if (!app->run->collected || tally->done + tally->running < tally->found)
		return (struct spans_tail){ 0 };
	return spans_tail(app->timeline->spans, app->run, app->now);
}

/* Each part only where it fits between what is there already and `end`. */
static int draw_part(struct app *app, int row, int column, int end, enum role role, const char *text)
{
	int width = (int)strlen(text);

	if (column + width >= end)
		return column;
	return column + screen_text(app->screen, row, column, width, role, text) + 1;
}

static int draw_right_part(struct app *app, int row, int column, int end, const char *text)
{
	int width = (int)strlen(text);

	if (column + width >= end - 1)
		return end;
	screen_text(app->screen, row, end - width - 1, width, ROLE_HEADING, text);
	return end - width - 1;
}

static void draw_title(struct app *app, struct area area, bool focused, uint64_t scale,
		       const struct spans_tail *tail)
{
	const struct timeline *timeline = app->timeline;
	const struct list_cursor *rows = &timeline->rows;
	int column = pane_draw_title(app, area, GLYPH_HORIZONTAL, focused, "Timeline") + 1, end = area.width;
	char text[128], number[FORMAT_SIZE], key[4][KEYMAP_NAME_SIZE];

	snprintf(text, sizeof(text), " column = %s%s ", format_scale(number, scale),
		 timeline->scale ? "" : ", whole run");
	column = draw_part(app, area.row, column, end, ROLE_HEADING, text);
	if (tail->to > tail->from && tail->workers > 1) {
		format_duration(number, tail->to - tail->from);
		snprintf(text, sizeof(text), " tail %s, %.0f of %u workers idle ", number, tail->idle,
			 tail->workers);
		if (column + (int)strlen(text) >= end)
			snprintf(text, sizeof(text), " tail %s, %.0f idle ", number, tail->idle);
		column = draw_part(app, area.row, column, end, ROLE_TITLE_FOCUS, text);
	}
	if (timeline->follow && !app->ended)
		end = draw_right_part(app, area.row, column, end, " follows ");
	if (rows->length > rows->height) {
		snprintf(text, sizeof(text), " %ld-%ld of %ld ", rows->top + 1, rows->top + rows->height,
			 rows->length);
		end = draw_right_part(app, area.row, column, end, text);
	}
	snprintf(text, sizeof(text), " %s %s zoom, %s %s move ", app_key_name(app, REQUEST_EXPAND, key[0]),
		 app_key_name(app, REQUEST_COLLAPSE, key[1]), app_key_name(app, REQUEST_SORT_LEFT, key[2]),
		 app_key_name(app, REQUEST_SORT_RIGHT, key[3]));
	draw_right_part(app, area.row, column, end, text);
}

/* What the cursor is on, in the last line. */
static void draw_selected(struct app *app, int row, int width)
{
	const struct span *span = timeline_span(app);
	const struct test *test = span ? model_test(app->model, span->test) : NULL;
	struct status status;
	char text[FORMAT_SIZE], times[96], begin[FORMAT_SIZE];
	int column = 1, used;

	if (!test) {
		screen_text(app->screen, row, column, width - column, ROLE_DIM,
			    app->timeline->rows.length ? "This worker has run nothing yet." : "");
		return;
	}
	status = status_of_span(app, span);
	if (span->ended == UINT64_MAX)
		snprintf(times, sizeof(times), "%s on gw%u since %s",
			 format_age(text, timeline_end(app) > span->started
						  ? timeline_end(app) - span->started
						  : 0),
			 app->timeline->slot, format_tick(begin, span->started, CLOCK_MS));
	else
		snprintf(times, sizeof(times), "%s on gw%u at %s%s",
			 format_duration(text, span->ended - span->started), app->timeline->slot,
			 format_tick(begin, span->started, CLOCK_MS), span->attempt > 1 ? ", a rerun" : "");
	used = (int)strlen(times) + 1;
	if (width < NARROW)
		used = snprintf(times, sizeof(times), "%s", text) + 1;
	column += screen_glyph(app->screen, row, column, status.role, status.glyph) + 1;
	if (width >= NARROW)
		column += screen_text(app->screen, row, column, width - column, status.role, status.word) + 1;
	column += screen_text_end(app->screen, row, column, width - column - used, ROLE_STRONG, test->id) + 1;
	screen_text(app->screen, row, column, width - column, ROLE_TEXT, times);
}

static void draw_row(struct app *app, struct bars *bars, struct area chart, int row, bool selected)
{
	char name[8];

	snprintf(name, sizeof(name), "gw%u", bars->slot);
	screen_text(app->screen, row, 1, 5, selected ? ROLE_TITLE_FOCUS : ROLE_STRONG, name);
	if (bars->tail.to > bars->tail.from && bars->slot == bars->tail.slot && bars->tail.workers > 1)
		screen_glyph(app->screen, row, 6, ROLE_FLAKY, GLYPH_TAIL);
	draw_bars(app, bars, chart, row);
	if (selected) {
		screen_mark(app->screen, row, 0, LABEL_WIDTH - 1, MARK_CURSOR_WEAK);
		mark_selected(app, chart, row, bars->scale, bars->now);
	}
}

void timeline_draw(struct app *app, struct area area, bool focused)
{
	struct timeline *timeline = app->timeline;
	struct area title = { area.row, area.column, 1, area.width };
	struct area chart = { area.row + 2, LABEL_WIDTH, area.height - 3, area.width - LABEL_WIDTH };
	struct bars bars = {
		.app = app, .timeline = timeline, .now = timeline_end(app), .tail = find_tail(app)
	};

	timeline->chart_width = chart.width > 1 ? chart.width : 1;
	timeline->rows.height = chart.height;
	timeline_count_rows(app);
	timeline_follow(app);
	bars.scale = timeline->drawn_scale = timeline_scale(app);
	draw_title(app, title, focused, bars.scale, &bars.tail);
	draw_axis(app, chart, area.row + 1, bars.scale);
	if (!timeline->rows.length)
		screen_text(app->screen, chart.row, 1, area.width - 1, ROLE_DIM,
			    "No worker has started yet.");
	for (int i = 0; i < chart.height; i++) {
		bars.slot = timeline_slot(app, timeline->rows.top + i);
		if (bars.slot == NO_ROW)
			break;
		draw_row(app, &bars, chart, chart.row + i, bars.slot == timeline->slot);
	}
	draw_selected(app, area.row + area.height - 1, area.width);
}
