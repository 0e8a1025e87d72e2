#include "tui/detail_inside.h"
#include "tui/format.h"

#include "base/fs.h"
#include "base/utf8.h"
#include "event/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of an output that is on disk, this much is read for the full screen. */
#define OUTPUT_SHOWN ((size_t)2 << 20)
/* Lines of output below an error. */
#define OUTPUT_BELOW_ERROR 20

static const char *const tab_labels[DETAIL_TAB_COUNT] = {
	[DETAIL_OUTPUT] = "output",
	[DETAIL_ERROR] = "error",
	[DETAIL_ATTEMPTS] = "attempts",
	[DETAIL_HISTORY] = "history",
	[DETAIL_POINTS] = "points",
};

static bool is_full(const struct app *app)
{
	return app_over(app) == PANE_DETAIL;
}

void detail_init(struct app *app)
{
	page_init(&app->detail.page);
	app->detail.follow = true;
}

void detail_fini(struct app *app)
{
	page_fini(&app->detail.page);
	history_verdicts_fini(&app->detail.past);
}

void detail_hear(struct app *app, const struct event *event)
{
	if (!event_has(event, test) || event->test != app->detail.test)
		return;
	app->detail.revision++;
	app->changed = true;
	/* The answer to a key. */
	if (event->type == EVENT_LOG && event_has(event, evidence))
		app_say(app, ROLE_NOTE, " %.*s ",
			(int)(event->message.length > 300 ? 300 : event->message.length), event->message.data);
}

/* --- what an attempt came to --- */

static void describe_attempt(const struct app *app, const struct attempt *attempt, struct str *out)
{
	char text[FORMAT_SIZE], signal_text[32];

	if (attempt->outcome == OUTCOME_NONE) {
		str_add_format(
			out, "running for %s",
			format_age(text, app->now > attempt->started ? app->now - attempt->started : 0));
	} else {
		str_add_format(out, "%s after %s", outcome_name(attempt->outcome),
			       format_duration(text, attempt->duration));
	}
	str_add_format(out, " on gw%u", attempt->worker);
	if (attempt->signal)
		str_add_format(out, ", ended by %s", event_signal_name(attempt->signal, signal_text));
	else if (attempt->exit_code >= 0 && attempt->outcome != OUTCOME_PASSED)
		str_add_format(out, ", exit code %d", attempt->exit_code);
	if (attempt->cpu)
		str_add_format(out, ", cpu %s", format_duration(text, attempt->cpu));
	if (attempt->rss)
		str_add_format(out, ", %s at most", format_bytes(text, attempt->rss));
	if (attempt->code)
		str_add_format(out, ", %s", attempt->code);
}

void detail_add_attempt_line(struct app *app, const struct test *test, const struct attempt *attempt)
{
	struct status status = status_of_outcome(attempt->outcome);
	struct str text = STR_INIT;

	str_add_format(&text, "%s ", screen_glyph_text(app->screen, status.glyph));
	if (test->attempts.length > 1)
		str_add_format(&text, "attempt %u: ", attempt->number);
	describe_attempt(app, attempt, &text);
	page_add_text(&app->detail.page, status.role, text.data, text.length);
	str_fini(&text);
}

/* --- output --- */

static void add_gap(struct page *page, const struct output *output)
{
	char text[FORMAT_SIZE];
	uint64_t gap = output_gap(output);

	if (gap && output->path)
		page_add_format(page, ROLE_NOTE, " %s more here: Enter shows them, the file is %s ",
				format_bytes(text, gap), output->path);
	else if (gap)
		page_add_format(page, ROLE_NOTE, " %s more here are not in memory ", format_bytes(text, gap));
}

static bool add_output_file(struct page *page, const struct output *output)
{
	struct str text = STR_INIT;
	struct error error;

	if (fs_read_file(output->path, OUTPUT_SHOWN, &text, &error)) {
		str_fini(&text);
		return false;
	}
	page_add_printed(page, ROLE_TEXT, text.data, text.length);
	str_fini(&text);
	return true;
}

