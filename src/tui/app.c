#include "tui/app.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "event/codec.h"
#include "tui/command.h"
#include "tui/flaky.h"
#include "tui/timeline.h"
#include "tui/view.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_NEEDED 40
#define HEIGHT_NEEDED 10
#define MESSAGE_TIME (6 * CLOCK_SECOND)

static const struct view_ops *const views[PANE_COUNT] = {
	[PANE_WORKERS] = &workers_view,
	[PANE_TESTS] = &tests_view,
	[PANE_DETAIL] = &detail_view,
	[PANE_TIMELINE] = &timeline_view,
	[PANE_FLAKY] = &flaky_view,
	[PANE_LOG] = &log_view,
	[PANE_HELP] = &help_view,
	[PANE_SETUP] = &setup_view,
};

const struct view_ops *app_view(enum pane pane)
{
	return views[pane];
}

void app_leave_hidden(struct app *app)
{
	while (!app->settings.panes[app->focus].shown)
		app->focus = (enum pane)(((int)app->focus + 1) % PANES_BESIDE);
}

struct app *app_new(const struct tui_options *options, const struct model *model,
		    const struct control *control, const struct host *host, struct screen *screen)
{
	struct app *app = ALLOC_NEW(struct app);

	app->options = *options;
	if (options->settings)
		app->settings = *options->settings;
	else
		tui_settings_init(&app->settings);
	app->kept = app->settings;
	if (app->settings.ascii)
		screen_set_ascii(screen, true);
	app->model = model;
	app->run = model_run(model);
	app->control = control;
	app->host = host;
	app->screen = screen;
	app->rows = rows_new(options->slow);
	app->focus = PANE_TESTS;
	app_leave_hidden(app);
	app->changed = true;
	str_init(&app->search);
	str_init(&app->prompt.text);
	app->commands = commands_new();
	header_init(app);
	workers_init(app);
	tests_init(app);
	app->freeze = freeze_new();
	detail_init(app);
	app->timeline = timeline_new(app->run);
	app->flaky = flaky_new(app->run);
	log_init(app);
	themes_init(app);
	app->setup = setup_new();
	vec_each(&app->run->tests, test)
		rows_update(app->rows, *test);
	app->exit_code = app->run->exit_code;
	return app;
}

void app_free(struct app *app)
{
	if (!app)
		return;
	rows_free(app->rows);
	header_fini(app);
	tests_fini(app);
	freeze_free(app->freeze);
	detail_fini(app);
	timeline_free(app->timeline);
	flaky_free(app->flaky);
	log_fini(app);
	themes_fini(app);
	setup_free(app->setup);
	vec_fini(&app->targets.tests);
	str_fini(&app->search);
	str_fini(&app->prompt.text);
	commands_free(app->commands);
	free(app);
}

void app_say(struct app *app, enum role role, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(app->message, sizeof(app->message), format, args);
	va_end(args);
	app->message_role = role;
	app->message_stays = false;
	app->message_until = app->idle_clock + MESSAGE_TIME;
	app->changed = true;
}

const char *app_key_name(const struct app *app, enum request request, char name[KEYMAP_NAME_SIZE])
{
	int key = app->settings.keymap.keys[request][0];

	if (key)
		keymap_key_name(key, name);
	else
		snprintf(name, KEYMAP_NAME_SIZE, "%s", "a key");
	return name;
}

const struct test *app_selected(const struct app *app)
{
	const struct view_ops *view = views[app_front(app)];
	uint64_t number = view->selected ? view->selected(app) : 0;

	return number ? model_test(app->model, number) : NULL;
}

/* --- what covers what --- */

enum pane app_over(const struct app *app)
{
	return app->over_count ? app->over[app->over_count - 1] : PANE_NONE;
}

enum pane app_front(const struct app *app)
{
	return app->over_count ? app_over(app) : app->focus;
}

void app_cover(struct app *app, enum pane pane)
{
	unsigned kept = 0;

	/* What is open already comes to the top. */
	for (unsigned i = 0; i < app->over_count; i++)
		if (app->over[i] != pane)
			app->over[kept++] = app->over[i];
	app->over[kept++] = pane;
	app->over_count = kept;
}

void app_uncover(struct app *app)
{
	if (!app->over_count)
		return;
	/* A detail that was opened shows what its test needs again the next time. */
	if (app_over(app) == PANE_DETAIL)
		app->detail.wanted = DETAIL_AUTO;
	app->over_count--;
}

/* --- what goes on --- */

bool app_run_failed(const struct app *app)
{
	/* A run can fail without a failed test: by flaky ones where they are not allowed, or by a fault of
	 * ours. */
	return tally_sum(&app->run->tally).failed || app->exit_code == 1 || app->exit_code == 3;
}

static bool has_passed(const struct app *app)
{
	return !app_run_failed(app) && !tally_sum(&app->run->tally).notrun;
}

