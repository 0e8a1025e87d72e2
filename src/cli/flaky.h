/* --flaky-report: what `xtop flaky` says, of a run's tests. */
#ifndef XTOP_CLI_FLAKY_H
#define XTOP_CLI_FLAKY_H

#include "cli/frontends.h"
#include "config/config.h"
#include "model/model.h"

/* Reads the history that the run was written to and adds a section to the summary that follows. Where it can't
 * be read the section says so. */
void cli_flaky_report(const struct config *config, const struct model *model, struct frontends *frontends);

#endif
