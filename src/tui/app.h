/* The dashboard without a terminal and without a loop: its state, what keys do to it, and how it draws
 * itself into a screen. tui.c gives it a life, tests drive it by hand.
 */
#ifndef XTOP_TUI_APP_H
#define XTOP_TUI_APP_H

#include "base/str.h"
#include "tui/display.h"
#include "tui/host.h"
#include "tui/screen.h"
#include "tui/tui.h"

#include <stdbool.h>
#include <stdint.h>

struct app;

/* Everything is borrowed until app_free. `control` and `host` may be NULL: nothing can be asked for. */
struct app *app_new(const struct tui_options *options, const struct model *model,
		    const struct control *control, const struct host *host, struct screen *screen);
void app_free(struct app *app);

void app_hear(struct app *app, const struct event *event); /* after the model took it */
void app_key(struct app *app, int key);
void app_command(struct app *app, struct slice line); /* as typed behind `:` */
void app_mouse(struct app *app, enum mouse mouse, int row, int column);
/* `now`: ns since the run began; `idle_clock`: ns of any clock, by which messages vanish. */
void app_set_time(struct app *app, uint64_t now, uint64_t idle_clock);
/* A program that had the terminal has ended: with an exit code, or (`signal` not 0) by a signal. */
void app_program_ended(struct app *app, const char *name, int exit_code, int signal);
/* A signal asked the run to end: leaves as soon as nothing runs. */
void app_stopping(struct app *app);

/* What the person should know, until a key is pressed. */
void app_tell(struct app *app, const char *message);
unsigned app_frames(const struct app *app); /* a second at most */

bool app_needs_drawing(const struct app *app);
/* Draws into the screen. Lists that are long may take several calls to be in order: then it needs drawing
 * again. */
void app_draw(struct app *app);
void app_invalidate(struct app *app); /* it needs drawing: the size changed, say */
/* The person wants everything sent again (^L): true once. */
bool app_take_redraw(struct app *app);
/* ns until the picture changes although nothing happens; UINT64_MAX: never. */
uint64_t app_next_change(const struct app *app);

enum app_wish { APP_STAYS, APP_LEAVES, APP_GOES_HEADLESS };
enum app_wish app_wish(const struct app *app);

#endif
