#include "tui/settings.h"

#include <string.h>

void tui_settings_init(struct tui_settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (int pane = 0; pane < COLUMNS_PANE_COUNT; pane++)
		columns_init(&settings->columns[pane], (enum columns_pane)pane);
	for (int pane = 0; pane < SETTINGS_PANE_COUNT; pane++)
		settings->panes[pane].shown = true;
	settings->frames = SETTINGS_FRAMES;
	keymap_init(&settings->keymap);
}

bool tui_settings_equal(const struct tui_settings *a, const struct tui_settings *b)
{
	for (int pane = 0; pane < COLUMNS_PANE_COUNT; pane++)
		if (a->columns[pane].count != b->columns[pane].count ||
		    memcmp(a->columns[pane].columns, b->columns[pane].columns, a->columns[pane].count) != 0)
			return false;
	for (int pane = 0; pane < SETTINGS_PANE_COUNT; pane++)
		if (a->panes[pane].shown != b->panes[pane].shown || a->panes[pane].share != b->panes[pane].share)
			return false;
	return !strcmp(a->theme, b->theme) && a->frames == b->frames && a->ascii == b->ascii &&
	       !memcmp(&a->keymap, &b->keymap, sizeof(a->keymap));
}
