#include "tui/flaky_inside.h"
#include "tui/format.h"

#include "event/codec.h"
#include "store/wilson.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* --- flaky tests --- */

struct columns {
	int rate, interval, runs, recent, since, held, test; /* -1: not shown */
};

static struct columns place_columns(int width)
{
	struct columns at = { .rate = 4, .interval = -1, .recent = -1, .since = -1 };
	int column = 9;

	if (width >= 76) {
		at.interval = column;
		column += 8;
	}
	at.runs = column;
	column += 8;
	if (width >= 56) {
		at.recent = column;
		column += HISTORY_RECENT + 1;
	}
	if (width >= 100) {
		at.since = column;
		column += 11;
	}
	at.held = column;
	at.test = column + 2;
	return at;
}

static void draw_recent(struct app *app, const struct flaky_row *row, int screen_row, int column)
{
	history_mark recent[HISTORY_RECENT];
	unsigned count = flaky_rows_recent(app->flaky->rows, row, recent);

	/* The oldest at the left, the newest always in the last column. */
	for (unsigned i = 0; i < count; i++) {
		bool flaky = history_mark_is_flaky(recent[i]), failed = history_mark_failed(recent[i]);
		struct status status = status_of_outcome(history_mark_outcome(recent[i]));

		screen_glyph(app->screen, screen_row, column + HISTORY_RECENT - 1 - (int)i,
			     flaky ? ROLE_FLAKY : status.role,
			     flaky    ? GLYPH_FLAKY
			     : failed ? status.glyph
				      : GLYPH_PASSED);
	}
}

static void draw_numbers(struct app *app, const struct flaky_row *row, struct columns at, int screen_row)
{
	const struct history_evidence *evidence = row->evidence;
	struct wilson interval = wilson_interval(evidence->failures, evidence->runs, WILSON_Z_95);
	struct str date = STR_INIT;
	char text[32];

	screen_format(app->screen, screen_row, at.rate, 4, ROLE_STRONG, "%3.0f%%",
		      evidence->runs ? 100.0 * evidence->failures / evidence->runs : 0.0);
	if (at.interval >= 0) {
		snprintf(text, sizeof(text), "%.0f-%.0f%%", interval.low * 100, interval.high * 100);
		screen_format(app->screen, screen_row, at.interval, 7, ROLE_DIM, "%7s", text);
	}
	snprintf(text, sizeof(text), "%u/%u", evidence->failures, evidence->runs);
	screen_format(app->screen, screen_row, at.runs, 7, ROLE_TEXT, "%7s", text);
	if (at.recent >= 0)
		draw_recent(app, row, screen_row, at.recent);
	if (at.since >= 0) {
		flaky_rows_add_first_seen(&date, row);
		screen_text(app->screen, screen_row, at.since, 10, ROLE_DIM, date.data);
	}
	str_fini(&date);
}

static void draw_flaky(struct app *app, const struct flaky_row *row, struct columns at, int screen_row,
		       int width)
{
	const struct test *test = row->test ? model_test(app->model, row->test) : NULL;
	bool held = test ? action_is_held(app, test) : row->held;
	uint32_t ordinal = test ? test->ordinal : row->evidence ? row->evidence->ordinal : 1;
	int column = at.test;

	if (row->now)
		screen_glyph(app->screen, screen_row, 2, ROLE_FLAKY, GLYPH_FLAKY);
	if (row->evidence)
		draw_numbers(app, row, at, screen_row);
	else
		screen_text(app->screen, screen_row, at.rate, 8, ROLE_DIM, " new");
	if (held)
		screen_glyph(app->screen, screen_row, at.held, ROLE_QUARANTINED, GLYPH_QUARANTINED);
	else if (row->advised)
		screen_text(app->screen, screen_row, at.held, 1, ROLE_WARNING, "!");
	column += screen_text_end(app->screen, screen_row, column, width - column - (ordinal > 1 ? 4 : 0),
				  test ? ROLE_TEXT : ROLE_DIM, test ? test->id : row->evidence->id);
	if (ordinal > 1)
		screen_format(app->screen, screen_row, column, width - column, ROLE_DIM, " #%u", ordinal);
	if (app->search.length)
		screen_highlight(app->screen, screen_row, at.test, width - at.test, app->search.data);
}

static void draw_flaky_headings(struct app *app, struct columns at, int row, int from, int width)
{
	const struct {
		int column, width;
		const char *text;
		bool right;
	} headings[] = { { at.interval, 7, "95%", true },
			 { at.runs, 7, "FAILED", true },
			 { at.recent, HISTORY_RECENT, "LAST TEN", false },
			 { at.since, 10, "SINCE", false },
			 { at.test, 4, "TEST", false } };

	for (size_t i = 0; i < sizeof(headings) / sizeof(*headings); i++) {
		int length = (int)strlen(headings[i].text);
		int column = headings[i].column + (headings[i].right ? headings[i].width - length : 0);

		if (headings[i].column >= 0 && column > from && column + length <= width)
			screen_text(app->screen, row, column, length, ROLE_HEADING, headings[i].text);
	}
}

/* --- the quarantine --- */

