/* `xtop --pdb`: pytest's tests in order, by pytest itself, with its debugger on this terminal. */
#include "adapter/collect.h"
#include "adapter/pytest.h"
#include "adapter/script.h"
#include "base/alloc.h"
#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* The child's exit code. Ctrl-C is the debugger's: this process only waits for it. */
static int run_and_wait(char *const *argv, struct error *error)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old_interrupt, old_quit;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t pid;
	int status;

	sigaction(SIGINT, &ignore, &old_interrupt);
	sigaction(SIGQUIT, &ignore, &old_quit);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGINT);
	sigaddset(&defaults, SIGQUIT);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int number = posix_spawn(&pid, argv[0], NULL, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	while (number == 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	sigaction(SIGINT, &old_interrupt, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	if (number != 0)
		return error_set_errno(error, number, "cannot start %s", argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
}

/* -1: it can't be started. */
static int debug_suite(const struct config *config, const struct suite_config *suite, struct error *error)
{
	struct launch launch;
	struct pytest_arguments arguments;
	VEC(char *) argv = VEC_INIT;
	char module[] = "-m", name[] = "pytest", option[] = "--pdb";

	if (pytest_command(config, suite, &launch, &arguments, error) != 0)
		return -1;
	vec_push(&argv, launch.argv.items[0]);
	vec_push(&argv, module);
	vec_push(&argv, name);
	for (size_t i = 0; i < arguments.length; i++)
		vec_push(&argv, arguments.items[i]);
	vec_push(&argv, option);
	vec_push(&argv, NULL);
	vec_each(&launch.environment, it)
		putenv(*it);
	int code = -1;
	if (chdir(launch.cwd) != 0)
		error_set_errno(error, errno, "cannot change to %s", launch.cwd);
	else
		code = run_and_wait(argv.items, error);
	/* What putenv was given stays in the environment: only the list goes. */
	vec_clear(&launch.environment);
	vec_fini(&argv);
	launch_fini(&launch);
	pytest_arguments_fini(&arguments);
	return code;
}

static const struct suite_config *other_suite(const struct config *config)
{
	vec_each(&config->suites, suite)
		if (!suite->left_out && !suite_has_server(suite))
			return suite;
	return NULL;
}

int cli_pdb(const struct config *config)
{
	struct error error = ERROR_INIT;
	const struct suite_config *other = other_suite(config);
	int result = EXIT_NO_TESTS;

	if (!isatty(STDIN_FILENO))
		return cli_fail(EXIT_USAGE, "--pdb: standard input is no terminal, and the debugger asks there");
	if (other) {
		error_set(&error,
			  "--pdb: suite '%s' is not pytest's; choose with --suite, or press d on a test in the dashboard",
			  other->name);
		return cli_fail(EXIT_USAGE, error.message);
	}
	vec_each(&config->suites, suite) {
		if (suite->left_out)
			continue;
		int code = debug_suite(config, suite, &error);
		if (code < 0)
			return cli_fail(EXIT_USAGE, error.message);
		/* No tests in one suite are none to speak of where another has some. */
		if (result == EXIT_OK || result == EXIT_NO_TESTS)
			result = code == EXIT_NO_TESTS ? result : code;
		if (code == EXIT_INTERRUPTED)
			break;
	}
	return result;
}