static void say_end(struct app *app)
{
	struct tally_summary summary = tally_sum(&app->run->tally);
	bool small = screen_width(app->screen) < 70;
	char rerun[KEYMAP_NAME_SIZE], all[KEYMAP_NAME_SIZE], log[KEYMAP_NAME_SIZE], quit[KEYMAP_NAME_SIZE];

	app_key_name(app, REQUEST_QUIT, quit);
	if (summary.failed)
		app_say(app, ROLE_VERDICT_BAD,
			small ? " %u of %u failed. %s %s rerun, %s leaves "
			      : " %u of %u failed. %s reruns the selected test, %s all failed, %s leaves ",
			summary.failed, app->run->tally.found, app_key_name(app, REQUEST_RERUN, rerun),
			app_key_name(app, REQUEST_RERUN_FAILED, all), quit);
	else if (summary.notrun)
		app_say(app, ROLE_WARNING,
			small ? " %u of %u not run. %s leaves " : " %u of %u tests were not run. %s leaves ",
			summary.notrun, app->run->tally.found, quit);
	else if (app_run_failed(app))
		app_say(app, ROLE_VERDICT_BAD,
			small ? " No test failed, but the run did: %s log "
			      : " No test failed, but the run did: %s shows the log, %s leaves ",
			app_key_name(app, REQUEST_PANE_LOG, log), quit);
	else if (!app->run->tally.found)
		app_say(app, ROLE_WARNING, " No tests were found. %s leaves ", quit);
	else
		app_say(app, ROLE_VERDICT_GOOD, " Done: %u passed, %u skipped, none failed. %s leaves ",
			summary.passed, summary.skipped, quit);
	app->message_until = UINT64_MAX;
}

void app_look_at_state(struct app *app)
{
	const struct run *run = app->run;
	/* A rerun by key goes on behind the end that the events told. */
	bool ended = action_is_idle(app) &&
		     (run->finished || (run->collected && run->tally.done >= run->tally.found));

	if (ended && !app->ended) {
		app->ended_at = run->finished ? run->duration : run->now;
		if (!app->message[0] || !app->message_stays)
			say_end(app);
		if (app->options.leave ||
		    (!app->touched && !app->options.stay && !app->options.replay && has_passed(app)))
			app->wish = APP_LEAVES;
	}
	if (ended != app->ended)
		app->changed = true;
	app->ended = ended;
	if (app->leaving && action_is_idle(app))
		app->wish = APP_LEAVES;
}

/* What the event left in the log, in the last row. */
static void hear_news(struct app *app, const struct event *event)
{
	const struct log_line *line =
		app->run->log.length ? &app->run->log.items[app->run->log.length - 1] : NULL;
	char key[KEYMAP_NAME_SIZE];
	struct slice text;
	const char *newline;

	if (!line || line->type != event->type || line->t != event->t || line->level < LEVEL_WARNING)
		return;
	/* Nothing that came by itself pushes aside what answers a key, or a question; and who looks at the log's
	 * end sees it there. */
	if (app->prompt.kind != PROMPT_NONE || (app->message[0] && app->message_stays) ||
	    (app_over(app) == PANE_LOG && app->log.follow))
		return;
	text = slice_trim(slice_of(line->text));
	newline = text.length ? memchr(text.data, '\n', text.length) : NULL;
	if (line->name && newline) {
		/* The first line of what somebody laid out may be a mere rule. */
		app_say(app, ROLE_WARNING, " %.60s has more to say: %s shows it ", line->name,
			app_key_name(app, REQUEST_PANE_LOG, key));
		return;
	}
	if (newline)
		text.length = (size_t)(newline - text.data);
	if (text.length)
		app_say(app, ROLE_WARNING, " %.60s%s%.*s%s%s%s ", line->name ? line->name : "",
			line->name ? ": " : "", (int)(text.length > 300 ? 300 : text.length), text.data,
			newline ? " (" : "", newline ? app_key_name(app, REQUEST_PANE_LOG, key) : "",
			newline ? " shows all)" : "");
}

void app_show_test(struct app *app, const struct test *test)
{
	rows_update(app->rows, test);
	tests_judge(app, test);
}

static void show(struct app *app, const struct event *event, const struct test *test)
{
	if (test)
		app_show_test(app, test);
	tests_hear(app, event);
	detail_hear(app, event);
	hear_news(app, event);
	app->changed = true;
}

void app_hear(struct app *app, const struct event *event)
{
	const struct test *test = event_has(event, test) ? model_test(app->model, event->test) : NULL;

	if (!freeze_clock(app, event->t) && event->t > app->now)
		app->now = event->t;
	switch (event->type) {
	case EVENT_RUN_FINISHED:
		app->exit_code = app->run->exit_code;
		break;
	case EVENT_TEST_VERDICT:
		app->exit_code = 0;
		break;
	case EVENT_TEST_OUTPUT:
	case EVENT_TEST_POINT:
		/* They change nothing but the detail of their test. */
		if (!freeze_is_on(app))
			detail_hear(app, event);
		return;
	case EVENT_TEST_FOUND:
		/* Its number may be missing: it is then the next one. */
		if (!test && app->run->tests.length)
			test = app->run->tests.items[app->run->tests.length - 1];
		break;
	default:
		break;
	}
	header_hear(app, event, test);
	timeline_hear(app, event);
	flaky_hear(app, event, test);
	if (!freeze_holds(app, event, test))
		show(app, event, test);
	app_look_at_state(app);
}

