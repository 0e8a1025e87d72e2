/* What a person asks of the run as a whole. What control refuses, it explains, and the status line shows. */
#include "tui/view.h"

bool action_is_idle(const struct app *app)
{
	if (app->options.replay || !app->control)
		return true;
	return app->control->idle(app->control->context);
}

bool action_can_ask(struct app *app)
{
	if (!app->options.replay && app->control)
		return true;
	app_say(app, ROLE_WARNING, " This is a recorded run: it has no workers ");
	return false;
}

void action_say_refused(struct app *app, const struct error *error)
{
	app_say(app, ROLE_WARNING, " %.400s ", error->message[0] ? error->message : "That can't be done now");
}

void action_rerun_failed(struct app *app)
{
	struct error error = ERROR_INIT, first = ERROR_INIT;
	unsigned asked = 0, refused = 0;

	if (!action_can_ask(app))
		return;
	vec_each(&app->run->tests, it) {
		const struct test *test = *it;

		if (!rows_in(app->rows, test->number, TAB_FAILED) || test->state != TEST_DONE)
			continue;
		if (!app->control->rerun(app->control->context, test->number, &error))
			asked++;
		else if (!refused++)
			first = error;
	}
	if (refused)
		action_say_refused(app, &first);
	else if (asked)
		app_say(app, ROLE_NOTE,
			asked == 1 ? " %u failed test runs again " : " %u failed tests run again ", asked);
	else
		app_say(app, ROLE_NOTE, " No test has failed ");
}

void action_pause(struct app *app)
{
	struct error error = ERROR_INIT;
	bool paused;

	if (!action_can_ask(app))
		return;
	paused = app->control->paused(app->control->context);
	if (app->control->pause(app->control->context, !paused, &error))
		action_say_refused(app, &error);
	else if (paused)
		app_say(app, ROLE_NOTE, " Tests start again ");
	else
		app_say(app, ROLE_NOTE, " No new test starts until p is pressed again ");
}

void action_change_workers(struct app *app, bool more)
{
	struct error error = ERROR_INIT;

	if (!action_can_ask(app))
		return;
	if (app->control->change_workers(app->control->context, more, &error))
		action_say_refused(app, &error);
	else
		app_say(app, ROLE_NOTE, more ? " One worker more " : " One worker fewer, once its test has ended ");
}

void action_quit(struct app *app)
{
	if (action_is_idle(app))
		app->wish = APP_LEAVES;
	else
		prompt_open(app, app->stop_asked ? PROMPT_QUIT_AGAIN : PROMPT_QUIT, 0);
}

void action_stop_and_leave(struct app *app)
{
	struct error error = ERROR_INIT;

	app->leaving = true;
	if (action_is_idle(app)) {
		app->wish = APP_LEAVES;
		return;
	}
	if (app->control->stop(app->control->context, &error)) {
		app->leaving = false;
		action_say_refused(app, &error);
		return;
	}
	app_say(app, ROLE_WARNING,
		app->stop_asked ? " Stopping: what still runs is killed "
				: " Stopping: tests that run are ended ");
	app->message_until = UINT64_MAX;
	app->stop_asked = true;
}
