/* What keys, commands and the mouse ask of the dashboard: first of the pane that has them, then of the whole. */
#include "tui/app.h"

#include "tui/command.h"
#include "tui/flaky.h"
#include "tui/timeline.h"
#include "tui/view.h"

void app_open_detail(struct app *app)
{
	if (!app_selected(app)) {
		app_say(app, ROLE_NOTE, " No test is selected ");
		return;
	}
	app->detail.moved = false;
	app_cover(app, PANE_DETAIL);
}

static void focus_on(struct app *app, int pane)
{
	app->focus = (enum pane)((pane + PANES_BESIDE) % PANES_BESIDE);
	app->over_count = 0;
}

static int next_shown(const struct app *app, int step)
{
	int pane = ((int)app->focus + step) % PANES_BESIDE;

	while (!app->settings.panes[pane].shown && pane != (int)app->focus)
		pane = (pane + step) % PANES_BESIDE;
	return pane;
}

static void go_back(struct app *app)
{
	tests_stop_following(app);
	/* What was put on last goes first. */
	if (!app->search.length && app->focus == PANE_TESTS && tests_clear_filter(app))
		app_say(app, ROLE_NOTE, " The filter is off ");
	str_clear(&app->search);
	app->detail.wanted = DETAIL_AUTO;
	app->focus = PANE_TESTS;
	app_leave_hidden(app);
}

bool app_search(struct app *app, int direction, bool from_next)
{
	const struct view_ops *view = app_view(app_front(app));

	/* Whoever searches among the workers means the tests. */
	if (!view->search)
		view = &tests_view;
	return view->search(app, direction, from_next);
}

static void find_again(struct app *app, int direction)
{
	char key[KEYMAP_NAME_SIZE];

	if (!app->search.length)
		app_say(app, ROLE_NOTE, " Nothing was searched for yet: %s searches ",
			app_key_name(app, REQUEST_SEARCH, key));
	else if (!app_search(app, direction, true))
		app_say(app, ROLE_WARNING, " '%.100s' is not found here ", app->search.data);
}

static void request_of_app(struct app *app, enum request request)
{
	switch (request) {
	case REQUEST_NEXT_PANE:
		focus_on(app, next_shown(app, 1));
		break;
	case REQUEST_PREVIOUS_PANE:
		focus_on(app, next_shown(app, PANES_BESIDE - 1));
		break;
	case REQUEST_PANE_WORKERS:
	case REQUEST_PANE_TESTS:
	case REQUEST_PANE_DETAIL:
		focus_on(app, (int)request - (int)REQUEST_PANE_WORKERS);
		break;
	case REQUEST_PANE_TIMELINE:
		timeline_open(app);
		break;
	case REQUEST_PANE_FLAKY:
		flaky_open(app);
		break;
	case REQUEST_PANE_LOG:
		log_open(app);
		break;
	case REQUEST_OPEN:
		app_open_detail(app);
		break;
	case REQUEST_BACK:
		go_back(app);
		break;
	case REQUEST_SEARCH:
		prompt_open(app, PROMPT_SEARCH, 0);
		break;
	case REQUEST_NEXT_MATCH:
		find_again(app, 1);
		break;
	case REQUEST_PREVIOUS_MATCH:
		find_again(app, -1);
		break;
	case REQUEST_RERUN:
		action_rerun(app);
		break;
	case REQUEST_RERUN_FAILED:
		action_rerun_failed(app);
		break;
	case REQUEST_QUARANTINE:
		action_quarantine(app);
		break;
	case REQUEST_KILL:
		action_kill(app);
		break;
	case REQUEST_STACK:
		errand_stack(app);
		break;
	case REQUEST_DEBUG:
		errand_debug(app);
		break;
	case REQUEST_OUTPUT:
		errand_output(app);
		break;
	case REQUEST_EDIT:
		errand_edit(app);
		break;
	case REQUEST_YANK:
		errand_yank(app);
		break;
	case REQUEST_YANK_ID:
		errand_yank_id(app);
		break;
	case REQUEST_MANUAL:
		errand_manual(app);
		break;
	case REQUEST_PAUSE:
		action_pause(app);
		break;
	case REQUEST_FEWER_WORKERS:
		action_change_workers(app, false);
		break;
	case REQUEST_MORE_WORKERS:
		action_change_workers(app, true);
		break;
	case REQUEST_COMMAND:
		prompt_open(app, PROMPT_COMMAND, 0);
		break;
	case REQUEST_HELP:
		app_cover(app, PANE_HELP);
		app->help_scroll.top = 0;
		break;
	case REQUEST_SETUP:
		setup_open(app);
		break;
	case REQUEST_THEME:
		themes_open(app);
		break;
	case REQUEST_FREEZE:
		freeze_toggle(app);
		break;
	case REQUEST_REDRAW:
		app->redraw = true;
		break;
	case REQUEST_QUIT:
		action_quit(app);
		break;
	case REQUEST_QUIT_NOW:
		app->wish = APP_LEAVES;
		break;
	default:
		/* What is left is about the list of tests, wherever the focus is. */
		if (!tests_view.request(app, request))
			app_say(app, ROLE_NOTE, " This key does nothing here ");
		break;
	}
}

