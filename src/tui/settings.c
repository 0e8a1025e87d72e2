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
