/* What a person asks for a test, or for several at once: to run again, quarantine, a signal. */
#include "tui/flaky.h"
#include "tui/view.h"

#include "event/codec.h"

#include <stdio.h>
#include <string.h>

/* What several calls of control came to. */
struct answers {
	unsigned done, refused, passed_over;
	struct error first; /* refusal */
};

static bool take(struct answers *answers, int result, const struct error *error)
{
	if (!result)
		answers->done++;
	else if (!answers->refused++)
		answers->first = *error;
	return !result;
}

bool action_find_targets(struct app *app)
{
	if (!action_can_ask(app))
		return false;
	tests_targets(app, &app->targets);
	if (!app->targets.tests.length)
		app_say(app, ROLE_NOTE,
			app_front(app) == PANE_WORKERS ? " This worker runs no test at the moment "
						       : " No test is selected ");
	return app->targets.tests.length > 0;
}

/* The test, where there is only one. */
static const struct test *only_target(const struct app *app)
{
	return app->targets.tests.length == 1 ? model_test(app->model, app->targets.tests.items[0]) : NULL;
}

/* "3 tagged tests". */
static const char *count_text(const struct app *app, unsigned count, char text[48])
{
	snprintf(text, 48, "%u %s%s", count, app->targets.kind == TARGETS_TAGGED ? "tagged " : "",
		 count == 1 ? "test" : "tests");
	return text;
}

/* `did`: what was done, as in "Again: 3 tests"; `idle`: why the rest was passed over. */
static void say_answers(struct app *app, const struct answers *answers, const char *did, const char *idle)
{
	const struct test *test = only_target(app);
	char text[48];

	if (answers->refused && !answers->done)
		action_say_refused(app, &answers->first);
	else if (answers->refused)
		app_say(app, ROLE_WARNING, " %s: %s; %u refused: %.300s ", did,
			count_text(app, answers->done, text), answers->refused, answers->first.message);
	else if (test && answers->done)
		app_say(app, ROLE_NOTE, " %s: %s ", did, test->id);
	else if (answers->passed_over && answers->done)
		app_say(app, ROLE_NOTE, " %s: %s; %u %s ", did, count_text(app, answers->done, text),
			answers->passed_over, idle);
	else if (answers->done)
		app_say(app, ROLE_NOTE, " %s: %s ", did, count_text(app, answers->done, text));
	else
		app_say(app, ROLE_NOTE, " %s %s ", count_text(app, answers->passed_over, text), idle);
}

void action_rerun(struct app *app)
{
	struct answers answers = { .first = ERROR_INIT };

	if (!action_find_targets(app))
		return;
	vec_each(&app->targets.tests, it) {
		const struct test *test = model_test(app->model, *it);
		struct error error = ERROR_INIT;

		/* Of many those that run or wait are served already; of one control says why not. */
		if (app->targets.tests.length > 1 && test && test->state != TEST_DONE)
			answers.passed_over++;
		else
			take(&answers, app->control->rerun(app->control->context, *it, &error), &error);
	}
	say_answers(app, &answers, "Again", "run or wait already");
}

/* --- quarantine --- */

bool action_is_held(const struct app *app, const struct test *test)
{
	/* A verdict tells it of failures only; a recorded run has nothing but its verdicts. */
	return test->quarantined ||
	       (app->control && app->control->quarantined(app->control->context, test->number));
}

/* Each entry is a write of the whole file, while the run waits: so many take half a second. */
#define ENTRIES_AT_ONCE 100

void action_quarantine(struct app *app)
{
	size_t kept = 0;

	if (!action_find_targets(app))
		return;
	if (app->targets.tests.length > ENTRIES_AT_ONCE) {
		app_say(app, ROLE_WARNING,
			" %zu tests: better one entry for all, by `xtop quarantine add EXPRESSION` ",
			app->targets.tests.length);
		return;
	}
	/* All that are out of it go in; only if all are in they come out. */
	for (size_t i = 0; i < app->targets.tests.length; i++) {
		const struct test *test = model_test(app->model, app->targets.tests.items[i]);

		if (test && !action_is_held(app, test))
			app->targets.tests.items[kept++] = test->number;
	}
	if (kept)
		app->targets.tests.length = kept;
	prompt_open(app, kept ? PROMPT_REASON : PROMPT_RELEASE,
		    only_target(app) ? only_target(app)->number : 0);
}

static void set_quarantine(struct app *app, bool on, const char *reason)
{
	struct answers answers = { .first = ERROR_INIT };

	vec_each(&app->targets.tests, it) {
		const struct test *test = model_test(app->model, *it);
		struct error error = ERROR_INIT;

		/* A test that has not failed gets no event that would tell of it. */
		if (take(&answers, app->control->quarantine(app->control->context, *it, on, reason, &error),
			 &error) &&
		    test)
			tests_judge(app, test);
	}
	flaky_outdate(app);
	say_answers(app, &answers, on ? "In quarantine" : "Released", "");
}

void action_hold(struct app *app, const char *reason)
{
	set_quarantine(app, true, reason);
}

void action_release(struct app *app)
{
	set_quarantine(app, false, NULL);
}

/* --- signals --- */

void action_kill(struct app *app)
{
	const struct test *only;
	size_t kept = 0;
	char text[48];

	if (!action_find_targets(app))
		return;
	only = only_target(app);
	for (size_t i = 0; i < app->targets.tests.length; i++) {
		const struct test *test = model_test(app->model, app->targets.tests.items[i]);

		if (test && test->state == TEST_RUNNING)
			app->targets.tests.items[kept++] = test->number;
	}
	if (!kept && only)
		app_say(app, ROLE_NOTE, " It does not run: %s ", only->id);
	else if (!kept)
		app_say(app, ROLE_NOTE, " None of the %s runs ",
			count_text(app, (unsigned)app->targets.tests.length, text));
	app->targets.tests.length = kept;
	if (kept)
		menu_open(app, MENU_SIGNAL, kept == 1 ? app->targets.tests.items[0] : 0);
}

void action_send(struct app *app, int number)
{
	struct answers answers = { .first = ERROR_INIT };
	char name[32];

	vec_each(&app->targets.tests, it) {
		struct error error = ERROR_INIT;

		take(&answers, app->control->kill(app->control->context, *it, number, &error), &error);
	}
	if (answers.refused)
		action_say_refused(app, &answers.first);
	else if (answers.done > 1)
		app_say(app, ROLE_NOTE, " %s was sent to %u tests ",
			event_signal_name((unsigned)number, name), answers.done);
	else
		app_say(app, ROLE_NOTE, " %s was sent ", event_signal_name((unsigned)number, name));
}
