#include "tui/format.h"
#include "tui/view.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

static const struct worker *nth_worker(const struct run *run, long wanted)
{
	vec_each(&run->workers, worker)
		if (worker->state != WORKER_ABSENT && wanted-- == 0)
			return worker;
	return NULL;
}

static long count_workers(const struct run *run)
{
	long count = 0;

	vec_each(&run->workers, worker)
		count += worker->state != WORKER_ABSENT;
	return count;
}

int workers_wanted_height(const struct app *app)
{
	long count = count_workers(app->run);

	if ((long)app->run->workers_wanted > count && !app->ended)
		count = (long)app->run->workers_wanted;
	return 1 + (int)(count < 1 ? 1 : count > 64 ? 64 : count);
}

struct columns {
	int load, load_width, cpu, rss, done, restarts, age, test; /* -1: not shown */
};

static struct columns place_columns(const struct app *app, int width)
{
	struct columns at = { .restarts = -1 };
	int column = 8;

	at.load = column;
	at.load_width = width >= 110 ? 20 : width >= 76 ? 10 : 5;
	column += at.load_width;
	at.cpu = width >= 50 ? column + 1 : -1;
	column += width >= 50 ? 5 : 0;
	at.rss = width >= 64 ? column + 1 : -1;
	column += width >= 64 ? 6 : 0;
	at.done = width >= 56 ? column + 1 : -1;
	column += width >= 56 ? 7 : 0;
	vec_each(&app->run->workers, worker)
		if (worker->restarts && width >= 70)
			at.restarts = column + 1;
	if (at.restarts >= 0)
		column += 5;
	at.age = column + 1;
	column += 7;
	at.test = column + 1;
	return at;
}

static void draw_heading(struct app *app, int row, int column, int width, int from, const char *text)
{
	int length = (int)strlen(text);

	if (column < 0 || column + width - length < from)
		return;
	column += width - length - 1;
	column += screen_text(app->screen, row, column, 1, ROLE_HEADING, " ");
	column += screen_text(app->screen, row, column, length, ROLE_HEADING, text);
	screen_text(app->screen, row, column, 1, ROLE_HEADING, " ");
}

static void draw_worker(struct app *app, const struct worker *worker, struct columns at, int row, int end)
{
	struct screen *screen = app->screen;
	uint64_t now = app->ended ? app->ended_at : app->now;
	double load = worker_load(worker, now);
	int full = (int)(load * at.load_width + 0.5);
	const struct test *test = worker->test ? model_test(app->model, worker->test) : NULL;
	char text[FORMAT_SIZE];

	screen_format(screen, row, 2, 5, ROLE_STRONG, "gw%u", worker->slot);
	if (full > at.load_width)
		full = at.load_width;
	screen_fill(screen, row, at.load, full, ROLE_LOAD, GLYPH_BAR_FULL);
	screen_fill(screen, row, at.load + full, at.load_width - full, ROLE_METER_REST, GLYPH_BAR_REST);
	if (at.cpu >= 0)
		screen_format(screen, row, at.cpu, 4, ROLE_TEXT, "%3.0f%%",
			      worker->cpu_share > 9.99 ? 999.0 : worker->cpu_share * 100);
	if (at.rss >= 0)
		screen_format(screen, row, at.rss, 5, ROLE_TEXT, "%5s", format_bytes(text, worker->rss));
	if (at.done >= 0)
		screen_format(screen, row, at.done, 6, ROLE_TEXT, "%6llu", (unsigned long long)worker->done);
	if (at.restarts >= 0 && worker->restarts) {
		screen_glyph(screen, row, at.restarts + 1, ROLE_WARNING, GLYPH_FLAKY);
		screen_format(screen, row, at.restarts + 2, 3, ROLE_FLAKY, "%-2u", worker->restarts);
	}
	if (test) {
		uint64_t age = now > worker->started ? now - worker->started : 0;

		screen_format(screen, row, at.age, 6, age >= 10 * CLOCK_SECOND ? ROLE_FLAKY : ROLE_TEXT,
			      "%6s", format_age(text, age));
		screen_text_end(screen, row, at.test, end - at.test, ROLE_TEXT, test->id);
	} else {
		const char *word = worker->state == WORKER_DEAD ? "ended" : worker->done ? "idle" : "ready";

		screen_text(screen, row, at.test, end - at.test, ROLE_DIM, word);
	}
}

static void workers_draw(struct app *app, struct area area, bool focused)
{
	struct list_cursor *cursor = &app->workers;
	struct columns at = place_columns(app, area.width);
	int behind = pane_draw_title(app, area, GLYPH_CORNER, focused, "Workers");

	draw_heading(app, area.row, at.load, at.load_width, behind + 1, "LOAD");
	draw_heading(app, area.row, at.cpu, 4, behind, "CPU");
	draw_heading(app, area.row, at.rss, 5, behind, "MEM");
	draw_heading(app, area.row, at.done, 6, behind, "DONE");
	draw_heading(app, area.row, at.restarts, 4, behind, "NEW");
	draw_heading(app, area.row, at.age, 6, behind, "AGE");
	if (at.test + 5 <= area.width)
		screen_text(app->screen, area.row, at.test - 1, 6, ROLE_HEADING, " TEST ");
	cursor->length = count_workers(app->run);
	cursor->height = area.height - 1;
	cursor_clamp(cursor);
	for (int i = 0; i < area.height - 1; i++) {
		const struct worker *worker = nth_worker(app->run, cursor->top + i);
		int row = area.row + 1 + i;

		if (!worker) {
			if (i == 0)
				screen_text(app->screen, row, 2, area.width - 2, ROLE_DIM,
					    app->ended ? "There was no worker."
						       : "No worker has started yet.");
			break;
		}
		draw_worker(app, worker, at, row, area.width);
		if (focused && cursor->top + i == cursor->selected)
			screen_mark(app->screen, row, 1, area.width - 1, MARK_CURSOR);
	}
	/* What does not fit is told. */
	if (cursor->length > cursor->height) {
		char text[96];
		int width;

		snprintf(text, sizeof(text), " %ld-%ld of %ld ", cursor->top + 1,
			 cursor->top + cursor->height, cursor->length);
		width = (int)strlen(text);
		if (area.width - width - 1 > at.test + 6)
			screen_text(app->screen, area.row, area.width - width - 1, width, ROLE_HEADING, text);
	}
}

static bool open_test_of_worker(struct app *app)
{
	const struct worker *worker = nth_worker(app->run, app->workers.selected);

	if (!worker || !worker->test) {
		app_say(app, ROLE_NOTE, " This worker runs no test at the moment ");
		return false;
	}
	app->focus = PANE_TESTS;
	tests_select(app, worker->test);
	return true;
}

static bool workers_request(struct app *app, enum request request)
{
	if (request == REQUEST_OPEN) {
		if (open_test_of_worker(app))
			app_open_detail(app);
		return true;
	}
	return cursor_request(&app->workers, request);
}

static void workers_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	(void)column;
	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		app->workers.selected += mouse == MOUSE_WHEEL_UP ? -1 : 1;
	} else if (row > 0) {
		app->workers.selected = app->workers.top + row - 1;
		if (mouse == MOUSE_DOUBLE_CLICK && open_test_of_worker(app))
			app_open_detail(app);
	}
	cursor_clamp(&app->workers);
}

static uint64_t workers_selected(const struct app *app)
{
	const struct worker *worker = nth_worker(app->run, app->workers.selected);

	return worker ? worker->test : 0;
}

const struct view_ops workers_view = {
	"workers", workers_draw, workers_request, workers_mouse, NULL, workers_selected,
};
