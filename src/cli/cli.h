/* The subcommands, one file each. Each returns the exit code of the process (xtop(1), EXIT STATUS). */
#ifndef XTOP_CLI_CLI_H
#define XTOP_CLI_CLI_H

#include "base/err.h"
#include "config/config.h"

#include <uv.h>

enum { EXIT_OK = 0, EXIT_FAILURES = 1, EXIT_INTERRUPTED = 2, EXIT_INTERNAL = 3, EXIT_USAGE = 4, EXIT_NO_TESTS = 5 };

int cli_run(struct config *config, int argc, char *const argv[]);
int cli_pdb(const struct config *config); /* after collect_prepare */
int cli_list(struct config *config, int argc, char *const argv[]);
int cli_replay(struct config *config, const char *file);
/* `operands`: the words behind `flaky`. */
int cli_flaky(struct config *config, char *const *operands, size_t count);
/* `operands`: the words behind `history`. */
int cli_history(struct config *config, char *const *operands, size_t count);
/* `operands`: the words behind `quarantine`. */
int cli_quarantine(struct config *config, char *const *operands, size_t count);
int cli_doctor(struct config *config);
/* `operands`: the words behind `explain`. */
int cli_explain(struct config *config, char *const *operands, size_t count);
/* `arguments`: all words but the one that says `bench`. */
int cli_bench(char *const *arguments, size_t count);
/* `operands`: the words behind `scheduler`. */
int cli_scheduler(struct config *config, char *const *operands, size_t count);

/* Fills descriptors 0 to 2 where the caller closed them, so that no file of ours gets their numbers. What is
 * written to a closed standard output fails, as it would have without us. */
void cli_open_standard_files(void);
/* Flushes standard output after text that no frontend wrote. `code`, or EXIT_INTERNAL with a message when not all
 * of it could be written. */
int cli_close_output(int code);
/* What nothing can be done without: a working directory, and enough descriptors. */
int cli_check_surroundings(struct error *error);

/* Closes what is still open in a loop, and the loop. */
void cli_end_loop(uv_loop_t *loop);

/* The command line, quoted for a shell. The caller frees it. */
char *cli_command_line(int argc, char *const argv[]);

/* "xtop: message" on stderr. Returns `code`. */
int cli_fail(int code, const char *message);

#endif
