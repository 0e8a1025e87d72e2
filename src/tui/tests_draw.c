#include "tui/tests.h"

#include "base/utf8.h"
#include "report/cause.h"
#include "tui/format.h"

#include <stdio.h>
#include <string.h>

/* --- columns --- */

static const struct {
	int width;
	int least;  /* of the pane: where it is narrower the column is left out */
	bool right; /* its label stands on the right */
} layout[COLUMN_COUNT] = {
	[COLUMN_STATUS] = { 7, 50, false }, [COLUMN_TIME] = { 6, 0, true },
	[COLUMN_CPU] = { 6, 72, true },     [COLUMN_MEM] = { 5, 72, true },
	[COLUMN_WORKER] = { 4, 56, false }, [COLUMN_TRIES] = { 3, 64, true },
	[COLUMN_SUITE] = { 12, 76, false }, [COLUMN_FILE] = { 24, 80, false },
};

/* Of those behind the name. */
#define MESSAGE_ROOM 14
#define NAME_LABEL 8

static enum column column_of(unsigned choice)
{
	static const enum column columns[TESTS_COLUMN_COUNT] = {
#define X(name, word, text, shown) [TESTS_COLUMN_##name] = COLUMN_##name,
		TESTS_COLUMNS(X)
#undef X
	};

	return columns[choice];
}

static bool goes_here(const struct app *app, enum column column, int width)
{
	/* As a tree they stand under their suites. */
	if (column == COLUMN_SUITE && (!app->tests->many_suites || app->tests->as_tree))
		return false;
	return width >= layout[column].least;
}

unsigned tests_shown_columns(const struct app *app, int width, enum column columns[COLUMN_COUNT])
{
	const struct columns_shown *shown = &app->settings.columns[COLUMNS_TESTS];
	enum column sorted = tests_column(app);
	/* The status has its sign in any case. */
	bool has_sorted = sorted == COLUMN_STATUS || !layout[sorted].width || !goes_here(app, sorted, width);
	unsigned count = 0;

	for (unsigned i = 0; i < shown->count; i++) {
		enum column which = column_of(shown->columns[i]);

		if (!layout[which].width || !goes_here(app, which, width))
			continue;
		columns[count++] = which;
		has_sorted = has_sorted || which == sorted;
	}
	/* What the order goes by is seen, too. */
	if (!has_sorted)
		columns[count++] = sorted;
	columns[count++] = COLUMN_TEST;
	/* What says more about it stands behind the name, wherever it is named. */
	if (columns_has(shown, TESTS_COLUMN_MESSAGE))
		columns[count++] = COLUMN_MESSAGE;
	if (columns_has(shown, TESTS_COLUMN_CODE))
		columns[count++] = COLUMN_CODE;
	return count;
}

struct placed {
	enum column columns[COLUMN_COUNT];
	unsigned count;       /* of those in front of the name */
	int at[COLUMN_COUNT]; /* by column; -1: not shown */
	int name, end;
	bool message, code;
};

static void place_columns(const struct app *app, int width, struct placed *placed)
{
	unsigned count = tests_shown_columns(app, width, placed->columns);
	int column = 4;

	placed->message = placed->code = false;
	placed->end = width;
	placed->count = 0;
	for (int i = 0; i < COLUMN_COUNT; i++)
		placed->at[i] = -1;
	for (unsigned i = 0; i < count; i++) {
		enum column which = placed->columns[i];

		placed->message = placed->message || which == COLUMN_MESSAGE;
		placed->code = placed->code || which == COLUMN_CODE;
		if (!layout[which].width)
			continue;
		/* The name keeps some room. */
		if (column + layout[which].width + 1 + 16 > width)
			continue;
		placed->columns[placed->count++] = which;
		placed->at[which] = column;
		column += layout[which].width + 1;
	}
	placed->name = column;
}

static void draw_label(struct app *app, int row, int column, int width, enum column which, bool right)
{
	const struct tests_tab *tab = tests_tab(app);
	const char *label = rows_column_label(which);
	int length = (int)strlen(label);

	app->tests->heading_columns[which] = column;
	if (right)
		column += width - length;
	screen_text(app->screen, row, column, length, tab->column == which ? ROLE_TITLE_FOCUS : ROLE_HEADING,
		    label);
	if (tab->column == which)
		screen_glyph(app->screen, row, right && length < width ? column - 1 : column + length,
			     ROLE_TITLE_FOCUS,
			     rows_column_goes_down(which) != tab->inverted ? GLYPH_DOWN : GLYPH_UP);
}

