#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "worker/descendants.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Each test forks processes that hold `held`'s write end and say by one byte that they are there; when the last of
 * them is gone the read end ends. */
static int held[2];

static int open_pipe(void **state)
{
	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	return pipe(held);
}

static int close_pipe(void **state)
{
	(void)state;
	close(held[0]);
	if (held[1] >= 0)
		close(held[1]);
	return 0;
}

static _Noreturn void stay(void)
{
	signal(SIGTERM, SIG_IGN);
	if (write(held[1], "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static void wait_for_bytes(size_t count)
{
	char byte;
	for (size_t i = 0; i < count; i++)
		assert_int_equal(read(held[0], &byte, 1), 1);
}

static void assert_all_are_gone(void)
{
	char byte;
	close(held[1]);
	held[1] = -1;
	assert_int_equal(read(held[0], &byte, 1), 0);
}

static pid_t fork_stayer(void)
{
	pid_t pid = fork();
	if (pid == 0)
		stay();
	return pid;
}

/* A child with a child of its own, and a daemon that left both by a double fork. */
static void fork_family(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		if (fork() == 0)
			stay();
		if (fork() == 0) {
			setsid();
			if (fork() == 0)
				stay();
			_exit(0);
		}
		stay();
	}
}

static void children_are_those_that_live(void **state)
{
	(void)state;
	pid_t pids[2];
	assert_int_equal(descendants_children(pids, 2), 0);
	pid_t one = fork_stayer(), other = fork_stayer(), dead = fork();
	if (dead == 0)
		_exit(0);
	siginfo_t info;
	waitid(P_PID, (id_t)dead, &info, WEXITED | WNOWAIT);
	wait_for_bytes(2);
	assert_int_equal(descendants_children(pids, 2), 2);
	assert_true((pids[0] == one && pids[1] == other) || (pids[0] == other && pids[1] == one));
	/* More than there is room for are counted. */
	pids[1] = 0;
	assert_int_equal(descendants_children(pids, 1), 2);
	assert_int_equal(pids[1], 0);
	descendants_end(NULL, NULL);
	assert_int_equal(descendants_children(pids, 2), 0);
	assert_all_are_gone();
}

static void end_leaves_nobody(void **state)
{
	(void)state;
	fork_family();
	fork_family();
	wait_for_bytes(6);
	descendants_end(NULL, NULL);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	assert_all_are_gone();
}

static void kill_reaches_grandchildren(void **state)
{
	(void)state;
	fork_family();
	wait_for_bytes(3);
	assert_true(descendants_kill(NULL, NULL) >= 3);
	assert_all_are_gone();
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	assert_int_equal(descendants_kill(NULL, NULL), 0);
}

static bool is_kept(void *context, pid_t child)
{
	return *(pid_t *)context == child;
}

static void kept_child_lives_on_with_all_below_it(void **state)
{
	(void)state;
	pid_t kept = fork();
	if (kept == 0) {
		if (fork() == 0)
			stay();
		stay();
	}
	fork_stayer();
	wait_for_bytes(3);
	descendants_end(is_kept, &kept);
	pid_t pids[2];
	assert_int_equal(descendants_children(pids, 2), 1);
	assert_int_equal(pids[0], kept);
	assert_int_equal(waitpid(kept, NULL, WNOHANG), 0);
	/* Its child too: two are there to be killed. */
	assert_int_equal(descendants_kill(NULL, NULL), 2);
	descendants_end(NULL, NULL);
	assert_all_are_gone();
}

static void *stay_in_thread(void *unused)
{
	(void)unused;
	/* By now the first thread may have left or not; its state says so. */
	for (;;) {
		char path[64], text[512] = "";
		snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
		FILE *in = fopen(path, "r");
		if (!in || !fgets(text, sizeof(text), in))
			text[0] = '\0';
		if (in)
			fclose(in);
		if (strstr(text, ") Z "))
			stay();
	}
}

static void process_without_its_first_thread_is_no_zombie(void **state)
{
	(void)state;
	pid_t pids[1], pid = fork();
	if (pid == 0) {
		pthread_t thread;
		pthread_create(&thread, NULL, stay_in_thread, NULL);
		pthread_exit(NULL);
	}
	wait_for_bytes(1);
	assert_int_equal(descendants_children(pids, 1), 1);
	descendants_end(NULL, NULL);
	assert_int_equal(waitpid(pid, NULL, WNOHANG), -1);
	assert_all_are_gone();
}

static void name_with_brackets_and_blanks_does_no_harm(void **state)
{
	(void)state;
	pid_t pid = fork(), pids[1];
	if (pid == 0) {
		prctl(PR_SET_NAME, ") Z 1 (x");
		stay();
	}
	wait_for_bytes(1);
	assert_int_equal(descendants_children(pids, 1), 1);
	assert_int_equal(pids[0], pid);
	descendants_end(NULL, NULL);
	assert_all_are_gone();
}

static void command_is_told_as_it_was_given(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	char byte;
	/* The shell says that it is one by now, and stays. */
	pid_t pid = fork();
	if (pid == 0) {
		dup2(held[1], 1);
		execl("/bin/sh", "sh", "-c", "echo; kill -STOP $$", "two words", "esc\033ape", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(read(held[0], &byte, 1), 1);
	descendants_command(pid, 200, &text);
	assert_int_equal(strncmp(text.data, "sh -c echo; kill -STOP $$ two words esc", 39), 0);
	assert_null(strchr(text.data, '\033'));
	str_clear(&text);
	descendants_command(pid, 5, &text);
	assert_string_equal(text.data, "sh -c");
	descendants_end(NULL, NULL);
	str_fini(&text);
}

static void process_without_command_line_is_told_by_name(void **state)
{
	(void)state;
	struct str text = STR_INIT;
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_NAME, "nameless");
		_exit(0);
	}
	siginfo_t info;
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	descendants_command(pid, 200, &text);
	assert_string_equal(text.data, "[nameless]");
	waitpid(pid, NULL, 0);
	str_clear(&text);
	descendants_command(pid, 200, &text);
	assert_string_equal(text.data, "[]");
	str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(children_are_those_that_live, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(end_leaves_nobody, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(kill_reaches_grandchildren, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(kept_child_lives_on_with_all_below_it, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(process_without_its_first_thread_is_no_zombie, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(name_with_brackets_and_blanks_does_no_harm, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(command_is_told_as_it_was_given, open_pipe, close_pipe),
		cmocka_unit_test_setup_teardown(process_without_command_line_is_told_by_name, open_pipe, close_pipe),
	};
	/* A test that hangs is ended by this, and by nothing sooner. */
	alarm(120);
	return cmocka_run_group_tests_name("descendants", tests, NULL, NULL);
}
