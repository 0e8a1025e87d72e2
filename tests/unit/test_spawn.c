#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_spawn.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return rmdir(directory);
}

static char *const no_environment[] = { NULL };

/* Runs it to its end, with what it prints (on both streams, but for what the request says) in `text`. */
static int run(struct spawn_request *request, char *text, size_t size)
{
	int ends[2], null = open("/dev/null", O_RDWR | O_CLOEXEC), status;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	request->fds[0] = null;
	request->fds[1] = request->fds[2] = ends[1];
	struct error error = ERROR_INIT;
	pid_t pid = spawn_program(request, &error);
	if (pid < 0)
		fail_msg("%s", error.message);
	close(ends[1]);
	close(null);
	size_t length = 0;
	ssize_t got;
	while ((got = read(ends[0], text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static int run_shell(const char *script, char *text, size_t size)
{
	char *argv[] = { (char *)(uintptr_t)"/bin/sh", (char *)(uintptr_t)"-c", (char *)(uintptr_t)script, NULL };
	struct spawn_request request = { .argv = argv, .envp = no_environment };
	return run(&request, text, size);
}

/* Under valgrind vfork is a fork, so that the child can't tell its parent what went wrong, and limits of
 * descriptors are only pretended. */
static void skip_where_memory_is_not_shared(void)
{
	static volatile int shared;
	pid_t pid = vfork();
	if (pid == 0) {
		shared = 1;
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	if (!shared)
		skip();
}

static void assert_not_started(const struct spawn_request *request, const char *name, int number)
{
	struct error error = ERROR_INIT;
	assert_int_equal(spawn_program(request, &error), -1);
	assert_non_null(strstr(error.message, name));
	assert_non_null(strstr(error.message, strerror(number)));
	/* What could not be executed is not left as a child. */
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void program_gets_arguments_environment_and_directory(void **state)
{
	(void)state;
	char text[512], expected[256];
	char *argv[] = { (char *)(uintptr_t)"/bin/sh", (char *)(uintptr_t)"-c",
			 (char *)(uintptr_t)"echo \"$1|$2|$COLOUR|$PWD|$HOME\"; pwd >&2; exit 5",
			 (char *)(uintptr_t)"name", (char *)(uintptr_t)"two words", (char *)(uintptr_t)"", NULL };
	char *environment[] = { (char *)(uintptr_t)"COLOUR=deep blue", NULL };
	struct spawn_request request = { .argv = argv, .envp = environment, .cwd = directory };
	int status = run(&request, text, sizeof(text));
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 5);
	snprintf(expected, sizeof(expected), "two words||deep blue|%s|\n%s\n", directory, directory);
	assert_string_equal(text, expected);
}

static void child_leads_a_process_group(void **state)
{
	(void)state;
	char text[64];
	run_shell("echo $$; sed 's/.*) //' /proc/$$/stat | cut -d' ' -f3", text, sizeof(text));
	int pid = 0, group = 0;
	assert_int_equal(sscanf(text, "%d %d", &pid, &group), 2);
	assert_int_equal(pid, group);
}

static void child_has_no_other_descriptors(void **state)
{
	(void)state;
	char text[256];
	/* Not close-on-exec, as libraries open them. */
	int low = dup(0), high = fcntl(0, F_DUPFD, 200);
	assert_true(low > 2 && high >= 200);
	run_shell("cd /proc/$$/fd && echo *", text, sizeof(text));
	close(low);
	close(high);
	/* A shell may keep one of its own, far up, never those. */
	char number[16];
	snprintf(number, sizeof(number), " %d ", high);
	assert_int_equal(strncmp(text, "0 1 2", 5), 0);
	assert_null(strstr(text, number));
	snprintf(number, sizeof(number), " %d ", low);
	assert_null(strstr(text, number));
}

static void descriptors_may_be_handed_in_crosswise(void **state)
{
	(void)state;
	char *argv[] = { (char *)(uintptr_t)"/bin/sh", (char *)(uintptr_t)"-c",
			 (char *)(uintptr_t)"echo out; echo err >&2", NULL };
	struct spawn_request request = { .argv = argv, .envp = no_environment };
	struct error error = ERROR_INIT;
	char text[32] = "";
	int ends[2], others[2], saved[2] = { dup(1), dup(2) };
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(pipe2(others, O_CLOEXEC), 0);
	/* Our own 1 and 2 become the pipes; the child has them the other way round. */
	fflush(stdout);
	dup2(ends[1], 1);
	dup2(others[1], 2);
	memcpy(request.fds, (int[3]){ 0, 2, 1 }, sizeof(request.fds));
	pid_t pid = spawn_program(&request, &error);
	dup2(saved[0], 1);
	dup2(saved[1], 2);
	close(saved[0]);
	close(saved[1]);
	close(ends[1]);
	close(others[1]);
	assert_true(pid > 0);
	assert_int_equal(read(ends[0], text, sizeof(text)), 4);
	assert_memory_equal(text, "err\n", 4);
	assert_int_equal(read(others[0], text, sizeof(text)), 4);
	assert_memory_equal(text, "out\n", 4);
	close(ends[0]);
	close(others[0]);
	waitpid(pid, NULL, 0);
}

static void child_has_plain_signals_and_the_parent_its_own(void **state)
{
	(void)state;
	char text[512];
	sigset_t some, old, after;
	sigemptyset(&some);
	sigaddset(&some, SIGUSR1);
	sigaddset(&some, SIGCHLD);
	signal(SIGUSR2, SIG_IGN);
	spawn_reset_signals();
	sigprocmask(SIG_BLOCK, &some, &old);
	run_shell("grep -E '^Sig(Blk|Ign)' /proc/self/status", text, sizeof(text));
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_true(sigismember(&after, SIGUSR1) == 1);
	assert_true(sigismember(&after, SIGCHLD) == 1);
	assert_true(sigismember(&after, SIGTERM) == 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	assert_string_equal(text, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void descriptor_limit_is_the_one_asked_for(void **state)
{
	(void)state;
	skip_where_memory_is_not_shared();
	char text[64];
	struct rlimit limit = { 77, 99 };
	char *argv[] = { (char *)(uintptr_t)"/bin/sh", (char *)(uintptr_t)"-c",
			 (char *)(uintptr_t)"ulimit -Sn; ulimit -Hn", NULL };
	struct spawn_request request = { .argv = argv, .envp = no_environment, .nofile = &limit };
	run(&request, text, sizeof(text));
	assert_string_equal(text, "77\n99\n");
}

static void program_that_is_not_there_is_named(void **state)
{
	(void)state;
	skip_where_memory_is_not_shared();
	char *argv[] = { (char *)(uintptr_t)"/no/such/program", NULL };
	struct spawn_request request = { .argv = argv, .envp = no_environment, .fds = { 0, 1, 2 } };
	assert_not_started(&request, "/no/such/program", ENOENT);
}

static void file_that_is_no_program_is_named(void **state)
{
	(void)state;
	skip_where_memory_is_not_shared();
	char path[128];
	snprintf(path, sizeof(path), "%s/text", directory);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, "text\n", 5), 5);
	close(fd);
	char *argv[] = { path, NULL };
	struct spawn_request request = { .argv = argv, .envp = no_environment, .fds = { 0, 1, 2 } };
	assert_not_started(&request, path, ENOEXEC);
	unlink(path);
}

static void missing_directory_is_named_and_not_the_program(void **state)
{
	(void)state;
	skip_where_memory_is_not_shared();
	char *argv[] = { (char *)(uintptr_t)"/bin/true", NULL };
	struct spawn_request request = {
		.argv = argv, .envp = no_environment, .cwd = "/no/such/place", .fds = { 0, 1, 2 }
	};
	struct error error = ERROR_INIT;
	assert_not_started(&request, "/no/such/place", ENOENT);
	spawn_program(&request, &error);
	assert_null(strstr(error.message, "/bin/true"));
	assert_null(strstr(error.message, "interpreter"));
}

/* The pipe ends when the last who holds it is gone: the program that was started by the one that left. */
static void program_dies_with_the_process_that_started_it(void **state)
{
	(void)state;
	int ends[2];
	char byte;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid_t pid = fork();
	if (pid == 0) {
		char *argv[] = { (char *)(uintptr_t)"/bin/sleep", (char *)(uintptr_t)"1000", NULL };
		struct spawn_request request = {
			.argv = argv, .envp = no_environment, .fds = { ends[1], ends[1], ends[1] }
		};
		struct error error = ERROR_INIT;
		_exit(spawn_program(&request, &error) > 0 ? 0 : 1);
	}
	int status;
	close(ends[1]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_gets_arguments_environment_and_directory),
		cmocka_unit_test(child_leads_a_process_group),
		cmocka_unit_test(child_has_no_other_descriptors),
		cmocka_unit_test(descriptors_may_be_handed_in_crosswise),
		cmocka_unit_test(child_has_plain_signals_and_the_parent_its_own),
		cmocka_unit_test(descriptor_limit_is_the_one_asked_for),
		cmocka_unit_test(program_that_is_not_there_is_named),
		cmocka_unit_test(file_that_is_no_program_is_named),
		cmocka_unit_test(missing_directory_is_named_and_not_the_program),
		cmocka_unit_test(program_dies_with_the_process_that_started_it),
	};
	/* A test that hangs is ended by this, and by nothing sooner. */
	alarm(120);
	return cmocka_run_group_tests_name("spawn", tests, make_directory, remove_directory);
}
