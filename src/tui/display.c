#define NCURSES_WIDECHAR 1 /* wide characters in curses.h */

#include "tui/display.h"

#include "base/alloc.h"
#include "tui/keymap.h"
#include "tui/terminal.h"
#include "tui/theme.h"

#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define ESCAPE_WAIT_MS 25
#define RESTORE_SIZE 512

struct display {
	SCREEN *terminal;
	struct theme *theme;
	int fd; /* of the output */
	bool has_modes;
	struct termios before;
	bool suspended;
	struct cell *shown; /* what the terminal shows, width × height; NULL: not known */
	int shown_width, shown_height;
	cchar_t *row; /* one row on its way, `row_size` cells */
	int row_size;
	int last_click_row, last_click_column;
	bool may_double;
};

static bool is_utf8(void)
{
	const char *codeset = nl_langinfo(CODESET);

	return !strcasecmp(codeset, "UTF-8") || !strcasecmp(codeset, "utf8");
}

bool display_wants_ascii(const struct display *display)
{
	/* The console's font has 256 or 512 glyphs, and a vt100 its own. */
	static const char *const poor[] = { "linux", "vt", "ansi", "cons25", "sun" };
	const char *term = getenv("TERM");

	(void)display;
	if (!is_utf8())
		return true;
	for (size_t i = 0; term && i < sizeof(poor) / sizeof(*poor); i++)
		if (!strncmp(term, poor[i], strlen(poor[i])))
			return true;
	return false;
}

/* A capability's bytes without the delays that terminfo writes as $<5>. */
static size_t add_capability(char *out, size_t length, const char *text)
{
	if (!text || text == (char *)-1)
		return length;
	while (*text && length < RESTORE_SIZE) {
		const char *end = !strncmp(text, "$<", 2) ? strchr(text, '>') : NULL;

		if (end)
			text = end + 1;
		else
			out[length++] = *text++;
	}
	return length;
}

/* What gives the terminal back by writing alone: mouse off, keypad off, colours off, cursor on, and the
 * other screen, or where there is none a fresh line at the bottom. */
static size_t compose_restore(char out[RESTORE_SIZE])
{
	const char *leave = tigetstr("rmcup");
	const char *mouse = tigetstr("kmous");
	const char *cup = tigetstr("cup");
	size_t length = 0;

	if (mouse && mouse != (char *)-1)
		length = add_capability(out, length, "\033[?1006l\033[?1002l\033[?1000l");
	length = add_capability(out, length, tigetstr("sgr0"));
	length = add_capability(out, length, tigetstr("op"));
	length = add_capability(out, length, tigetstr("rmkx"));
	if (leave && leave != (char *)-1) {
		length = add_capability(out, length, leave);
	} else {
		if (cup && cup != (char *)-1)
			length = add_capability(out, length, tiparm(cup, LINES - 1, 0));
		length = add_capability(out, length, "\r\n");
	}
	return add_capability(out, length, tigetstr("cnorm"));
}

static void guard(struct display *display)
{
	char restore[RESTORE_SIZE];
	size_t length = compose_restore(restore);

	if (display->has_modes)
		terminal_guard(display->fd, &display->before, restore, length);
}

/* newterm installs handlers of its own for signals that nobody handles; ours are to be the ones that count,
 * and what was there is put back. */
static const int curses_signals[] = { SIGINT, SIGTERM, SIGTSTP, SIGWINCH };

#define CURSES_SIGNALS (sizeof(curses_signals) / sizeof(*curses_signals))

static bool is_known_terminal(const char *name)
{
	int status;

	if (setupterm(name, STDOUT_FILENO, &status) != OK)
		return false;
	del_curterm(cur_term);
	return true;
}

/* Terminals seldom say by TERM that they take all colours, but many do by COLORTERM. Then terminfo may have another entry
 * for them, by a name of its own: the name without its number of colours, and with "-direct" behind it. NULL: none. */
static char *find_direct_terminal(const char *term)
{
	const char *says = getenv("COLORTERM");
	const char *end = strstr(term, "-256color");
	char *name;

	if (!says || (strcmp(says, "truecolor") != 0 && strcmp(says, "24bit") != 0))
		return NULL;
	if (!end)
		end = strstr(term, "-color");
	name = alloc_format("%.*s-direct", (int)(end ? (size_t)(end - term) : strlen(term)), term);
	if (!text_ends_with(term, "-direct") && is_known_terminal(name))
		return name;
	free(name);
	return NULL;
}