static void draw_labels(struct app *app, const struct placed *placed, int row)
{
	enum column sorted = tests_column(app);

	for (unsigned i = 0; i < placed->count; i++) {
		enum column which = placed->columns[i];

		/* The word of the status stands behind its sign. */
		draw_label(app, row, which == COLUMN_STATUS && placed->at[which] == 4 ? 2 : placed->at[which],
			   layout[which].width, which, layout[which].right);
	}
	draw_label(app, row, placed->name, NAME_LABEL, COLUMN_TEST, false);
	/* What has no place of its own is named where it counts. */
	if (sorted == COLUMN_MESSAGE || sorted == COLUMN_CODE)
		draw_label(app, row, placed->name + NAME_LABEL, NAME_LABEL, sorted, false);
}

/* --- a test --- */

static struct status status_of_row(const struct row *row)
{
	const struct test like = {
		.state = (enum test_state)row->state,
		.outcome = (enum outcome)row->outcome,
		.flaky = row->flaky,
		.quarantined = row->quarantined,
	};

	return status_of_test(&like);
}

static uint64_t in_ns(uint32_t tenths_of_ms)
{
	return (uint64_t)tenths_of_ms * 100000;
}

static void draw_file(struct app *app, const struct test *test, int row, int column, int width)
{
	char line[16];
	int taken = 0;

	if (!test->file)
		return;
	line[0] = '\0';
	if (test->line)
		taken = snprintf(line, sizeof(line), ":%u", test->line);
	column += screen_text_end(app->screen, row, column, width - taken, ROLE_DIM, test->file);
	screen_text(app->screen, row, column, taken, ROLE_DIM, line);
}

static void draw_column(struct app *app, enum column which, const struct test *test, const struct row *of,
			int row, int column)
{
	struct screen *screen = app->screen;
	struct status status = status_of_row(of);
	char text[FORMAT_SIZE];

	switch (which) {
	case COLUMN_STATUS:
		screen_text(screen, row, column, 7, status.role, status.word);
		break;
	case COLUMN_TIME:
		if (of->state == TEST_RUNNING && of->tries)
			screen_format(screen, row, column, 6, ROLE_RUNNING, "%6s",
				      format_age(text, app->now > in_ns(of->started)
							       ? app->now - in_ns(of->started)
							       : 0));
		else if (of->outcome != OUTCOME_NONE && of->outcome != OUTCOME_NOTRUN)
			screen_format(screen, row, column, 6, ROLE_TEXT, "%6s",
				      format_duration(text, in_ns(of->duration)));
		break;
	case COLUMN_CPU:
		if (of->cpu)
			screen_format(screen, row, column, 6, ROLE_DIM, "%6s",
				      format_duration(text, in_ns(of->cpu)));
		break;
	case COLUMN_MEM:
		if (of->rss)
			screen_format(screen, row, column, 5, ROLE_DIM, "%5s",
				      format_bytes(text, (uint64_t)of->rss * 1024));
		break;
	case COLUMN_WORKER:
		if (of->tries)
			screen_format(screen, row, column, 5, ROLE_DIM, "gw%u", of->worker);
		break;
	case COLUMN_TRIES:
		if (of->tries)
			screen_format(screen, row, column, 3, of->tries > 1 ? ROLE_FLAKY : ROLE_DIM, "%3u",
				      of->tries);
		break;
	case COLUMN_SUITE:
		screen_text_begin(screen, row, column, layout[which].width, ROLE_DIM, test->suite);
		break;
	case COLUMN_FILE:
		draw_file(app, test, row, column, layout[which].width);
		break;
	default:
		break;
	}
}

static int draw_first_line(struct app *app, int row, int column, int width, enum role role, const char *text)
{
	char line[256];
	size_t length = strcspn(text, "\n");

	if (length >= sizeof(line))
		length = sizeof(line) - 1;
	memcpy(line, text, length);
	line[length] = '\0';
	return screen_text_begin(app->screen, row, column, width, role, line);
}

static int draw_code(struct app *app, const struct test *test, int row, int column, int end)
{
	const char *code = test_code(test);
	int width = code ? screen_text_width(app->screen, code) : 0;

	if (!code || end - width - 1 <= column)
		return end;
	screen_text(app->screen, row, end - width, width, ROLE_DIM, code);
	return end - width - 1;
}

