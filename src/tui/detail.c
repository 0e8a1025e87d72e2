#include "tui/format.h"
#include "tui/view.h"

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
	[DETAIL_POINTS] = "points",
};

void detail_init(struct app *app)
{
	str_init(&app->detail.text);
	app->detail.follow = true;
}

void detail_fini(struct app *app)
{
	str_fini(&app->detail.text);
	vec_fini(&app->detail.lines);
}

void detail_hear(struct app *app, const struct event *event)
{
	if (!event_has(event, test) || event->test != app->detail.test)
		return;
	app->detail.revision++;
	app->changed = true;
}

/* --- lines --- */

static void add_piece(struct detail_pane *pane, size_t begin, size_t end, enum role role)
{
	struct detail_line line = { begin, end - begin, role };

	vec_push(&pane->lines, line);
}

/* One line of text from outside: made visible, tabs as blanks, broken at the pane's edge. */
static void add_line(struct detail_pane *pane, enum role role, const char *bytes, size_t length)
{
	size_t begin = pane->text.length, position, start;
	int used = 0;

	while (length) {
		const char *tab = memchr(bytes, '\t', length);
		size_t piece = tab ? (size_t)(tab - bytes) : length;
		size_t from = pane->text.length;

		utf8_add_visible(&pane->text, bytes, piece, false);
		used += (int)utf8_text_width(pane->text.data + from, pane->text.length - from);
		if (tab) {
			do
				str_add_char(&pane->text, ' ');
			while (++used % 8);
			piece++;
		}
		bytes += piece;
		length -= piece;
	}
	if (used <= pane->width) {
		add_piece(pane, begin, pane->text.length, role);
		return;
	}
	used = 0;
	start = position = begin;
	while (position < pane->text.length) {
		size_t before = position;
		int wide = utf8_width(utf8_next(pane->text.data, pane->text.length, &position));

		if (used + wide > pane->width) {
			add_piece(pane, start, before, role);
			start = before;
			used = 0;
		}
		used += wide;
	}
	add_piece(pane, start, pane->text.length, role);
}

static void add_text(struct detail_pane *pane, enum role role, const char *bytes, size_t length)
{
	while (length) {
		const char *newline = memchr(bytes, '\n', length);
		size_t line = newline ? (size_t)(newline - bytes) : length;
		size_t shown = line;

		if (shown && newline && bytes[shown - 1] == '\r')
			shown--;
		add_line(pane, role, bytes, shown);
		if (newline)
			line++;
		bytes += line;
		length -= line;
	}
}

