/* The subcommands, one file each. Each returns the exit code of the process (DESIGN §4). */
#ifndef XTOP_CLI_CLI_H
#define XTOP_CLI_CLI_H

#include "config/config.h"

enum { EXIT_OK = 0, EXIT_FAILURES = 1, EXIT_INTERRUPTED = 2, EXIT_INTERNAL = 3, EXIT_USAGE = 4, EXIT_NO_TESTS = 5 };

int cli_run(struct config *config, int argc, char *const argv[]);
int cli_list(struct config *config, int argc, char *const argv[]);
int cli_replay(struct config *config, const char *file);

/* The command line, quoted for a shell. The caller frees it. */
char *cli_command_line(int argc, char *const argv[]);

/* "xtop: message" on stderr. Returns `code`. */
int cli_fail(int code, const char *message);

#endif
