/* A script that presses the dashboard's keys in the real program, for tests and recordings: XTOP_SCRIPT names its file.
 *
 *     key NAME …   presses keys, as named in keymap.h
 *     type TEXT    presses the keys of a text
 *     :COMMAND     as on the command line (command.h)
 *     wait TEXT    goes on when the screen shows the text
 *     idle         goes on when no test runs or waits
 *     size WxH     the screen has this size from now on
 *     # …          says something to the reader
 *
 * There is no waiting by the clock: each line is taken when everything before it has been drawn. Meanwhile the clock by
 * which messages vanish stands still. Behind the last line the keyboard counts again.
 */
#ifndef XTOP_TUI_PLAYBACK_H
#define XTOP_TUI_PLAYBACK_H

#include "base/err.h"
#include "tui/app.h"

struct playback;

/* Who carries out what the app can't. */
struct playback_stage {
	void (*resize)(void *context, int width, int height);
	bool (*idle)(void *context); /* no test runs or waits */
	void *context;
};

/* NULL: the file can't be read. `stage` is borrowed until free. */
struct playback *playback_open(const char *path, const struct playback_stage *stage, struct error *error);
void playback_free(struct playback *playback); /* NULL is fine */

/* Takes the next line, when `app` has been drawn into `screen`. False: it waits for what is to happen, or nothing is
 * left. -1 in *failed: the line is wrong, and the message says where. */
bool playback_step(struct playback *playback, struct app *app, const struct screen *screen, int *failed, struct error *error);

#endif
