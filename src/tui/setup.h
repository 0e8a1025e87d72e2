/* The set-up screen, PANE_SETUP. Private to src/tui. */
#ifndef XTOP_TUI_SETUP_H
#define XTOP_TUI_SETUP_H

#include <stdbool.h>

struct app;
struct setup;

struct setup *setup_new(void);
void setup_free(struct setup *setup);
void setup_open(struct app *app);
bool setup_key(struct app *app, int key); /* false: not a key of its own */
void setup_answer(struct app *app, bool save); /* to the question whether to save */

#endif