struct display *display_open(FILE *out, FILE *in, bool color, struct error *error)
{
	struct display *display;
	struct sigaction actions[CURSES_SIGNALS];
	const char *term = getenv("TERM");
	struct termios before;
	bool has_modes = !tcgetattr(fileno(in), &before);
	SCREEN *terminal;
	char *direct;
	int status;

	setlocale(LC_CTYPE, "");
	/* newterm would print its own message and, for some terminals, leave. */
	if (setupterm(term, fileno(out), &status) != OK) {
		error_set(error,
			  "the dashboard can't use this terminal: TERM is %s%s%s; set TERM, or use --no-tui",
			  term && *term ? "'" : "", term && *term ? term : "not set",
			  term && *term ? "', which terminfo does not know" : "");
		return NULL;
	}
	del_curterm(cur_term);
	for (size_t i = 0; i < CURSES_SIGNALS; i++)
		sigaction(curses_signals[i], NULL, &actions[i]);
	direct = color ? find_direct_terminal(term) : NULL;
	terminal = newterm(direct ? direct : term, out, in);
	free(direct);
	for (size_t i = 0; i < CURSES_SIGNALS; i++)
		sigaction(curses_signals[i], &actions[i], NULL);
	if (!terminal) {
		error_set(error, "the dashboard can't use this terminal ('%s'); use --no-tui", term);
		return NULL;
	}
	display = ALLOC_NEW(struct display);
	display->terminal = terminal;
	display->fd = fileno(out);
	display->has_modes = has_modes;
	if (has_modes)
		display->before = before;
	display->last_click_row = -1;
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	meta(stdscr, TRUE);
	leaveok(stdscr, FALSE);
	set_escdelay(ESCAPE_WAIT_MS);
	mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0);
	display->theme = theme_new(color);
	guard(display);
	return display;
}

void display_close(struct display *display)
{
	if (!display)
		return;
	if (!display->suspended) {
		endwin();
		terminal_release();
	}
	delscreen(display->terminal);
	theme_free(display->theme);
	free(display->shown);
	free(display->row);
	free(display);
}

void display_suspend(struct display *display)
{
	if (display->suspended)
		return;
	display->suspended = true;
	endwin();
	terminal_release();
}

void display_resume(struct display *display)
{
	if (display->suspended) {
		display->suspended = false;
		guard(display);
	}
	display_redraw(display);
}

void display_size(const struct display *display, int *width, int *height)
{
	(void)display;
	*width = COLS;
	*height = LINES;
}

void display_force_size(struct display *display, int width, int height)
{
	char restore[RESTORE_SIZE];

	resizeterm(height, width);
	if (display->has_modes && !display->suspended)
		terminal_set_restore(restore, compose_restore(restore));
	display_redraw(display);
}

void display_resize(struct display *display, int *width, int *height)
{
	struct winsize size;

	if (!ioctl(display->fd, TIOCGWINSZ, &size) && size.ws_col > 0 && size.ws_row > 0)
		display_force_size(display, size.ws_col, size.ws_row);
	display_size(display, width, height);
}

void display_redraw(struct display *display)
{
	free(display->shown);
	display->shown = NULL;
}

void display_use_theme(struct display *display, const struct theme_table *table)
{
	theme_use(display->theme, table);
	/* Equal to no cell: all is sent again, but what comes out the same curses leaves alone. */
	if (display->shown)
		memset(display->shown, 0xff,
		       (size_t)display->shown_width * (size_t)display->shown_height * sizeof(*display->shown));
}

static void send_row(struct display *display, const struct screen *screen, int row, int width)
{
	const struct cell *cells = screen_row(screen, row);
	int count = 0;

	for (int column = 0; column < width; column++) {
		const struct cell *cell = &cells[column];
		wchar_t text[CELL_PARTS + 1];
		unsigned parts = 0;
		short pair;
		attr_t attributes;

		if (!cell->width)
			continue;
		/* The right half is cut off by the edge. */
		if (cell->width == 2 && column + 1 >= width)
			break;
		while (parts < CELL_PARTS && cell->text[parts]) {
			text[parts] = (wchar_t)cell->text[parts];
			parts++;
		}
		text[parts] = L'\0';
		attributes = (attr_t)theme_attributes(display->theme, (enum role)cell->role,
						      (enum mark)cell->mark, cell->attributes, &pair);
		if (setcchar(&display->row[count], text, attributes, pair, NULL) == ERR)
			setcchar(&display->row[count], L"?", attributes, pair, NULL);
		count++;
	}
	mvadd_wchnstr(row, 0, display->row, count);
}

