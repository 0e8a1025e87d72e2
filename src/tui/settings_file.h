/* dashboard.yaml: the settings as a file, which people edit too. Its schema is in xtop-theme(5). */
#ifndef XTOP_TUI_SETTINGS_FILE_H
#define XTOP_TUI_SETTINGS_FILE_H

#include "base/err.h"
#include "base/str.h"
#include "base/vec.h"
#include "tui/settings.h"

/* One message each, with its place where it is about one: "file:line:column: …". Owned. */
typedef VEC(char *) settings_problems;

void settings_problems_fini(settings_problems *problems);

/* $XDG_CONFIG_HOME/xtop/dashboard.yaml, else below ~/.config; the caller frees it. NULL: neither is known. */
char *settings_file_path(void);

/* Sets what the text says; what is wrong with the rest is appended to `problems`. */
void settings_file_parse(struct slice text, const char *name, struct tui_settings *settings,
			 settings_problems *problems);
/* The same for a file; that there is none is no problem. */
void settings_file_load(const char *path, struct tui_settings *settings, settings_problems *problems);

/* Writes `text` to `out` so that it says `settings`: what says it already stays as it is, byte for byte, and so does
 * what is not known here. Fails where the text can't be understood, or is not written with a key a line. */
int settings_file_edit(struct slice text, const char *name, const struct tui_settings *settings, struct str *out,
		       struct error *error);
/* The same for a file, atomically; it and its directories are made where they are missing. */
int settings_file_save(const char *path, const struct tui_settings *settings, struct error *error);

#endif
