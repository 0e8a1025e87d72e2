/* The set-up screen: what the panes show, how much room they have, how it all looks, and which keys do what. What is
 * changed counts at once; on leaving one is asked whether to keep it. */
#include "tui/setup.h"

#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(NAME, "label") */
#define PAGES(X)              \
	X(COLUMNS, "columns") \
	X(PANES, "panes")     \
	X(LOOKS, "looks")     \
	X(KEYS, "keys")

enum page_name {
#define X(name, label) PAGE_##name,
	PAGES(X)
#undef X
	PAGE_COUNT
};

enum { LOOK_THEME, LOOK_FRAMES, LOOK_ASCII, LOOK_COUNT };

#define SHARE_STEP 5

struct setup {
	enum page_name page;
	struct list_cursor cursors[PAGE_COUNT];
	bool wants_key; /* the next key goes to the selected request */
	int tab_columns[PAGE_COUNT], tab_ends[PAGE_COUNT];
	int first_row; /* of the list, within the pane */
};

struct setup *setup_new(void)
{
	return ALLOC_NEW(struct setup);
}

void setup_free(struct setup *setup)
{
	free(setup);
}

void setup_open(struct app *app)
{
	app->setup->wants_key = false;
	app_cover(app, PANE_SETUP);
}

bool settings_keep(struct app *app, const struct tui_settings *settings)
{
	struct error error = ERROR_INIT;
	struct str file = STR_INIT;
	bool kept = false;

	if (!app->host || !app->host->save_settings) {
		app_say(app, ROLE_NOTE, " There is no place for settings here ");
	} else if (app->host->save_settings(app->host->context, settings, &file, &error) != 0) {
		app_say(app, ROLE_WARNING, " Not saved: %.*s ", (int)strcspn(error.message, "\n"), error.message);
	} else {
		kept = true;
		app->kept = *settings;
		app_say(app, ROLE_NOTE, " Saved in %s ", file.data);
	}
	str_fini(&file);
	return kept;
}

/* --- rows of the pages --- */

/* Columns: those that are shown, in their order, then the others, pane by pane; each pane has a heading. */
struct column_row {
	enum columns_pane pane;
	int column;     /* -1: the heading */
	int place;      /* among those that are shown, -1: hidden */
};

static long count_rows(enum page_name page)
{
	long count = 0;

	switch (page) {
	case PAGE_COLUMNS:
		for (int pane = 0; pane < COLUMNS_PANE_COUNT; pane++)
			count += 1 + (long)columns_count((enum columns_pane)pane);
		return count;
	case PAGE_PANES:
		return SETTINGS_PANE_COUNT;
	case PAGE_LOOKS:
		return LOOK_COUNT;
	default:
		return REQUEST_COUNT - 1;
	}
}

static struct column_row nth_column(const struct app *app, long row)
{
	struct column_row found = { COLUMNS_TESTS, -1, -1 };
	const struct columns_shown *shown;

	while (row > (long)columns_count(found.pane)) {
		row -= 1 + (long)columns_count(found.pane);
		found.pane = (enum columns_pane)((int)found.pane + 1);
	}
	shown = &app->settings.columns[found.pane];
	if (--row < 0)
		return found;
	if (row < (long)shown->count) {
		found.place = (int)row;
		found.column = shown->columns[row];
		return found;
	}
	row -= (long)shown->count;
	for (unsigned column = 0; column < columns_count(found.pane); column++)
		if (!columns_has(shown, column) && row-- == 0)
			found.column = (int)column;
	return found;
}

static enum request nth_request(long row)
{
	return (enum request)(row + 1);
}

/* --- changes --- */

static void toggle_column(struct app *app, struct column_row row)
{
	struct columns_shown *shown = &app->settings.columns[row.pane];

	if (row.column < 0)
		return;
	if (row.place < 0) {
		shown->columns[shown->count++] = (uint8_t)row.column;
	} else {
		for (unsigned i = (unsigned)row.place; i + 1 < shown->count; i++)
			shown->columns[i] = shown->columns[i + 1];
		shown->count--;
	}
}

static void move_column(struct app *app, struct column_row row, int step)
{
	struct columns_shown *shown = &app->settings.columns[row.pane];
	int other = row.place + step;
	uint8_t moved;

	if (row.place < 0 || other < 0 || other >= (int)shown->count)
		return;
	moved = shown->columns[other];
	shown->columns[other] = shown->columns[row.place];
	shown->columns[row.place] = moved;
	app->setup->cursors[PAGE_COLUMNS].selected += step;
}