void display_present(struct display *display, const struct screen *screen)
{
	int width = screen_width(screen), height = screen_height(screen), row, column;
	size_t row_bytes = (size_t)width * sizeof(struct cell);
	bool whole;

	if (display->suspended)
		return;
	if (display->shown && (display->shown_width != width || display->shown_height != height))
		display_redraw(display);
	whole = !display->shown;
	if (whole) {
		display->shown = alloc_zeroed((size_t)height, row_bytes);
		display->shown_width = width;
		display->shown_height = height;
		erase();
		clearok(curscr, TRUE);
	}
	if (display->row_size < width) {
		display->row = alloc_resized(display->row, (size_t)width, sizeof(*display->row));
		display->row_size = width;
	}
	for (int i = 0; i < height && i < LINES; i++) {
		const struct cell *cells = screen_row(screen, i);
		struct cell *shown = display->shown + (size_t)i * (size_t)width;

		if (!whole && !memcmp(cells, shown, row_bytes))
			continue;
		memcpy(shown, cells, row_bytes);
		send_row(display, screen, i, width < COLS ? width : COLS);
	}
	if (screen_cursor_at(screen, &row, &column)) {
		curs_set(1);
		move(row, column);
	} else {
		curs_set(0);
		/* Parked where no text is drawn after it, for terminals that can't hide it. */
		move(LINES - 1, COLS - 1);
	}
	wnoutrefresh(stdscr);
	doupdate();
}

static int translate_key(int key)
{
	static const struct {
		int curses, key;
	} table[] = {
		{ KEY_UP, KEYCODE_UP },         { KEY_DOWN, KEYCODE_DOWN },
		{ KEY_LEFT, KEYCODE_LEFT },     { KEY_RIGHT, KEYCODE_RIGHT },
		{ KEY_PPAGE, KEYCODE_PAGE_UP }, { KEY_NPAGE, KEYCODE_PAGE_DOWN },
		{ KEY_HOME, KEYCODE_HOME },     { KEY_END, KEYCODE_END },
		{ KEY_FIND, KEYCODE_HOME },     { KEY_SELECT, KEYCODE_END },
		{ KEY_DC, KEYCODE_DELETE },     { KEY_BTAB, KEYCODE_BACK_TAB },
		{ KEY_ENTER, KEYCODE_ENTER },   { KEY_BACKSPACE, KEYCODE_BACKSPACE },
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
		if (table[i].curses == key)
			return table[i].key;
	if (key >= KEY_F(1) && key <= KEY_F(12))
		return KEYCODE_F0 + (key - KEY_F0);
	return 0;
}

/* A second press on the same cell, with no key between, counts as a double click: curses' own clicks need a
 * clock that holds back single ones. */
static bool translate_mouse(struct display *display, struct display_input *input)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return false;
	input->key = 0;
	input->row = event.y;
	input->column = event.x;
	if (event.bstate & BUTTON4_PRESSED) {
		input->mouse = MOUSE_WHEEL_UP;
	} else if (event.bstate & BUTTON5_PRESSED) {
		input->mouse = MOUSE_WHEEL_DOWN;
	} else if (event.bstate & (BUTTON1_PRESSED | BUTTON1_CLICKED)) {
		bool same = display->may_double && display->last_click_row == event.y;

		input->mouse = same ? MOUSE_DOUBLE_CLICK : MOUSE_CLICK;
		display->may_double = !same;
		display->last_click_row = event.y;
		return true;
	} else {
		return false;
	}
	display->may_double = false;
	return true;
}

bool display_read(struct display *display, struct display_input *input)
{
	wint_t character;

	if (display->suspended)
		return false;
	for (;;) {
		int status = get_wch(&character);

		if (status == ERR)
			return false;
		*input = (struct display_input){ .key = 0 };
		if (status == KEY_CODE_YES && character == KEY_MOUSE) {
			if (translate_mouse(display, input))
				return true;
			continue;
		}
		if (status == KEY_CODE_YES)
			input->key = translate_key((int)character);
		else if (character == '\n')
			input->key = KEYCODE_ENTER;
		else if (character == '\b')
			input->key = KEYCODE_BACKSPACE;
		else
			input->key = (int)character;
		display->may_double = false;
		if (input->key)
			return true;
	}
}
