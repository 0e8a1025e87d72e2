/* What the dashboard asks of what is outside it: the terminal, the clipboard, the user's files and environment.
 *
 * The app sees none of these itself, so that tests can drive it by hand. Each call returns at once; -1: it
 * can't be done, and the message, one line for the status bar, says why.
 */
#ifndef XTOP_TUI_HOST_H
#define XTOP_TUI_HOST_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

struct tui_settings;

/* A program that gets the terminal for as long as it runs. Borrowed for the call. */
struct host_program {
	const char *name;               /* for the status line: "the pager" */
	const char *const *argv;        /* NULL-terminated; argv[0] is looked for on PATH */
	const char *const *environment; /* NAME=value on top of xtop's own, NAME alone: unset; NULL-terminated; NULL: none */
	const char *directory;          /* where it runs; NULL: where xtop does */
	const char *before;             /* a line that is printed first; NULL: none */
	bool waits;                     /* at its end a key brings the dashboard back: what it printed is to be read */
};

struct host {
	/* Hands the terminal over. The run goes on meanwhile; app_program_ended tells the end. */
	int (*run)(void *context, const struct host_program *program, struct error *error);
	/* Puts text on the clipboard (OSC 52, which not every terminal obeys) and into a file, whose name is appended
	 * to `file`; nothing is, where it could not be written. */
	int (*copy)(void *context, const char *text, struct str *file, struct error *error);
	/* Appends a file of at most `limit` bytes. */
	int (*read)(void *context, const char *path, size_t limit, struct str *out, struct error *error);
	bool (*has_file)(void *context, const char *path); /* a regular one */
	/* Puts text into a file that lasts as long as the dashboard; its path is appended to `path`. `name` is that
	 * of the file, and what it had before is replaced. */
	int (*scratch)(void *context, const char *name, struct slice text, struct str *path, struct error *error);
	/* Writes a file of the person's choice, in the place of what was there. */
	int (*save)(void *context, const char *path, struct slice text, struct error *error);
	/* Of the environment; NULL: not set. Borrowed. */
	const char *(*variable)(void *context, const char *name);
	/* Whether such a program is on PATH. */
	bool (*has_program)(void *context, const char *name);
	/* Appends the names of the themes that there are, one a line. */
	void (*themes)(void *context, struct str *names);
	/* What is drawn from now on looks as that theme says: a name, or a path. */
	int (*use_theme)(void *context, const char *name, struct error *error);
	/* Keeps them for the next time; the file's name is appended to `file`. */
	int (*save_settings)(void *context, const struct tui_settings *settings, struct str *file,
			     struct error *error);
	const char *self; /* path of this program, to run another xtop */
	void *context;
};

#endif
