/* `xtop history TEST`. */
#ifndef XTOP_CLI_HISTORY_SHOW_H
#define XTOP_CLI_HISTORY_SHOW_H

#include "config/config.h"

/* Prints what the history tells of the test that `word` names. Returns the exit code. */
int cli_history_show(const struct config *config, const char *word);

#endif
