/* When the run ends: what the events tell the estimator (eta.h). */
#ifndef XTOP_TUI_FORECAST_H
#define XTOP_TUI_FORECAST_H

#include "model/model.h"
#include "tui/eta.h"

struct forecast;

/* `run` may have tests already. */
struct forecast *forecast_new(const struct run *run);
void forecast_free(struct forecast *forecast); /* NULL is fine */
/* O(1); after the model took the event. `test`: the one it is about, NULL: none. */
void forecast_hear(struct forecast *forecast, const struct event *event, const struct test *test);
/* `now`: ns since the run began. false: nothing can be said. */
bool forecast_left(const struct forecast *forecast, const struct model *model, uint64_t now,
		   struct eta_left *left);

#endif
