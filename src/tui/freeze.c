/* The display, frozen: the run and its model go on, what is shown stays.
 *
 * Rows, which the lists are made of, are not told of events but only which tests they were about; header and workers,
 * which show the model as it is, are drawn from the last picture. So one can move, look and act in peace, and
 * when the display goes on it is as if nothing had been held back.
 */
#include "tui/view.h"

#include "tui/format.h"
#include "tui/tags.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "event/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct freeze {
	bool on;
	uint64_t since, now; /* ns since the run began; app->now stands still at `since` */
	struct tags changed; /* numbers of the tests */
	uint32_t results, failed;
	struct cell *picture; /* owned; NULL: there is none that still fits */
	int width, height;
	struct area workers; /* in it; height 0: not in it */
};

struct freeze *freeze_new(void)
{
	return ALLOC_NEW(struct freeze);
}

void freeze_free(struct freeze *freeze)
{
	if (!freeze)
		return;
	free(freeze->picture);
	tags_fini(&freeze->changed);
	free(freeze);
}

bool freeze_is_on(const struct app *app)
{
	return app->freeze->on;
}

static void take_picture(struct app *app)
{
	struct freeze *freeze = app->freeze;

	free(freeze->picture);
	freeze->picture = NULL;
	freeze->width = screen_width(app->screen);
	freeze->height = screen_height(app->screen);
	freeze->workers = app->focus == PANE_WORKERS ? (struct area){ 0 } : app->areas[PANE_WORKERS];
	if (app->over_count || !freeze->height)
		return;
	freeze->picture =
		alloc_zeroed((size_t)freeze->width * (size_t)freeze->height, sizeof(*freeze->picture));
	for (int row = 0; row < freeze->height; row++)
		memcpy(&freeze->picture[(size_t)row * (size_t)freeze->width], screen_row(app->screen, row),
		       (size_t)freeze->width * sizeof(*freeze->picture));
}

/* Tells the rows what was kept from them. */
static void go_on(struct app *app)
{
	struct freeze *freeze = app->freeze;

	freeze->on = false;
	app->now = freeze->now;
	for (uint64_t number = 1; number < freeze->changed.words.length * 64; number++) {
		const struct test *test =
			tags_have(&freeze->changed, number) ? model_test(app->model, number) : NULL;

		if (test)
			app_show_test(app, test);
	}
	tags_clear(&freeze->changed);
	free(freeze->picture);
	freeze->picture = NULL;
	tests_many_found(app);
	app->detail.revision++;
}

void freeze_toggle(struct app *app)
{
	struct freeze *freeze = app->freeze;

	if (freeze->on) {
		go_on(app);
		app_say(app, ROLE_NOTE, " The display goes on ");
		return;
	}
	freeze->on = true;
	freeze->since = freeze->now = app->now;
	freeze->results = freeze->failed = 0;
	take_picture(app);
}

bool freeze_holds(struct app *app, const struct event *event, const struct test *test)
{
	struct freeze *freeze = app->freeze;

	if (!freeze->on)
		return false;
	if (test)
		tags_set(&freeze->changed, test->number, true);
	if (event->type == EVENT_TEST_VERDICT) {
		freeze->results++;
		if (test && outcome_is_failure(test->outcome) && !test->quarantined)
			freeze->failed++;
	}
	return true;
}

bool freeze_clock(struct app *app, uint64_t now)
{
	struct freeze *freeze = app->freeze;

	if (!freeze->on)
		return false;
	/* The sign tells the seconds. */
	if (now / CLOCK_SECOND > freeze->now / CLOCK_SECOND && !app->ended)
		app->changed = true;
	if (now > freeze->now)
		freeze->now = now;
	return true;
}

static bool same_area(struct area a, struct area b)
{
	return a.row == b.row && a.column == b.column && a.height == b.height && a.width == b.width;
}

bool freeze_draw(struct app *app, struct area area, enum pane pane)
{
	const struct freeze *freeze = app->freeze;

	/* In another size, or with the cursor in it, it is drawn as it is now. */
	if (!freeze->on || !freeze->picture || freeze->width != screen_width(app->screen) ||
	    freeze->height != screen_height(app->screen))
		return false;
	if (pane == PANE_WORKERS && (app->focus == PANE_WORKERS || !same_area(area, freeze->workers)))
		return false;
	if (pane != PANE_WORKERS && pane != PANE_NONE)
		return false;
	screen_copy(app->screen, area, freeze->picture);
	return true;
}

void freeze_draw_sign(struct app *app)
{
	const struct freeze *freeze = app->freeze;
	int width = screen_width(app->screen), taken;
	char clock[FORMAT_SIZE], text[128], key[KEYMAP_NAME_SIZE];

	if (!freeze->on)
		return;
	format_clock(clock, freeze->now - freeze->since);
	app_key_name(app, REQUEST_FREEZE, key);
	if (width >= 60)
		snprintf(text, sizeof(text), " FROZEN for %s: %u result%s, %u failed; %s goes on ", clock,
			 freeze->results, freeze->results == 1 ? "" : "s", freeze->failed, key);
	else
		snprintf(text, sizeof(text), " FROZEN +%u, %u failed ", freeze->results, freeze->failed);
	taken = screen_text_width(app->screen, text);
	screen_text(app->screen, 0, width - taken, taken, ROLE_WARNING, text);
}
