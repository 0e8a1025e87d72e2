/* How the server that finds and runs a suite of pytest's is started.
 *
 * The server is our Python package, xtop_pytest, run by the Python in which the project's tests run:
 * --python, else bin/python of $VIRTUAL_ENV, of $CONDA_PREFIX, of .venv in the root directory, else python3
 * on the PATH. The package is looked for in python/ below $XTOP_DATADIR, beside the xtop program, in
 * ../share/xtop from there, and where it was installed.
 */
#ifndef XTOP_ADAPTER_PYTEST_H
#define XTOP_ADAPTER_PYTEST_H

#include "adapter/adapter.h"
#include "config/config.h"

/* Paths, node ids and options, as pytest takes them. */
struct pytest_arguments { /* a VEC; strings owned */
	char **items;
	size_t length;
	size_t capacity;
};
void pytest_arguments_fini(struct pytest_arguments *arguments);

/* Fills `launch` (the server's argv, the suite's cwd and environment) and `arguments` (for the server's
 * "collect": the suite's paths, config->pytest_arguments, the suite's args, and what stands behind "--"); the
 * caller frees both. -1: there is no Python, or the package is missing: the message says where was looked;
 * there is nothing to free. */
int pytest_command(const struct config *config, const struct suite_config *suite, struct launch *launch,
		   struct pytest_arguments *arguments, struct error *error);

#endif