static void draw_term(struct app *app, const struct control_hold *hold, int row, int column, int width)
{
	enum role role = ROLE_TEXT;
	char text[32] = "";

	if (hold->expired) {
		snprintf(text, sizeof(text), "expired");
		role = ROLE_FAILED;
	} else if (hold->days_left == 1) {
		snprintf(text, sizeof(text), "tomorrow");
	} else if (hold->days_left != INT_MAX) {
		snprintf(text, sizeof(text), "in %dd", hold->days_left);
	}
	if (!hold->expired && hold->days_left <= QUARANTINE_SOON)
		role = ROLE_FLAKY;
	screen_text(app->screen, row, column, width, role, text);
}

/* What came of the tests that an entry names: a word for one, counts for several. */
static void draw_outcomes(struct app *app, const struct control_hold *hold, int row, int column, int end)
{
	unsigned counts[GLYPH_COUNT] = { 0 };
	enum role roles[GLYPH_COUNT] = { ROLE_TEXT };
	struct status status;

	if (!hold->tests.length) {
		screen_text(app->screen, row, column, end - column, ROLE_DIM, "no test");
		return;
	}
	vec_each(&hold->tests, number) {
		const struct test *test = model_test(app->model, *number);

		if (!test)
			continue;
		status = status_of_test(test);
		counts[status.glyph]++;
		roles[status.glyph] = status.role;
		if (hold->tests.length > 1)
			continue;
		column += screen_glyph(app->screen, row, column, status.role, status.glyph) + 1;
		screen_text(app->screen, row, column, end - column, status.role, status.word);
		return;
	}
	for (int glyph = 0; glyph < GLYPH_COUNT; glyph++) {
		char text[16];

		if (!counts[glyph])
			continue;
		snprintf(text, sizeof(text), "%u", counts[glyph]);
		if (column + 1 + (int)strlen(text) > end)
			break;
		column += screen_glyph(app->screen, row, column, roles[glyph], (enum glyph)glyph);
		column += screen_text(app->screen, row, column, end - column, roles[glyph], text) + 1;
	}
}

struct hold_columns {
	int term, since, owner, now, test, reason; /* -1: not shown */
};

static struct hold_columns place_hold_columns(int width)
{
	struct hold_columns at = { .term = 2, .since = -1, .owner = -1, .reason = -1 };
	int column = 12;

	if (width >= 100) {
		at.since = column;
		column += 11;
	}
	if (width >= 110) {
		at.owner = column;
		column += 9;
	}
	at.now = column;
	column += 11;
	at.test = column;
	if (width >= 76)
		at.reason = column + (width - column) * 3 / 5;
	return at;
}

static void draw_hold(struct app *app, const struct control_hold *hold, struct hold_columns at, int row,
		      int width)
{
	int end = at.reason >= 0 ? at.reason - 1 : width;

	draw_term(app, hold, row, at.term, 9);
	if (at.since >= 0 && hold->since)
		screen_text(app->screen, row, at.since, 10, ROLE_DIM, hold->since);
	if (at.owner >= 0 && hold->owner)
		screen_text_begin(app->screen, row, at.owner, 8, ROLE_TEXT, hold->owner);
	draw_outcomes(app, hold, row, at.now, at.test - 1);
	if (hold->expression)
		screen_text_begin(app->screen, row, at.test, end - at.test, ROLE_TEXT, hold->test);
	else
		screen_text_end(app->screen, row, at.test, end - at.test, ROLE_TEXT, hold->test);
	if (at.reason >= 0 && hold->reason)
		screen_text_begin(app->screen, row, at.reason, width - at.reason, ROLE_DIM, hold->reason);
	if (app->search.length)
		screen_highlight(app->screen, row, at.test, width - at.test, app->search.data);
}

static void draw_hold_headings(struct app *app, struct hold_columns at, int row, int from, int width)
{
	const struct {
		int column;
		const char *text;
	} headings[] = { { at.since, "SINCE" },
			 { at.owner, "OWNER" },
			 { at.now, "NOW" },
			 { at.test, "TEST" },
			 { at.reason, "REASON" } };

	for (size_t i = 0; i < sizeof(headings) / sizeof(*headings); i++) {
		int length = (int)strlen(headings[i].text);

		if (headings[i].column > from && headings[i].column + length <= width)
			screen_text(app->screen, row, headings[i].column, length, ROLE_HEADING,
				    headings[i].text);
	}
}

/* --- both --- */

/* The line above a list; returns the column behind the label. */
static int draw_label(struct app *app, enum flaky_list list, int row, int width)
{
	const struct flaky_pane *pane = app->flaky;
	bool current = pane->current == list;

	screen_fill(app->screen, row, 0, width, current ? ROLE_BORDER_FOCUS : ROLE_BORDER, GLYPH_HORIZONTAL);
	return pane_draw_tab(app, row, 1, width, list == LIST_FLAKY ? "Flaky" : "Quarantine",
			     pane->cursors[list].length, current);
}