static void toggle_pane(struct app *app, long pane)
{
	unsigned others = 0;

	for (int i = 0; i < SETTINGS_PANE_COUNT; i++)
		others += i != pane && app->settings.panes[i].shown;
	if (!others)
		app_say(app, ROLE_NOTE, " One pane has to stay ");
	else
		app->settings.panes[pane].shown = !app->settings.panes[pane].shown;
	app_leave_hidden(app);
}

static void change_share(struct app *app, long pane, int step)
{
	int share = (int)app->settings.panes[pane].share + step * SHARE_STEP;

	if (share >= 0 && share <= SETTINGS_SHARE_MOST)
		app->settings.panes[pane].share = (unsigned)share;
}

static void change_look(struct app *app, long look, int step)
{
	struct tui_settings *settings = &app->settings;

	if (look == LOOK_THEME) {
		themes_step(app, step);
	} else if (look == LOOK_FRAMES) {
		int frames = (int)settings->frames + step;

		if (frames >= 1 && frames <= SETTINGS_FRAMES_MOST)
			settings->frames = (unsigned)frames;
	} else {
		settings->ascii = !settings->ascii;
		screen_set_ascii(app->screen, settings->ascii || app->options.ascii);
		/* Their lines have symbols in them. */
		app->detail.page.width = app->log.page.width = 0;
	}
}

static void change(struct app *app, int step)
{
	struct setup *setup = app->setup;
	long row = setup->cursors[setup->page].selected;

	if (setup->page == PAGE_COLUMNS)
		move_column(app, nth_column(app, row), step);
	else if (setup->page == PAGE_PANES)
		change_share(app, row, step);
	else if (setup->page == PAGE_LOOKS)
		change_look(app, row, step);
}

static void choose(struct app *app)
{
	struct setup *setup = app->setup;
	long row = setup->cursors[setup->page].selected;

	if (setup->page == PAGE_COLUMNS)
		toggle_column(app, nth_column(app, row));
	else if (setup->page == PAGE_PANES)
		toggle_pane(app, row);
	else if (setup->page == PAGE_KEYS)
		setup->wants_key = true;
	else if (row == LOOK_THEME)
		themes_open(app);
	else if (row == LOOK_ASCII)
		change_look(app, row, 1);
}

/* --- keys --- */

static void take_key(struct app *app, int key)
{
	struct keymap *keymap = &app->settings.keymap;
	enum request request = nth_request(app->setup->cursors[PAGE_KEYS].selected);
	enum request owner = keymap_request(keymap, key);
	int *keys = keymap->keys[request];
	char name[KEYMAP_NAME_SIZE], other[KEYMAP_REQUEST_SIZE];
	unsigned count = 0;

	app->setup->wants_key = false;
	if (key == KEYCODE_ESCAPE)
		return;
	while (count < KEYMAP_KEYS_MAX && keys[count])
		count++;
	keymap_key_name(key, name);
	if (owner != REQUEST_NONE) {
		keymap_request_name(owner, other);
		app_say(app, ROLE_WARNING, owner == request ? " %s does that already "
							    : " %s is that of %s: take it from there first ",
			name, other);
	} else if (keymap_key_by_name(name, (unsigned)strlen(name)) != key) {
		app_say(app, ROLE_WARNING, " %s has no name that a file could keep ", name);
	} else if (count == KEYMAP_KEYS_MAX) {
		app_say(app, ROLE_WARNING, " That has %u keys already, Del takes one away ", count);
	} else {
		keys[count] = key;
	}
}

static void drop_key(struct app *app)
{
	int *keys = app->settings.keymap.keys[nth_request(app->setup->cursors[PAGE_KEYS].selected)];
	unsigned count = 0;

	while (count < KEYMAP_KEYS_MAX && keys[count])
		count++;
	if (count)
		keys[count - 1] = 0;
}

/* Those of the table that nothing else has now. */
static void restore_keys(struct app *app)
{
	struct keymap *keymap = &app->settings.keymap, first;
	enum request request = nth_request(app->setup->cursors[PAGE_KEYS].selected);
	unsigned kept = 0;

	keymap_init(&first);
	memset(keymap->keys[request], 0, sizeof(keymap->keys[request]));
	for (unsigned i = 0; i < KEYMAP_KEYS_MAX && first.keys[request][i]; i++)
		if (keymap_request(keymap, first.keys[request][i]) == REQUEST_NONE)
			keymap->keys[request][kept++] = first.keys[request][i];
}

static void turn_page(struct app *app, int step)
{
	struct setup *setup = app->setup;

	setup->page = (enum page_name)(((int)setup->page + step + PAGE_COUNT) % PAGE_COUNT);
}

