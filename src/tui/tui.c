#include "tui/tui.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "tui/app.h"
#include "tui/display.h"
#include "tui/handover.h"
#include "tui/outside.h"
#include "tui/preferences.h"
#include "tui/theme_file.h"
#include "tui/playback.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Handles outlive the dashboard until the loop has closed them. */
struct handles {
	uv_poll_t keys;
	uv_timer_t frame;
	uv_timer_t stop; /* a turn of the loop behind SIGTSTP */
	uv_signal_t resized, suspended, resumed;
	unsigned open;
	struct tui *tui; /* NULL: it is gone */
};

struct tui {
	struct frontend frontend;
	const struct model *model;
	struct app *app;
	struct screen *screen;
	struct display *display;
	struct handover *handover;
	struct outside *outside;
	struct preferences *preferences;
	struct handles *handles;
	bool replay;
	const struct control *control; /* NULL: none */
	struct playback *playback;         /* presses keys in the place of a person; NULL: none */
	struct playback_stage stage;
	char *playback_error;            /* what is wrong with it, for after the terminal is given back */
	uint64_t epoch;      /* clock_now() when the run began; 0: not known yet */
	uint64_t last_frame; /* clock_now() */
	bool gone;           /* the terminal went away: nothing more is drawn */
	bool told;           /* leave or headless was called */
	void (*leave)(void *context);
	void *leave_context;
	void (*headless)(void *context);
	void *headless_context;
};

/* Nobody is left to ask: whoever waits is told to leave. */
static void tell_gone(struct tui *tui)
{
	uv_timer_stop(&tui->handles->frame);
	if (tui->told)
		return;
	tui->told = true;
	if (tui->leave)
		tui->leave(tui->leave_context);
}

static void on_frame(uv_timer_t *timer);

/* --- drawing --- */

static uint64_t frame_time(const struct tui *tui)
{
	return CLOCK_SECOND / app_frames(tui->app);
}

static void update_time(struct tui *tui)
{
	uint64_t clock = clock_now(), now = model_run(tui->model)->now;

	if (!tui->replay && tui->epoch && clock > tui->epoch && clock - tui->epoch > now)
		now = clock - tui->epoch;
	app_set_time(tui->app, now, tui->playback ? 0 : clock);
}

/* Sets the timer for the next frame: as soon as the rate allows when something changed, else when the clock
 * that is shown moves, else never. */
static void plan_frame(struct tui *tui)
{
	uint64_t wait, clock = clock_now();

	if (tui->gone || tui->told)
		return;
	/* Nothing is drawn, but that it ends by itself must not be missed. */
	if (handover_is_away(tui->handover)) {
		if (app_wish(tui->app) != APP_STAYS)
			uv_timer_start(&tui->handles->frame, on_frame, 0, 0);
		else
			uv_timer_stop(&tui->handles->frame);
		return;
	}
	if (app_needs_drawing(tui->app) || app_wish(tui->app) != APP_STAYS) {
		uint64_t due = tui->last_frame + frame_time(tui);

		wait = due > clock ? due - clock : 0;
	} else {
		wait = app_next_change(tui->app);
	}
	if (wait == UINT64_MAX)
		uv_timer_stop(&tui->handles->frame);
	else
		uv_timer_start(&tui->handles->frame, on_frame, (wait + CLOCK_MS - 1) / CLOCK_MS, 0);
}

static void draw(struct tui *tui)
{
	if (tui->gone || handover_is_away(tui->handover))
		return;
	if (app_take_redraw(tui->app))
		display_redraw(tui->display);
	app_draw(tui->app);
	display_present(tui->display, tui->screen);
	tui->last_frame = clock_now();
}

/* true: the caller told whoever waits, and the dashboard may be gone. */
static bool tell_wish(struct tui *tui)
{
	enum app_wish wish = app_wish(tui->app);

	if (wish == APP_STAYS || tui->told)
		return false;
	tui->told = true;
	uv_timer_stop(&tui->handles->frame);
	if (wish == APP_GOES_HEADLESS && tui->headless)
		tui->headless(tui->headless_context);
	else if (tui->leave)
		tui->leave(tui->leave_context);
	return true;
}

