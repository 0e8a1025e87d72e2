/* The workers: how busy each is, and how its test stands to the time that it is expected to take. */
#include "tui/format.h"
#include "tui/view.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

#define NEAR_DEADLINE 80               /* % of the time that a test may take */
#define LATE_FACTOR 2                  /* so many times the expected time is late */
#define LATE_LEAST CLOCK_SECOND        /* but nobody waits for less than that */
#define LONG_ALONE (10 * CLOCK_SECOND) /* where nothing else tells what is long */
#define WIDE 110                       /* from which on times are shown beside what is expected */

enum { BY_NUMBER = -1 }; /* else an enum workers_column */

void workers_init(struct app *app)
{
	app->workers.column = BY_NUMBER;
}

/* --- which, in which order --- */

/* What the rows are sorted by: the largest first. */
static double value_of(const struct app *app, const struct worker *worker)
{
	uint64_t now = app->ended ? app->ended_at : app->now;

	switch (app->workers.column) {
	case WORKERS_COLUMN_LOAD:
		return worker_load(worker, now);
	case WORKERS_COLUMN_CPU:
		return worker->cpu_share;
	case WORKERS_COLUMN_MEM:
		return (double)worker->rss;
	case WORKERS_COLUMN_DONE:
		return (double)worker->done;
	case WORKERS_COLUMN_RESTARTS:
		return worker->restarts;
	case WORKERS_COLUMN_AGE:
		return worker->test && now > worker->started ? (double)(now - worker->started) : -1;
	default:
		return -(double)worker->slot;
	}
}

/* Once there is something to compare ages with, its place stays. */
static void look_for_limits(struct app *app)
{
	struct workers_pane *pane = &app->workers;

	pane->limits = pane->limits || app->run->known;
	vec_each(&app->run->workers, worker) {
		const struct test *test = worker->test ? model_test(app->model, worker->test) : NULL;
		const struct attempt *attempt = test ? test_last_attempt(test) : NULL;

		pane->limits = pane->limits || (attempt && attempt->deadline);
	}
}

/* Puts the workers in order, and the cursor on the one that was chosen. */
static void refresh(struct app *app)
{
	struct workers_pane *pane = &app->workers;
	double values[XTOP_SLOTS_MAX];
	unsigned count = 0;

	vec_each(&app->run->workers, worker) {
		double value = value_of(app, worker);
		unsigned i;

		if (worker->state == WORKER_ABSENT)
			continue;
		if (pane->inverted)
			value = -value;
		/* By insertion: they are few, and those of one value stay in the order of their numbers. */
		for (i = count++; i > 0 && values[i - 1] < value; i--) {
			values[i] = values[i - 1];
			pane->order[i] = pane->order[i - 1];
		}
		values[i] = value;
		pane->order[i] = (uint8_t)worker->slot;
	}
	pane->cursor.length = count;
	for (unsigned i = 0; i < count; i++)
		if (pane->held && pane->order[i] == pane->slot)
			pane->cursor.selected = i;
	cursor_clamp(&pane->cursor);
}

static const struct worker *nth_worker(const struct app *app, long index)
{
	if (index < 0 || index >= app->workers.cursor.length)
		return NULL;
	return &app->run->workers.items[app->workers.order[index]];
}

/* The person moved the cursor: it goes along with the worker from now on. */
static void hold(struct app *app)
{
	struct workers_pane *pane = &app->workers;
	const struct worker *worker;

	cursor_clamp(&pane->cursor);
	worker = nth_worker(app, pane->cursor.selected);
	pane->held = worker != NULL;
	pane->slot = worker ? worker->slot : 0;
}

int workers_wanted_height(const struct app *app)
{
	long count = 0;

	vec_each(&app->run->workers, worker)
		count += worker->state != WORKER_ABSENT;
	if ((long)app->run->workers_wanted > count && !app->ended)
		count = (long)app->run->workers_wanted;
	return 1 + (int)(count < 1 ? 1 : count > 64 ? 64 : count);
}

/* --- columns --- */

static const struct {
	const char *heading;
	int width; /* with the blank before it */
	int rank;  /* the highest go first where it is narrow */
} columns[WORKERS_COLUMN_COUNT] = {
	[WORKERS_COLUMN_LOAD] = { "LOAD", 6, 2 },    [WORKERS_COLUMN_CPU] = { "CPU", 5, 3 },
	[WORKERS_COLUMN_MEM] = { "MEM", 6, 5 },      [WORKERS_COLUMN_DONE] = { "DONE", 7, 4 },
	[WORKERS_COLUMN_RESTARTS] = { "NEW", 5, 6 }, [WORKERS_COLUMN_AGE] = { "AGE", 9, 1 },
};

