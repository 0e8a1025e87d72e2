/* What can't be relied on: tests that are flaky now or by history, and the entries of the quarantine. */
#ifndef XTOP_TUI_FLAKY_H
#define XTOP_TUI_FLAKY_H

#include "model/model.h"

struct app;
struct flaky_pane;

struct flaky_pane *flaky_new(const struct run *run);
void flaky_free(struct flaky_pane *pane); /* NULL is fine */
void flaky_hear(struct app *app, const struct event *event, const struct test *test);
/* Covers the screen with it, after asking what it shows anew. */
void flaky_open(struct app *app);
/* What is in quarantine was changed: it is asked for again when it is shown. */
void flaky_outdate(struct app *app);
/* Whether the cursor is on an entry of the quarantine. */
bool flaky_is_on_entry(const struct app *app);
/* The person confirmed that the entry under the cursor is to go. */
void flaky_release(struct app *app);

#endif
