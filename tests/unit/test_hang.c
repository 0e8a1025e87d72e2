/* What a hanging test does, as its worker sees it: system calls, two looks at real processes, stacks by a tool. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "worker/calls.h"
#include "worker/deadline.h"
#include "worker/hang.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BETWEEN (200 * CLOCK_MS)

/* --- the deadline --- */

static void deadline_moves_on_while_it_is_held(void **state)
{
	(void)state;
	struct deadline deadline = { .at = DEADLINE_NEVER };
	deadline_set(&deadline, 100, 10);
	assert_int_equal(deadline_wake_at(&deadline), 100);
	deadline_hold(&deadline, true, 50);
	deadline_hold(&deadline, true, 60);
	assert_true(deadline_wake_at(&deadline) == DEADLINE_NEVER);
	deadline_hold(&deadline, false, 80);
	assert_int_equal(deadline_wake_at(&deadline), 130);
}

static void only_what_passes_after_it_was_set_is_put_on_top(void **state)
{
	(void)state;
	struct deadline deadline = { .at = DEADLINE_NEVER };
	deadline_hold(&deadline, true, 50);
	deadline_set(&deadline, 100, 70);
	deadline_hold(&deadline, false, 80);
	assert_int_equal(deadline_wake_at(&deadline), 110);
	deadline_set(&deadline, DEADLINE_NEVER, 90);
	deadline_hold(&deadline, true, 90);
	deadline_hold(&deadline, false, 95);
	assert_true(deadline_wake_at(&deadline) == DEADLINE_NEVER);
}

/* --- system calls --- */

static void expect_call(long number, const char *arguments, const char *name, const char *words)
{
	char text[128];
	struct call call;
	snprintf(text, sizeof(text), "%ld %s\n", number, arguments);
	assert_true(call_read(text, &call));
	assert_string_equal(call.name, name);
	if (words)
		assert_string_equal(call_words(call.kind), words);
	else
		assert_null(call_words(call.kind));
}

static void system_calls_have_names_and_words(void **state)
{
	(void)state;
	expect_call(SYS_futex, "0x7f00 0x80 0x0", "futex", "a lock");
	expect_call(SYS_clock_nanosleep, "0x0 0x0", "clock_nanosleep", "sleeping");
	expect_call(SYS_wait4, "0xffffffff 0x0", "wait4", "waiting for a child");
	expect_call(SYS_read, "0x0 0x7f00 0x400", "read", "waiting for input");
	expect_call(SYS_recvfrom, "0x3 0x7f00", "recvfrom", "a socket");
	expect_call(SYS_ppoll, "0x7f00 0x1 0x0 0x0", "ppoll", "waiting for input or a socket");
	expect_call(9999, "0x0", "9999", NULL);
}

static void poll_for_nothing_is_sleep(void **state)
{
	(void)state;
	expect_call(SYS_pselect6, "0x0 0x0 0x0 0x0 0x7ff0 0x0", "pselect6 0x0", "sleeping");
	expect_call(SYS_ppoll, "0x7f00 0x0 0x7f00 0x0", "ppoll 0x7f00 0x0", "sleeping");
}

static void running_process_is_in_no_call(void **state)
{
	(void)state;
	struct call call;
	assert_false(call_read("running\n", &call));
	assert_false(call_read("-1 0x7fff 0x5555\n", &call));
	assert_false(call_read("", &call));
}

/* --- looks --- */

/* A child, and all that it starts, in a process group of its own. */
static pid_t start(void (*act)(void))
{
	pid_t pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		act();
		_exit(0);
	}
	setpgid(pid, pid);
	return pid;
}

static void end(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0)
		continue;
}