static void add_format(struct detail_pane *pane, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void add_format(struct detail_pane *pane, enum role role, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;

	va_start(args, format);
	str_add_vformat(&text, format, args);
	va_end(args);
	add_text(pane, role, text.data, text.length);
	str_fini(&text);
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

static void add_attempt_line(struct app *app, const struct test *test, const struct attempt *attempt)
{
	struct status status = status_of_outcome(attempt->outcome);
	struct str text = STR_INIT;

	str_add_format(&text, "%s ", screen_glyph_text(app->screen, status.glyph));
	if (test->attempts.length > 1)
		str_add_format(&text, "attempt %u: ", attempt->number);
	describe_attempt(app, attempt, &text);
	add_text(&app->detail, status.role, text.data, text.length);
	str_fini(&text);
}

static void add_reason(struct detail_pane *pane, const struct attempt *attempt)
{
	if (attempt->message)
		add_text(pane, ROLE_STRONG, attempt->message, strlen(attempt->message));
	if (attempt->reason && (!attempt->message || strcmp(attempt->reason, attempt->message) != 0))
		add_text(pane, ROLE_TEXT, attempt->reason, strlen(attempt->reason));
}

/* --- output --- */

static void add_gap(struct detail_pane *pane, const struct output *output)
{
	char text[FORMAT_SIZE];
	uint64_t gap = output_gap(output);

	if (gap && output->path)
		add_format(pane, ROLE_NOTE, " %s more here: Enter shows them, the file is %s ",
			   format_bytes(text, gap), output->path);
	else if (gap)
		add_format(pane, ROLE_NOTE, " %s more here are not in memory ", format_bytes(text, gap));
}

static bool add_output_file(struct detail_pane *pane, const struct output *output)
{
	struct str text = STR_INIT;
	struct error error;

	if (fs_read_file(output->path, OUTPUT_SHOWN, &text, &error)) {
		str_fini(&text);
		return false;
	}
	add_text(pane, ROLE_TEXT, text.data, text.length);
	str_fini(&text);
	return true;
}

static void add_output(struct app *app, const struct attempt *attempt)
{
	struct detail_pane *pane = &app->detail;
	const struct output *output = &attempt->output;
	char text[FORMAT_SIZE];
	struct slice tail;

	if (!output->total && !output->dropped) {
		add_text(pane, ROLE_DIM, "It printed nothing.", attempt->outcome == OUTCOME_NONE ? 0 : 19);
		return;
	}
	if ((output_gap(output) || output->discarded) && output->path && app->full &&
	    add_output_file(pane, output)) {
		/* All of it. */
	} else if (output->discarded) {
		add_format(pane, ROLE_NOTE, " %s of output are no longer in memory%s%s ",
			   format_bytes(text, output->total), output->path ? ", the file is " : "",
			   output->path ? output->path : "");
	} else {
		struct str whole = STR_INIT;

		tail = output_tail(output);
		if (output_gap(output)) {
			add_text(pane, ROLE_TEXT, output->head.data, output->head.length);
			add_gap(pane, output);
			add_text(pane, ROLE_TEXT, tail.data, tail.length);
		} else {
			/* Put together first: the seam may lie within a line. */
			str_add(&whole, output->head.data, output->head.length);
			str_add(&whole, tail.data, tail.length);
			add_text(pane, ROLE_TEXT, whole.data, whole.length);
		}
		str_fini(&whole);
	}
	if (output->dropped)
		add_format(pane, ROLE_NOTE, " %s more were beyond the output limit and are kept nowhere ",
			   format_bytes(text, output->dropped));
}

static void make_output(struct app *app, const struct test *test)
{
	for (size_t i = 0; i < test->attempts.length; i++) {
		if (test->attempts.length > 1) {
			if (i)
				add_line(&app->detail, ROLE_TEXT, "", 0);
			add_attempt_line(app, test, test->attempts.items[i]);
		}
		add_output(app, test->attempts.items[i]);
	}
	if (!test->attempts.length)
		add_text(&app->detail, ROLE_DIM, "It has not started yet.", 23);
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
	add_line(&app->detail, status.role, text.data, text.length);
	if (point->message) {
		str_clear(&text);
		for (const char *line = point->message; *line;) {
			size_t length = strcspn(line, "\n");

			str_add_format(&text, "%*s", (int)indent + 4, "");
			str_add(&text, line, length);
			str_add_char(&text, '\n');
			line += length + (line[length] == '\n');
		}
		add_text(&app->detail, point->outcome == OUTCOME_PASSED ? ROLE_DIM : ROLE_TEXT, text.data,
			 text.length);
	}
	str_fini(&text);
}

static bool point_failed(const struct point *point)
{
	return outcome_is_failure(point->outcome);
}

static size_t add_failed_points(struct app *app, const struct attempt *attempt)
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
	struct detail_pane *pane = &app->detail;
	const struct attempt *attempt = test_last_attempt(test);
	uint64_t shown = 0, all;

	if (!attempt || !attempt->points.length) {
		add_text(pane, ROLE_DIM, "It has no points: only TAP programs report them.", 48);
		return;
	}
	add_format(pane, attempt->points_failed ? ROLE_FAILED : ROLE_DIM, "%u passed, %u failed, %u skipped",
		   attempt->points_passed, attempt->points_failed, attempt->points_skipped);
	vec_each(&attempt->points, point) {
		add_point(app, point);
		shown += point->depth == 0;
	}
	all = (uint64_t)attempt->points_passed + attempt->points_failed + attempt->points_skipped;
	if (all > shown)
		add_format(pane, ROLE_NOTE, " %llu more are counted but not kept ",
			   (unsigned long long)(all - shown));
}

/* --- error and attempts --- */

static void add_last_output(struct app *app, const struct attempt *attempt)
{
	struct detail_pane *pane = &app->detail;
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
		add_text(pane, ROLE_HEADING,
			 begin ? "The end of its output:" : "Its output:", begin ? 22 : 11);
		add_text(pane, ROLE_TEXT, whole.data + begin, whole.length - begin);
	}
	str_fini(&whole);
}

