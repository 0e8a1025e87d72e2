/* The parts of dashboard.yaml, for those who read and write it. Private to src/tui. */
#ifndef XTOP_TUI_SETTINGS_SECTIONS_H
#define XTOP_TUI_SETTINGS_SECTIONS_H

#include "tui/settings.h"

#include <stddef.h>

/* X(NAME, "name"): in the order in which they are written where they are new. */
#define SETTINGS_SECTIONS(X)  \
	X(THEME, "theme")     \
	X(FRAMES, "frames")   \
	X(ASCII, "ascii")     \
	X(PANES, "panes")     \
	X(COLUMNS, "columns") \
	X(KEYS, "keys")

enum settings_section {
#define X(name, word) SETTINGS_SECTION_##name,
	SETTINGS_SECTIONS(X)
#undef X
	SETTINGS_SECTION_COUNT
};

extern const char *const settings_section_names[SETTINGS_SECTION_COUNT];
extern const char *const settings_pane_names[SETTINGS_PANE_COUNT];
int settings_section(const char *name); /* -1: none is called so */

#define SETTINGS_FILE_LIMIT ((size_t)1 << 20)
#define SETTINGS_NO_THEME "auto" /* the one that suits the terminal */

#endif
