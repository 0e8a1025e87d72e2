/* What a person chose for the dashboard: plain data that is copied whole.
 *
 * The file that keeps it is the business of settings_file.h; panes read app->settings.
 */
#ifndef XTOP_TUI_SETTINGS_H
#define XTOP_TUI_SETTINGS_H

#include "tui/columns.h"
#include "tui/keymap.h"

#include <stdbool.h>

#define SETTINGS_THEME_SIZE 256
#define SETTINGS_FRAMES 30      /* a second, unless something else was chosen */
#define SETTINGS_FRAMES_MOST 60
#define SETTINGS_SHARE_LEAST 5  /* per cent */
#define SETTINGS_SHARE_MOST 80

/* The panes that share the screen, from the top down, as enum pane has them. */
enum settings_pane { SETTINGS_WORKERS, SETTINGS_TESTS, SETTINGS_DETAIL, SETTINGS_PANE_COUNT };

struct tui_settings {
	struct columns_shown columns[COLUMNS_PANE_COUNT];
	struct {
		bool shown;
		unsigned share; /* per cent of the height below the header; 0: as much as suits */
	} panes[SETTINGS_PANE_COUNT];
	char theme[SETTINGS_THEME_SIZE]; /* a name or a path; "": none was chosen */
	unsigned frames;                 /* a second at most, from 1 on */
	bool ascii;                      /* no characters beyond ASCII */
	struct keymap keymap;
};

bool tui_settings_equal(const struct tui_settings *a, const struct tui_settings *b);
void tui_settings_init(struct tui_settings *settings); /* as it is for who chose nothing */

#endif