static bool has_changed(const struct app *app)
{
	return !tui_settings_equal(&app->settings, &app->kept);
}

static void leave(struct app *app)
{
	if (has_changed(app))
		prompt_open(app, PROMPT_SAVE, 0);
	else
		app_uncover(app);
}

/* These are fixed: whoever gives other things to these keys is to find back. */
bool setup_key(struct app *app, int key)
{
	struct setup *setup = app->setup;
	struct list_cursor *cursor = &setup->cursors[setup->page];
	enum request request;

	if (setup->wants_key) {
		take_key(app, key);
		return true;
	}
	switch (key) {
	case KEYCODE_ESCAPE:
	case KEYCODE_F0 + 10:
		leave(app);
		return true;
	case KEYCODE_TAB:
	case KEYCODE_BACK_TAB:
		turn_page(app, key == KEYCODE_TAB ? 1 : -1);
		return true;
	case KEYCODE_UP:
	case KEYCODE_DOWN:
		return cursor_request(cursor, key == KEYCODE_UP ? REQUEST_UP : REQUEST_DOWN);
	case KEYCODE_LEFT:
	case KEYCODE_RIGHT:
	case '-':
	case '+':
		change(app, key == KEYCODE_RIGHT || key == '+' ? 1 : -1);
		return true;
	case KEYCODE_ENTER:
	case ' ':
		choose(app);
		return true;
	case KEYCODE_DELETE:
	case KEYCODE_BACKSPACE:
		if (setup->page == PAGE_KEYS)
			drop_key(app);
		return true;
	case '=':
		if (setup->page == PAGE_KEYS)
			restore_keys(app);
		return true;
	default:
		break;
	}
	request = keymap_request(&app->settings.keymap, key);
	if (request != REQUEST_BACK && request != REQUEST_QUIT && request != REQUEST_SETUP)
		return false;
	leave(app);
	return true;
}

static bool setup_request(struct app *app, enum request request)
{
	struct setup *setup = app->setup;

	return cursor_request(&setup->cursors[setup->page], request);
}

void setup_answer(struct app *app, bool save)
{
	/* What could not be saved stays open, and says why. */
	if (save && !settings_keep(app, &app->settings))
		return;
	app_uncover(app);
	if (!save)
		app_say(app, ROLE_NOTE, " Not saved: this run goes on with it ");
}

/* --- drawing --- */

static void draw_box(struct app *app, int row, int column, bool on)
{
	screen_text(app->screen, row, column, 3, on ? ROLE_STRONG : ROLE_DIM, on ? "[x]" : "[ ]");
}

static void draw_column(struct app *app, int row, int width, long index)
{
	struct column_row found = nth_column(app, index);

	if (found.column < 0) {
		screen_format(app->screen, row, 2, width - 2, ROLE_HEADING, "Columns of the %s, left to right",
			      columns_pane_name(found.pane));
		return;
	}
	draw_box(app, row, 4, found.place >= 0);
	screen_text(app->screen, row, 8, 12, ROLE_TEXT, columns_name(found.pane, (unsigned)found.column));
	screen_text_begin(app->screen, row, 20, width - 21, ROLE_DIM,
			  columns_text(found.pane, (unsigned)found.column));
}

static void draw_pane(struct app *app, int row, int width, long pane)
{
	static const char *const names[] = { "Workers", "Tests", "Detail" };
	unsigned share = app->settings.panes[pane].share;

	draw_box(app, row, 4, app->settings.panes[pane].shown);
	screen_text(app->screen, row, 8, 12, ROLE_TEXT, names[pane]);
	if (share)
		screen_format(app->screen, row, 20, width - 21, ROLE_TEXT, "%u %% of the height", share);
	else
		screen_text(app->screen, row, 20, width - 21, ROLE_DIM, "as high as suits");
}

static void draw_look(struct app *app, int row, int width, long look)
{
	static const char *const names[] = { "Theme", "Refresh", "ASCII only" };

	screen_text(app->screen, row, 4, 14, ROLE_TEXT, names[look]);
	if (look == LOOK_THEME)
		screen_text_end(app->screen, row, 20, width - 21, ROLE_STRONG, themes_current_name(app));
	else if (look == LOOK_FRAMES)
		screen_format(app->screen, row, 20, width - 21, ROLE_STRONG, "%u times a second at most",
			      app->settings.frames);
	else if (app->options.ascii && !app->settings.ascii)
		screen_text(app->screen, row, 20, width - 21, ROLE_DIM, "[x] the terminal or an option asks for it");
	else
		draw_box(app, row, 20, app->settings.ascii);
}