static void mark_row(struct app *app, enum flaky_list list, long index, int row, int width)
{
	const struct flaky_pane *pane = app->flaky;

	if (index == pane->cursors[list].selected)
		screen_mark(app->screen, row, 0, width, pane->current == list ? MARK_CURSOR : MARK_NONE);
}

static void draw_flaky_list(struct app *app, int row, int height, int width)
{
	struct flaky_pane *pane = app->flaky;
	struct list_cursor *cursor = &pane->cursors[LIST_FLAKY];
	struct columns at = place_columns(width);
	int from = draw_label(app, LIST_FLAKY, row, width);

	draw_flaky_headings(app, at, row, from, width);
	pane->first_rows[LIST_FLAKY] = row + 1;
	cursor->height = height;
	cursor_clamp(cursor);
	if (!cursor->length)
		screen_text(app->screen, row + 1, 2, width - 2, ROLE_DIM,
			    pane->flaky_problem[0]            ? pane->flaky_problem
			    : flaky_rows_runs(pane->rows) > 0 ? "No test is flaky, now or by earlier runs."
							      : "No test was flaky in this run.");
	for (int i = 0; i < height && cursor->top + i < cursor->length; i++) {
		draw_flaky(app, flaky_rows_get(pane->rows, (size_t)(cursor->top + i)), at, row + 1 + i,
			   width);
		mark_row(app, LIST_FLAKY, cursor->top + i, row + 1 + i, width);
	}
}

static void draw_holds(struct app *app, int row, int height, int width)
{
	struct flaky_pane *pane = app->flaky;
	struct list_cursor *cursor = &pane->cursors[LIST_HOLDS];
	struct hold_columns at = place_hold_columns(width);
	int from = draw_label(app, LIST_HOLDS, row, width);

	draw_hold_headings(app, at, row, from, width);
	pane->first_rows[LIST_HOLDS] = row + 1;
	cursor->height = height;
	cursor_clamp(cursor);
	if (!cursor->length)
		screen_text(app->screen, row + 1, 2, width - 2, ROLE_DIM,
			    pane->holds_problem[0] ? pane->holds_problem
			    : app->options.replay  ? "No failure was in quarantine."
						   : "No test is in quarantine.");
	for (int i = 0; i < height && cursor->top + i < cursor->length; i++) {
		draw_hold(app, &pane->holds.holds.items[cursor->top + i], at, row + 1 + i, width);
		mark_row(app, LIST_HOLDS, cursor->top + i, row + 1 + i, width);
	}
}

static void add_part(struct str *out, const char *name, const char *text)
{
	if (text)
		str_add_format(out, "%s%s%s", out->length ? ", " : "", name, text);
}

/* All about what the cursor is on, in the last line. */
static void draw_selected(struct app *app, int row, int width)
{
	const struct flaky_row *flaky = flaky_selected_row(app);
	const struct control_hold *hold = flaky_selected_hold(app);
	struct str text = STR_INIT;

	if (flaky) {
		flaky_rows_add_why(&text, app->flaky->rows, flaky);
		if (!flaky->test)
			str_add_text(&text, "; not in this run");
	} else if (hold) {
		add_part(&text, "", hold->reason);
		add_part(&text, "owner ", hold->owner);
		add_part(&text, "", hold->issue);
		add_part(&text, "since ", hold->since);
		add_part(&text, hold->expired ? "expired " : "expires ", hold->expires);
		add_part(&text, "suite ", hold->suite);
		if (app->flaky->holds.file)
			str_add_format(&text, "%s%s:%d", text.length ? ", " : "", app->flaky->holds.file,
				       hold->line);
	}
	if (text.length)
		screen_text_begin(app->screen, row, 1, width - 1, ROLE_TEXT, text.data);
	str_fini(&text);
}

void flaky_draw(struct app *app, struct area area, bool focused)
{
	struct flaky_pane *pane = app->flaky;
	struct area title = { area.row, area.column, 1, area.width };
	/* Title, two labels, the line at the end. */
	int room = area.height - 4, flaky, holds, column;
	char text[64];

	flaky_refresh(app);
	holds = pane->cursors[LIST_HOLDS].length < 1 ? 1 : (int)pane->cursors[LIST_HOLDS].length;
	flaky = pane->cursors[LIST_FLAKY].length < 1 ? 1 : (int)pane->cursors[LIST_FLAKY].length;
	if (holds > room / 2)
		holds = room - flaky > room / 2 ? room - flaky : room / 2;
	if (holds > room - 1)
		holds = room - 1;
	flaky = room - holds;
	column = pane_draw_title(app, title, GLYPH_HORIZONTAL, focused, "Flaky and quarantine");
	snprintf(text, sizeof(text), " %u now, by %zu runs ", flaky_rows_now(pane->rows),
		 flaky_rows_runs(pane->rows));
	if (flaky_rows_runs(pane->rows) && column + 1 + (int)strlen(text) < area.width)
		screen_text(app->screen, area.row, column + 1, area.width - column - 1, ROLE_HEADING, text);
	draw_flaky_list(app, area.row + 1, flaky, area.width);
	draw_holds(app, area.row + 2 + flaky, holds, area.width);
	draw_selected(app, area.row + area.height - 1, area.width);
}
