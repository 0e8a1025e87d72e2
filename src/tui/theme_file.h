/* Themes as YAML files, whose schema is xtop-theme(5). Errors have their place: `file:line:column: …`. */
#ifndef XTOP_TUI_THEME_FILE_H
#define XTOP_TUI_THEME_FILE_H

#include "base/err.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "tui/theme.h"

#include <stdbool.h>

#define THEME_BUILT_IN "dark" /* the name of theme_default */
#define THEME_CHAIN_MAX 8     /* files, from a theme to the last one that it inherits */

/* A theme and those that it inherits, each owned. */
typedef VEC(struct yaml *) theme_chain;

/* How a theme finds the one that it inherits. `chain`: what is open already, which is not to be found again. NULL with a
 * message: there is none. NULL without one: it is the one that is compiled in. */
struct theme_source {
	struct yaml *(*open)(void *context, const char *name, const theme_chain *chain, struct error *error);
	void *context;
};

/* Takes `yaml`. On failure `table` is as it was. */
int theme_file_parse(struct yaml *yaml, const struct theme_source *source, struct theme_table *table,
		     struct error *error);

typedef VEC(char *) theme_names;

/* Where themes are looked for, in this order: $XDG_CONFIG_HOME/xtop/themes (~/.config/xtop/themes), then themes/ below
 * $XTOP_DATADIR, beside the program, in ../share/xtop, and in the directory of the installation. */
struct theme_places {
	VEC(char *) directories; /* owned */
};

void theme_places_init(struct theme_places *places);
void theme_places_fini(struct theme_places *places);

/* `name`: what a file NAME.yaml is called in one of the places, or a path, which has a '/' or ends in ".yaml". */
int theme_load(const struct theme_places *places, const char *name, struct theme_table *table,
	       struct error *error);
/* Fills `names`, which are the caller's, sorted and each once, the built-in one included. */
void theme_list(const struct theme_places *places, theme_names *names);

#endif
