/* The command line of the dashboard (`:`): every request of the key table by its name, and what needs a word more.
 *
 *     :rerun-failed            as the key does; the shortest beginning that only one name has will do
 *     :filter status(failed)   an argument takes the place of the question that the key asks
 *
 * Scripts that drive the real program (playback.h) use the same commands.
 */
#ifndef XTOP_TUI_COMMAND_H
#define XTOP_TUI_COMMAND_H

#include "base/str.h"

struct app;
struct commands; /* what was typed before */

struct commands *commands_new(void);
void commands_free(struct commands *commands); /* NULL is fine */

/* Carries a line out, without its colon; what is wrong with it is said in the status line. */
void command_run(struct app *app, struct slice line);
/* Completes the name that `line` begins with, as far as it is certain. False: several are possible (or none), and
 * they were said in the status line. */
bool command_complete(struct app *app, struct str *line);
/* Puts the line before (or, with `back` false, behind) the one that was shown last into `line`; nothing where there
 * is none. */
void command_recall(struct app *app, bool back, struct str *line);

#endif
