/* The timeline: which worker ran what, and when, as bars along the run's time. */
#ifndef XTOP_TUI_TIMELINE_H
#define XTOP_TUI_TIMELINE_H

#include "model/model.h"

struct app;
struct timeline;

struct timeline *timeline_new(const struct run *run);
void timeline_free(struct timeline *timeline); /* NULL is fine */
void timeline_hear(struct app *app, const struct event *event);
/* Covers the screen with it; the cursor is on what is selected elsewhere, if that ran. */
void timeline_open(struct app *app);

#endif