static void add_output(struct app *app, const struct attempt *attempt)
{
	struct page *page = &app->detail.page;
	const struct output *output = &attempt->output;
	char text[FORMAT_SIZE];
	struct slice tail;

	if (!output->total && !output->dropped) {
		page_add_text(page, ROLE_DIM, "It printed nothing.",
			      attempt->outcome == OUTCOME_NONE ? 0 : 19);
		return;
	}
	if ((output_gap(output) || output->discarded) && output->path && is_full(app) &&
	    add_output_file(page, output)) {
		/* All of it. */
	} else if (output->discarded) {
		page_add_format(page, ROLE_NOTE, " %s of output are no longer in memory%s%s ",
				format_bytes(text, output->total), output->path ? ", the file is " : "",
				output->path ? output->path : "");
	} else {
		struct str whole = STR_INIT;

		tail = output_tail(output);
		if (output_gap(output)) {
			page_add_printed(page, ROLE_TEXT, output->head.data, output->head.length);
			add_gap(page, output);
			page_add_printed(page, ROLE_TEXT, tail.data, tail.length);
		} else {
			/* Put together first: the seam may lie within a line. */
			str_add(&whole, output->head.data, output->head.length);
			str_add(&whole, tail.data, tail.length);
			page_add_printed(page, ROLE_TEXT, whole.data, whole.length);
		}
		str_fini(&whole);
	}
	if (output->dropped)
		page_add_format(page, ROLE_NOTE,
				" %s more were beyond the output limit and are kept nowhere ",
				format_bytes(text, output->dropped));
}

static void make_output(struct app *app, const struct test *test)
{
	for (size_t i = 0; i < test->attempts.length; i++) {
		if (test->attempts.length > 1) {
			if (i)
				page_add_line(&app->detail.page, ROLE_TEXT, "", 0);
			detail_add_attempt_line(app, test, test->attempts.items[i]);
		}
		add_output(app, test->attempts.items[i]);
	}
	if (!test->attempts.length)
		page_add_text(&app->detail.page, ROLE_DIM, "It has not started yet.", 23);
	else if (test->state == TEST_RUNNING)
		detail_add_evidence(app, test_last_attempt(test));
}

/* --- points --- */

static void add_point(struct app *app, const struct point *point)
{
	struct status status = status_of_outcome(point->outcome);
	struct str text = STR_INIT;
	unsigned indent = 2u * (point->depth > 20 ? 20u : point->depth);

	str_add_format(&text, "%*s%s ", (int)indent, "", screen_glyph_text(app->screen, status.glyph));
	if (point->number)
		str_add_format(&text, "%u ", point->number);
	if (point->outcome != OUTCOME_PASSED && point->outcome != OUTCOME_FAILED)
		str_add_format(&text, "(%s) ", status.word);
	if (point->name)
		str_add_text(&text, point->name);
	page_add_line(&app->detail.page, status.role, text.data, text.length);
	if (point->message) {
		str_clear(&text);
		for (const char *line = point->message; *line;) {
			size_t length = strcspn(line, "\n");

			str_add_format(&text, "%*s", (int)indent + 4, "");
			str_add(&text, line, length);
			str_add_char(&text, '\n');
			line += length + (line[length] == '\n');
		}
		page_add_text(&app->detail.page, point->outcome == OUTCOME_PASSED ? ROLE_DIM : ROLE_TEXT,
			      text.data, text.length);
	}
	str_fini(&text);
}

static bool point_failed(const struct point *point)
{
	return outcome_is_failure(point->outcome);
}

size_t detail_add_failed_points(struct app *app, const struct attempt *attempt)
{
	size_t count = 0;

	vec_each(&attempt->points, point) {
		if (!point_failed(point))
			continue;
		add_point(app, point);
		count++;
	}
	return count;
}

static void make_points(struct app *app, const struct test *test)
{
	struct page *page = &app->detail.page;
	const struct attempt *attempt = test_last_attempt(test);
	uint64_t shown = 0, all;

	if (!attempt || !attempt->points.length) {
		page_add_text(page, ROLE_DIM, "It has no points: only TAP programs report them.", 48);
		return;
	}
	page_add_format(page, attempt->points_failed ? ROLE_FAILED : ROLE_DIM,
			"%u passed, %u failed, %u skipped", attempt->points_passed, attempt->points_failed,
			attempt->points_skipped);
	vec_each(&attempt->points, point) {
		add_point(app, point);
		shown += point->depth == 0;
	}
	all = (uint64_t)attempt->points_passed + attempt->points_failed + attempt->points_skipped;
	if (all > shown)
		page_add_format(page, ROLE_NOTE, " %llu more are counted but not kept ",
				(unsigned long long)(all - shown));
}