/* The state of a process, and the ticks that it used. */
static char read_stat(pid_t pid, unsigned long *ticks)
{
	char path[64], text[1024], its_state = '?';
	unsigned long user = 0, kernel = 0;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	const char *at = fs_read_small(path, text, sizeof(text)) > 0 ? strrchr(text, ')') : NULL;
	if (at)
		sscanf(at + 1, " %c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &its_state, &user, &kernel);
	*ticks = user + kernel;
	return its_state;
}

static void await_state(pid_t pid, char wanted)
{
	unsigned long ticks;
	while (read_stat(pid, &ticks) != wanted)
		usleep(1000);
}

/* Until it has computed for longer than half of what is said to lie between two looks. */
static void await_work(pid_t pid, unsigned long before)
{
	unsigned long ticks, wanted = (unsigned long)sysconf(_SC_CLK_TCK) / 6;
	do {
		usleep(1000);
		read_stat(pid, &ticks);
	} while (ticks < before + wanted);
}

static pid_t newest_child_of(pid_t parent)
{
	pid_t found = 0;
	while (found == 0) {
		char path[64], text[256];
		snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
		if (fs_read_small(path, text, sizeof(text)) > 0)
			found = (pid_t)strtol(text, NULL, 10);
		usleep(1000);
	}
	return found;
}

static bool calls_can_be_read(pid_t pid)
{
	char path[64], text[256];
	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)pid);
	return fs_read_small(path, text, sizeof(text)) > 0;
}

static char *described(struct look *look)
{
	struct str text = STR_INIT;
	look_describe(look, &text);
	return str_take(&text);
}

static struct json *told(struct look *look)
{
	struct json *json = json_new_object();
	look_put(look, json);
	return json;
}

static void expect_field(const struct json *json, const char *key, const char *expected)
{
	const char *value = json_get_text(json, key);
	if (!value || strcmp(value, expected) != 0)
		fail_msg("%s is '%s', not '%s'", key, value ? value : "(none)", expected);
}

static void wait_for_ever(void)
{
	for (;;)
		pause();
}

static void sleep_long(void)
{
	for (;;)
		sleep(1000);
}

static void compute(void)
{
	for (volatile unsigned long i = 0;; i = i + 1)
		continue;
}

static void compute_then_wait(void)
{
	while (clock() < CLOCKS_PER_SEC / 4)
		continue;
	wait_for_ever();
}

static void *compute_in_thread(void *context)
{
	compute();
	return context;
}

static void wait_for_thread(void)
{
	pthread_t thread;
	pthread_create(&thread, NULL, compute_in_thread, NULL);
	pthread_join(thread, NULL);
}

static void wait_for_one_that(void (*act)(void))
{
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a red test leaves nothing behind */
		act();
	}
	wait(NULL);
}

static void wait_for_child(void)
{
	wait_for_one_that(sleep_long);
}

static void wait_for_computing_child(void)
{
	wait_for_one_that(compute);
}

static void sleeper_is_blocked_in_its_call(void **state)
{
	(void)state;
	pid_t pid = start(sleep_long);
	await_state(pid, 'S');
	struct look *look = look_new(pid, false, CLOCK_SECOND);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	assert_int_equal(look_pid(look), pid);
	assert_false(look_is_stopped(look));
	struct json *json = told(look);
	int64_t number;
	double cpu;
	expect_field(json, "where", "blocked");
	expect_field(json, "state", "S");
	assert_true(json_get_int(json, "pid", &number) && number == pid);
	assert_true(json_get_int(json, "threads", &number) && number == 1);
	assert_true(json_get_real(json, "cpu", &cpu) && cpu < 0.1);
	assert_non_null(strstr(json_get_text(json, "command"), "test_hang"));
	assert_null(json_get_text(json, "child"));
	char *text = described(look);
	if (calls_can_be_read(pid)) {
		/* The C library has the choice. */
		assert_non_null(strstr(json_get_text(json, "syscall"), "nanosleep"));
		assert_non_null(strstr(text, "nanosleep (sleeping)"));
		assert_memory_equal(text, "it was blocked in ", 18);
	} else {
		assert_null(json_get_text(json, "syscall"));
		assert_string_equal(text, "it was blocked");
	}
	free(text);
	json_free(json);
	look_free(look);
	end(pid);
}

static void computing_process_spins(void **state)
{
	(void)state;
	unsigned long before;
	pid_t pid = start(compute);
	read_stat(pid, &before);
	struct look *look = look_new(pid, false, CLOCK_SECOND);
	await_work(pid, before);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	struct json *json = told(look);
	double cpu;
	expect_field(json, "where", "spinning");
	expect_field(json, "state", "R");
	assert_true(json_get_real(json, "cpu", &cpu) && cpu > 0.1);
	assert_null(json_get_text(json, "syscall"));
	char *text = described(look);
	assert_string_equal(text, "it was spinning");
	free(text);
	json_free(json);
	look_free(look);
	end(pid);
}

