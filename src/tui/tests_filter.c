/* The filter line: which tests are seen at all.
 *
 * A test is judged once when it changes. A filter that is new judges all of them, a slice at a time: until it is
 * through, the rest is as it was under the one before.
 */
#include "tui/tests.h"

#include "base/alloc.h"
#include "base/err.h"
#include "select/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Tests judged at once: a millisecond or two. */
#define AT_ONCE 4096

struct tests_filter {
	struct filter *filter; /* NULL: all tests are seen */
	struct str text;       /* of it */
	bool needs_quarantine;
	size_t judged; /* so many of the first tests are */
	bool told;     /* that a pattern in it was given up */
	struct entry
		chosen; /* under the cursor when the line was opened: what is typed may hide it for a while */
	bool held;
	char complaint[256]; /* about what is being typed, a line; "": none */
	size_t column;       /* in it, from 1 */
};

struct tests_filter *tests_filter_new(void)
{
	struct tests_filter *filter = ALLOC_NEW(struct tests_filter);

	str_init(&filter->text);
	return filter;
}

void tests_filter_free(struct tests_filter *filter)
{
	if (!filter)
		return;
	filter_free(filter->filter);
	str_fini(&filter->text);
	free(filter);
}

static bool takes(struct app *app, const struct test *test)
{
	struct tests_filter *filter = app->tests->filter;
	const char *word = status_of_test(test).word;
	char worker[16];
	struct test_facts facts = {
		.suite = test->suite,
		.id = test->id,
		.file = test->file,
		.scope = test->scope,
		.group = test->group,
		.marks = test->marks,
		.adapter = test->adapter,
		.ordinal = test->ordinal,
		.outcome = test->outcome,
		.flaky = test->flaky,
		.quarantined = filter->needs_quarantine ? action_is_held(app, test) : test->quarantined,
		.duration = test->outcome == OUTCOME_NONE || test->outcome == OUTCOME_NOTRUN ? UINT64_MAX
											     : test->duration,
		.status = strcmp(word, "not run") ? word : "notrun",
		.code = test_code(test),
		.message = test_message(test) ? test_message(test) : test_reason(test),
	};

	if (test->attempts.length) {
		snprintf(worker, sizeof(worker), "gw%u", test->worker);
		facts.worker = worker;
	}
	return filter_matches(filter->filter, &facts);
}

void tests_judge(struct app *app, const struct test *test)
{
	if (app->tests->filter->filter)
		rows_hide(app->rows, test->number, !takes(app, test));
}

bool tests_filter_go_on(struct app *app)
{
	struct tests_filter *filter = app->tests->filter;
	size_t end = app->run->tests.length;

	if (!filter->filter)
		return true;
	if (end > filter->judged + AT_ONCE)
		end = filter->judged + AT_ONCE;
	for (; filter->judged < end; filter->judged++)
		tests_judge(app, app->run->tests.items[filter->judged]);
	if (filter->judged == app->run->tests.length && !filter->told && filter_gave_up(filter->filter)) {
		filter->told = true;
		app_say(app, ROLE_WARNING, " /%.100s/ takes too long for some tests, which are not shown ",
			filter_gave_up(filter->filter));
	}
	return filter->judged == app->run->tests.length;
}

void tests_open_filter(struct app *app)
{
	struct tests_filter *filter = app->tests->filter;

	filter->chosen = tests_tab(app)->chosen;
	filter->held = tests_tab(app)->held;
	filter->complaint[0] = '\0';
	prompt_open(app, PROMPT_FILTER, 0);
}

/* The cursor goes back to what it was on, if that can be seen again. */
static void make_anew(struct app *app)
{
	struct tests_filter *filter = app->tests->filter;

	if (app->prompt.kind == PROMPT_FILTER && filter->chosen.test) {
		tests_tab(app)->chosen = filter->chosen;
		tests_tab(app)->held = filter->held;
	}
	app->tests->forced = true;
	tests_refresh(app);
}

bool tests_clear_filter(struct app *app)
{
	struct tests_filter *filter = app->tests->filter;
	bool was = filter->filter != NULL;

	filter->complaint[0] = '\0';
	if (!was)
		return false;
	filter_free(filter->filter);
	filter->filter = NULL;
	str_clear(&filter->text);
	for (uint64_t test = 1; test <= rows_length(app->rows); test++)
		rows_hide(app->rows, test, false);
	make_anew(app);
	return was;
}

void tests_set_filter(struct app *app, const char *text)
{
	struct tests_filter *filter = app->tests->filter;
	struct error error = ERROR_INIT;
	struct filter *fresh;

	if (!text[strspn(text, " ")]) {
		tests_clear_filter(app);
		return;
	}
	fresh = filter_parse_of_run(text, &filter->column, &error);
	if (!fresh) {
		snprintf(filter->complaint, sizeof(filter->complaint), "%.*s",
			 (int)strcspn(error.message, "\n"), error.message);
		return;
	}
	filter->complaint[0] = '\0';
	filter_free(filter->filter);
	filter->filter = fresh;
	str_clear(&filter->text);
	str_add_text(&filter->text, text);
	filter->needs_quarantine = filter_needs_quarantine(fresh);
	filter->judged = 0;
	filter->told = false;
	make_anew(app);
}

const char *tests_filter_text(const struct app *app)
{
	return app->tests->filter->text.data;
}

const char *tests_filter_complaint(const struct app *app, size_t *column)
{
	*column = app->tests->filter->column;
	return app->tests->filter->complaint;
}
