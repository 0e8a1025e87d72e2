/* What a person asks of the run. What control refuses, it explains, and the status line shows. */
#include "tui/view.h"

#include "event/codec.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

bool action_is_idle(const struct app *app)
{
	if (app->options.replay || !app->control)
		return true;
	return app->control->idle(app->control->context);
}

static bool can_ask(struct app *app)
{
	if (!app->options.replay && app->control)
		return true;
	app_say(app, ROLE_WARNING, " This is a recorded run: it has no workers ");
	return false;
}

static void say_refused(struct app *app, const struct error *error)
{
	app_say(app, ROLE_WARNING, " %.400s ", error->message[0] ? error->message : "That can't be done now");
}

/* The test that an action is about; it says so where there is none. */
static const struct test *target(struct app *app)
{
	const struct test *test = app_selected(app);

	if (!test) {
		app_say(app, ROLE_NOTE,
			app_front(app) == PANE_WORKERS ? " This worker runs no test at the moment "
						       : " No test is selected ");
		return NULL;
	}
	/* What was acted on is to stay under the cursor. */
	if (app->tests.tabs[app->tests.tab].test == test->number)
		app->tests.tabs[app->tests.tab].held = true;
	return test;
}

void action_rerun(struct app *app)
{
	const struct test *test = can_ask(app) ? target(app) : NULL;
	struct error error = ERROR_INIT;

	if (!test)
		return;
	if (app->control->rerun(app->control->context, test->number, &error))
		say_refused(app, &error);
	else
		app_say(app, ROLE_NOTE, " Again: %s ", test->id);
}

void action_rerun_failed(struct app *app)
{
	struct error error = ERROR_INIT, first = ERROR_INIT;
	unsigned asked = 0, refused = 0;

	if (!can_ask(app))
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
		say_refused(app, &first);
	else if (asked)
		app_say(app, ROLE_NOTE,
			asked == 1 ? " %u failed test runs again " : " %u failed tests run again ", asked);
	else
		app_say(app, ROLE_NOTE, " No test has failed ");
}

/* --- quarantine --- */

bool action_is_held(const struct app *app, const struct test *test)
{
	/* A verdict tells it of failures only; a recorded run has nothing but its verdicts. */
	return test->quarantined ||
	       (app->control && app->control->quarantined(app->control->context, test->number));
}

void action_quarantine(struct app *app)
{
	const struct test *test = can_ask(app) ? target(app) : NULL;

	if (test)
		prompt_open(app, action_is_held(app, test) ? PROMPT_RELEASE : PROMPT_REASON, test->number);
}

static void set_quarantine(struct app *app, uint64_t number, bool on, const char *reason)
{
	const struct test *test = model_test(app->model, number);
	struct error error = ERROR_INIT;

	if (!test)
		return;
	if (app->control->quarantine(app->control->context, number, on, reason, &error)) {
		say_refused(app, &error);
		return;
	}
	app_say(app, ROLE_NOTE, on ? " In quarantine: %s " : " Released: %s ", test->id);
}

void action_hold(struct app *app, uint64_t test, const char *reason)
{
	set_quarantine(app, test, true, reason);
}

void action_release(struct app *app, uint64_t test)
{
	set_quarantine(app, test, false, NULL);
}

/* --- signals --- */

void action_kill(struct app *app)
{
	const struct test *test = can_ask(app) ? target(app) : NULL;

	if (!test)
		return;
	if (test->state != TEST_RUNNING)
		app_say(app, ROLE_NOTE, " It does not run: %s ", test->id);
	else
		menu_open(app, MENU_SIGNAL, test->number);
}

void action_send(struct app *app, uint64_t test, int number)
{
	struct error error = ERROR_INIT;
	char text[32];

	if (app->control->kill(app->control->context, test, number, &error))
		say_refused(app, &error);
	else
		app_say(app, ROLE_NOTE, " %s was sent ", event_signal_name((unsigned)number, text));
}

/* --- the run as a whole --- */

void action_pause(struct app *app)
{
	struct error error = ERROR_INIT;
	bool paused;

	if (!can_ask(app))
		return;
	paused = app->control->paused(app->control->context);
	if (app->control->pause(app->control->context, !paused, &error))
		say_refused(app, &error);
	else if (paused)
		app_say(app, ROLE_NOTE, " Tests start again ");
	else
		app_say(app, ROLE_NOTE, " No new test starts until p is pressed again ");
}

void action_change_workers(struct app *app, bool more)
{
	struct error error = ERROR_INIT;

	if (!can_ask(app))
		return;
	if (app->control->change_workers(app->control->context, more, &error))
		say_refused(app, &error);
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
		say_refused(app, &error);
		return;
	}
	app_say(app, ROLE_WARNING,
		app->stop_asked ? " Stopping: what still runs is killed "
				: " Stopping: tests that run are ended ");
	app->message_until = UINT64_MAX;
	app->stop_asked = true;
}