/* What there is to say about a test in the room behind its name. */
static void draw_remark(struct app *app, const struct test *test, const struct row *of,
			const struct placed *placed, int row, int column)
{
	const char *text = test_message(test);
	int end = placed->end;

	/* While the display is frozen the row may be older than the test. */
	if (!test_last_attempt(test) || of->state != TEST_DONE || test->state != TEST_DONE ||
	    of->verdicts != (uint8_t)test->verdicts)
		return;
	if (placed->code)
		end = draw_code(app, test, row, column, end);
	if (!text)
		text = test_reason(test);
	if (placed->message && text && test->outcome != OUTCOME_PASSED && end - column >= MESSAGE_ROOM)
		draw_first_line(app, row, column + 2, end - column - 2, ROLE_DIM, text);
}

static void draw_test(struct app *app, const struct test *test, uint32_t depth, const struct placed *placed,
		      int row)
{
	struct screen *screen = app->screen;
	const struct row *of = rows_row(app->rows, test->number);
	struct status status = status_of_row(of);
	int column = placed->name + 2 * (int)depth, begin;

	screen_glyph(screen, row, 2, status.role, status.glyph);
	for (unsigned i = 0; i < placed->count; i++)
		draw_column(app, placed->columns[i], test, of, row, placed->at[placed->columns[i]]);
	begin = column;
	column += screen_text_end(screen, row, column, placed->end - column,
				  status.role == ROLE_WAITING ? ROLE_DIM : ROLE_TEXT,
				  app->tests->as_tree ? tree_name(test) : test->id);
	if (test->ordinal > 1)
		column += screen_format(screen, row, column, placed->end - column, ROLE_DIM, " #%u",
					test->ordinal);
	draw_remark(app, test, of, placed, row, column);
	if (app->search.length)
		screen_highlight(screen, row, begin, column - begin, app->search.data);
}

/* --- a heading --- */

/* The worst of what is below it. */
static struct status status_of_sums(const struct heading_sums *sums)
{
	if (sums->failed)
		return status_of_outcome(OUTCOME_FAILED);
	if (sums->running)
		return status_of_outcome(OUTCOME_NONE);
	if (sums->left)
		return (struct status){ ROLE_WAITING, GLYPH_WAITING, "waiting" };
	if (sums->quarantined)
		return (struct status){ ROLE_QUARANTINED, GLYPH_QUARANTINED, "failed" };
	return status_of_outcome(sums->passed ? OUTCOME_PASSED : OUTCOME_SKIPPED);
}

struct part {
	uint32_t count;
	enum role role;
	enum glyph glyph;
	const char *word;
};

static int draw_sums(struct app *app, const struct heading_sums *sums, int row, int column, int end)
{
	const struct part parts[] = {
		{ sums->failed, ROLE_FAILED, GLYPH_FAILED, "failed" },
		{ sums->quarantined, ROLE_QUARANTINED, GLYPH_QUARANTINED, "quarantined" },
		{ sums->passed, ROLE_PASSED, GLYPH_PASSED, "passed" },
		{ sums->other, ROLE_SKIPPED, GLYPH_SKIPPED, "skipped" },
		{ sums->running, ROLE_RUNNING, GLYPH_RUNNING, "running" },
		{ sums->left, ROLE_WAITING, GLYPH_WAITING, "left" },
	};
	bool words = end - column >= 60;

	for (unsigned i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		int needed = 14 + (words ? (int)strlen(parts[i].word) : 0);

		if (!parts[i].count || end - column < needed)
			continue;
		column += 2;
		column += screen_glyph(app->screen, row, column, parts[i].role, parts[i].glyph);
		column += screen_format(app->screen, row, column, end - column, parts[i].role,
					words ? " %u %s" : " %u", parts[i].count, parts[i].word);
	}
	if (sums->tagged && end - column >= 14)
		column += screen_format(app->screen, row, column, end - column, ROLE_STRONG, "  *%u tagged",
					sums->tagged);
	return column;
}

static void draw_cause(struct app *app, const struct test *test, const struct heading_sums *sums,
		       const struct placed *placed, int row, int column)
{
	const char *text = test_message(test) ? test_message(test) : test_reason(test);
	int end = placed->code ? draw_code(app, test, row, column + 20, placed->end) : placed->end;
	struct slice place = cause_place(text ? text : "");
	int width = place.length ? (int)utf8_text_width(place.data, place.length) + 4 : 0;

	column += screen_format(app->screen, row, column, end - column, ROLE_STRONG, "%u ", sums->tests);
	column += screen_glyph(app->screen, row, column, ROLE_STRONG, GLYPH_TIMES) + 1;
	/* The same words may be raised in several places. */
	if (end - column < 24 + width)
		width = 0;
	if (text)
		column += draw_first_line(app, row, column, end - column - width, ROLE_TEXT, text);
	if (width) {
		column += screen_text(app->screen, row, column, width, ROLE_DIM, " at ");
		screen_text_n(app->screen, row, column, end - column, ROLE_DIM, place.data, place.length);
	}
}