void app_set_time(struct app *app, uint64_t now, uint64_t idle_clock)
{
	if (freeze_clock(app, now))
		now = app->now;
	if (!app->ended && now / CLOCK_SECOND != app->now / CLOCK_SECOND && now > app->now)
		app->changed = true;
	if (now > app->now)
		app->now = now;
	app->idle_clock = idle_clock;
	if (app->message[0] && app->message_until <= idle_clock) {
		app->message[0] = '\0';
		app->changed = true;
	}
	app_look_at_state(app);
}

void app_program_ended(struct app *app, const char *name, int exit_code, int signal)
{
	char text[32];

	app->redraw = app->changed = true;
	if (signal)
		app_say(app, ROLE_WARNING, " %s was ended by %s ", name, event_signal_name((unsigned)signal, text));
	else if (exit_code)
		app_say(app, ROLE_WARNING, " %s ended with exit code %d ", name, exit_code);
}

void app_stopping(struct app *app)
{
	app->leaving = app->stop_asked = true;
	app_say(app, ROLE_WARNING, " Stopping: tests that run are ended ");
	app->message_until = UINT64_MAX;
	app_look_at_state(app);
}

enum app_wish app_wish(const struct app *app)
{
	return app->wish;
}

void app_tell(struct app *app, const char *message)
{
	app_say(app, ROLE_WARNING, " %s ", message);
	app->message_until = UINT64_MAX;
	app->message_stays = true;
}

unsigned app_frames(const struct app *app)
{
	return app->settings.frames;
}

bool app_needs_drawing(const struct app *app)
{
	return app->changed;
}

void app_invalidate(struct app *app)
{
	app->changed = true;
}

bool app_take_redraw(struct app *app)
{
	bool redraw = app->redraw;

	app->redraw = false;
	return redraw;
}

uint64_t app_next_change(const struct app *app)
{
	uint64_t next = UINT64_MAX;

	if (!app->ended && !app->options.replay)
		next = CLOCK_SECOND - app->now % CLOCK_SECOND;
	if (app->message[0] && app->message_until != UINT64_MAX) {
		uint64_t left =
			app->message_until > app->idle_clock ? app->message_until - app->idle_clock : 0;

		next = left < next ? left : next;
	}
	if (tests_stale(app) && CLOCK_SECOND / 4 < next)
		next = CLOCK_SECOND / 4;
	return next;
}

/* A list that nobody sees is put in order when it is seen again. */
void app_refresh(struct app *app)
{
	if (app_over(app) == PANE_NONE || app_over(app) == PANE_DETAIL)
		tests_refresh(app);
}

/* --- drawing --- */

static void draw_bottom(struct app *app, int row, int width)
{
	app->function_key_count = 0;
	if (app->prompt.kind != PROMPT_NONE) {
		prompt_draw(app, row, width);
	} else if (app->message[0]) {
		screen_text_begin(app->screen, row, 0, width, app->message_role, app->message);
	} else {
		function_keys_draw(app, row, width);
	}
}

static void draw_too_small(struct app *app, int width, int height)
{
	char text[96];
	int row = height / 2 - 1;

	snprintf(text, sizeof(text), "xtop needs %dx%d,", WIDTH_NEEDED, HEIGHT_NEEDED);
	screen_text(app->screen, row < 0 ? 0 : row, 0, width, ROLE_STRONG, text);
	snprintf(text, sizeof(text), "this is %dx%d", width, height);
	screen_text(app->screen, row < 0 ? 1 : row + 1, 0, width, ROLE_TEXT, text);
	if (app->prompt.kind != PROMPT_NONE && height > 3)
		prompt_draw(app, height - 1, width);
}

void app_draw(struct app *app)
{
	int width = screen_width(app->screen), height = screen_height(app->screen);
	int header = height >= 16 ? 3 : 2;

	app->changed = false;
	memset(app->areas, 0, sizeof(app->areas));
	screen_clear(app->screen);
	app_refresh(app);
	if (width < WIDTH_NEEDED || height < HEIGHT_NEEDED) {
		draw_too_small(app, width, height);
		return;
	}
	layout_place(app, header);
	if (layout_shows_header(app) && !freeze_draw(app, (struct area){ 0, 0, header, width }, PANE_NONE))
		header_draw(app, (struct area){ 0, 0, header, width });
	for (int pane = 0; pane < PANE_COUNT; pane++)
		if (app->areas[pane].height > 0 && !freeze_draw(app, app->areas[pane], (enum pane)pane))
			views[pane]->draw(app, app->areas[pane],
					  app_front(app) == (enum pane)pane);
	freeze_draw_sign(app);
	if (app->menu.kind != MENU_NONE)
		menu_draw(app);
	draw_bottom(app, height - 1, width);
	if (tests_unfinished(app))
		app->changed = true;
}