static void only_what_is_used_between_the_looks_counts(void **state)
{
	(void)state;
	unsigned long before;
	pid_t pid = start(compute_then_wait);
	read_stat(pid, &before);
	await_work(pid, before);
	await_state(pid, 'S');
	struct look *look = look_new(pid, false, CLOCK_SECOND);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	struct json *json = told(look);
	double cpu;
	expect_field(json, "where", "blocked");
	assert_true(json_get_real(json, "cpu", &cpu) && cpu < 0.1);
	json_free(json);
	look_free(look);
	end(pid);
}

/* What is told as used is what would have been used between looks that are as far apart as they should be. */
static void late_second_look_tells_the_same(void **state)
{
	(void)state;
	unsigned long before;
	pid_t pid = start(compute);
	read_stat(pid, &before);
	struct look *look = look_new(pid, false, CLOCK_SECOND);
	await_work(pid, before);
	assert_true(look_again(look, CLOCK_SECOND + 100 * BETWEEN));
	struct json *json = told(look);
	double cpu;
	assert_true(json_get_real(json, "cpu", &cpu) && cpu < 0.1);
	/* It was ready to run both times, so it computes all the same, only on a CPU that others have. */
	expect_field(json, "where", "spinning");
	json_free(json);
	look_free(look);
	end(pid);
}

static void stopped_process_is_told_as_stopped(void **state)
{
	(void)state;
	pid_t pid = start(wait_for_ever);
	kill(pid, SIGSTOP);
	await_state(pid, 'T');
	struct look *look = look_new(pid, true, CLOCK_SECOND);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	assert_true(look_is_stopped(look));
	struct json *json = told(look);
	expect_field(json, "where", "stopped");
	expect_field(json, "state", "T");
	char *text = described(look);
	assert_string_equal(text, "it was stopped");
	free(text);
	json_free(json);
	look_free(look);
	end(pid);
}

static void other_thread_that_computes_is_told(void **state)
{
	(void)state;
	unsigned long before;
	pid_t pid = start(wait_for_thread);
	read_stat(pid, &before);
	await_work(pid, before);
	await_state(pid, 'S');
	read_stat(pid, &before);
	struct look *look = look_new(pid, true, CLOCK_SECOND);
	await_work(pid, before);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	struct json *json = told(look);
	int64_t threads;
	double cpu;
	expect_field(json, "where", "blocked");
	assert_true(json_get_int(json, "threads", &threads) && threads == 2);
	assert_true(json_get_real(json, "cpu", &cpu) && cpu > 0.1);
	char *text = described(look);
	assert_non_null(strstr(text, " while another thread was spinning"));
	if (calls_can_be_read(pid))
		assert_string_equal(text, "it was blocked in futex (a lock) while another thread was spinning");
	free(text);
	json_free(json);
	look_free(look);
	end(pid);
}

/* A script that waits for a program tells less than that program does. */
static void process_that_waits_for_its_child_is_looked_through(void **state)
{
	(void)state;
	pid_t pid = start(wait_for_child), child = newest_child_of(pid);
	await_state(pid, 'S');
	await_state(child, 'S');
	struct look *look = look_new(pid, false, CLOCK_SECOND);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	assert_int_equal(look_pid(look), child);
	char *text = described(look), expected[64];
	snprintf(expected, sizeof(expected), "its process %d `", (int)child);
	assert_memory_equal(text, expected, strlen(expected));
	free(text);
	look_free(look);
	end(pid);
}

static void process_that_runs_the_test_is_told_with_its_child(void **state)
{
	(void)state;
	pid_t pid = start(wait_for_child), child = newest_child_of(pid);
	await_state(pid, 'S');
	await_state(child, 'S');
	struct look *look = look_new(pid, true, CLOCK_SECOND);
	assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
	assert_int_equal(look_pid(look), pid);
	struct json *json = told(look);
	char *text = described(look), expected[64];
	snprintf(expected, sizeof(expected), "%d `", (int)child);
	assert_memory_equal(json_get_text(json, "child"), expected, strlen(expected));
	snprintf(expected, sizeof(expected), ", its child is %d `", (int)child);
	assert_non_null(strstr(text, expected));
	free(text);
	json_free(json);
	look_free(look);
	end(pid);
}

