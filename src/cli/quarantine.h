/* What the files of `xtop quarantine` share. */
#ifndef XTOP_CLI_QUARANTINE_H
#define XTOP_CLI_QUARANTINE_H

#include "base/json.h"
#include "cli/cli.h"
#include "cli/known.h"
#include "store/history_evidence.h"
#include "store/quarantine.h"

struct quarantine_command {
	const struct config *config;
	const struct quarantine_request
		*given;    /* by options: reason, owner, issue, expires as it was written */
	const char *suite; /* --suite; NULL: any */
	uint64_t wall;
	struct quarantine *quarantine;
	/* What the history knows; NULL and empty: there is none, or no run is in it. */
	struct history *history;
	struct history_table table;
};

/* Each does what its name says and returns the exit code. */
int cli_quarantine_list(struct quarantine_command *command);
int cli_quarantine_check(struct quarantine_command *command);
int cli_quarantine_suggest(struct quarantine_command *command);

/* Appends text from outside so that it can be shown in a line. NULL adds nothing. */
void cli_quarantine_add_text(struct str *out, const char *text);
/* Null where there is none. */
void cli_quarantine_put_text(struct json *object, const char *key, const char *text);

#endif
