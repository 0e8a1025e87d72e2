/* xtop: runs tests in parallel and shows the run the way htop shows a machine.
 *
 * A map of the sources, in the order in which they may use each other (a folder includes only
 * its own headers and those of the ones above it):
 *
 *   base/     text, files, JSON, YAML, time: knows nothing of tests
 *   event/    what can happen, as bytes: codec, shared-memory ring, journal
 *   config/   the command line, the environment and xtop.yaml into one struct
 *   model/    what is true now: the fold of the events
 *   select/   which tests are meant: expressions, shards
 *   store/    quarantine.yaml, and the history of earlier runs
 *   sched/    which test goes to which worker next
 *   adapter/  kinds of tests: how to list, start and read them
 *   worker/   guardian, pool, and the worker that runs and watches one test
 *   diagnose/ what was seen of an end → one code, and why
 *   engine/   collect → schedule → dispatch → drain → verdict
 *   report/   plain text, NDJSON, JUnit XML
 *   tui/      the dashboard
 *   cli/      one file a subcommand
 *
 * To follow one event from a test's write(2) to the screen: worker/native.c reads the pipe and
 * emits, worker/worker.c encodes and pushes, event/ring.c carries, engine/drain.c takes, engine/bus.c
 * hands it to model/ and the frontends, tui/ draws.
 */
#include "base/err.h"
#include "cli/cli.h"
#include "config/config.h"
#include "config/options.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>

extern char **environ;

int main(int argc, char *argv[])
{
	setlocale(LC_ALL, "");
	/* Numbers in reports are read by machines. */
	setlocale(LC_NUMERIC, "C");
	/* A reader that left, a file-size limit: errors of the write, with a message, not deaths. Tests get them back. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	cli_open_standard_files();
	struct error error = ERROR_INIT;
	struct invocation invocation;
	if (config_load(argc, argv, environ, &invocation, &error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	int code = EXIT_OK;
	switch (invocation.command) {
	case COMMAND_RUN:
		code = invocation.config.collect_only ? cli_list(&invocation.config, argc, argv)
						      : cli_run(&invocation.config, argc, argv);
		break;
	case COMMAND_LIST:
		code = cli_list(&invocation.config, argc, argv);
		break;
	case COMMAND_REPLAY:
		code = cli_replay(&invocation.config, invocation.replay_file);
		break;
	case COMMAND_FLAKY:
		code = cli_flaky(&invocation.config, invocation.operands.items, invocation.operands.length);
		break;
	case COMMAND_HISTORY:
		code = cli_history(&invocation.config, invocation.operands.items, invocation.operands.length);
		break;
	case COMMAND_DOCTOR:
		code = cli_doctor(&invocation.config);
		break;
	case COMMAND_QUARANTINE:
		code = cli_quarantine(&invocation.config, invocation.operands.items, invocation.operands.length);
		break;
	case COMMAND_EXPLAIN:
		code = cli_explain(&invocation.config, invocation.operands.items, invocation.operands.length);
		break;
	case COMMAND_SCHEDULER:
		code = cli_scheduler(&invocation.config, invocation.operands.items, invocation.operands.length);
		break;
	case COMMAND_BENCH:
		code = cli_bench(invocation.bench_arguments.items, invocation.bench_arguments.length);
		break;
	case COMMAND_HELP:
		option_print_help(stdout, "xtop");
		code = cli_close_output(code);
		break;
	case COMMAND_VERSION:
		printf("xtop %s\n", PACKAGE_VERSION);
		code = cli_close_output(code);
		break;
	}
	invocation_fini(&invocation);
	return code;
}
