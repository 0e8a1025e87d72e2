/* What `xtop scheduler check` puts a plugin through: simulations, each in a process of its own, so that a
 * plugin that crashes, exits or hangs is a result too. */
#ifndef XTOP_CLI_SCHEDULER_TRIALS_H
#define XTOP_CLI_SCHEDULER_TRIALS_H

#include "base/err.h"
#include "sched/simulator.h"

#include <stdbool.h>
#include <stddef.h>

struct scheduler_trial {
	struct simulation simulation; /* without options.mode */
	const char *with;             /* what makes it hard, NULL: nothing but the suite */
	/* What the simulator has not: nothing is measured then. */
	bool late;                    /* tests are found and run again in the midst of it */
	bool fewer;                   /* all workers but one go in the midst of it, and don't come back */
};

static inline bool scheduler_is_measured(const struct scheduler_trial *trial)
{
	return !trial->late && !trial->fewer;
}

extern const struct scheduler_trial scheduler_trials[];
extern const size_t scheduler_trial_count;

const char *scheduler_durations_name(enum simulated_durations durations); /* "heavy-tailed" */
const char *scheduler_history_name(enum simulated_history history);       /* "exact" */

enum scheduler_end { SCHEDULER_KEPT_RULES, SCHEDULER_BROKE_RULE, SCHEDULER_DIED };

/* The plugin's name. NULL: it can't be loaded, or ends its process: see `end`. The caller frees it. */
char *scheduler_try_load(const char *file, enum scheduler_end *end, struct error *error);
/* With SCHEDULER_KEPT_RULES `out` is filled, else `error`. */
enum scheduler_end scheduler_try(const struct scheduler_trial *trial, const char *file, struct simulated *out,
				 struct error *error);

#endif
