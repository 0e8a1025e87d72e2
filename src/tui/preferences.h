/* What a person chose before this run: the settings and the theme, and the files that they are in. */
#ifndef XTOP_TUI_PREFERENCES_H
#define XTOP_TUI_PREFERENCES_H

#include "base/err.h"
#include "base/str.h"
#include "tui/settings.h"
#include "tui/theme.h"

struct preferences;

/* `theme`: asked for before what the settings say; NULL: none. What is wrong with the files is no reason to fail: the
 * defaults count then, and preferences_problem tells. */
struct preferences *preferences_new(const char *theme);
void preferences_free(struct preferences *preferences); /* NULL is fine */

const struct tui_settings *preferences_settings(const struct preferences *preferences);
const char *preferences_theme(const struct preferences *preferences); /* the name of the one that is used */
const struct theme_table *preferences_table(const struct preferences *preferences);
/* In one line; NULL: nothing was wrong. */
const char *preferences_problem(const struct preferences *preferences);

void preferences_list_themes(const struct preferences *preferences, struct str *names); /* a name a line */
int preferences_load_theme(const struct preferences *preferences, const char *name, struct theme_table *table,
			   struct error *error);
int preferences_save(const struct preferences *preferences, const struct tui_settings *settings, struct str *file,
		     struct error *error);

/* Whether COLORFGBG, "foreground;background" by number, tells of a light background. NULL: it is not set. */
bool preferences_is_light(const char *colorfgbg);

#endif
