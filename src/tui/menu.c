/* Menus that open over the panes: signals to send, columns to sort by, themes. */
#include "tui/view.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct {
	int number;
	const char *name, *meaning;
} signals[] = {
	{ SIGTERM, "SIGTERM", "end" },
	{ SIGINT, "SIGINT", "interrupt" },
	{ SIGQUIT, "SIGQUIT", "quit, with a core dump" },
	{ SIGKILL, "SIGKILL", "end at once" },
	{ SIGABRT, "SIGABRT", "abort" },
	{ SIGHUP, "SIGHUP", "hang up" },
	{ SIGUSR1, "SIGUSR1", "" },
	{ SIGUSR2, "SIGUSR2", "" },
	{ SIGSTOP, "SIGSTOP", "halt" },
	{ SIGCONT, "SIGCONT", "go on" },
	{ SIGSEGV, "SIGSEGV", "as if it had crashed" },
};

#define SIGNAL_COUNT (sizeof(signals) / sizeof(*signals))

void menu_open(struct app *app, enum menu_kind kind, uint64_t test)
{
	struct menu *menu = &app->menu;

	*menu = (struct menu){ .kind = kind, .test = test };
	menu->cursor.length = kind == MENU_SIGNAL         ? (long)SIGNAL_COUNT
			      : kind == MENU_SORT_WORKERS ? WORKERS_SORT_CHOICES
			      : kind == MENU_THEME        ? themes_count(app)
							  : COLUMN_COUNT;
	if (kind == MENU_SORT)
		menu->cursor.selected = (long)tests_column(app);
	else if (kind == MENU_SORT_WORKERS)
		menu->cursor.selected = workers_sort_choice(app);
	else if (kind == MENU_THEME)
		menu->cursor.selected = themes_current(app);
}

static void choose(struct app *app)
{
	struct menu *menu = &app->menu;
	enum menu_kind kind = menu->kind;
	long selected = menu->cursor.selected;

	menu->kind = MENU_NONE;
	if (kind == MENU_SIGNAL)
		action_send(app, signals[selected].number);
	else if (kind == MENU_SORT_WORKERS)
		workers_sort(app, (int)selected);
	else if (kind == MENU_THEME)
		themes_take(app, selected);
	else
		tests_set_column(app, (enum column)selected);
}

static void close_menu(struct app *app)
{
	if (app->menu.kind == MENU_THEME)
		themes_leave(app);
	app->menu.kind = MENU_NONE;
}

static void move_to(struct app *app, enum request request)
{
	long before = app->menu.cursor.selected;

	cursor_request(&app->menu.cursor, request);
	if (app->menu.kind == MENU_THEME && app->menu.cursor.selected != before)
		themes_show(app, app->menu.cursor.selected);
}

void menu_key(struct app *app, int key)
{
	enum request request = keymap_request(&app->settings.keymap, key);

	/* These do, whatever else they were given for. */
	if (key == KEYCODE_ESCAPE || request == REQUEST_BACK || request == REQUEST_QUIT)
		close_menu(app);
	else if (key == KEYCODE_ENTER || request == REQUEST_OPEN)
		choose(app);
	else if (key == KEYCODE_UP || key == KEYCODE_DOWN)
		move_to(app, key == KEYCODE_UP ? REQUEST_UP : REQUEST_DOWN);
	else
		move_to(app, request);
}

void menu_mouse(struct app *app, enum mouse mouse, int row, int column)
{
	struct menu *menu = &app->menu;
	const struct area *area = &menu->area;

	if (mouse == MOUSE_WHEEL_UP || mouse == MOUSE_WHEEL_DOWN) {
		move_to(app, mouse == MOUSE_WHEEL_UP ? REQUEST_UP : REQUEST_DOWN);
		return;
	}
	if (row < area->row || row >= area->row + area->height || column < area->column ||
	    column >= area->column + area->width) {
		close_menu(app);
		return;
	}
	if (row == area->row || menu->cursor.top + row - area->row - 1 >= menu->cursor.length)
		return;
	menu->cursor.selected = menu->cursor.top + row - area->row - 1;
	if (menu->kind == MENU_THEME)
		themes_show(app, menu->cursor.selected);
	if (mouse == MOUSE_DOUBLE_CLICK)
		choose(app);
}