static void busy_child_is_told_before_its_parent(void **state)
{
	(void)state;
	unsigned long before;
	pid_t pid = start(wait_for_computing_child), child = newest_child_of(pid);
	await_state(pid, 'S');
	for (int alone = 0; alone < 2; alone++) {
		read_stat(child, &before);
		struct look *look = look_new(pid, alone == 1, CLOCK_SECOND);
		await_work(child, before);
		assert_true(look_again(look, CLOCK_SECOND + BETWEEN));
		char *text = described(look);
		assert_int_equal(look_pid(look), alone ? pid : child);
		assert_non_null(strstr(text, alone ? "`, which was spinning" : "` was spinning"));
		free(text);
		look_free(look);
	}
	end(pid);
}

static void process_that_is_gone_tells_nothing(void **state)
{
	(void)state;
	pid_t pid = start(wait_for_ever);
	struct look *look = look_new(pid, false, CLOCK_SECOND);
	end(pid);
	assert_false(look_again(look, CLOCK_SECOND + BETWEEN));
	look_free(look);
}

/* --- stacks --- */

static char directory[64];

static int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/test_hang.XXXXXX");
	return mkdtemp(directory) ? 0 : -1;
}

static int remove_directory(void **state)
{
	(void)state;
	return fs_remove_tree(directory, NULL);
}

static void make_tool(const char *name, const char *script)
{
	char path[128];
	struct str text = STR_INIT;
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	str_add_format(&text, "#!/bin/sh\n%s\n", script);
	assert_int_equal(fs_write_atomically(path, text.data, text.length, NULL), 0);
	chmod(path, 0755);
	str_fini(&text);
}

static struct stack *start_tool(pid_t pid)
{
	char path[160];
	snprintf(path, sizeof(path), "relative:%s:/bin:/usr/bin", directory);
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct stack *stack = stack_start(path, pid, null_fd, clock_now() + 2 * CLOCK_SECOND);
	close(null_fd);
	return stack;
}

static char *read_to_end(struct stack *stack)
{
	while (!stack_go_on(stack, clock_now())) {
		struct pollfd wait = { .fd = stack_fd(stack), .events = POLLIN };
		poll(&wait, 1, 1000);
	}
	char *text = stack_take_text(stack);
	stack_free(stack);
	return text;
}

static void frames_and_threads_are_kept_of_what_the_tool_says(void **state)
{
	(void)state;
	make_tool("gdb", "echo '[Thread debugging using libthread_db]'\n"
			 "echo 'Thread 1 (LWP 7):'\n"
			 "echo '#0  0x00007f in pause () at a.c:1'\n"
			 "echo 'warning: no symbols' >&2\n"
			 "printf '#1  main \\033[31m ()\\n'\n"
			 "echo '[Inferior 1 (process 7) detached]'");
	char *text = read_to_end(start_tool(7));
	assert_string_equal(text, "Thread 1 (LWP 7):\n#0  0x00007f in pause () at a.c:1\n#1  main ^[[31m ()\n");
	free(text);
}

static void eu_stack_is_asked_before_gdb(void **state)
{
	(void)state;
	make_tool("gdb", "echo '#0  of gdb'");
	make_tool("eu-stack", "echo \"PID 7 - process\"; echo 'TID 7:'; echo \"#0  $*\"");
	char *text = read_to_end(start_tool(4711));
	assert_string_equal(text, "TID 7:\n#0  -n 40 -p 4711\n");
	free(text);
}

static void tool_without_frames_gives_none(void **state)
{
	(void)state;
	make_tool("gdb", "echo 'Thread 1 (LWP 7):'; echo 'ptrace: Operation not permitted.'; exit 1");
	assert_null(read_to_end(start_tool(7)));
}

static void long_stack_is_cut_at_a_line(void **state)
{
	(void)state;
	make_tool("gdb", "i=0; while [ $i -lt 1000 ]; do echo \"#$i  0x00007f in recurse ()\"; i=$((i + 1)); done");
	char *text = read_to_end(start_tool(7));
	size_t length = strlen(text);
	assert_true(length <= STACK_TEXT_MAX && length > STACK_TEXT_MAX - 64);
	assert_int_equal(text[length - 1], '\n');
	free(text);
}

