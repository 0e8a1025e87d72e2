#include "tui/preferences.h"

#include "base/alloc.h"
#include "tui/settings_file.h"
#include "tui/theme_file.h"

#include <stdlib.h>
#include <string.h>

#define LIGHT_THEME "light"

struct preferences {
	struct theme_places places;
	char *path; /* of the settings; NULL: there is no place for them */
	struct tui_settings settings;
	char *theme;
	struct theme_table table;
	struct str problem;
};

bool preferences_is_light(const char *colorfgbg)
{
	const char *last = colorfgbg ? strrchr(colorfgbg, ';') : NULL;
	size_t digits = last ? strspn(last + 1, "0123456789") : 0;
	long color;

	/* rxvt has a third field between the two where there is a picture behind the text. */
	if (!digits || last[1 + digits])
		return false;
	color = strtol(last + 1, NULL, 10);
	return color == 7 || (color >= 9 && color <= 15);
}

/* Only the first line of the first one: the others are seen once it is mended. */
static void note_problem(struct preferences *preferences, const char *message, size_t count, const char *then)
{
	struct str *problem = &preferences->problem;

	if (problem->length)
		return;
	str_add(problem, message, strcspn(message, "\n"));
	if (count > 1)
		str_add_format(problem, " (and %zu more)", count - 1);
	str_add_text(problem, then);
}

static void read_settings(struct preferences *preferences)
{
	settings_problems problems = VEC_INIT;

	tui_settings_init(&preferences->settings);
	preferences->path = settings_file_path();
	if (preferences->path)
		settings_file_load(preferences->path, &preferences->settings, &problems);
	if (problems.length)
		note_problem(preferences, problems.items[0], problems.length, "");
	settings_problems_fini(&problems);
}

static void choose_theme(struct preferences *preferences, const char *wanted)
{
	struct error error = ERROR_INIT;

	if (!wanted && preferences->settings.theme[0])
		wanted = preferences->settings.theme;
	if (!wanted)
		wanted = preferences_is_light(getenv("COLORFGBG")) ? LIGHT_THEME : THEME_BUILT_IN;
	if (theme_load(&preferences->places, wanted, &preferences->table, &error) != 0) {
		note_problem(preferences, error.message, 1, ": the default theme is used");
		preferences->table = theme_default;
		wanted = THEME_BUILT_IN;
	}
	preferences->theme = alloc_string(wanted);
}

struct preferences *preferences_new(const char *theme)
{
	struct preferences *preferences = ALLOC_NEW(struct preferences);

	str_init(&preferences->problem);
	theme_places_init(&preferences->places);
	read_settings(preferences);
	choose_theme(preferences, theme);
	return preferences;
}

void preferences_free(struct preferences *preferences)
{
	if (!preferences)
		return;
	theme_places_fini(&preferences->places);
	str_fini(&preferences->problem);
	free(preferences->path);
	free(preferences->theme);
	free(preferences);
}

const struct tui_settings *preferences_settings(const struct preferences *preferences)
{
	return &preferences->settings;
}

const char *preferences_theme(const struct preferences *preferences)
{
	return preferences->theme;
}

const struct theme_table *preferences_table(const struct preferences *preferences)
{
	return &preferences->table;
}

const char *preferences_problem(const struct preferences *preferences)
{
	return preferences->problem.length ? preferences->problem.data : NULL;
}

void preferences_list_themes(const struct preferences *preferences, struct str *names)
{
	theme_names found = VEC_INIT;

	theme_list(&preferences->places, &found);
	vec_each(&found, it) {
		str_add_format(names, "%s\n", *it);
		free(*it);
	}
	vec_fini(&found);
}

int preferences_load_theme(const struct preferences *preferences, const char *name, struct theme_table *table,
			   struct error *error)
{
	return theme_load(&preferences->places, name, table, error);
}

int preferences_save(const struct preferences *preferences, const struct tui_settings *settings, struct str *file,
		     struct error *error)
{
	if (!preferences->path)
		return error_set(error, "there is no place for settings: neither XDG_CONFIG_HOME nor HOME is set");
	str_add_text(file, preferences->path);
	return settings_file_save(preferences->path, settings, error);
}