/* --- the end of it --- */

void detail_add_last_output(struct app *app, const struct attempt *attempt)
{
	struct page *page = &app->detail.page;
	const struct output *output = &attempt->output;
	struct slice tail = output_tail(output);
	struct str whole = STR_INIT;
	size_t begin, lines = 0;

	if (!output_gap(output))
		str_add(&whole, output->head.data, output->head.length);
	str_add(&whole, tail.data, tail.length);
	for (begin = whole.length; begin > 0; begin--)
		if (whole.data[begin - 1] == '\n' && begin < whole.length && ++lines == OUTPUT_BELOW_ERROR)
			break;
	if (whole.length) {
		page_add_text(page, ROLE_HEADING,
			      begin ? "The end of its output:" : "Its output:", begin ? 22 : 11);
		page_add_printed(page, ROLE_TEXT, whole.data + begin, whole.length - begin);
	}
	str_fini(&whole);
}

/* --- putting it together --- */

static enum detail_tab choose_tab(const struct test *test)
{
	const struct attempt *attempt = test_last_attempt(test);

	if (test->state == TEST_RUNNING)
		return DETAIL_OUTPUT;
	if (outcome_is_failure(test->outcome) || test->flaky || test->outcome == OUTCOME_SKIPPED ||
	    test->outcome == OUTCOME_XFAILED || test->state == TEST_RETRYING)
		return DETAIL_ERROR;
	return attempt && attempt->points.length ? DETAIL_POINTS : DETAIL_OUTPUT;
}

static void make_lines(struct app *app, const struct test *test, int width)
{
	struct detail_pane *pane = &app->detail;
	enum detail_tab tab = pane->wanted != DETAIL_AUTO ? pane->wanted : choose_tab(test);

	if (pane->made_revision == pane->revision + 1 && pane->page.width == width && pane->tab == tab &&
	    pane->made_full == is_full(app))
		return;
	/* An end that is followed is the output's; other pages begin at their top. */
	if (pane->tab != tab)
		pane->page.scroll.top = 0;
	pane->tab = tab;
	pane->made_full = is_full(app);
	pane->made_revision = pane->revision + 1;
	page_clear(&pane->page, width);
	switch (tab) {
	case DETAIL_ERROR:
		detail_make_error(app, test);
		break;
	case DETAIL_ATTEMPTS:
		detail_make_attempts(app, test);
		break;
	case DETAIL_HISTORY:
		detail_make_history(app, test);
		break;
	case DETAIL_POINTS:
		make_points(app, test);
		break;
	default:
		make_output(app, test);
		break;
	}
}

static void draw_title(struct app *app, struct area area, bool focused, const struct test *test)
{
	struct detail_pane *pane = &app->detail;
	bool all = true; /* else the current tab alone */
	int column, tabs = 0, room;

	for (int tab = DETAIL_OUTPUT; tab < DETAIL_TAB_COUNT; tab++)
		tabs += (int)strlen(tab_labels[tab]) + 2;
	column = pane_draw_title(app, area, is_full(app) ? GLYPH_CORNER : GLYPH_TEE, focused, "Detail");
	room = area.width - column - 1;
	if (room <= tabs + 12) {
		all = false;
		tabs = (int)strlen(tab_labels[pane->tab]) + 2;
	}
	if (room > tabs + 12)
		room -= tabs + 1;
	else
		tabs = 0;
	column += screen_text_end(app->screen, area.row, column, room, focused ? ROLE_STRONG : ROLE_TITLE,
				  test->id);
	column += screen_text(app->screen, area.row, column, 1, ROLE_BORDER, " ");
	for (int tab = DETAIL_OUTPUT; tab < DETAIL_TAB_COUNT; tab++) {
		pane->tab_columns[tab] = pane->tab_ends[tab] = -1;
		if (!tabs || (!all && pane->tab != (enum detail_tab)tab))
			continue;
		pane->tab_columns[tab] = column;
		column = pane_draw_tab(app, area.row, column, area.width, tab_labels[tab], -1,
				       pane->tab == (enum detail_tab)tab);
		pane->tab_ends[tab] = column;
	}
}

