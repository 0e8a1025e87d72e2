/* The help screen, made from the key table and the keys as they are now. */
#include "tui/view.h"

#include <stdio.h>
#include <string.h>

#define KEYS_WIDTH 12

static const char *const notes[] = {
	"The mouse selects, scrolls and presses the keys of the last row;",
	"a second click opens.",
	"Ctrl-C stops the run, a second one at once. Ctrl-Z suspends xtop.",
};

static int group_length(enum keymap_group group)
{
	int length = 2; /* its title and a blank line */

	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++)
		length += keymap_entry((enum request)request)->group == group;
	return length;
}

/* Draws from line `skip` on; returns how many lines there are. */
static int draw_groups(struct app *app, struct area area, int skip, unsigned groups)
{
	int line = 0;

	for (int group = 0; group < GROUP_COUNT; group++) {
		int row = area.row + line - skip;

		if (!((groups >> group) & 1))
			continue;
		if (line >= skip && row < area.row + area.height)
			screen_text(app->screen, row, area.column, area.width, ROLE_TITLE_FOCUS,
				    keymap_group_title((enum keymap_group)group));
		line++;
		for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
			const struct keymap_entry *entry = keymap_entry((enum request)request);
			char keys[KEYMAP_TEXT_SIZE];

			if (entry->group != (enum keymap_group)group)
				continue;
			row = area.row + line - skip;
			if (line >= skip && row < area.row + area.height) {
				keymap_keys_text(&app->settings.keymap, entry->request, keys);
				screen_text_begin(app->screen, row, area.column + 1, KEYS_WIDTH - 2, ROLE_STRONG,
						  keys);
				screen_text_begin(app->screen, row, area.column + KEYS_WIDTH,
						  area.width - KEYS_WIDTH - 1, ROLE_TEXT, entry->help);
			}
			line++;
		}
		line++;
	}
	return line;
}

static int draw_legend(struct app *app, struct area area, int line, int skip)
{
	static const struct {
		enum role role;
		enum glyph glyph;
		const char *word;
	} legend[] = {
		{ ROLE_PASSED, GLYPH_PASSED, "passed" },
		{ ROLE_FAILED, GLYPH_FAILED, "failed, error" },
		{ ROLE_TIMEOUT, GLYPH_TIMEOUT, "timeout" },
		{ ROLE_CRASHED, GLYPH_CRASHED, "crashed" },
		{ ROLE_FLAKY, GLYPH_FLAKY, "flaky, another attempt" },
		{ ROLE_QUARANTINED, GLYPH_QUARANTINED, "quarantined" },
		{ ROLE_SKIPPED, GLYPH_SKIPPED, "skipped" },
		{ ROLE_NOTE, GLYPH_NOTRUN, "not run" },
	};
	int column = area.column + 1;

	if (line >= skip && line - skip < area.height)
		screen_text(app->screen, area.row + line - skip, area.column, area.width, ROLE_TITLE_FOCUS,
			    "Signs");
	line++;
	for (size_t i = 0; i < sizeof(legend) / sizeof(*legend); i++) {
		int width = (int)strlen(legend[i].word) + 5;
		enum role role = legend[i].role == ROLE_NOTE ? ROLE_DIM : legend[i].role;

		if (column + width > area.width) {
			column = area.column + 1;
			line++;
		}
		if (line >= skip && line - skip < area.height) {
			screen_glyph(app->screen, area.row + line - skip, column, role, legend[i].glyph);
			screen_text(app->screen, area.row + line - skip, column + 2, width, ROLE_TEXT,
				    legend[i].word);
		}
		column += width;
	}
	line += 2;
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++, line++)
		if (line >= skip && line - skip < area.height)
			screen_text_begin(app->screen, area.row + line - skip, area.column + 1,
					  area.width - 2, ROLE_DIM, notes[i]);
	return line;
}

/* All of it but the first `skip` lines; returns how many there are. */
static int draw_page(struct app *app, struct area page, int skip)
{
	const unsigned all = (1u << GROUP_COUNT) - 1;
	struct area column = page;
	unsigned left = 0;
	int lines = 0, height = 0;

	if (page.width < 110)
		return draw_legend(app, page, draw_groups(app, page, skip, all), skip);
	/* Two columns, as even as whole groups allow. */
	for (int group = 0; group < GROUP_COUNT; group++)
		height += group_length((enum keymap_group)group);
	for (int group = 0; group < GROUP_COUNT; group++) {
		int length = group_length((enum keymap_group)group);

		if (lines * 2 + length > height)
			break;
		left |= 1u << group;
		lines += length;
	}
	column.width = page.width / 2 - 1;
	lines = draw_groups(app, column, skip, left);
	column.column = page.width / 2 + 1;
	height = draw_groups(app, column, skip, all & ~left);
	return draw_legend(app, page, lines > height ? lines : height, skip);
}

static void help_draw(struct app *app, struct area area, bool focused)
{
	struct scroll *scroll = &app->help_scroll;
	struct area page = { area.row + 1, 2, area.height - 1, area.width - 2 };

	pane_draw_title(app, area, GLYPH_CORNER, focused, "Help: keys");
	scroll->height = page.height;
	scroll->length = draw_page(app, page, (int)scroll->top);
	if (scroll->top > scroll_end(scroll)) {
		/* How many lines there are depends on the width, which may have changed. */
		scroll_clamp(scroll);
		screen_clear_area(app->screen, page);
		draw_page(app, page, (int)scroll->top);
	}
	if (scroll->length > page.height) {
		char text[96];
		int width;

		snprintf(text, sizeof(text), " lines %ld-%ld of %ld, more with PgDn ", scroll->top + 1,
			 scroll->top + page.height, scroll->length);
		width = (int)strlen(text);
		if (width < area.width - 16)
			screen_text(app->screen, area.row, area.width - width - 1, width, ROLE_HEADING, text);
	}
}

static bool help_request(struct app *app, enum request request)
{
	return scroll_request(&app->help_scroll, request);
}

static void help_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	(void)row;
	(void)column;
	scroll_mouse(&app->help_scroll, mouse);
}

const struct view_ops help_view = { "help", help_draw, help_request, help_mouse, NULL, NULL };