/* Takes lines of the script as far as nothing has to happen first. */
static void play(struct tui *tui)
{
	struct error error = ERROR_INIT;
	int failed = 0;

	while (!tui->playback_error && app_wish(tui->app) == APP_STAYS) {
		if (app_needs_drawing(tui->app)) {
			draw(tui);
			continue;
		}
		if (!playback_step(tui->playback, tui->app, tui->screen, &failed, &error))
			break;
	}
	if (failed) {
		tui->playback_error = alloc_string(error.message);
		app_stopping(tui->app);
	}
}

static void on_frame(uv_timer_t *timer)
{
	struct tui *tui = timer->data;

	update_time(tui);
	if (tell_wish(tui))
		return;
	if (app_needs_drawing(tui->app))
		draw(tui);
	if (tui->playback)
		play(tui);
	plan_frame(tui);
}

/* Something may have changed: a frame is due, unless the timer runs for one already. */
static void wake(struct tui *tui)
{
	if (app_needs_drawing(tui->app) || app_wish(tui->app) != APP_STAYS)
		plan_frame(tui);
}

/* --- keys and signals --- */

static void on_keys(uv_poll_t *poll, int status, int events)
{
	struct tui *tui = poll->data;
	struct display_input input;
	bool any = false;

	update_time(tui);
	if (status == 0 && handover_is_away(tui->handover)) {
		handover_key(tui->handover);
		return;
	}
	while (status == 0 && display_read(tui->display, &input)) {
		any = true;
		if (input.key)
			app_key(tui->app, input.key);
		else
			app_mouse(tui->app, input.mouse, input.row, input.column);
	}
	/* A terminal that is gone is readable for ever and gives nothing. */
	if (status < 0 || (!any && (events & UV_DISCONNECT))) {
		tui->gone = true;
		uv_poll_stop(poll);
		tell_gone(tui);
		return;
	}
	/* What a key did is seen at once: a person waits for it. */
	if (any && app_needs_drawing(tui->app))
		draw(tui);
	plan_frame(tui);
}

static void take_size(struct tui *tui)
{
	int width, height;

	display_resize(tui->display, &width, &height);
	if (width != screen_width(tui->screen) || height != screen_height(tui->screen))
		screen_resize(tui->screen, width, height);
	app_invalidate(tui->app);
}

static void set_size(void *context, int width, int height)
{
	struct tui *tui = context;

	display_force_size(tui->display, width, height);
	screen_resize(tui->screen, width, height);
	app_invalidate(tui->app);
}

static bool nothing_runs(void *context)
{
	const struct tui *tui = context;

	return tui->replay || !tui->control || tui->control->idle(tui->control->context);
}

static void on_resized(uv_signal_t *handle, int number)
{
	struct tui *tui = handle->data;

	(void)number;
	if (handover_is_away(tui->handover))
		return;
	take_size(tui);
	plan_frame(tui);
}

static void on_stop(uv_timer_t *timer)
{
	(void)timer;
	raise(SIGSTOP);
}

static void on_suspended(uv_signal_t *handle, int number)
{
	struct tui *tui = handle->data;

	(void)number;
	display_suspend(tui->display);
	uv_timer_stop(&tui->handles->frame);
	uv_timer_start(&tui->handles->stop, on_stop, 0, 0);
}

static void on_resumed(uv_signal_t *handle, int number)
{
	struct tui *tui = handle->data;

	(void)number;
	if (handover_is_away(tui->handover)) {
		handover_continue(tui->handover);
		return;
	}
	display_resume(tui->display);
	take_size(tui);
	update_time(tui);
	plan_frame(tui);
}

/* --- another program has the terminal --- */

static void on_give(void *context)
{
	struct tui *tui = context;

	uv_poll_stop(&tui->handles->keys);
	uv_timer_stop(&tui->handles->frame);
	display_suspend(tui->display);
}