static void draw_key(struct app *app, int row, int width, long index, bool selected)
{
	enum request request = nth_request(index);
	struct keymap first;
	char keys[KEYMAP_TEXT_SIZE];
	bool changed;

	keymap_init(&first);
	changed = memcmp(first.keys[request], app->settings.keymap.keys[request], sizeof(first.keys[request])) != 0;
	keymap_keys_text(&app->settings.keymap, request, keys);
	if (selected && app->setup->wants_key)
		screen_text(app->screen, row, 2, 17, ROLE_WARNING, " press a key ");
	else
		screen_text_begin(app->screen, row, 2, 17, changed ? ROLE_FLAKY : ROLE_STRONG, *keys ? keys : "(none)");
	screen_text_begin(app->screen, row, 20, width - 21, ROLE_TEXT, keymap_entry(request)->help);
}

static const char *hint_of(const struct setup *setup, bool small)
{
	static const char *const hints[PAGE_COUNT][2] = {
		[PAGE_COLUMNS] = { "Space shows or hides it, Left and Right move it. Tab: next page, Esc: done",
				   "Space on, off; Left Right move; Tab" },
		[PAGE_PANES] = { "Space shows or hides it, Left and Right size it. Tab: next page, Esc: done",
				 "Space on, off; Left Right size; Tab" },
		[PAGE_LOOKS] = { "Left and Right change it, Enter opens the menu. Tab: next page, Esc: done",
				 "Left Right change it; Tab next page" },
		[PAGE_KEYS] = { "Enter adds a key, Del takes one away, = puts back what it was. Esc: done",
				"Enter adds, Del drops, = puts back" },
	};

	if (setup->wants_key)
		return small ? "Press the key, or Esc" : "Press the key that is to do this, or Esc";
	return hints[setup->page][small];
}

static void draw_title(struct app *app, struct area area, bool focused)
{
	static const char *const labels[PAGE_COUNT] = {
#define X(name, label) label,
		PAGES(X)
#undef X
	};
	struct setup *setup = app->setup;
	int column = pane_draw_title(app, area, GLYPH_TEE, focused, "Set-up");

	for (int page = 0; page < PAGE_COUNT; page++) {
		setup->tab_columns[page] = column;
		column = pane_draw_tab(app, area.row, column, area.width - 1, labels[page], -1,
				       page == (int)setup->page);
		setup->tab_ends[page] = column;
	}
}

static void setup_draw(struct app *app, struct area area, bool focused)
{
	struct setup *setup = app->setup;
	struct list_cursor *cursor = &setup->cursors[setup->page];
	int row = area.row + 2;

	draw_title(app, area, focused);
	screen_text_begin(app->screen, area.row + 1, 2, area.width - 3, ROLE_DIM, hint_of(setup, area.width < 80));
	setup->first_row = 2;
	cursor->length = count_rows(setup->page);
	cursor->height = area.height - 2;
	cursor_clamp(cursor);
	for (int i = 0; i < area.height - 2 && cursor->top + i < cursor->length; i++, row++) {
		long index = cursor->top + i;
		bool selected = index == cursor->selected;

		if (setup->page == PAGE_COLUMNS)
			draw_column(app, row, area.width, index);
		else if (setup->page == PAGE_PANES)
			draw_pane(app, row, area.width, index);
		else if (setup->page == PAGE_LOOKS)
			draw_look(app, row, area.width, index);
		else
			draw_key(app, row, area.width, index, selected);
		if (selected)
			screen_mark(app->screen, row, 1, area.width - 1, MARK_CURSOR);
	}
}

static void setup_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct setup *setup = app->setup;
	struct list_cursor *cursor = &setup->cursors[setup->page];

	setup->wants_key = false;
	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		cursor->selected += mouse == MOUSE_WHEEL_UP ? -1 : 1;
	} else if (row == 0) {
		for (int page = 0; page < PAGE_COUNT; page++)
			if (column >= setup->tab_columns[page] && column < setup->tab_ends[page])
				setup->page = (enum page_name)page;
	} else if (row >= setup->first_row && cursor->top + row - setup->first_row < cursor->length) {
		cursor->selected = cursor->top + row - setup->first_row;
		if (mouse == MOUSE_DOUBLE_CLICK)
			choose(app);
	}
	cursor_clamp(&setup->cursors[setup->page]);
}

const struct view_ops setup_view = { "set-up", setup_draw, setup_request, setup_mouse, NULL, NULL };
