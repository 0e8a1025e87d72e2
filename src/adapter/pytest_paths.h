/* The entries of suites of pytest's: paths and node ids. */
#ifndef XTOP_ADAPTER_PYTEST_PATHS_H
#define XTOP_ADAPTER_PYTEST_PATHS_H

#include "config/config.h"

/* Puts what pytest is to be given in the place of a suite's `programs`, each of which is looked for below the
 * suite's cwd, then below the root directory, as it stands and then as a pattern. -1: one of them means
 * nothing; where it may mean nothing it is dropped instead, and a suite of which nothing is left is left
 * out. */
int pytest_resolve_paths(const struct config *config, struct suite_config *suite, bool may_be_none,
			 struct error *error);

/* What of a suite (with resolved paths) belongs to a path, absolute, with an id or "" behind it. */
struct pytest_choice {
	bool whole; /* all that the suite has */
	VEC(char *) entries; /* for `programs`; strings owned */
};
/* Adds it to `out`, and returns whether there is any. */
bool pytest_choose(const struct config *config, const struct suite_config *suite, const char *path,
		   const char *id, struct pytest_choice *out);
void pytest_choice_fini(struct pytest_choice *choice);

#endif
