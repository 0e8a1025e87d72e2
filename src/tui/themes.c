/* The choice of a theme: each is seen while one moves through the menu. */
#include "tui/theme_file.h"
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct themes {
	VEC(char *) names; /* of the open menu; owned */
	char *current;     /* what is in use once no menu is open */
};

void themes_init(struct app *app)
{
	app->themes = ALLOC_NEW(struct themes);
	app->themes->current = alloc_string(app->options.theme ? app->options.theme : THEME_BUILT_IN);
}

static void drop_names(struct themes *themes)
{
	vec_each(&themes->names, it)
		free(*it);
	vec_clear(&themes->names);
}

void themes_fini(struct app *app)
{
	drop_names(app->themes);
	vec_fini(&app->themes->names);
	free(app->themes->current);
	free(app->themes);
}

static void find_names(struct app *app)
{
	struct themes *themes = app->themes;
	struct str lines = STR_INIT;

	drop_names(themes);
	app->host->themes(app->host->context, &lines);
	for (const char *line = lines.data; *line;) {
		size_t length = strcspn(line, "\n");

		vec_push(&themes->names, alloc_string_n(line, length));
		line += length + (line[length] == '\n');
	}
	str_fini(&lines);
	/* One that was given by its path is none of them. */
	if (themes_current(app) < 0)
		vec_push(&themes->names, alloc_string(themes->current));
}

void themes_open(struct app *app)
{
	if (!app->host || !app->host->themes) {
		app_say(app, ROLE_NOTE, " There are no themes here ");
		return;
	}
	find_names(app);
	menu_open(app, MENU_THEME, 0);
}

long themes_count(const struct app *app)
{
	return (long)app->themes->names.length;
}

long themes_current(const struct app *app)
{
	for (size_t i = 0; i < app->themes->names.length; i++)
		if (!strcmp(app->themes->names.items[i], app->themes->current))
			return (long)i;
	return -1;
}

const char *themes_name(const struct app *app, long theme)
{
	return app->themes->names.items[theme];
}

/* false, and said: it can't be used. */
static bool use(struct app *app, const char *name)
{
	struct error error = ERROR_INIT;

	if (!app->host->use_theme(app->host->context, name, &error))
		return true;
	/* The line of the file behind it has no room here. */
	app_say(app, ROLE_WARNING, " %.*s ", (int)strcspn(error.message, "\n"), error.message);
	return false;
}

void themes_show(struct app *app, long theme)
{
	use(app, themes_name(app, theme));
}

void themes_take(struct app *app, long theme)
{
	struct themes *themes = app->themes;
	char *name = alloc_string(themes_name(app, theme));

	if (use(app, name)) {
		free(themes->current);
		themes->current = alloc_string(name);
		snprintf(app->settings.theme, sizeof(app->settings.theme), "%s", name);
		/* What else was changed in this run is not kept by that. */
		snprintf(app->kept.theme, sizeof(app->kept.theme), "%s", name);
		settings_keep(app, &app->kept);
	} else {
		use(app, themes->current);
	}
	free(name);
}

void themes_leave(struct app *app)
{
	use(app, app->themes->current);
}

const char *themes_current_name(const struct app *app)
{
	return app->themes->current;
}

void themes_step(struct app *app, int step)
{
	struct themes *themes = app->themes;
	long count, theme;

	if (!app->host || !app->host->themes)
		return;
	find_names(app);
	count = themes_count(app);
	theme = themes_current(app);
	/* Past those that can't be used. */
	for (long tried = 0; tried < count; tried++) {
		theme = (theme + step + count) % count;
		if (!use(app, themes_name(app, theme)))
			continue;
		free(themes->current);
		themes->current = alloc_string(themes_name(app, theme));
		snprintf(app->settings.theme, sizeof(app->settings.theme), "%s", themes->current);
		return;
	}
}