#define RANKS 6
#define NUMBER_WIDTH 7

static int width_of(const struct app *app, unsigned column, int width)
{
	if (column == WORKERS_COLUMN_LOAD)
		return width >= WIDE ? 21 : width >= 76 ? 11 : 6;
	if (column == WORKERS_COLUMN_AGE && width >= WIDE && app->workers.limits)
		return 16;
	return columns[column].width;
}

static bool is_there(const struct app *app, unsigned column)
{
	if (column != WORKERS_COLUMN_RESTARTS)
		return true;
	vec_each(&app->run->workers, worker)
		if (worker->restarts)
			return true;
	return false;
}

/* Where each column begins, -1: not shown; the test's is the return value. Its name needs most of the room. */
static int place_columns(const struct app *app, int width, int at[WORKERS_COLUMN_COUNT])
{
	const struct columns_shown *shown = &app->settings.columns[COLUMNS_WORKERS];
	int column = NUMBER_WIDTH;

	for (int rank = RANKS; rank >= 0; rank--) {
		column = NUMBER_WIDTH;
		for (int i = 0; i < WORKERS_COLUMN_COUNT; i++)
			at[i] = -1;
		for (unsigned i = 0; i < shown->count; i++) {
			unsigned which = shown->columns[i];

			if (which >= WORKERS_COLUMN_COUNT || columns[which].rank > rank ||
			    !is_there(app, which))
				continue;
			at[which] = column + 1;
			column += width_of(app, which, width);
		}
		if (width - column >= width * 3 / 8)
			break;
	}
	return column + 1;
}

static void draw_headings(struct app *app, struct area area, const int at[WORKERS_COLUMN_COUNT], int test,
			  int from)
{
	const struct workers_pane *pane = &app->workers;

	for (int i = 0; i < WORKERS_COLUMN_COUNT; i++) {
		int length = (int)strlen(columns[i].heading),
		    end = at[i] + width_of(app, (unsigned)i, area.width) - 1;
		bool sorted = pane->column == i;
		enum role role = sorted ? ROLE_TITLE_FOCUS : ROLE_HEADING;

		app->workers.headings[i] = -1;
		/* Marks stand behind the age. */
		if (i == WORKERS_COLUMN_AGE)
			end -= 2;
		if (at[i] < 0 || end - length - 1 < from)
			continue;
		app->workers.headings[i] = end - length;
		screen_text(app->screen, area.row, end - length - 1, 1, ROLE_HEADING, " ");
		screen_text(app->screen, area.row, end - length, length, role, columns[i].heading);
		if (sorted)
			screen_glyph(app->screen, area.row, end, role,
				     pane->inverted ? GLYPH_UP : GLYPH_DOWN);
		else
			screen_text(app->screen, area.row, end, 1, ROLE_HEADING, " ");
	}
	if (test + 5 <= area.width && test > from)
		screen_text(app->screen, area.row, test - 1, 6, ROLE_HEADING, " TEST ");
}

/* --- the age of a test --- */

struct judgement {
	enum role role;
	const char *mark;
};

static struct judgement judge_age(uint64_t age, uint64_t expected, uint64_t deadline)
{
	if (deadline && age >= deadline / 100 * NEAR_DEADLINE)
		return (struct judgement){ ROLE_TIMEOUT, "!!" };
	if (expected && age > LATE_FACTOR * expected && age >= LATE_LEAST)
		return (struct judgement){ ROLE_FLAKY, "! " };
	if (expected ? age > expected && age >= LATE_LEAST : age >= LONG_ALONE)
		return (struct judgement){ ROLE_FLAKY, "  " };
	return (struct judgement){ ROLE_TEXT, "  " };
}

