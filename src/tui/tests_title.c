/* The title row of the tests pane: its tabs, and on the right what is on: filter, tags, tree, follow. */
#include "tui/tests.h"

#include <stdio.h>

enum tabs_shown { ALL_WITH_COUNTS, ALL, NOT_EMPTY };

static bool shows(const struct app *app, enum tab tab, enum tabs_shown shown)
{
	/* On a narrow row only the current tab is sure to be named. */
	return shown != NOT_EMPTY || tab == app->tests->tab || tab == TAB_ALL || rows_count(app->rows, tab);
}

static int width_of_tabs(const struct app *app, enum tabs_shown shown)
{
	int needed = 0;
	char text[64];

	for (int tab = 0; tab < TAB_COUNT; tab++) {
		uint32_t count = rows_count(app->rows, (enum tab)tab);
		bool counts = shown == ALL_WITH_COUNTS || app->tests->tab == (enum tab)tab;

		if (!shows(app, (enum tab)tab, shown))
			continue;
		needed +=
			snprintf(text, sizeof(text), counts && (count || tab == TAB_ALL) ? " %s %u " : " %s ",
				 rows_tab_label((enum tab)tab), count);
	}
	return needed;
}

static void add_modes(struct app *app, struct str *text, bool words)
{
	const struct tests_pane *pane = app->tests;

	if (pane->tags.count)
		str_add_format(text, words ? " *%u tagged " : " *%u", pane->tags.count);
	if (pane->as_tree && words)
		str_add_text(text, " tree ");
	if (pane->follow)
		str_add_text(text, " follow ");
	else if (pane->unfinished)
		str_add_text(text, " sorting ");
}

/* What is on, at the right of the title row, which has no more than `room` for it; returns the column where it
 * begins. */
static int draw_modes(struct app *app, int row, int room, int width)
{
	const char *filter = tests_filter_text(app);
	struct str text = STR_INIT;
	int column, begin, taken;

	add_modes(app, &text, width >= 76);
	taken = screen_text_width(app->screen, text.data);
	if (*filter) {
		int wanted = screen_text_width(app->screen, filter) + 3;

		taken += taken + wanted > room ? room - taken : wanted;
	}
	column = begin = width - taken;
	if (*filter) {
		int end = width - screen_text_width(app->screen, text.data);

		column += screen_text(app->screen, row, column, end - column, ROLE_TITLE_FOCUS, " \\");
		column += screen_text_begin(app->screen, row, column, end - column - 1, ROLE_TITLE_FOCUS,
					    filter);
		column += screen_text(app->screen, row, column, end - column, ROLE_TITLE_FOCUS, " ");
	}
	screen_text(app->screen, row, column, width - column, ROLE_TITLE_FOCUS, text.data);
	str_fini(&text);
	return begin;
}

static void draw_tabs(struct app *app, int row, int column, int width)
{
	struct tests_pane *pane = app->tests;
	int room = width - column, left = room - width_of_tabs(app, NOT_EMPTY), end;
	enum tabs_shown shown = ALL_WITH_COUNTS;

	/* A long filter gets what few tabs leave, but a third in any case. */
	end = draw_modes(app, row, left > room / 3 ? left : room / 3, width);
	while (shown < NOT_EMPTY && column + width_of_tabs(app, shown) > end)
		shown++;
	for (int tab = 0; tab < TAB_COUNT; tab++) {
		uint32_t count = rows_count(app->rows, (enum tab)tab);
		bool current = pane->tab == (enum tab)tab;

		pane->tab_columns[tab] = pane->tab_ends[tab] = -1;
		if (!shows(app, (enum tab)tab, shown))
			continue;
		pane->tab_columns[tab] = column;
		column = pane_draw_tab(
			app, row, column, end, rows_tab_label((enum tab)tab),
			(shown == ALL_WITH_COUNTS || current) && (count || tab == TAB_ALL) ? (long)count : -1,
			current);
		pane->tab_ends[tab] = column;
	}
}

void tests_draw_title(struct app *app, struct area area, bool focused)
{
	draw_tabs(app, area.row, pane_draw_title(app, area, GLYPH_TEE, focused, "Tests"), area.width);
}
