/* The dashboard: a frontend on a terminal, by ncurses.
 *
 * It hears events like any other frontend but draws at its own pace (at most 30 frames a second, and only
 * when the model changed, a key was pressed or the clock moved), reads keys through the loop, and asks for
 * actions through `struct control`. The terminal is restored on every way out, a crash included.
 */
#ifndef XTOP_TUI_TUI_H
#define XTOP_TUI_TUI_H

#include "engine/control.h"
#include "report/frontend.h"

#include <stdbool.h>
#include <uv.h>

struct tui_settings;

struct tui_options {
	bool ascii;       /* no characters beyond ASCII (also chosen where the locale is not UTF-8) */
	bool color;       /* NO_COLOR and --color are judged by the caller */
	bool replay;      /* a recorded run: the header says so, actions answer that there are no workers */
	bool stay;        /* stays open after a run that passed untouched */
	bool leave;       /* leaves at the end of the run, whatever came of it */
	uint64_t slow;    /* ns from which on a test counts as slow; 0: what is usual */
	uint64_t memory;  /* bytes that the machine had for the run when it began; 0: not known */
	const char *root; /* of the run, its last part is shown as its name; borrowed until free */
	const char *theme; /* that is asked for, before what the settings say; a name or a path; NULL: none */
	const struct tui_settings *settings; /* to begin with; NULL: as at first. Set by tui_new, which reads them */
};

struct tui;

/* Whether there is such a theme, by name or by path, with nothing wrong in it. */
int tui_check_theme(const char *name, struct error *error);

/* Takes the terminal. NULL: it can't (no terminal, unknown TERM, too small is no error: the screen says
 * what it needs until it is larger). `control` is borrowed until free. */
struct tui *tui_new(uv_loop_t *loop, const struct tui_options *options, const struct model *model,
		    const struct control *control, struct error *error);
/* Borrowed; its ops->free does nothing: tui_free ends both. */
struct frontend *tui_frontend(struct tui *tui);

/* Called when the person wants to leave and nothing holds them any more (after `q`, or by itself after a
 * run that passed untouched). After `Q` it comes at once, tests may run: they are to be stopped. Each call
 * comes once, from the loop, never from within a call to the dashboard; it may free the dashboard. */
void tui_on_leave(struct tui *tui, void (*leave)(void *context), void *context);
/* The person asked to go on without the dashboard: the same call with headless = true. */
void tui_on_headless(struct tui *tui, void (*headless)(void *context), void *context);

/* A signal ended the run: it leaves as soon as nothing runs, as if the person had asked. */
void tui_stopping(struct tui *tui);

/* Ctrl-Z (SIGTSTP) gives the terminal back, and a turn of the loop later, when others that watch the signal
 * have had theirs, stops the process; SIGCONT takes the terminal again. */

/* Gives the terminal back and closes the loop handles (the loop must run once more for that); frees. */
void tui_free(struct tui *tui);

#endif
