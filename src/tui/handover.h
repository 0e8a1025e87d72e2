/* A program that has the terminal for a while: a pager, an editor, a debugger.
 *
 * It is a process group of its own in the terminal's foreground, so that Ctrl-C and a new size of the window
 * reach it and not the run, which goes on through the loop meanwhile. Ctrl-Z stops the program; then xtop's own
 * group is stopped as if the terminal had done it, and goes on with it. Whatever becomes of either, the
 * terminal's modes and foreground are put back as they were.
 *
 * The terminal is standard input, and is not to be used by anybody else between `given` and `back`.
 */
#ifndef XTOP_TUI_HANDOVER_H
#define XTOP_TUI_HANDOVER_H

#include "base/err.h"
#include "tui/host.h"

#include <stdbool.h>
#include <uv.h>

struct handover;

struct handover_owner {
	void (*give)(void *context);  /* give the terminal back to its normal state; read no keys */
	void (*ask)(void *context);   /* read keys again: the first that comes is handover_key's */
	/* Take it again. An exit code, or a signal's number. */
	void (*back)(void *context, const char *name, int exit_code, int signal);
	void *context;
};

struct handover *handover_new(uv_loop_t *loop, const struct handover_owner *owner);
/* -1: it can't be started, and `give` was not called. */
int handover_start(struct handover *handover, const struct host_program *program, struct error *error);
bool handover_is_away(const struct handover *handover); /* the terminal is with somebody else, or asks for a key */
void handover_key(struct handover *handover); /* a key is there, and this takes it */
/* xtop goes on after it was stopped. */
void handover_continue(struct handover *handover);
/* Ends the program if one still runs, within a second, takes the terminal back without telling `back`, and
 * closes its handle: the loop must run once more for that. NULL is fine. */
void handover_free(struct handover *handover);

/* The file that a name on PATH stands for, owned by the caller; NULL: there is none. A name with a slash stands
 * for itself. */
char *handover_find_program(const char *name);

#endif
