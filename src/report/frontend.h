/* A frontend: something that shows a run. It hears every event, after the model
 * took it, reads the model, and changes neither.
 */
#ifndef XTOP_REPORT_FRONTEND_H
#define XTOP_REPORT_FRONTEND_H

#include "base/err.h"
#include "model/model.h"

#include <stdint.h>

struct frontend; /* each kind has its own struct, which begins with this one */

struct frontend_ops {
	const char *name;
	/* After the model took the event. Must be quick: the loop waits. */
	void (*hear)(struct frontend *frontend, const struct model *model, const struct event *event);
	/* About four times a second while the run goes on; `now` in ns since the run began. NULL: not wanted. */
	void (*tick)(struct frontend *frontend, const struct model *model, uint64_t now);
	/* After the last event: writes what is left (a summary, a file). -1 with the message when that failed. */
	int (*finish)(struct frontend *frontend, const struct model *model, struct error *error);
	void (*free)(struct frontend *frontend);
};

struct frontend {
	const struct frontend_ops *ops;
};

#endif
