/* What pytest's tests look like, judged by the names of files and a look into configuration, never by running
 * anything. */
#ifndef XTOP_CONFIG_PYTEST_PROJECT_H
#define XTOP_CONFIG_PYTEST_PROJECT_H

#include <stdbool.h>

/* "test_a.py", "a_test.py" and "conftest.py", without a directory. */
bool pytest_names_file(const char *name);

/* Whether a directory has a configuration of pytest's: pytest.ini, .pytest.ini, pytest.toml, .pytest.toml, or
 * the section for it in pyproject.toml, tox.ini or setup.cfg. */
bool pytest_configures(const char *directory);

/* Whether a directory, or what is below it, has files of pytest's. Directories that pytest passes over by
 * default are passed over, and the search ends at a depth and a number of files where people no longer keep
 * tests. */
bool pytest_has_tests(const char *directory);

/* Whether this is the root of a project of pytest's: it has a configuration, or files of pytest's in it or in
 * or below tests/ or test/. */
bool pytest_owns_root(const char *directory);

/* The path of an argument, "a.py" of "a.py::TestA::test_x[1]"; the caller frees it. */
char *pytest_path_of(const char *argument);
/* The rest: "::TestA::test_x[1]" or "". Borrowed. */
const char *pytest_id_of(const char *argument);

#endif