static void make_error(struct app *app, const struct test *test)
{
	struct detail_pane *pane = &app->detail;
	bool any = false;

	vec_each(&test->attempts, it) {
		const struct attempt *attempt = *it;

		if (attempt->outcome == OUTCOME_NONE || attempt->outcome == OUTCOME_PASSED)
			continue;
		if (any)
			add_line(pane, ROLE_TEXT, "", 0);
		any = true;
		add_attempt_line(app, test, attempt);
		add_reason(pane, attempt);
		add_failed_points(app, attempt);
		if (outcome_is_failure(attempt->outcome))
			add_last_output(app, attempt);
	}
	if (!any)
		add_text(pane, ROLE_DIM, "No attempt has failed.", 22);
}

static void make_attempts(struct app *app, const struct test *test)
{
	struct detail_pane *pane = &app->detail;

	if (test->file && test->line)
		add_format(pane, ROLE_DIM, "suite %s, %s:%u", test->suite, test->file, test->line);
	else
		add_format(pane, ROLE_DIM, "suite %s%s%s", test->suite, test->file ? ", " : "",
			   test->file ? test->file : "");
	if (test->quarantined)
		add_text(pane, ROLE_QUARANTINED, "In quarantine: it runs, and does not make the run fail.",
			 55);
	vec_each(&test->attempts, it) {
		add_attempt_line(app, test, *it);
		add_reason(pane, *it);
	}
	if (!test->attempts.length)
		add_text(pane, ROLE_DIM, "It has not started yet.", 23);
	if (test->verdicts > 1)
		add_format(pane, ROLE_DIM, "This is the verdict of rerun %u.", test->verdicts - 1);
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

	if (pane->made_revision == pane->revision + 1 && pane->width == width && pane->tab == tab &&
	    pane->made_full == app->full)
		return;
	/* An end that is followed is the output's; other pages begin at their top. */
	if (pane->tab != tab)
		pane->top = 0;
	pane->tab = tab;
	pane->width = width;
	pane->made_full = app->full;
	pane->made_revision = pane->revision + 1;
	str_clear(&pane->text);
	vec_clear(&pane->lines);
	switch (tab) {
	case DETAIL_ERROR:
		make_error(app, test);
		break;
	case DETAIL_ATTEMPTS:
		make_attempts(app, test);
		break;
	case DETAIL_POINTS:
		make_points(app, test);
		break;
	default:
		make_output(app, test);
		break;
	}
}

static long end_of(const struct detail_pane *pane)
{
	long end = (long)pane->lines.length - pane->height;

	return end > 0 ? end : 0;
}

static void clamp_top(struct detail_pane *pane)
{
	if (pane->top > end_of(pane))
		pane->top = end_of(pane);
	if (pane->top < 0)
		pane->top = 0;
}

static void draw_title(struct app *app, struct area area, bool focused, const struct test *test)
{
	struct detail_pane *pane = &app->detail;
	int column, tabs = 0, room;

	for (int tab = DETAIL_OUTPUT; tab < DETAIL_TAB_COUNT; tab++)
		tabs += (int)strlen(tab_labels[tab]) + 2;
	column = pane_draw_title(app, area, app->full ? GLYPH_CORNER : GLYPH_TEE, focused, "Detail");
	room = area.width - column - 1;
	if (room > tabs + 12)
		room -= tabs + 1;
	else
		tabs = 0;
	column += screen_text_end(app->screen, area.row, column, room, focused ? ROLE_STRONG : ROLE_TITLE,
				  test->id);
	column += screen_text(app->screen, area.row, column, 1, ROLE_BORDER, " ");
	for (int tab = DETAIL_OUTPUT; tab < DETAIL_TAB_COUNT; tab++) {
		pane->tab_columns[tab] = pane->tab_ends[tab] = -1;
		if (!tabs)
			continue;
		pane->tab_columns[tab] = column;
		column = pane_draw_tab(app, area.row, column, area.width, tab_labels[tab], -1,
				       pane->tab == (enum detail_tab)tab);
		pane->tab_ends[tab] = column;
	}
}

/* How far down one is, on the right of the last row of the frame. */
static void draw_position(struct app *app, struct area area)
{
	const struct detail_pane *pane = &app->detail;
	char text[64];
	int width;

	if ((long)pane->lines.length <= pane->height || !app->full)
		return;
	snprintf(text, sizeof(text), " %ld-%ld of %zu%s ", pane->top + 1, pane->top + pane->height,
		 pane->lines.length, pane->follow && pane->tab == DETAIL_OUTPUT ? ", follows" : "");
	width = (int)strlen(text);
	screen_text(app->screen, area.row + area.height - 1, area.width - width, width, ROLE_HEADING, text);
}

