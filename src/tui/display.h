/* The terminal: a screen's way to it through curses, and keys and mouse from it. */
#ifndef XTOP_TUI_DISPLAY_H
#define XTOP_TUI_DISPLAY_H

#include "base/err.h"
#include "tui/screen.h"

#include <stdbool.h>
#include <stdio.h>

struct display;

/* Takes the terminal at `in` and `out`; sets LC_CTYPE from the environment. NULL with a message: it is
 * none, or its TERM is unknown. */
struct display *display_open(FILE *out, FILE *in, bool color, struct error *error);
void display_close(struct display *display); /* gives the terminal back; NULL is fine */

/* The locale is not UTF-8, or the terminal's font lacks our symbols. */
bool display_wants_ascii(const struct display *display);

void display_suspend(struct display *display); /* gives the terminal back for a while */
void display_resume(struct display *display);  /* takes it again; the next picture is sent whole */
void display_size(const struct display *display, int *width, int *height);
/* Asks the terminal for its size. */
void display_resize(struct display *display, int *width, int *height);
/* The same by decree, for tests. */
void display_force_size(struct display *display, int width, int height);

void display_present(struct display *display, const struct screen *screen);
void display_use_theme(struct display *display, const struct theme_table *table); /* for the next picture */
void display_redraw(struct display *display); /* the next picture is sent whole */

struct display_input {
	int key; /* keymap.h; 0: the mouse */
	enum mouse { MOUSE_CLICK, MOUSE_DOUBLE_CLICK, MOUSE_WHEEL_UP, MOUSE_WHEEL_DOWN } mouse;
	int row, column;
};

/* One key or mouse event that is there. Never waits, but up to 25 ms behind an Escape. false: nothing. */
bool display_read(struct display *display, struct display_input *input);

#endif
