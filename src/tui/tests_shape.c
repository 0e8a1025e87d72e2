/* How the tests are arranged, and which headings are open. */
#include "tui/tests.h"

/* Up to so many tests the tree begins with all of them in view. */
#define SMALL_TREE 300

void tests_toggle_tree(struct app *app)
{
	struct tests_pane *pane = app->tests;
	uint32_t test = tests_tab(app)->chosen.test;

	pane->as_tree = !pane->as_tree;
	/* The headings that the tabs' cursors are on are of another shape now. */
	for (int tab = 0; tab < TAB_COUNT; tab++)
		pane->tabs[tab].chosen.heading = pane->tabs[tab].chosen.depth = 0;
	if (!pane->tree)
		pane->tree = tree_new(rows_length(app->rows) <= SMALL_TREE);
	app_say(app, ROLE_NOTE, pane->as_tree ? " Tree: Enter + - open and close " : " List ");
	if (test && tests_tab(app)->held) {
		tests_reveal(app, test);
		return;
	}
	pane->forced = true;
	tests_refresh(app);
}

static void set_open(struct app *app, uint32_t heading, bool open)
{
	struct tests_pane *pane = app->tests;

	if (tests_shape(pane) == TESTS_AS_TREE)
		tree_open(pane->tree, heading, open);
	else
		fold_open(&pane->fold, heading, open);
	pane->forced = true;
	tests_tab(app)->held = true;
	tests_refresh(app);
}

static bool has_headings(struct app *app)
{
	if (tests_shape(app->tests) != TESTS_AS_LIST)
		return true;
	app_say(app, ROLE_NOTE, " There is nothing to open or close here: t shows the tests as a tree ");
	return false;
}

void tests_expand(struct app *app)
{
	struct tests_pane *pane = app->tests;
	const struct entry chosen = tests_tab(app)->chosen;

	if (!has_headings(app))
		return;
	if (!chosen.heading) {
		app_say(app, ROLE_NOTE, " This is a test: Enter shows its detail ");
	} else if (!tests_is_open(pane, chosen.heading)) {
		set_open(app, chosen.heading, true);
	} else if (tests_shape(pane) == TESTS_AS_TREE) {
		/* Once more: with all that is below. */
		tree_open_all(pane->tree, chosen.heading, true);
		pane->forced = true;
		tests_refresh(app);
	}
}

/* The line of the heading that an entry stands under, -1: under none. */
static long line_above(const struct app *app)
{
	const struct tests_pane *pane = app->tests;
	long index = tests_tab(app)->cursor.selected;
	uint32_t depth = tests_tab(app)->chosen.depth;

	while (index >= 0 &&
	       !(pane->entries.list.items[index].heading && pane->entries.list.items[index].depth < depth))
		index--;
	return index;
}

void tests_collapse(struct app *app)
{
	const struct entry chosen = tests_tab(app)->chosen;
	long above;

	if (!has_headings(app) || !chosen.test)
		return;
	if (chosen.heading && tests_is_open(app->tests, chosen.heading)) {
		set_open(app, chosen.heading, false);
		return;
	}
	above = line_above(app);
	if (above < 0)
		return;
	tests_go_to(app, above);
	set_open(app, tests_tab(app)->chosen.heading, false);
}

bool tests_toggle(struct app *app)
{
	uint32_t heading = tests_tab(app)->chosen.heading;

	if (heading)
		set_open(app, heading, !tests_is_open(app->tests, heading));
	return heading != 0;
}