/* "31s/40s" by its deadline, "31s/~12s" by what is expected, where there is room for it. */
static void draw_age(struct app *app, const struct worker *worker, const struct test *test, int row,
		     int column, int width)
{
	const struct attempt *attempt = test_last_attempt(test);
	uint64_t now = app->ended ? app->ended_at : app->now;
	uint64_t age = now > worker->started ? now - worker->started : 0;
	uint64_t deadline = attempt ? attempt->deadline : 0;
	struct judgement judgement = judge_age(age, test->expected, deadline);
	char text[FORMAT_SIZE], limit[FORMAT_SIZE], both[2 * FORMAT_SIZE + 2];

	format_age(text, age);
	if (width > 9 && deadline)
		snprintf(both, sizeof(both), "%s/%s", text, format_age(limit, deadline));
	else if (width > 9 && test->expected)
		snprintf(both, sizeof(both), "%s/~%s", text,
			 test->expected < 10 * CLOCK_SECOND ? format_duration(limit, test->expected)
							    : format_age(limit, test->expected));
	else
		snprintf(both, sizeof(both), "%s", text);
	screen_format(app->screen, row, column, width - 3, judgement.role, "%*s", width - 3, both);
	screen_text(app->screen, row, column + width - 3, 2, judgement.role, judgement.mark);
}

/* --- rows --- */

static void draw_load(struct app *app, const struct worker *worker, int row, int column, int width)
{
	double load = worker_load(worker, app->ended ? app->ended_at : app->now);
	int full = (int)(load * width + 0.5);

	if (full > width)
		full = width;
	/* Not quite as high as a row, so that full ones below each other stay bars. */
	screen_fill(app->screen, row, column, full, ROLE_LOAD, GLYPH_SPARK_7);
	screen_fill(app->screen, row, column + full, width - full, ROLE_METER_REST, GLYPH_BAR_REST);
}

static void draw_cell(struct app *app, const struct worker *worker, const struct test *test, unsigned which,
		      int row, int column, int width)
{
	struct screen *screen = app->screen;
	char text[FORMAT_SIZE];

	switch ((enum workers_column)which) {
	case WORKERS_COLUMN_LOAD:
		draw_load(app, worker, row, column, width - 1);
		break;
	case WORKERS_COLUMN_CPU:
		screen_format(screen, row, column, 4, ROLE_TEXT, "%3.0f%%",
			      worker->cpu_share > 9.99 ? 999.0 : worker->cpu_share * 100);
		break;
	case WORKERS_COLUMN_MEM:
		screen_format(screen, row, column, 5, ROLE_TEXT, "%5s", format_bytes(text, worker->rss));
		break;
	case WORKERS_COLUMN_DONE:
		screen_format(screen, row, column, 6, ROLE_TEXT, "%6llu", (unsigned long long)worker->done);
		break;
	case WORKERS_COLUMN_RESTARTS:
		if (!worker->restarts)
			break;
		screen_glyph(screen, row, column + 1, ROLE_WARNING, GLYPH_FLAKY);
		screen_format(screen, row, column + 2, 3, ROLE_FLAKY, "%-2u", worker->restarts);
		break;
	case WORKERS_COLUMN_AGE:
		if (test)
			draw_age(app, worker, test, row, column, width);
		break;
	case WORKERS_COLUMN_COUNT:
		break;
	}
}

static void draw_worker(struct app *app, const struct worker *worker, const int at[WORKERS_COLUMN_COUNT],
			int test_column, struct area area, int row)
{
	const struct test *test = worker->test ? model_test(app->model, worker->test) : NULL;
	int room = area.width - test_column;

	screen_format(app->screen, row, 2, 5, ROLE_STRONG, "gw%u", worker->slot);
	for (unsigned i = 0; i < WORKERS_COLUMN_COUNT; i++)
		if (at[i] >= 0)
			draw_cell(app, worker, test, i, row, at[i], width_of(app, i, area.width));
	if (test)
		screen_text_end(app->screen, row, test_column, room, ROLE_TEXT, test->id);
	else
		screen_text(app->screen, row, test_column, room, ROLE_DIM,
			    worker->state == WORKER_DEAD ? "ended"
			    : worker->done               ? "idle"
							 : "ready");
}

/* What does not fit is told. */
static void draw_position(struct app *app, struct area area, int test_column)
{
	const struct list_cursor *cursor = &app->workers.cursor;
	char text[96];
	int width;

	if (cursor->length <= cursor->height)
		return;
	snprintf(text, sizeof(text), " %ld-%ld of %ld ", cursor->top + 1, cursor->top + cursor->height,
		 cursor->length);
	width = (int)strlen(text);
	if (area.width - width - 1 > test_column + 6)
		screen_text(app->screen, area.row, area.width - width - 1, width, ROLE_HEADING, text);
}

