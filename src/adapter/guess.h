/* What belongs to no suite of the project's: what it is, and the suites that are made of it. */
#ifndef XTOP_ADAPTER_GUESS_H
#define XTOP_ADAPTER_GUESS_H

#include "config/config.h"

#include <stdbool.h>

/* A new suite "default" of programs, or "pytest" of pytest's tests; without entries. Borrowed until the next
 * is added. */
struct suite_config *guess_add_programs(struct config *config);
struct suite_config *guess_add_pytest(struct config *config);

/* What a path (absolute, a regular file or a directory) holds. --adapter decides, where it is given. */
struct guess {
	bool pytest, programs;
};
struct guess guess_file(const struct config *config, const char *path);
struct guess guess_directory(const struct config *config, const char *path);

/* Whether files that nobody else knows are pytest's here. */
bool guess_is_pytest_project(const struct config *config);

/* Adds the suites of a root directory about which nobody says anything: what pytest finds by itself, and the
 * programs of t/, tests/ and test/. */
void guess_suites(struct config *config);

#endif