static void on_ask(void *context)
{
	struct tui *tui = context;

	uv_poll_start(&tui->handles->keys, UV_READABLE | UV_DISCONNECT, on_keys);
}

static void on_back(void *context, const char *name, int exit_code, int signal)
{
	struct tui *tui = context;

	display_resume(tui->display);
	take_size(tui);
	/* What is said is to stay for a while from now on. */
	update_time(tui);
	app_program_ended(tui->app, name, exit_code, signal);
	uv_poll_start(&tui->handles->keys, UV_READABLE | UV_DISCONNECT, on_keys);
	plan_frame(tui);
}

/* --- the frontend --- */

static struct tui *tui_of(struct frontend *frontend)
{
	return (struct tui *)frontend;
}

static void tui_hear(struct frontend *frontend, const struct model *model, const struct event *event)
{
	struct tui *tui = tui_of(frontend);

	(void)model;
	if (!tui->epoch) {
		uint64_t clock = clock_now();

		tui->epoch = clock > event->t ? clock - event->t : 1;
	}
	app_hear(tui->app, event);
	if (!uv_is_active((uv_handle_t *)&tui->handles->frame) || app_wish(tui->app) != APP_STAYS)
		wake(tui);
	/* The timer may stand for the next second: what changed comes sooner. */
	else if (app_needs_drawing(tui->app) &&
		 uv_timer_get_due_in(&tui->handles->frame) > frame_time(tui) / CLOCK_MS + 1)
		plan_frame(tui);
}

static void tui_tick(struct frontend *frontend, const struct model *model, uint64_t now)
{
	struct tui *tui = tui_of(frontend);
	uint64_t clock = clock_now();

	(void)model;
	if (!tui->replay && clock > now)
		tui->epoch = clock - now;
	update_time(tui);
	wake(tui);
}

static int tui_finish(struct frontend *frontend, const struct model *model, struct error *error)
{
	(void)frontend;
	(void)model;
	(void)error;
	return 0;
}

static void tui_release(struct frontend *frontend)
{
	(void)frontend;
}

static const struct frontend_ops tui_ops = { "tui", tui_hear, tui_tick, tui_finish, tui_release };

int tui_check_theme(const char *name, struct error *error)
{
	struct theme_places places;
	struct theme_table table;
	int result;

	theme_places_init(&places);
	result = theme_load(&places, name, &table, error);
	theme_places_fini(&places);
	return result;
}

/* --- life --- */

/* Of the file that a message begins with: what matters is behind it, and a row is short. */
static const char *without_directory(const char *message)
{
	const char *name = message;

	for (const char *at = message; *message == '/' && *at && *at != ':' && *at != ' '; at++)
		if (*at == '/')
			name = at + 1;
	return name;
}

static void watch_signal(struct handles *handles, uv_loop_t *loop, uv_signal_t *handle,
			 uv_signal_cb on_signal, int number)
{
	uv_signal_init(loop, handle);
	handle->data = handles->tui;
	uv_signal_start(handle, on_signal, number);
	uv_unref((uv_handle_t *)handle);
	handles->open++;
}

static void open_handles(struct tui *tui, uv_loop_t *loop)
{
	struct handles *handles = ALLOC_NEW(struct handles);
	int flags = fcntl(STDIN_FILENO, F_GETFL);

	tui->handles = handles;
	handles->tui = tui;
	uv_poll_init(loop, &handles->keys, STDIN_FILENO);
	/* libuv made it non-blocking, and with it the terminal's output and the shell's input: all the same
	 * open file. */
	if (flags >= 0)
		fcntl(STDIN_FILENO, F_SETFL, flags);
	uv_timer_init(loop, &handles->frame);
	uv_timer_init(loop, &handles->stop);
	handles->keys.data = handles->frame.data = handles->stop.data = tui;
	handles->open = 3;
	uv_poll_start(&handles->keys, UV_READABLE | UV_DISCONNECT, on_keys);
	watch_signal(handles, loop, &handles->resized, on_resized, SIGWINCH);
	watch_signal(handles, loop, &handles->suspended, on_suspended, SIGTSTP);
	watch_signal(handles, loop, &handles->resumed, on_resumed, SIGCONT);
}

