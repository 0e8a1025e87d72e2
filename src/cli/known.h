/* What `xtop flaky`, `xtop history TEST`, `xtop quarantine` and --flaky-report know of tests: history and quarantine. */
#ifndef XTOP_CLI_KNOWN_H
#define XTOP_CLI_KNOWN_H

#include "base/err.h"
#include "base/json.h"
#include "config/config.h"
#include "report/flaky.h"
#include "store/quarantine.h"

struct known {
	const struct config *config;
	struct history *history;
	struct history_table table;
	struct quarantine *quarantine; /* NULL: it can't be read */
};

/* Of tests of the table, borrowed from it. */
struct known_tests {
	VEC(const struct history_evidence *) found;
	bool exact; /* by their whole names */
};

/* Opens the history, and reads the quarantine; if that can't be read there is a warning on stderr. -1: there is
 * no history that can be read, and nothing to close. */
int known_open(struct known *known, const struct config *config, const char *history_file,
	       struct error *error);
/* Fills known->table by all tests, or those with this id. */
int known_read(struct known *known, const char *id, struct error *error);
void known_close(struct known *known);

/* Appends those tests of the table whose name is `word`, an id or "ID #2"; where there is none, those in whose
 * ids it occurs. With --suite, only those of its suites. */
void known_find(const struct known *known, const char *word, struct known_tests *out);
/* Says that known_find found none for `word`, and what may have been meant. Returns -1. */
int known_missing(const struct known *known, const char *word, struct error *error);
bool known_is_suite_wanted(const struct config *config, const char *suite);
/* The id of a test of the suites that are wanted that was meant by one that is not there; NULL: none is near. Borrowed
 * from the table. */
const char *known_nearest(const struct config *config, const struct history_table *table, const char *id);

/* From when on a test is flaky, as the project says. */
struct history_steadiness known_steadiness(const struct config *config);

/* -1: the history can't be read. */
int known_hold(const struct known *known, const struct history_evidence *evidence, enum flaky_hold *hold,
	       struct error *error);

/* Prints and frees it. */
void known_print_json(struct json *object);

#endif
