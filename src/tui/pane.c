#include "tui/view.h"

#include <stdio.h>
#include <string.h>

static bool is_first(const struct app *app, int row)
{
	for (int pane = 0; pane < PANE_COUNT; pane++)
		if (app->areas[pane].height > 0 && app->areas[pane].row < row)
			return false;
	return true;
}

int pane_draw_title(struct app *app, struct area area, enum glyph corner, bool focused, const char *title)
{
	struct screen *screen = app->screen;
	enum role border = focused ? ROLE_BORDER_FOCUS : ROLE_BORDER;
	int column = area.column;

	/* Nothing to join where the panes above are hidden. */
	if (corner == GLYPH_TEE && is_first(app, area.row))
		corner = GLYPH_CORNER;
	column += screen_glyph(screen, area.row, column, border, corner);
	screen_fill(screen, area.row, column, area.width - 1, border, GLYPH_HORIZONTAL);
	for (int row = area.row + 1; row < area.row + area.height; row++)
		screen_glyph(screen, row, area.column, border, GLYPH_VERTICAL);
	/* The focus is told by the colour, and by a mark where there is none. */
	if (focused)
		column += screen_glyph(screen, area.row, column, ROLE_TITLE_FOCUS, GLYPH_RUNNING);
	else
		column += screen_text(screen, area.row, column, 1, border, " ");
	column += screen_text(screen, area.row, column, area.width - 4,
			      focused ? ROLE_TITLE_FOCUS : ROLE_TITLE, title);
	column += screen_text(screen, area.row, column, 1, border, " ");
	return column;
}

int pane_draw_tab(struct app *app, int row, int column, int end, const char *label, long count, bool current)
{
	char text[64];
	int width;

	if (count >= 0)
		snprintf(text, sizeof(text), " %s %ld ", label, count);
	else
		snprintf(text, sizeof(text), " %s ", label);
	/* Without colours the current tab stands in brackets. */
	if (current) {
		text[0] = '[';
		text[strlen(text) - 1] = ']';
	}
	width = (int)strlen(text);
	if (column + width > end)
		return column;
	return column +
	       screen_text(app->screen, row, column, width, current ? ROLE_TAB_CURRENT : ROLE_TAB, text);
}

struct status status_of_outcome(enum outcome outcome)
{
	switch (outcome) {
	case OUTCOME_PASSED:
		return (struct status){ ROLE_PASSED, GLYPH_PASSED, "passed" };
	case OUTCOME_FAILED:
		return (struct status){ ROLE_FAILED, GLYPH_FAILED, "failed" };
	case OUTCOME_ERROR:
		return (struct status){ ROLE_ERROR, GLYPH_ERROR, "error" };
	case OUTCOME_TIMEOUT:
		return (struct status){ ROLE_TIMEOUT, GLYPH_TIMEOUT, "timeout" };
	case OUTCOME_CRASHED:
		return (struct status){ ROLE_CRASHED, GLYPH_CRASHED, "crashed" };
	case OUTCOME_SKIPPED:
		return (struct status){ ROLE_SKIPPED, GLYPH_SKIPPED, "skipped" };
	case OUTCOME_XFAILED:
		return (struct status){ ROLE_SKIPPED, GLYPH_SKIPPED, "xfailed" };
	case OUTCOME_XPASSED:
		return (struct status){ ROLE_PASSED, GLYPH_PASSED, "xpassed" };
	case OUTCOME_NOTRUN:
		return (struct status){ ROLE_WAITING, GLYPH_NOTRUN, "not run" };
	default:
		return (struct status){ ROLE_RUNNING, GLYPH_RUNNING, "running" };
	}
}

struct status status_of_test(const struct test *test)
{
	struct status status;

	if (test->state == TEST_RUNNING)
		return (struct status){ ROLE_RUNNING, GLYPH_RUNNING, "running" };
	if (test->state == TEST_RETRYING)
		return (struct status){ ROLE_FLAKY, GLYPH_FLAKY, "retry" };
	if (test->outcome == OUTCOME_NONE)
		return (struct status){ ROLE_WAITING, GLYPH_WAITING, "waiting" };
	status = status_of_outcome(test->outcome);
	if (test->state == TEST_WAITING) {
		/* It has a verdict and is to run again. */
		status.word = "again";
		status.role = ROLE_WAITING;
	} else if (test->quarantined) {
		status.role = ROLE_QUARANTINED;
		status.glyph = GLYPH_QUARANTINED;
	} else if (test->flaky) {
		status = (struct status){ ROLE_FLAKY, GLYPH_FLAKY, "flaky" };
	}
	return status;
}

void cursor_clamp(struct list_cursor *cursor)
{
	if (cursor->height < 1)
		cursor->height = 1;
	if (cursor->selected >= cursor->length)
		cursor->selected = cursor->length - 1;
	if (cursor->selected < 0)
		cursor->selected = 0;
	if (cursor->top > cursor->selected)
		cursor->top = cursor->selected;
	if (cursor->top < cursor->selected - cursor->height + 1)
		cursor->top = cursor->selected - cursor->height + 1;
	if (cursor->top > cursor->length - cursor->height)
		cursor->top = cursor->length - cursor->height;
	if (cursor->top < 0)
		cursor->top = 0;
}

bool cursor_request(struct list_cursor *cursor, enum request request)
{
	long page = cursor->height > 2 ? cursor->height - 1 : 1;

	switch (request) {
	case REQUEST_UP:
		cursor->selected--;
		break;
	case REQUEST_DOWN:
		cursor->selected++;
		break;
	case REQUEST_PAGE_UP:
		cursor->selected -= page;
		cursor->top -= page;
		break;
	case REQUEST_PAGE_DOWN:
		cursor->selected += page;
		cursor->top += page;
		break;
	case REQUEST_FIRST:
		cursor->selected = 0;
		break;
	case REQUEST_LAST:
		cursor->selected = cursor->length - 1;
		break;
	default:
		return false;
	}
	cursor_clamp(cursor);
	return true;
}
