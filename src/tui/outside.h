/* The real host (host.h): the user's terminal, clipboard, files, settings and environment. */
#ifndef XTOP_TUI_OUTSIDE_H
#define XTOP_TUI_OUTSIDE_H

#include "tui/display.h"
#include "tui/handover.h"
#include "tui/host.h"
#include "tui/preferences.h"

struct outside;

/* Borrows all but `root`: of the run; copies go into a file below its .xtop, where that is there. NULL: no
 * file. */
struct outside *outside_new(struct handover *handover, struct display *display,
			    const struct preferences *preferences, const char *root);
const struct host *outside_host(const struct outside *outside); /* borrowed */
void outside_free(struct outside *outside); /* removes the scratch files; NULL is fine */

#endif
