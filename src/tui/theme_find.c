/* Where themes lie. */
#include "tui/theme_file.h"

#include "base/alloc.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/local/share/xtop"
#endif

#define SUFFIX ".yaml"

/* Takes `directory`; NULL is passed over. */
static void add_place(struct theme_places *places, char *directory, const char *below)
{
	if (!directory)
		return;
	vec_push(&places->directories, fs_join(directory, below));
	free(directory);
}

void theme_places_init(struct theme_places *places)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME"), *data = getenv("XTOP_DATADIR");

	*places = (struct theme_places){ .directories = VEC_INIT };
	/* The XDG specification has relative paths ignored. */
	if (config && *config == '/')
		add_place(places, alloc_string(config), "xtop/themes");
	else if (home && *home)
		add_place(places, alloc_string(home), ".config/xtop/themes");
	if (data && *data)
		add_place(places, alloc_string(data), "themes");
	add_place(places, fs_own_directory(), "themes");
	add_place(places, fs_own_directory(), "../share/xtop/themes");
	add_place(places, alloc_string(PKGDATADIR), "themes");
}

void theme_places_fini(struct theme_places *places)
{
	vec_each(&places->directories, it)
		free(*it);
	vec_fini(&places->directories);
}

static bool is_path(const char *name)
{
	return strchr(name, '/') || text_ends_with(name, SUFFIX);
}

static bool is_open(const theme_chain *chain, const char *path)
{
	for (size_t i = 0; chain && i < chain->length; i++)
		if (!strcmp(yaml_name(chain->items[i]), path))
			return true;
	return false;
}

/* The caller frees it; NULL: there is none that is not open yet. */
static char *find_file(const struct theme_places *places, const char *name, const theme_chain *chain)
{
	char *file = alloc_format("%s" SUFFIX, name);
	char *path = NULL;

	for (size_t i = 0; i < places->directories.length && !path; i++) {
		path = fs_join(places->directories.items[i], file);
		if (!fs_exists(path) || is_open(chain, path)) {
			free(path);
			path = NULL;
		}
	}
	free(file);
	return path;
}

/* Behind the name of a theme that there is not. */
static void add_suggestion(const struct theme_places *places, const char *name, struct error *error)
{
	theme_names names = VEC_INIT;
	struct str all = STR_INIT;
	const char *nearest;

	theme_list(places, &names);
	nearest = text_nearest(name, (const char *const *)names.items, names.length);
	vec_each(&names, it)
		str_add_format(&all, " %s", *it);
	if (nearest)
		error_set(error, "there is no theme '%.100s'; did you mean '%s'?", name, nearest);
	else
		error_set(error, "there is no theme '%.100s'; there are:%s", name, all.data);
	str_fini(&all);
	vec_each(&names, it)
		free(*it);
	vec_fini(&names);
}

/* A path in a theme is below the directory of that theme. The caller frees it. */
static char *path_from(const theme_chain *chain, const char *name)
{
	char *directory, *path;

	if (!chain)
		return alloc_string(name);
	directory = fs_directory_of(yaml_name(chain->items[chain->length - 1]));
	path = fs_join(directory, name);
	free(directory);
	return path;
}

static struct yaml *open_theme(void *context, const char *name, const theme_chain *chain, struct error *error)
{
	const struct theme_places *places = context;
	char *path = is_path(name) ? path_from(chain, name) : find_file(places, name, chain);
	struct yaml *yaml = NULL;

	if (!path && !strcmp(name, THEME_BUILT_IN))
		return NULL;
	if (!path) {
		path = find_file(places, name, NULL);
		if (!path)
			add_suggestion(places, name, error);
	}
	if (path && is_open(chain, path))
		error_set(error, "expected another theme, found one that inherits itself");
	else if (path)
		yaml = yaml_parse_file(path, error);
	free(path);
	return yaml;
}

int theme_load(const struct theme_places *places, const char *name, struct theme_table *table,
	       struct error *error)
{
	struct theme_source source = { .open = open_theme, .context = (void *)places };
	struct error cause = ERROR_INIT;
	struct yaml *yaml = open_theme((void *)places, name, NULL, &cause);

	if (yaml)
		return theme_file_parse(yaml, &source, table, error);
	if (cause.message[0])
		return error_set(error, "%s", cause.message);
	*table = theme_default;
	return 0;
}

struct listing {
	theme_names *names;
};

static void add_name(void *context, const char *path)
{
	struct listing *listing = context;

	vec_push(listing->names, alloc_string_n(path, strlen(path) - strlen(SUFFIX)));
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void theme_list(const struct theme_places *places, theme_names *names)
{
	struct listing listing = { names };
	size_t kept = 0;

	vec_push(names, alloc_string(THEME_BUILT_IN));
	vec_each(&places->directories, it)
		if (fs_is_directory(*it))
			fs_glob(*it, "*" SUFFIX, add_name, &listing, NULL);
	qsort(names->items, names->length, sizeof(*names->items), compare_names);
	for (size_t i = 0; i < names->length; i++) {
		if (kept && !strcmp(names->items[kept - 1], names->items[i]))
			free(names->items[i]);
		else
			names->items[kept++] = names->items[i];
	}
	names->length = kept;
}
