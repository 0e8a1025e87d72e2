/* What tests leave behind: processes, pipes that are held open, and which children of a harness are new. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "worker/leftovers.h"
#include "worker/offspring.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t start_waiter(void)
{
	pid_t pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* --- telling --- */

static void expect_list(const struct leftovers *leftovers, const char *begin, const char *rest)
{
	struct str text = STR_INIT;
	leftovers_describe_processes(leftovers, "ended now", &text);
	if (strncmp(text.data, begin, strlen(begin)) != 0 || !strstr(text.data, rest))
		fail_msg("'%s' does not begin with '%s' and have '%s'", text.data, begin, rest);
	str_fini(&text);
}

static void processes_are_told_with_pid_and_command(void **state)
{
	(void)state;
	pid_t pid = start_waiter();
	struct leftovers leftovers;
	char expected[64];
	leftovers_init(&leftovers);
	assert_true(leftovers_are_none(&leftovers));
	leftovers_add_children(&leftovers);
	assert_int_equal(leftovers.count, 1);
	snprintf(expected, sizeof(expected), "left 1 process behind, ended now: %d `", (int)pid);
	expect_list(&leftovers, expected, "test_leftovers");
	struct json *json = json_new_object();
	leftovers_put(&leftovers, json);
	assert_string_equal(json_get_text(json, "left_over"), leftovers.list.data);
	json_free(json);
	leftovers_fini(&leftovers);
	end(pid);
}

static void many_processes_are_counted(void **state)
{
	(void)state;
	pid_t pids[11];
	struct leftovers leftovers;
	for (int i = 0; i < 11; i++)
		pids[i] = start_waiter();
	leftovers_init(&leftovers);
	leftovers_add_children(&leftovers);
	expect_list(&leftovers, "left 11 processes behind, ended now: ", "` …");
	leftovers_fini(&leftovers);
	for (int i = 0; i < 11; i++)
		end(pids[i]);
}

static void only_a_pass_becomes_a_failure_and_only_where_that_is_the_mode(void **state)
{
	static const struct {
		enum leak_mode mode;
		enum outcome before, after;
	} cases[] = {
		{ LEAK_REPORT, OUTCOME_PASSED, OUTCOME_PASSED }, { LEAK_IGNORE, OUTCOME_PASSED, OUTCOME_PASSED },
		{ LEAK_FAIL, OUTCOME_PASSED, OUTCOME_FAILED },	 { LEAK_FAIL, OUTCOME_XPASSED, OUTCOME_FAILED },
		{ LEAK_FAIL, OUTCOME_ERROR, OUTCOME_ERROR },	 { LEAK_FAIL, OUTCOME_SKIPPED, OUTCOME_SKIPPED },
		{ LEAK_FAIL, OUTCOME_TIMEOUT, OUTCOME_TIMEOUT },
	};
	(void)state;
	struct leftovers leftovers;
	leftovers_init(&leftovers);
	struct result result = { .outcome = OUTCOME_PASSED };
	leftovers_judge(&leftovers, LEAK_FAIL, &result);
	assert_int_equal(result.outcome, OUTCOME_PASSED);
	pid_t pid = start_waiter();
	leftovers_add(&leftovers, pid);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		result = (struct result){ .outcome = cases[i].before, .message = alloc_string("said") };
		leftovers_judge(&leftovers, cases[i].mode, &result);
		assert_int_equal(result.outcome, cases[i].after);
		if (cases[i].before == cases[i].after)
			assert_string_equal(result.message, "said");
		else
			assert_memory_equal(result.message, "left a process behind: ", 23);
		result_fini(&result);
	}
	leftovers_fini(&leftovers);
	end(pid);
}

/* --- pipes --- */

static void ignore_read(void *context, enum event_stream stream, const char *bytes, size_t length)
{
	(void)context, (void)stream, (void)bytes, (void)length;
}

