/* Tagged tests, and what an action is about: them, all tests below a heading, or one test. */
#include "tui/tests.h"

#include "base/alloc.h"

struct tagging {
	struct tags *tags;
	bool on;
	uint32_t tagged, seen;
};

static void look(void *context, uint64_t test)
{
	struct tagging *tagging = context;

	tagging->seen++;
	tagging->tagged += tags_have(tagging->tags, test);
}

static void set(void *context, uint64_t test)
{
	struct tagging *tagging = context;

	tags_set(tagging->tags, test, tagging->on);
}

void tests_tag(struct app *app)
{
	struct tests_pane *pane = app->tests;
	struct tests_tab *tab = tests_tab(app);
	struct tagging tagging = { .tags = &pane->tags };

	if (!tab->chosen.test) {
		app_say(app, ROLE_NOTE, " No test is selected ");
		return;
	}
	/* Below a heading all become tagged, unless they are. */
	tests_below(pane, tab->chosen, look, &tagging);
	tagging.on = tagging.tagged < tagging.seen;
	tests_below(pane, tab->chosen, set, &tagging);
	if (tab->chosen.heading)
		app_say(app, ROLE_NOTE,
			tagging.on ? " %u tests below are tagged " : " %u tests below are no longer tagged ",
			tagging.seen);
	/* Headings tell how many below them are tagged. */
	pane->forced = tests_shape(pane) != TESTS_AS_LIST;
	tests_tab(app)->held = true;
	tests_refresh(app);
	if (tab->cursor.selected + 1 < tab->cursor.length)
		tests_go_to(app, tab->cursor.selected + 1);
}

void tests_untag_all(struct app *app)
{
	struct tests_pane *pane = app->tests;
	uint32_t count = pane->tags.count;

	tags_clear(&pane->tags);
	pane->forced = true;
	tests_refresh(app);
	if (!count)
		app_say(app, ROLE_NOTE, " No test is tagged ");
	else
		app_say(app, ROLE_NOTE,
			count == 1 ? " %u test is no longer tagged " : " %u tests are no longer tagged ",
			count);
}

uint32_t tests_tagged(const struct app *app)
{
	return app->tests->tags.count;
}

static void add(void *context, uint64_t test)
{
	struct targets *targets = context;

	vec_push(&targets->tests, test);
}

void tests_targets(struct app *app, struct targets *targets)
{
	const struct tests_pane *pane = app->tests;
	const struct test *test;

	vec_clear(&targets->tests);
	targets->kind = TARGETS_ONE;
	/* Elsewhere a key is about the test that is looked at. */
	if (app_front(app) != PANE_TESTS) {
		test = app_selected(app);
		if (test)
			vec_push(&targets->tests, test->number);
	} else if (pane->tags.count) {
		targets->kind = TARGETS_TAGGED;
		for (uint64_t number = 1; number <= rows_length(app->rows); number++)
			if (tags_have(&pane->tags, number))
				vec_push(&targets->tests, number);
	} else if (tests_tab(app)->chosen.test) {
		if (tests_tab(app)->chosen.heading)
			targets->kind = TARGETS_BELOW;
		tests_below(pane, tests_tab(app)->chosen, add, targets);
		tests_tab(app)->held = true;
	}
}