static void workers_draw(struct app *app, struct area area, bool focused)
{
	struct list_cursor *cursor = &app->workers.cursor;
	int at[WORKERS_COLUMN_COUNT];
	int behind = pane_draw_title(app, area, GLYPH_CORNER, focused, "Workers");
	int test_column;

	cursor->height = area.height - 1;
	refresh(app);
	look_for_limits(app);
	test_column = place_columns(app, area.width, at);
	draw_headings(app, area, at, test_column, behind);
	if (!cursor->length)
		screen_text(app->screen, area.row + 1, 2, area.width - 2, ROLE_DIM,
			    app->ended ? "There was no worker." : "No worker has started yet.");
	for (int i = 0; i < area.height - 1 && nth_worker(app, cursor->top + i); i++) {
		int row = area.row + 1 + i;

		draw_worker(app, nth_worker(app, cursor->top + i), at, test_column, area, row);
		if (focused && cursor->top + i == cursor->selected)
			screen_mark(app->screen, row, 1, area.width - 1, MARK_CURSOR);
	}
	draw_position(app, area, test_column);
}

/* --- keys and mouse --- */

static bool open_test_of_worker(struct app *app)
{
	const struct worker *worker = nth_worker(app, app->workers.cursor.selected);

	if (!worker || !worker->test) {
		app_say(app, ROLE_NOTE, " This worker runs no test at the moment ");
		return false;
	}
	app->focus = PANE_TESTS;
	tests_select(app, worker->test);
	return true;
}

const char *workers_sort_text(int choice)
{
	return choice == 0 ? "number" : columns_text(COLUMNS_WORKERS, (unsigned)choice - 1);
}

int workers_sort_choice(const struct app *app)
{
	return app->workers.column + 1;
}

/* Who sorts wants to see what comes first. */
static void go_to_first(struct workers_pane *pane)
{
	pane->held = false;
	pane->cursor.selected = pane->cursor.top = 0;
}

static void invert(struct workers_pane *pane)
{
	pane->inverted = !pane->inverted;
	go_to_first(pane);
}

void workers_sort(struct app *app, int choice)
{
	app->workers.column = choice - 1;
	app->workers.inverted = false;
	go_to_first(&app->workers);
	app_say(app, ROLE_NOTE, " Workers by %s ", workers_sort_text(choice));
}

static bool workers_request(struct app *app, enum request request)
{
	int choices = WORKERS_SORT_CHOICES;

	refresh(app);
	switch (request) {
	case REQUEST_OPEN:
		if (open_test_of_worker(app))
			app_open_detail(app);
		return true;
	case REQUEST_SORT_LEFT:
		workers_sort(app, (workers_sort_choice(app) + choices - 1) % choices);
		return true;
	case REQUEST_SORT_RIGHT:
		workers_sort(app, (workers_sort_choice(app) + 1) % choices);
		return true;
	case REQUEST_INVERT:
		invert(&app->workers);
		return true;
	case REQUEST_SORT_MENU:
		menu_open(app, MENU_SORT_WORKERS, 0);
		return true;
	default:
		if (!cursor_request(&app->workers.cursor, request))
			return false;
		hold(app);
		return true;
	}
}

static void click_heading(struct app *app, int column)
{
	for (int i = 0; i < WORKERS_COLUMN_COUNT; i++) {
		int from = app->workers.headings[i];

		if (from < 0 || column < from || column > from + (int)strlen(columns[i].heading))
			continue;
		if (app->workers.column == i)
			invert(&app->workers);
		else
			workers_sort(app, i + 1);
	}
}

static void workers_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct list_cursor *cursor = &app->workers.cursor;

	refresh(app);
	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		cursor->selected += mouse == MOUSE_WHEEL_UP ? -1 : 1;
	} else if (row == 0) {
		click_heading(app, column);
		return;
	} else {
		cursor->selected = cursor->top + row - 1;
		hold(app);
		if (mouse == MOUSE_DOUBLE_CLICK && open_test_of_worker(app))
			app_open_detail(app);
		return;
	}
	hold(app);
}

static uint64_t workers_selected(const struct app *app)
{
	const struct worker *worker = nth_worker(app, app->workers.cursor.selected);

	return worker ? worker->test : 0;
}

const struct view_ops workers_view = {
	"workers", workers_draw, workers_request, workers_mouse, NULL, workers_selected,
};