static void ignore_kept(void *context, enum event_stream stream, struct slice bytes, uint64_t dropped)
{
	(void)context, (void)stream, (void)bytes, (void)dropped;
}

static void holder_of_the_pipe_is_found(void **state)
{
	(void)state;
	struct capture capture;
	struct capture_host host = { ignore_read, ignore_kept, NULL };
	struct leftovers leftovers;
	int fds[3];
	capture_init(&capture, &host, 100);
	leftovers_init(&leftovers);
	assert_int_equal(capture_open(&capture, false, fds, NULL), 0);
	pid_t other = start_waiter(); /* holds it too, as it was forked with it */
	assert_int_equal(write(fds[1], "x\n", 2), 2);
	close(fds[1]);
	assert_true(capture_read_rest(&capture));
	assert_true(capture_is_open(&capture));
	leftovers_add_pipe(&leftovers, &capture);
	assert_false(leftovers_are_none(&leftovers));
	char expected[32];
	snprintf(expected, sizeof(expected), "%d `", (int)other);
	assert_memory_equal(leftovers.holders.data, expected, strlen(expected));
	assert_null(strchr(strchr(leftovers.holders.data, '`'), ',')); /* nobody else, this process neither */
	struct result result = { .outcome = OUTCOME_PASSED };
	leftovers_judge(&leftovers, LEAK_FAIL, &result);
	assert_int_equal(result.outcome, OUTCOME_FAILED);
	assert_memory_equal(result.message, "left the pipe of its output held open by ", 41);
	result_fini(&result);
	struct json *json = json_new_object();
	bool held = false;
	leftovers_put(&leftovers, json);
	assert_true(json_get_bool(json, "pipe_held", &held) && held);
	json_free(json);
	end(other);
	assert_false(capture_is_open(&capture));
	leftovers_fini(&leftovers);
	capture_fini(&capture);
}

/* --- of a harness --- */

/* A process that does what it is told by a byte: 'c' a child of its own, 'o' an orphan, 'e' ends its child but does not
 * wait for it, 't' a child that looks like the tracker of Python's. Answers with a pid. */
struct harness {
	pid_t pid;
	int to, from;
};

static _Noreturn void live(const char *script, const char *argument)
{
	execl("/bin/sh", "sh", "-c", script, argument, NULL);
	_exit(1);
}

static _Noreturn void serve(int in, int out)
{
	char byte;
	pid_t child = 0;
	int ends[2];
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (read(in, &byte, 1) == 1) {
		if (byte == 'c' && (child = fork()) == 0)
			live("exec sleep 100", "child");
		if (byte == 't' && (child = fork()) == 0)
			live("kill -STOP $$", "from multiprocessing.resource_tracker import main;main(5)");
		if (byte == 'o' && pipe(ends) == 0) {
			if (fork() == 0) {
				pid_t orphan = fork();
				if (orphan == 0)
					live("exec sleep 100", "orphan");
				_exit(write(ends[1], &orphan, sizeof(orphan)) != sizeof(orphan));
			}
			wait(NULL);
			if (read(ends[0], &child, sizeof(child)) != sizeof(child))
				_exit(1);
			close(ends[0]);
			close(ends[1]);
		}
		if (byte == 'e') {
			siginfo_t info;
			kill(child, SIGKILL);
			waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT);
		}
		if (write(out, &child, sizeof(child)) != sizeof(child))
			break;
	}
	_exit(0);
}

static struct harness start_harness(void)
{
	int to[2], from[2];
	prctl(PR_SET_CHILD_SUBREAPER, 1); /* as a keeper is */
	assert_int_equal(pipe(to) | pipe(from), 0);
	pid_t pid = fork();
	if (pid == 0) {
		close(to[1]);
		close(from[0]);
		serve(to[0], from[1]);
	}
	close(to[0]);
	close(from[1]);
	return (struct harness){ pid, to[1], from[0] };
}