static void tool_that_takes_too_long_is_killed_with_what_it_started(void **state)
{
	(void)state;
	char ready[128];
	snprintf(ready, sizeof(ready), "%s/ready", directory);
	make_tool("gdb", "echo '#0  in half ()'\nsleep 1000 &\necho $! >\"${0%/*}/.pid\" && mv \"${0%/*}/.pid\" \"${0%/*}/ready\"\nwait");
	struct stack *stack = start_tool(7);
	while (!fs_exists(ready))
		usleep(1000);
	assert_false(stack_go_on(stack, clock_now()));
	struct str text = STR_INIT;
	assert_int_equal(fs_read_file(ready, 100, &text, NULL), 0);
	pid_t child = (pid_t)atoi(text.data);
	str_fini(&text);
	assert_int_equal(kill(child, 0), 0);
	assert_true(stack_go_on(stack, stack_wake_at(stack)));
	char *frames = stack_take_text(stack);
	assert_string_equal(frames, "#0  in half ()\n");
	free(frames);
	stack_free(stack);
	unsigned long ticks;
	for (char its_state; (its_state = read_stat(child, &ticks)) != '?' && its_state != 'Z';)
		usleep(1000);
}

static void without_a_tool_there_is_none(void **state)
{
	(void)state;
	assert_null(stack_start(directory, 7, 0, 0));
	assert_null(stack_start("", 7, 0, 0));
}

/* --- both --- */

static void looks_are_followed_by_stacks(void **state)
{
	(void)state;
	char variable[160];
	snprintf(variable, sizeof(variable), "PATH=%s:/bin:/usr/bin", directory);
	char *environment[] = { (char *)(uintptr_t)"A=b", variable, NULL };
	struct runner_host host = { .environment = environment, .null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	make_tool("gdb", "echo \"#0  0x00007f in ${10} ()\"; eval \"echo \\\"#1  \\${$#} ()\\\"\"");
	pid_t pid = start(sleep_long);
	await_state(pid, 'S');
	struct hang hang = { .frames = NULL };
	struct job job = { .grace = CLOCK_SECOND };
	hang_begin(&hang, &job, pid, false, true, CLOCK_SECOND);
	assert_int_equal(hang_wake_at(&hang), CLOCK_SECOND + BETWEEN);
	struct pollfd wait;
	assert_int_equal(hang_poll_fds(&hang, &wait), 0);
	assert_false(hang_go_on(&hang, &host, CLOCK_SECOND + BETWEEN - 1));
	while (!hang_go_on(&hang, &host, CLOCK_SECOND + BETWEEN)) {
		assert_int_equal(hang_poll_fds(&hang, &wait), 1);
		poll(&wait, 1, 1000);
	}
	assert_true(hang_wake_at(&hang) == UINT64_MAX);
	struct json *json = json_new_object();
	hang_put(&hang, "stack", json);
	char expected[48];
	snprintf(expected, sizeof(expected), "\n#1  %d ()\n", (int)pid);
	assert_non_null(strstr(json_get_text(json, "stack"), expected));
	expect_field(json, "where", "blocked");
	json_free(json);
	struct str text = STR_INIT;
	hang_describe(&hang, &text);
	assert_memory_equal(text.data, "; it was blocked", 16);
	str_fini(&text);
	hang_fini(&hang);
	close(host.null_fd);
	end(pid);
}

/* The evidence of a test with this job, whose debugger goes on for long; *given_up: when it would be given up. */
static struct json *look_with(const struct job *job, uint64_t *given_up)
{
	char variable[160];
	snprintf(variable, sizeof(variable), "PATH=%s:/bin:/usr/bin", directory);
	char *environment[] = { variable, NULL };
	struct runner_host host = { .environment = environment, .null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC) };
	make_tool("gdb", "sleep 1000");
	pid_t pid = start(sleep_long);
	await_state(pid, 'S');
	struct hang hang = { .frames = NULL };
	hang_begin(&hang, job, pid, false, true, CLOCK_SECOND);
	bool done = hang_go_on(&hang, &host, CLOCK_SECOND + BETWEEN);
	*given_up = done ? 0 : hang_wake_at(&hang);
	if (!done) {
		assert_false(hang_go_on(&hang, &host, *given_up - 1));
		assert_true(hang_go_on(&hang, &host, *given_up));
	}
	struct json *json = json_new_object();
	hang_put(&hang, "stack", json);
	hang_fini(&hang);
	close(host.null_fd);
	end(pid);
	return json;
}