static void detail_draw(struct app *app, struct area area, bool focused)
{
	struct detail_pane *pane = &app->detail;
	struct scroll *scroll = &pane->page.scroll;
	const struct test *test = pane->test ? model_test(app->model, pane->test) : NULL;

	if (!test) {
		pane_draw_title(app, area, is_full(app) ? GLYPH_CORNER : GLYPH_TEE, focused, "Detail");
		if (area.height > 1)
			screen_text(app->screen, area.row + 1, 2, area.width - 2, ROLE_DIM,
				    "No test is selected.");
		page_clear(&pane->page, 0);
		return;
	}
	scroll->height = area.height - 1;
	/* The age of a running attempt is part of some pages. */
	if (test->state == TEST_RUNNING && pane->tab != DETAIL_OUTPUT)
		pane->revision++;
	make_lines(app, test, area.width - 2);
	/* Unless it was scrolled: the newest of an output that grows, the beginning of anything else. */
	if (!pane->moved)
		scroll->top =
			pane->tab == DETAIL_OUTPUT && test->state == TEST_RUNNING ? scroll_end(scroll) : 0;
	else if (pane->follow && pane->tab == DETAIL_OUTPUT)
		scroll->top = scroll_end(scroll);
	scroll_clamp(scroll);
	draw_title(app, area, focused, test);
	page_draw(app, &pane->page, (struct area){ area.row + 1, 2, area.height - 1, area.width - 2 },
		  focused);
	if (is_full(app))
		page_draw_position(app, &pane->page, area.row + area.height - 1,
				   pane->follow && pane->tab == DETAIL_OUTPUT);
}

/* --- keys and mouse --- */

static void was_scrolled(struct detail_pane *pane)
{
	pane->moved = true;
	pane->follow = pane->page.scroll.top >= scroll_end(&pane->page.scroll);
}

static void set_tab(struct detail_pane *pane, int tab)
{
	const int count = DETAIL_TAB_COUNT - DETAIL_OUTPUT;

	pane->wanted = (enum detail_tab)(DETAIL_OUTPUT + (tab - DETAIL_OUTPUT + count) % count);
	pane->moved = false;
	pane->page.scroll.top = 0;
}

static bool detail_request(struct app *app, enum request request)
{
	struct detail_pane *pane = &app->detail;

	if (scroll_request(&pane->page.scroll, request)) {
		was_scrolled(pane);
		return true;
	}
	switch (request) {
	case REQUEST_PREVIOUS_TAB:
		set_tab(pane, (int)pane->tab - 1);
		return true;
	case REQUEST_NEXT_TAB:
		set_tab(pane, (int)pane->tab + 1);
		return true;
	case REQUEST_FOLLOW:
		pane->moved = true;
		pane->follow = !pane->follow;
		if (pane->follow)
			pane->wanted = DETAIL_OUTPUT;
		return true;
	default:
		return false;
	}
}

static bool detail_search(struct app *app, int direction, bool from_next)
{
	struct detail_pane *pane = &app->detail;

	if (!page_search(&pane->page, app->search.data, direction, from_next))
		return false;
	pane->moved = true;
	pane->follow = false;
	return true;
}

static void detail_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct detail_pane *pane = &app->detail;

	if (scroll_mouse(&pane->page.scroll, mouse)) {
		was_scrolled(pane);
		return;
	}
	for (int tab = DETAIL_OUTPUT; row == 0 && tab < DETAIL_TAB_COUNT; tab++)
		if (pane->tab_columns[tab] >= 0 && column >= pane->tab_columns[tab] &&
		    column < pane->tab_ends[tab])
			set_tab(pane, tab);
	if (row > 0 && mouse == MOUSE_DOUBLE_CLICK && !is_full(app))
		app_open_detail(app);
}

static uint64_t detail_selected(const struct app *app)
{
	return app->detail.test;
}

const struct view_ops detail_view = {
	"detail", detail_draw, detail_request, detail_mouse, detail_search, detail_selected,
};