static void on_closed(uv_handle_t *handle)
{
	struct handles *handles = handle->data;

	if (--handles->open == 0)
		free(handles);
}

static void close_handle(struct handles *handles, uv_handle_t *handle)
{
	handle->data = handles;
	uv_close(handle, on_closed);
}

struct tui *tui_new(uv_loop_t *loop, const struct tui_options *options, const struct model *model,
		    const struct control *control, struct error *error)
{
	struct display *display = display_open(stdout, stdin, options->color, error);
	struct tui_options own = *options;
	const char *path = getenv("XTOP_SCRIPT");
	struct tui *tui;
	int width, height;

	if (!display)
		return NULL;
	own.ascii = own.ascii || display_wants_ascii(display);
	tui = ALLOC_NEW(struct tui);
	tui->stage = (struct playback_stage){ set_size, nothing_runs, tui };
	if (path && *path && !(tui->playback = playback_open(path, &tui->stage, error))) {
		display_close(display);
		free(tui);
		return NULL;
	}
	tui->frontend.ops = &tui_ops;
	tui->model = model;
	tui->replay = options->replay;
	tui->control = control;
	tui->display = display;
	display_resize(display, &width, &height);
	tui->preferences = preferences_new(options->theme);
	own.settings = preferences_settings(tui->preferences);
	own.theme = preferences_theme(tui->preferences);
	display_use_theme(display, preferences_table(tui->preferences));
	tui->screen = screen_new(width, height, own.ascii);
	tui->handover = handover_new(loop, &(struct handover_owner){ on_give, on_ask, on_back, tui });
	tui->outside = outside_new(tui->handover, display, tui->preferences, options->root);
	tui->app = app_new(&own, model, control, outside_host(tui->outside), tui->screen);
	if (preferences_problem(tui->preferences))
		app_tell(tui->app, without_directory(preferences_problem(tui->preferences)));
	open_handles(tui, loop);
	update_time(tui);
	draw(tui);
	plan_frame(tui);
	if (tui->playback)
		uv_timer_start(&tui->handles->frame, on_frame, 0, 0);
	return tui;
}

struct frontend *tui_frontend(struct tui *tui)
{
	return &tui->frontend;
}

void tui_on_leave(struct tui *tui, void (*leave)(void *context), void *context)
{
	tui->leave = leave;
	tui->leave_context = context;
}

void tui_on_headless(struct tui *tui, void (*headless)(void *context), void *context)
{
	tui->headless = headless;
	tui->headless_context = context;
}

void tui_stopping(struct tui *tui)
{
	app_stopping(tui->app);
	wake(tui);
}

void tui_free(struct tui *tui)
{
	struct handles *handles;

	if (!tui)
		return;
	handles = tui->handles;
	handles->tui = NULL;
	handover_free(tui->handover);
	outside_free(tui->outside);
	display_close(tui->display);
	/* On the dashboard it went by with the first key. */
	if (preferences_problem(tui->preferences))
		fprintf(stderr, "xtop: %s\n", preferences_problem(tui->preferences));
	close_handle(handles, (uv_handle_t *)&handles->keys);
	close_handle(handles, (uv_handle_t *)&handles->frame);
	close_handle(handles, (uv_handle_t *)&handles->stop);
	close_handle(handles, (uv_handle_t *)&handles->resized);
	close_handle(handles, (uv_handle_t *)&handles->suspended);
	close_handle(handles, (uv_handle_t *)&handles->resumed);
	app_free(tui->app);
	screen_free(tui->screen);
	preferences_free(tui->preferences);
	if (tui->playback_error)
		fprintf(stderr, "xtop: %s\n", tui->playback_error);
	free(tui->playback_error);
	playback_free(tui->playback);
	free(tui);
}