static pid_t tell(struct harness *harness, char byte)
{
	pid_t answer;
	assert_int_equal(write(harness->to, &byte, 1), 1);
	assert_int_equal(read(harness->from, &answer, sizeof(answer)), sizeof(answer));
	return answer;
}

static void end_harness(struct harness *harness)
{
	close(harness->to);
	close(harness->from);
	waitpid(harness->pid, NULL, 0);
}

static bool lists_children(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return fs_exists(path);
}

static void expect_new(struct offspring *offspring, struct harness *harness, pid_t expected)
{
	pid_t pids[4];
	size_t count = offspring_find_new(offspring, harness->pid, pids, 4);
	assert_int_equal(count, expected ? 1 : 0);
	if (expected)
		assert_int_equal(pids[0], expected);
}

static void await_command(pid_t pid, const char *word)
{
	struct str text = STR_INIT;
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	for (;;) {
		str_clear(&text);
		if (fs_read_file(path, 4096, &text, NULL) == 0 && memmem(text.data, text.length, word, strlen(word)))
			break;
		usleep(1000);
	}
	str_fini(&text);
}

static void children_and_orphans_are_found_once_they_are_new(void **state)
{
	(void)state;
	if (!lists_children())
		skip();
	struct offspring offspring;
	struct harness harness = start_harness();
	offspring_init(&offspring);
	offspring_note(&offspring, harness.pid);
	expect_new(&offspring, &harness, 0);
	pid_t child = tell(&harness, 'c');
	expect_new(&offspring, &harness, child);
	offspring_note(&offspring, harness.pid);
	expect_new(&offspring, &harness, 0);
	pid_t orphan = tell(&harness, 'o');
	expect_new(&offspring, &harness, orphan);
	offspring_note(&offspring, harness.pid);
	expect_new(&offspring, &harness, 0);
	kill(child, SIGKILL);
	end(orphan);
	end_harness(&harness);
	while (waitpid(-1, NULL, 0) > 0) /* the child has become an orphan by now */
		continue;
	offspring_fini(&offspring);
}

static void dead_children_and_helpers_are_not_left_behind(void **state)
{
	(void)state;
	if (!lists_children())
		skip();
	struct offspring offspring;
	struct harness harness = start_harness();
	offspring_init(&offspring);
	offspring_note(&offspring, harness.pid);
	tell(&harness, 'c');
	tell(&harness, 'e');
	expect_new(&offspring, &harness, 0);
	pid_t tracker = tell(&harness, 't');
	await_command(tracker, "resource_tracker");
	expect_new(&offspring, &harness, 0);
	kill(tracker, SIGKILL);
	end_harness(&harness);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	offspring_fini(&offspring);
}

/* Its numbers mean nothing for the next one. */
static void next_harness_begins_with_nothing(void **state)
{
	(void)state;
	if (!lists_children())
		skip();
	struct offspring offspring;
	struct harness first = start_harness();
	offspring_init(&offspring);
	offspring_note(&offspring, first.pid);
	end_harness(&first);
	struct harness second = start_harness();
	pid_t child = tell(&second, 'c');
	expect_new(&offspring, &second, child);
	kill(child, SIGKILL);
	end_harness(&second);
	while (waitpid(-1, NULL, 0) > 0)
		continue;
	offspring_fini(&offspring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(processes_are_told_with_pid_and_command),
		cmocka_unit_test(many_processes_are_counted),
		cmocka_unit_test(only_a_pass_becomes_a_failure_and_only_where_that_is_the_mode),
		cmocka_unit_test(holder_of_the_pipe_is_found),
		cmocka_unit_test(children_and_orphans_are_found_once_they_are_new),
		cmocka_unit_test(dead_children_and_helpers_are_not_left_behind),
		cmocka_unit_test(next_harness_begins_with_nothing),
	};
	return cmocka_run_group_tests_name("leftovers", tests, NULL, NULL);
}