static void draw_heading(struct app *app, const struct entry *entry, const struct placed *placed, int row)
{
	struct tests_pane *pane = app->tests;
	bool in_tree = tests_shape(pane) == TESTS_AS_TREE;
	const struct heading_sums *sums =
		in_tree ? tree_sums(pane->tree, entry->heading) : fold_sums(&pane->fold, entry->heading);
	const struct test *first = model_test(app->model, entry->test);
	struct status status =
		in_tree ? status_of_sums(sums) : status_of_row(rows_row(app->rows, entry->test));
	int column = placed->name + 2 * (int)entry->depth, begin;
	char text[FORMAT_SIZE];

	screen_glyph(app->screen, row, 2, status.role, status.glyph);
	if (placed->at[COLUMN_STATUS] >= 0)
		screen_text(app->screen, row, placed->at[COLUMN_STATUS], 7, status.role, status.word);
	if (placed->at[COLUMN_TIME] >= 0 && sums->time)
		screen_format(app->screen, row, placed->at[COLUMN_TIME], 6, ROLE_TEXT, "%6s",
			      format_duration(text, sums->time * 100000));
	if (placed->at[COLUMN_CPU] >= 0 && sums->cpu)
		screen_format(app->screen, row, placed->at[COLUMN_CPU], 6, ROLE_DIM, "%6s",
			      format_duration(text, sums->cpu * 100000));
	if (sums->tagged && sums->tagged == sums->tests)
		screen_text(app->screen, row, 1, 1, ROLE_STRONG, "*");
	column += screen_text(app->screen, row, column, 2, ROLE_HEADING,
			      tests_is_open(pane, entry->heading) ? "- " : "+ ");
	if (!in_tree) {
		draw_cause(app, first, sums, placed, row, column);
		return;
	}
	begin = column;
	column += screen_text_end(app->screen, row, column, placed->end - column, ROLE_STRONG,
				  tree_label(pane->tree, entry->heading));
	draw_sums(app, sums, row, column, placed->end);
	if (app->search.length)
		screen_highlight(app->screen, row, begin, column - begin, app->search.data);
}

/* --- the pane --- */

static const char *nothing_here(const struct app *app, char text[64])
{
	uint64_t slow = app->options.slow ? app->options.slow : ROWS_SLOW_AFTER;
	char duration[FORMAT_SIZE];

	if (tests_filter_text(app)[0])
		return "The filter lets no test of this list through: Esc takes it off.";
	switch (app->tests->tab) {
	case TAB_ALL:
		return app->run->collected ? "No tests were found." : "Looking for tests.";
	case TAB_RUNNING:
		return "No test is running.";
	case TAB_FAILED:
		return "No test has failed.";
	case TAB_FLAKY:
		return "No test passed only at a later attempt.";
	case TAB_SLOW:
		snprintf(text, 64, "No test took %s or longer.", format_duration(duration, slow));
		return text;
	default:
		return "No test that failed is in quarantine.";
	}
}

static void draw_entry(struct app *app, const struct entry *entry, const struct placed *placed, int row)
{
	const struct test *test = model_test(app->model, entry->test);

	if (!test)
		return;
	if (entry->heading) {
		draw_heading(app, entry, placed, row);
		return;
	}
	if (tags_have(&app->tests->tags, entry->test))
		screen_text(app->screen, row, 1, 1, ROLE_STRONG, "*");
	draw_test(app, test, entry->depth, placed, row);
}

void tests_draw(struct app *app, struct area area, bool focused)
{
	struct tests_pane *pane = app->tests;
	struct list_cursor *cursor = &tests_tab(app)->cursor;
	int row = area.row + 1, height = area.height - 1;
	struct placed placed;
	char text[64];

	place_columns(app, area.width, &placed);
	tests_draw_title(app, area, focused);
	for (int column = 0; column < COLUMN_COUNT; column++)
		pane->heading_columns[column] = -1;
	if (height >= 5) {
		draw_labels(app, &placed, row);
		row++;
		height--;
	}
	cursor->height = height;
	cursor_clamp(cursor);
	if (!cursor->length)
		screen_text_begin(app->screen, row, 2, area.width - 2, ROLE_DIM, nothing_here(app, text));
	for (int i = 0; i < height && cursor->top + i < cursor->length; i++) {
		draw_entry(app, &pane->entries.list.items[cursor->top + i], &placed, row + i);
		if (cursor->top + i == cursor->selected)
			screen_mark(app->screen, row + i, 1, area.width - 1,
				    focused ? MARK_CURSOR : MARK_CURSOR_WEAK);
	}
}
