/* The last row: the keys that a person needs most, under the names that they have now. */
#include "tui/flaky.h"
#include "tui/view.h"

#include <string.h>

struct function_key {
	enum request request;
	const char *label;
	int rank; /* the highest go first where the row is short */
};

#define RANKS 8

static bool goes_here(const struct app *app, const struct function_key *key)
{
	if (!keymap_best_key(&app->settings.keymap, key->request))
		return false;
	if (key->rank == 0)
		return true;
	if (app->over_count && !app_reaches(app, key->request))
		return false;
	return !((app->ended || app->options.replay) && key->request == REQUEST_PAUSE) &&
	       !(app->over_count && (key->request == REQUEST_NEXT_PANE || key->request == REQUEST_SETUP));
}

static int name_of(const struct app *app, const struct function_key *key, char name[KEYMAP_NAME_SIZE])
{
	int code = keymap_best_key(&app->settings.keymap, key->request);

	keymap_key_name(code, name);
	return code;
}

static const char *name_of_open(const struct app *app)
{
	if (app_over(app) == PANE_DETAIL)
		return "Back";
	if (app_front(app) == PANE_TESTS && tests_line(app) != TESTS_LINE_TEST)
		return tests_line(app) == TESTS_LINE_OPEN ? "Close" : "Open";
	return "Detail";
}

void function_keys_draw(struct app *app, int row, int width)
{
	const struct test *test = app_selected(app);
	bool held = (test && action_is_held(app, test)) || (app_over(app) == PANE_FLAKY && flaky_is_on_entry(app));
	const struct function_key keys[] = {
		{ REQUEST_HELP, "Help", 0 },
		{ REQUEST_SETUP, "Setup", 7 },
		{ REQUEST_OPEN, name_of_open(app), 6 },
		{ REQUEST_NEXT_PANE, "Pane", 7 },
		{ REQUEST_SEARCH, "Search", 2 },
		{ REQUEST_FILTER, "Filter", 5 },
		{ REQUEST_TREE, "Tree", 5 },
		{ REQUEST_SORT_MENU, "Sort", 5 },
		{ REQUEST_RERUN, "Rerun", 1 },
		{ REQUEST_QUARANTINE, held ? "Release" : "Quarantine", 3 },
		{ REQUEST_KILL, "Kill", 4 },
		{ REQUEST_PAUSE, app->control && app->control->paused(app->control->context) ? "Go on" : "Pause",
		  6 },
		{ REQUEST_QUIT, app->over_count ? "Back" : "Quit", 0 },
	};
	const unsigned count = sizeof(keys) / sizeof(*keys);
	int rank = RANKS, needed, column = 0;
	char name[KEYMAP_NAME_SIZE];

	do {
		rank--;
		needed = 0;
		for (unsigned i = 0; i < count; i++)
			if (keys[i].rank <= rank && goes_here(app, &keys[i])) {
				name_of(app, &keys[i], name);
				needed += screen_text_width(app->screen, name) + (int)strlen(keys[i].label) + 1;
			}
	} while (needed - 1 > width && rank > 0);
	app->function_key_count = 0;
	for (unsigned i = 0; i < count && app->function_key_count < FUNCTION_KEYS_MAX; i++) {
		const struct function_key *key = &keys[i];
		int begin = column, code;

		if (key->rank > rank || !goes_here(app, key))
			continue;
		code = name_of(app, key, name);
		column += screen_text(app->screen, row, column, width - column, ROLE_KEY, name);
		column += screen_text(app->screen, row, column, width - column, ROLE_KEY_LABEL, key->label);
		app->function_keys[app->function_key_count].column = begin;
		app->function_keys[app->function_key_count].end = column;
		app->function_keys[app->function_key_count++].key = code;
		column++;
	}
}