static void debugger_has_no_more_time_than_the_test_has_grace(void **state)
{
	(void)state;
	static const uint64_t graces[] = { CLOCK_SECOND / 10, 5 * CLOCK_SECOND };
	static const uint64_t limits[] = { CLOCK_SECOND / 10, 2 * CLOCK_SECOND };
	for (size_t i = 0; i < 2; i++) {
		struct job job = { .grace = graces[i] };
		uint64_t given_up;
		struct json *json = look_with(&job, &given_up);
		assert_int_equal(given_up, CLOCK_SECOND + BETWEEN + limits[i]);
		expect_field(json, "no_stack", "late");
		expect_field(json, "where", "blocked");
		json_free(json);
	}
}

static void without_grace_or_need_no_debugger_is_asked(void **state)
{
	(void)state;
	struct job jobs[] = { { .grace = 0 }, { .grace = CLOCK_SECOND, .enough_stacks = true } };
	static const char *const words[] = { "late", "enough" };
	for (size_t i = 0; i < 2; i++) {
		uint64_t given_up;
		struct json *json = look_with(&jobs[i], &given_up);
		assert_int_equal(given_up, 0);
		expect_field(json, "no_stack", words[i]);
		expect_field(json, "where", "blocked");
		json_free(json);
	}
}

static void what_was_not_looked_at_says_nothing(void **state)
{
	(void)state;
	struct hang hang = { .frames = NULL };
	pid_t pid = start(wait_for_ever);
	struct job job = { .grace = 0 };
	hang_begin(&hang, &job, pid, false, false, CLOCK_SECOND);
	hang_stop(&hang);
	struct str text = STR_INIT;
	struct json *json = json_new_object();
	hang_describe(&hang, &text);
	hang_put(&hang, "stack", json);
	assert_int_equal(text.length, 0);
	json_dump(json, &text);
	assert_string_equal(text.data, "{}");
	json_free(json);
	str_fini(&text);
	hang_fini(&hang);
	end(pid);
}

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(deadline_moves_on_while_it_is_held),
		cmocka_unit_test(only_what_passes_after_it_was_set_is_put_on_top),
		cmocka_unit_test(system_calls_have_names_and_words),
		cmocka_unit_test(poll_for_nothing_is_sleep),
		cmocka_unit_test(running_process_is_in_no_call),
		cmocka_unit_test(sleeper_is_blocked_in_its_call),
		cmocka_unit_test(computing_process_spins),
		cmocka_unit_test(only_what_is_used_between_the_looks_counts),
		cmocka_unit_test(late_second_look_tells_the_same),
		cmocka_unit_test(stopped_process_is_told_as_stopped),
		cmocka_unit_test(other_thread_that_computes_is_told),
		cmocka_unit_test(process_that_waits_for_its_child_is_looked_through),
		cmocka_unit_test(process_that_runs_the_test_is_told_with_its_child),
		cmocka_unit_test(busy_child_is_told_before_its_parent),
		cmocka_unit_test(process_that_is_gone_tells_nothing),
		WITH_DIRECTORY(frames_and_threads_are_kept_of_what_the_tool_says),
		WITH_DIRECTORY(eu_stack_is_asked_before_gdb),
		WITH_DIRECTORY(tool_without_frames_gives_none),
		WITH_DIRECTORY(long_stack_is_cut_at_a_line),
		WITH_DIRECTORY(tool_that_takes_too_long_is_killed_with_what_it_started),
		WITH_DIRECTORY(without_a_tool_there_is_none),
		WITH_DIRECTORY(looks_are_followed_by_stacks),
		WITH_DIRECTORY(debugger_has_no_more_time_than_the_test_has_grace),
		WITH_DIRECTORY(without_grace_or_need_no_debugger_is_asked),
		cmocka_unit_test(what_was_not_looked_at_says_nothing),
	};
	return cmocka_run_group_tests_name("hang", tests, NULL, NULL);
}