/* The right and the lower side; the title is drawn. */
static void draw_frame(struct app *app, struct area area, const char *hint)
{
	struct screen *screen = app->screen;
	int last = area.row + area.height - 1, right = area.column + area.width - 1;

	screen_glyph(screen, area.row, right, ROLE_BORDER_FOCUS, GLYPH_CORNER_RIGHT);
	for (int row = area.row + 1; row < last; row++)
		screen_glyph(screen, row, right, ROLE_BORDER_FOCUS, GLYPH_VERTICAL);
	screen_glyph(screen, last, area.column, ROLE_BORDER_FOCUS, GLYPH_CORNER_BELOW);
	screen_fill(screen, last, area.column + 1, area.width - 2, ROLE_BORDER_FOCUS, GLYPH_HORIZONTAL);
	screen_glyph(screen, last, right, ROLE_BORDER_FOCUS, GLYPH_CORNER_LAST);
	screen_text(screen, last, area.column + 2, area.width - 4, ROLE_DIM, hint);
}

void menu_draw(struct app *app)
{
	struct menu *menu = &app->menu;
	const struct test *test = menu->test ? model_test(app->model, menu->test) : NULL;
	int height = screen_height(app->screen) - 2, width = screen_width(app->screen);
	struct area *area = &menu->area;

	/* A panel on the left, as in htop: what it is about stays in view beside it. */
	area->width = menu->kind == MENU_SIGNAL ? 38 : menu->kind == MENU_THEME ? 33 : 54;
	if (area->width > width - 1)
		area->width = width - 1;
	area->height = (int)menu->cursor.length + 2;
	if (area->height > height)
		area->height = height;
	area->row = (height - area->height) / 2 + 1;
	area->column = area->width < width - 3 ? 2 : 0;
	/* What has most colours is on the left. */
	if (menu->kind == MENU_THEME && area->column)
		area->column = width - area->width - 2;
	screen_clear_area(app->screen, *area);
	pane_draw_title(app, *area, GLYPH_CORNER, true,
			menu->kind == MENU_SIGNAL  ? "Send signal"
			: menu->kind == MENU_THEME ? "Theme"
						   : "Sort by");
	if (test && area->width > 30)
		screen_text_end(app->screen, area->row, area->column + 16, area->width - 18, ROLE_HEADING,
				test->id);
	else if (menu->kind == MENU_SIGNAL && area->width > 30)
		screen_format(app->screen, area->row, area->column + 16, area->width - 18, ROLE_HEADING,
			      "%zu tests", app->targets.tests.length);
	draw_frame(app, *area,
		   menu->kind == MENU_SIGNAL  ? " Enter sends, Esc goes back "
		   : menu->kind == MENU_THEME ? " Enter takes, Esc goes back "
					      : " Enter sorts, Esc goes back ");
	menu->cursor.height = area->height - 2;
	cursor_clamp(&menu->cursor);
	for (int i = 0; i < area->height - 2 && menu->cursor.top + i < menu->cursor.length; i++) {
		long index = menu->cursor.top + i;
		int row = area->row + 1 + i, column = area->column + 2, room = area->width - 3;

		if (menu->kind == MENU_SIGNAL)
			screen_format(app->screen, row, column, room, ROLE_TEXT, "%2d %-8s %s",
				      signals[index].number, signals[index].name, signals[index].meaning);
		else if (menu->kind == MENU_THEME)
			screen_text_end(app->screen, row, column, room, ROLE_TEXT, themes_name(app, index));
		else
			screen_text(app->screen, row, column, room, ROLE_TEXT,
				    menu->kind == MENU_SORT_WORKERS ? workers_sort_text((int)index)
								    : rows_column_text((enum column)index));
		if (index == menu->cursor.selected)
			screen_mark(app->screen, row, area->column + 1, area->width - 2, MARK_CURSOR);
	}
}
