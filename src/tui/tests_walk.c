/* Going to the next failure, or to the next test that was searched for, through all that is listed: what is not in
 * view because its heading is closed is opened. */
#include "tui/tests.h"

#include "base/alloc.h"

#include <string.h>

struct walk {
	VEC(uint32_t) tests; /* in the order in which they would stand if all were open */
};

static void add(void *context, uint64_t test)
{
	struct walk *walk = context;

	vec_push(&walk->tests, (uint32_t)test);
}

static void collect(const struct tests_pane *pane, struct walk *walk)
{
	switch (tests_shape(pane)) {
	case TESTS_AS_TREE:
		tree_each(pane->tree, 0, add, walk);
		break;
	case TESTS_FOLDED:
		/* The tests of an open heading stand behind it, too. */
		vec_each(&pane->entries.list, entry)
			if (!entry->depth)
				tests_below(pane, *entry, add, walk);
		break;
	case TESTS_AS_LIST:
		vec_each(&pane->entries.list, entry)
			vec_push(&walk->tests, entry->test);
		break;
	}
}

static bool go(struct app *app, int direction, bool from_next, bool (*fits)(struct app *app, uint64_t test))
{
	const struct entry chosen = tests_tab(app)->chosen;
	struct walk walk = { VEC_INIT };
	long length, at = 0;
	uint64_t found = 0;

	collect(app->tests, &walk);
	length = (long)walk.tests.length;
	while (at < length && walk.tests.items[at] != chosen.test)
		at++;
	if (at == length)
		at = 0;
	/* The first test below a closed heading was not gone to yet. */
	if (chosen.heading && direction > 0 && !tests_is_open(app->tests, chosen.heading))
		from_next = false;
	for (long step = from_next; step < length + from_next && !found; step++) {
		long index = ((at + direction * step) % length + length) % length;

		if (fits(app, walk.tests.items[index]))
			found = walk.tests.items[index];
	}
	vec_fini(&walk.tests);
	if (found)
		tests_reveal(app, found);
	return found != 0;
}

static bool matches_search(struct app *app, uint64_t number)
{
	const struct test *test = model_test(app->model, number);

	return test && strcasestr(test->id, app->search.data);
}

bool tests_search(struct app *app, int direction, bool from_next)
{
	return go(app, direction, from_next, matches_search);
}

static bool is_failure(struct app *app, uint64_t test)
{
	return rows_interest(app->rows, test) <= INTEREST_QUARANTINED;
}

void tests_go_to_failure(struct app *app, int direction)
{
	struct tests_tab *tab = tests_tab(app);
	long length = tab->cursor.length;

	/* Here all lines are failures, and a cause counts as one. */
	if (tests_shape(app->tests) == TESTS_FOLDED && length)
		tests_go_to(app, (tab->cursor.selected + direction + length) % length);
	else if (!go(app, direction, true, is_failure))
		app_say(app, ROLE_NOTE, " There is no failure in this list ");
	/* A detail that covers the screen goes along. */
	tests_show_in_detail(app, tab->chosen.test);
}