/* What covers the list hides what a key of the list would change, and the selected test where it names none. */
bool app_reaches(const struct app *app, enum request request)
{
	const struct view_ops *view = app_view(app_over(app));

	/* The detail is of a test in the list, which goes along; whoever reads about keys tries none. */
	if (app_over(app) == PANE_DETAIL)
		return true;
	if (app_over(app) == PANE_SETUP)
		return request == REQUEST_REDRAW || request == REQUEST_QUIT_NOW || request == REQUEST_HELP ||
		       request == REQUEST_THEME;
	if (app_over(app) == PANE_HELP)
		return request == REQUEST_REDRAW || request == REQUEST_QUIT_NOW;
	switch (keymap_entry(request)->group) {
	case GROUP_TEST:
		return view->selected != NULL;
	case GROUP_MOVE:
		return false;
	case GROUP_LIST:
		return view->search && (request == REQUEST_SEARCH || request == REQUEST_NEXT_MATCH ||
					request == REQUEST_PREVIOUS_MATCH);
	default:
		return true;
	}
}

static void request_over(struct app *app, enum request request)
{
	char key[KEYMAP_NAME_SIZE];
	enum pane over = app_over(app);

	if (request == REQUEST_BACK || request == REQUEST_QUIT ||
	    (request == REQUEST_OPEN && over == PANE_DETAIL) ||
	    (request == REQUEST_HELP && over == PANE_HELP)) {
		app_uncover(app);
	} else if (app_view(over)->request(app, request)) {
		return;
	} else if (app_reaches(app, request)) {
		request_of_app(app, request);
	} else {
		app_say(app, ROLE_NOTE, " Not from the %s: %s goes back ", app_view(over)->name,
			app_key_name(app, REQUEST_BACK, key));
	}
}

void app_request(struct app *app, enum request request)
{
	if (app->over_count)
		request_over(app, request);
	else if (!app_view(app->focus)->request(app, request))
		request_of_app(app, request);
}

void app_key(struct app *app, int key)
{
	char name[KEYMAP_NAME_SIZE];
	enum request request;

	app->touched = true;
	app->changed = true;
	app->message[0] = '\0';
	app_refresh(app);
	if (app->prompt.kind != PROMPT_NONE) {
		prompt_key(app, key);
	} else if (app->menu.kind != MENU_NONE) {
		menu_key(app, key);
	} else if (app_over(app) != PANE_SETUP || !setup_key(app, key)) {
		request = keymap_request(&app->settings.keymap, key);
		if (request != REQUEST_NONE)
			app_request(app, request);
		else
			app_say(app, ROLE_NOTE, " This key does nothing: %s shows those that do ",
				app_key_name(app, REQUEST_HELP, name));
	}
	app_look_at_state(app);
}

void app_command(struct app *app, struct slice line)
{
	app->touched = app->changed = true;
	app->message[0] = '\0';
	app_refresh(app);
	command_run(app, line);
	app_look_at_state(app);
}

void app_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	app->touched = true;
	app->changed = true;
	if (mouse == MOUSE_CLICK || mouse == MOUSE_DOUBLE_CLICK)
		app->message[0] = '\0';
	app_refresh(app);
	if (app->menu.kind != MENU_NONE) {
		menu_mouse(app, mouse, row, column);
		return;
	}
	if (app->prompt.kind == PROMPT_NONE && row == screen_height(app->screen) - 1 &&
	    mouse == MOUSE_CLICK) {
		for (unsigned i = 0; i < app->function_key_count; i++)
			if (column >= app->function_keys[i].column && column < app->function_keys[i].end) {
				app_key(app, app->function_keys[i].key);
				return;
			}
	}
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		struct area area = app->areas[pane];

		if (row < area.row || row >= area.row + area.height || column < area.column ||
		    column >= area.column + area.width)
			continue;
		if (!app->over_count && mouse != MOUSE_WHEEL_UP && mouse != MOUSE_WHEEL_DOWN)
			app->focus = (enum pane)pane;
		app_view((enum pane)pane)->mouse(app, mouse, row - area.row, column - area.column);
		return;
	}
}
