/* Who gets how much of the screen. */
#include "tui/view.h"

#include <string.h>

#define LEAST 3           /* rows of a pane, with its title */
#define SETUP_HEIGHT 18   /* of the set-up screen, where there is room for the panes above it */
#define SETUP_BESIDE 38   /* rows from which on there is */
#define TOO_LOW_FOR_TWO 9 /* rows below which only one pane is shown */

/* A hidden pane is shown for as long as somebody is in it. */
static bool is_shown(const struct app *app, int pane)
{
	return app->settings.panes[pane].shown || app->focus == (enum pane)pane;
}

static int wanted_height(const struct app *app, int pane, int body)
{
	int share = (int)app->settings.panes[pane].share, height;

	if (!is_shown(app, pane))
		return 0;
	if (share)
		height = body * share / 100;
	else if (pane == PANE_WORKERS)
		height = workers_wanted_height(app) > body / 4 ? body / 4 : workers_wanted_height(app);
	else if (pane == PANE_DETAIL)
		height = body >= 30 ? body * 2 / 5 : body >= 15 ? body / 3 : 0;
	else
		height = body;
	/* A title with a row below it, as the workers of a small run have it, is enough where nothing else was asked for. */
	if (!share && pane == PANE_WORKERS && workers_wanted_height(app) < LEAST)
		return workers_wanted_height(app);
	return height && height < LEAST ? LEAST : height;
}

/* The pane that takes what the others leave: one whose height was not chosen, the tests before others. */
static int find_filler(const struct app *app)
{
	static const int order[] = { PANE_TESTS, PANE_DETAIL, PANE_WORKERS };

	for (int pass = 0; pass < 2; pass++)
		for (unsigned i = 0; i < PANES_BESIDE; i++)
			if (is_shown(app, order[i]) && (pass || !app->settings.panes[order[i]].share))
				return order[i];
	return PANE_TESTS;
}

static void place_beside(struct app *app, int row, int body, int width)
{
	int heights[PANES_BESIDE], filler = find_filler(app), left = body;

	if (body < TOO_LOW_FOR_TWO) {
		app->areas[app->focus] = (struct area){ row, 0, body, width };
		return;
	}
	for (int pane = 0; pane < PANES_BESIDE; pane++)
		heights[pane] = wanted_height(app, pane, body);
	/* Where there is no room for both, the detail takes the tests' place while it is looked at. */
	if (is_shown(app, PANE_DETAIL) && !heights[PANE_DETAIL]) {
		bool only = app->focus == PANE_DETAIL || !is_shown(app, PANE_TESTS);

		filler = only ? PANE_DETAIL : filler == PANE_DETAIL ? PANE_TESTS : filler;
		if (only)
			heights[PANE_TESTS] = 0;
	}
	heights[filler] = LEAST;
	/* What is too much for the screen the detail gives up first, then the workers. */
	for (int pane = 0; pane < PANES_BESIDE; pane++)
		left -= heights[pane];
	for (int pane = PANES_BESIDE - 1; pane >= 0 && left < 0; pane--)
		while (left < 0 && pane != filler && heights[pane] > LEAST) {
			heights[pane]--;
			left++;
		}
	heights[filler] += left;
	for (int pane = 0; pane < PANES_BESIDE; pane++) {
		if (heights[pane] > 0)
			app->areas[pane] = (struct area){ row, 0, heights[pane], width };
		row += heights[pane];
	}
}

void layout_place(struct app *app, int header)
{
	int width = screen_width(app->screen), height = screen_height(app->screen);

	memset(app->areas, 0, sizeof(app->areas));
	if (layout_shows_header(app)) {
		int below = app->over_count ? SETUP_HEIGHT : 0;

		if (below)
			app->areas[PANE_SETUP] = (struct area){ height - 1 - below, 0, below, width };
		place_beside(app, header, height - header - 1 - below, width);
	} else {
		app->areas[app_over(app)] = (struct area){ 0, 0, height - 1, width };
	}
}

bool layout_shows_header(const struct app *app)
{
	/* What one sets up is seen above it. */
	return !app->over_count ||
	       (app_over(app) == PANE_SETUP && screen_height(app->screen) >= SETUP_BESIDE);
}