static void detail_draw(struct app *app, struct area area, bool focused)
{
	struct detail_pane *pane = &app->detail;
	const struct test *test = pane->test ? model_test(app->model, pane->test) : NULL;

	if (!test) {
		pane_draw_title(app, area, app->full ? GLYPH_CORNER : GLYPH_TEE, focused, "Detail");
		if (area.height > 1)
			screen_text(app->screen, area.row + 1, 2, area.width - 2, ROLE_DIM,
				    "No test is selected.");
		vec_clear(&pane->lines);
		return;
	}
	pane->height = area.height - 1;
	/* The age of a running attempt is part of some pages. */
	if (test->state == TEST_RUNNING && pane->tab != DETAIL_OUTPUT)
		pane->revision++;
	make_lines(app, test, area.width - 2);
	/* Unless it was scrolled: the newest of an output that grows, the beginning of anything else. */
	if (!pane->moved)
		pane->top = pane->tab == DETAIL_OUTPUT && test->state == TEST_RUNNING ? end_of(pane) : 0;
	else if (pane->follow && pane->tab == DETAIL_OUTPUT)
		pane->top = end_of(pane);
	clamp_top(pane);
	draw_title(app, area, focused, test);
	for (int i = 0; i < pane->height && (size_t)(pane->top + i) < pane->lines.length; i++) {
		const struct detail_line *line = &pane->lines.items[pane->top + i];
		int row = area.row + 1 + i;

		screen_text_n(app->screen, row, 2, area.width - 2, line->role, pane->text.data + line->offset,
			      line->length);
		if (app->search.length && focused)
			screen_highlight(app->screen, row, 2, area.width - 2, app->search.data);
	}
	draw_position(app, area);
}

/* --- keys and mouse --- */

static void scroll(struct detail_pane *pane, long lines)
{
	pane->moved = true;
	pane->top += lines;
	clamp_top(pane);
	pane->follow = pane->top >= end_of(pane);
}

static void set_tab(struct detail_pane *pane, int tab)
{
	const int count = DETAIL_TAB_COUNT - DETAIL_OUTPUT;

	pane->wanted = (enum detail_tab)(DETAIL_OUTPUT + (tab - DETAIL_OUTPUT + count) % count);
	pane->moved = false;
	pane->top = 0;
}

static bool detail_request(struct app *app, enum request request)
{
	struct detail_pane *pane = &app->detail;
	long page = pane->height > 2 ? pane->height - 1 : 1;

	switch (request) {
	case REQUEST_UP:
		scroll(pane, -1);
		return true;
	case REQUEST_DOWN:
		scroll(pane, 1);
		return true;
	case REQUEST_PAGE_UP:
		scroll(pane, -page);
		return true;
	case REQUEST_PAGE_DOWN:
		scroll(pane, page);
		return true;
	case REQUEST_FIRST:
		scroll(pane, -(long)pane->lines.length);
		return true;
	case REQUEST_LAST:
		scroll(pane, (long)pane->lines.length);
		return true;
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

bool detail_search(struct app *app, int direction, bool from_next)
{
	struct detail_pane *pane = &app->detail;
	long count = (long)pane->lines.length;

	for (long step = from_next ? 1 : 0; step <= count; step++) {
		long index = count ? ((pane->top + direction * step) % count + count) % count : 0;
		const struct detail_line *line;
		char *text;
		bool found;

		if (!count)
			return false;
		line = &pane->lines.items[index];
		text = alloc_string_n(pane->text.data + line->offset, line->length);
		found = strcasestr(text, app->search.data) != NULL;
		free(text);
		if (!found)
			continue;
		pane->moved = true;
		pane->follow = false;
		pane->top = index;
		return true;
	}
	return false;
}

static void detail_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct detail_pane *pane = &app->detail;

	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		scroll(pane, mouse == MOUSE_WHEEL_UP ? -3 : 3);
		return;
	}
	for (int tab = DETAIL_OUTPUT; row == 0 && tab < DETAIL_TAB_COUNT; tab++)
		if (pane->tab_columns[tab] >= 0 && column >= pane->tab_columns[tab] &&
		    column < pane->tab_ends[tab])
			set_tab(pane, tab);
	if (row > 0 && mouse == MOUSE_DOUBLE_CLICK && !app->full)
		app_open_detail(app);
}

const struct view_ops detail_view = { "detail", detail_draw, detail_request, detail_mouse };
