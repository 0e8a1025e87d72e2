/* What the files of the detail pane share. Nobody else includes this. */
#ifndef XTOP_TUI_DETAIL_INSIDE_H
#define XTOP_TUI_DETAIL_INSIDE_H

#include "tui/view.h"

/* detail.c */
void detail_add_attempt_line(struct app *app, const struct test *test, const struct attempt *attempt);
size_t detail_add_failed_points(struct app *app, const struct attempt *attempt); /* how many there are */
void detail_add_last_output(struct app *app, const struct attempt *attempt);

/* detail_error.c: what went wrong, where, why, and how to see it again. */
void detail_make_error(struct app *app, const struct test *test);
/* What was seen of a test's process, laid out. */
void detail_add_evidence(struct app *app, const struct attempt *attempt);

/* detail_attempts.c: the attempts beside each other, and what differs between them. */
void detail_make_attempts(struct app *app, const struct test *test);

/* detail_history.c: what the test did in earlier runs. */
void detail_make_history(struct app *app, const struct test *test);

#endif
