/* A worker process with a fork server's keeper and harness, which a stand-in plays. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "stand_in.h"
#include "worker_bench.h"

#include <sys/syscall.h>

#define LANE ((size_t)1 << 20)

struct scene {
	struct bench bench;
	pid_t server;
	char name[64];
};

static void open_scene(struct scene *scene, enum stand_in_kind kind)
{
	scene->server = stand_in_serve(kind, scene->name);
	bench_start(&scene->bench, LANE, false);
}

static void close_scene(struct scene *scene)
{
	assert_int_equal(bench_leave(&scene->bench), 0);
	bench_end(&scene->bench);
	stand_in_end(scene->server);
}

static void run(struct scene *scene, uint64_t test, const char *id)
{
	bench_job(&scene->bench, test, scene->name, id);
}

static const struct event *finished(struct scene *scene)
{
	bench_wait(&scene->bench, EVENT_TEST_FINISHED);
	return &scene->bench.event;
}

static void expect_text(struct event_text text, const char *expected)
{
	char *copy = alloc_string_n(text.data, text.length);
	assert_string_equal(copy, expected);
	free(copy);
}

static void expect_finished(struct scene *scene, uint64_t test, enum outcome outcome, const char *message)
{
	const struct event *event = finished(scene);
	assert_int_equal(event->test, test);
	assert_string_equal(outcome_name((enum outcome)event->outcome), outcome_name(outcome));
	if (message)
		expect_text(event->message, message);
	else
		assert_false(event_has(event, message));
}

/* The message begins and ends so; between stands what it was seen to do, as far as the kernel tells. */
static void expect_timeout(struct scene *scene, uint64_t test, const char *begin, const char *end)
{
	const struct event *event = finished(scene);
	assert_int_equal(event->test, test);
	assert_string_equal(outcome_name((enum outcome)event->outcome), "timeout");
	char *message = alloc_string_n(event->message.data, event->message.length);
	if (!text_starts_with(message, begin) || !text_ends_with(message, end) || !strstr(message, "; it was blocked"))
		fail_msg("'%s' does not begin with '%s' and end with '%s'", message, begin, end);
	free(message);
}

static bool evidence_has(struct scene *scene, const char *part)
{
	const struct event_text *text = &scene->bench.event.evidence;
	return event_has(&scene->bench.event, evidence) && memmem(text->data, text->length, part, strlen(part));
}

static void expect_output(struct scene *scene, uint64_t test, int stream, const char *expected)
{
	char *text = bench_output(&scene->bench, test, stream);
	assert_string_equal(text, expected);
	free(text);
}

static void expect_log(struct scene *scene, const char *expected)
{
	char *text = bench_logs(&scene->bench);
	if (!strstr(text, expected))
		fail_msg("'%s' is not in the log, which has '%s'", expected, text);
	free(text);
}

/* What proc_pid_stat(5) says; state 'T' is stopped. */
static char state_of(pid_t pid, pid_t *parent)
{
	char path[64], text[256], state;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	const char *at = fs_read_small(path, text, sizeof(text)) > 0 ? strrchr(text, ')') : NULL;
	return at && sscanf(at, ") %c %d", &state, parent) == 2 ? state : '?';
}

static pid_t parent_of(pid_t pid)
{
	pid_t parent = 0;
	state_of(pid, &parent);
	return parent;
}

/* --- verdicts --- */

static void tests_run_one_after_another_in_one_process(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:hello err:oops finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	uint64_t pid = scene.bench.event.pid;
	assert_true(pid > 0);
	assert_int_equal(scene.bench.event.test, 1);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	assert_false(event_has(&scene.bench.event, exit_code));
	assert_false(event_has(&scene.bench.event, rerun));
	run(&scene, 2, "print:second finish:skipped");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	assert_true(scene.bench.event.pid == pid);
	expect_finished(&scene, 2, OUTCOME_SKIPPED, NULL);
	expect_output(&scene, 1, STREAM_STDOUT, "hello\n");
	expect_output(&scene, 1, STREAM_STDERR, "oops\n");
	expect_output(&scene, 2, 0, "second\n");
	close_scene(&scene);
}

static void all_that_a_verdict_can_have_is_handed_on(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:live full");
	bench_wait(&scene.bench, EVENT_TEST_POINT);
	expect_text(scene.bench.event.name, "one");
	expect_text(scene.bench.event.message, "why");
	assert_int_equal(scene.bench.event.outcome, OUTCOME_FAILED);
	assert_int_equal(scene.bench.event.number, 1);
	bench_wait(&scene.bench, EVENT_TEST_POINT);
	expect_text(scene.bench.event.name, "two");
	expect_finished(&scene, 1, OUTCOME_XFAILED, "E line\nmore");
	const struct event *event = &scene.bench.event;
	expect_text(event->reason, "known");
	expect_text(event->code, "XT4001");
	expect_text(event->file, "a.py");
	expect_text(event->properties, "[[\"k\",\"v\"]]");
	assert_int_equal(event->line, 12);
	assert_true(event->setup == CLOCK_SECOND / 2);
	assert_true(event->call == CLOCK_SECOND / 4 * 5);
	assert_true(event->teardown == CLOCK_SECOND / 8);
	expect_output(&scene, 1, STREAM_STDOUT, "live\n");
	expect_output(&scene, 1, STREAM_STDERR, "captured\n");
	close_scene(&scene);
}

static void test_sees_its_worker_and_itself(void **state)
{
	(void)state;
	struct scene scene;
	setenv("PYTEST_XDIST_WORKER", "gw77", 1);
	open_scene(&scene, STAND_IN_PLAIN);
	struct job *job = bench_make_job(1, scene.name,
					 "env:XTOP_WORKER env:PYTEST_XDIST_WORKER env:SUITE env:XTOP_ATTEMPT finish:passed");
	job->attempt = 3;
	vec_push(&job->launch.environment, alloc_string("SUITE=own"));
	bench_send_job(&scene.bench, job);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "XTOP_WORKER=0\nPYTEST_XDIST_WORKER=gw0\nSUITE=own\nXTOP_ATTEMPT=3\n");
	close_scene(&scene);
	scene.server = stand_in_serve(STAND_IN_PLAIN, scene.name);
	bench_start(&scene.bench, LANE, true);
	run(&scene, 1, "env:PYTEST_XDIST_WORKER finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "PYTEST_XDIST_WORKER is unset\n");
	close_scene(&scene);
	unsetenv("PYTEST_XDIST_WORKER");
}

static void verdict_against_reruns_is_handed_on(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "finish-norerun:failed");
	expect_finished(&scene, 1, OUTCOME_FAILED, NULL);
	assert_true(event_has(&scene.bench.event, rerun));
	assert_false(scene.bench.event.rerun);
	close_scene(&scene);
}

/* What is held ahead comes back before it can start: with the failure, or where the test says that all is to stop. */
static void failure_that_stops_the_run_gives_back_what_is_held(void **state)
{
	static const char *const ids[] = { "hold finish:failed", "hold finish-stop:enough", "hold segv" };
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	for (uint64_t i = 0; i < 3; i++) {
		struct job *job = bench_make_job(1 + i, scene.name, ids[i]);
		job->stop_on_failure = i != 1;
		bench_send_job(&scene.bench, job);
		bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
		run(&scene, 10 + i, "finish:passed");
		struct command command = { .type = COMMAND_SIGNAL, .test = 1 + i, .signal = SIGCONT };
		bench_send(&scene.bench, &command);
		const struct event *event = finished(&scene);
		assert_int_equal(event->test, 1 + i);
		assert_int_equal(event_has(event, bail_out), i == 1);
		if (i == 1)
			expect_text(event->reason, "enough");
		assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 10 + i);
	}
	close_scene(&scene);
}

/* --- crashes --- */

static void crash_names_the_signal_and_the_last_line(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:first print:last segv");
	expect_finished(&scene, 1, OUTCOME_CRASHED, "killed by SIGSEGV: last");
	assert_int_equal(scene.bench.event.signal, SIGSEGV);
	assert_true(scene.bench.event.cpu == CLOCK_SECOND / 4);
	assert_int_equal(scene.bench.event.rss, 4096);
	run(&scene, 2, "exit:0");
	expect_finished(&scene, 2, OUTCOME_CRASHED, "exited with 0 before the test was done");
	assert_int_equal(scene.bench.event.exit_code, 0);
	run(&scene, 3, "print:fine finish:passed");
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "first\nlast\n");
	run(&scene, 4, "err:own fatal segv");
	expect_finished(&scene, 4, OUTCOME_CRASHED, "killed by SIGSEGV: own");
	run(&scene, 5, "fatal segv");
	expect_finished(&scene, 5, OUTCOME_CRASHED, "killed by SIGSEGV");
	close_scene(&scene);
}

static void crash_is_seen_though_a_child_holds_all_ends(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "daemon print:x segv");
	expect_finished(&scene, 1, OUTCOME_CRASHED, "killed by SIGSEGV: x");
	run(&scene, 2, "finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void verdict_before_a_crash_stands(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:done finish:passed segv");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	bench_wait(&scene.bench, EVENT_LOG);
	expect_log(&scene, "warning: the test process ");
	expect_log(&scene, " ended while it ran no test: killed by SIGSEGV");
	run(&scene, 2, "finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	assert_int_equal(bench_count(&scene.bench, EVENT_TEST_FINISHED), 2);
	close_scene(&scene);
}

/* The worker sees the end while most of the verdict is still in the socket. */
static void verdict_that_is_still_being_read_stands_too(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "hold finish-long:150000 segv");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	pid_t pid = (pid_t)scene.bench.event.pid;
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
	kill(scene.bench.worker, SIGSTOP);
	kill(pid, SIGCONT);
	while (kill(pid, 0) == 0)
		usleep(1000);
	usleep(20000); /* for the keeper to say so; without its word the test would pass as well */
	kill(scene.bench.worker, SIGCONT);
	const struct event *event = finished(&scene);
	assert_int_equal(event->outcome, OUTCOME_FAILED);
	assert_int_equal(event->message.length, 150000);
	close_scene(&scene);
}

static void process_that_can_not_be_heard_is_ended(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:x close");
	expect_finished(&scene, 1, OUTCOME_CRASHED,
			"the test process was ended: it closed its connection to xtop: x");
	run(&scene, 2, "garbage");
	const struct event *event = finished(&scene);
	assert_int_equal(event->outcome, OUTCOME_CRASHED);
	const char *start = "the test process was ended: a line of the protocol is no JSON";
	assert_memory_equal(event->message.data, start, strlen(start));
	run(&scene, 3, "finish:passed");
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void process_that_says_so_runs_no_other_test(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "farewell:bye finish-last:error");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	uint64_t pid = scene.bench.event.pid;
	expect_finished(&scene, 1, OUTCOME_ERROR, NULL);
	run(&scene, 2, "print:own finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	assert_true(scene.bench.event.pid != pid);
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	expect_output(&scene, 2, 0, "own\n");
	expect_log(&scene, "note: printed outside of any test: bye\n");
	close_scene(&scene);
}

/* --- starting --- */

static void process_that_dies_before_it_is_ready_is_an_error_of_its_test(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_CRASHES);
	run(&scene, 1, "finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	expect_finished(&scene, 1, OUTCOME_ERROR,
			"the test process ended before it was ready: killed by SIGSEGV: printed before the crash");
	assert_int_equal(scene.bench.event.signal, SIGSEGV);
	expect_output(&scene, 1, 0, "printed before the crash\n");
	run(&scene, 2, "finish:passed");
	assert_int_equal(finished(&scene)->outcome, OUTCOME_ERROR);
	close_scene(&scene);
	open_scene(&scene, STAND_IN_FAILS);
	run(&scene, 1, "finish:passed");
	expect_finished(&scene, 1, OUTCOME_ERROR, "cannot import it");
	assert_int_equal(scene.bench.event.exit_code, 1);
	close_scene(&scene);
}

static void process_that_is_killed_with_its_keeper_is_started_again(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_DOOMED);
	run(&scene, 1, "finish:passed");
	expect_finished(&scene, 1, OUTCOME_ERROR,
			"the test process ended before it was ready: ended together with its keeper, nobody knows how,: x");
	/* What the starts before the last one printed. */
	char *logs = bench_logs(&scene.bench);
	unsigned starts = 0;
	for (const char *at = logs; (at = strstr(at, "printed outside of any test: x")) != NULL; at++)
		starts++;
	assert_true(starts >= 10);
	free(logs);
	close_scene(&scene);
}

static void what_is_printed_outside_of_tests_is_no_test_s(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_CHATTY);
	run(&scene, 1, "print:mine farewell:at_the_end finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "mine\n");
	expect_log(&scene, "note: printed outside of any test: printed too early\nxxx");
	expect_log(&scene, "xxx\n(and 195923 bytes more)\n");
	bench_retire(&scene.bench);
	expect_log(&scene, "note: printed outside of any test: at_the_end\n");
	expect_output(&scene, 1, 0, "mine\n");
	run(&scene, 2, "print:again finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void server_that_is_not_there_gives_the_test_back(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_MUTE);
	run(&scene, 7, "finish:passed");
	const struct bench_record *record = bench_wait(&scene.bench, MESSAGE_NO_SERVER);
	assert_int_equal(record->length, 1 + strlen(scene.name));
	assert_memory_equal(record->bytes + 1, scene.name, strlen(scene.name));
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 7);
	bench_job(&scene.bench, 8, "xtop-nobody-listens-here", "finish:passed");
	bench_wait(&scene.bench, MESSAGE_NO_SERVER);
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 8);
	assert_int_equal(bench_count(&scene.bench, EVENT_TEST_STARTED), 0);
	close_scene(&scene);
}

static void keeper_that_ends_when_it_is_needed_is_replaced(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_ONCE);
	run(&scene, 1, "segv");
	expect_finished(&scene, 1, OUTCOME_CRASHED, "killed by SIGSEGV");
	run(&scene, 2, "finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	assert_int_equal(bench_count(&scene.bench, MESSAGE_NO_SERVER), 0);
	close_scene(&scene);
}

static void keeper_that_was_killed_is_replaced(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "kill-keeper finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	run(&scene, 2, "finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	run(&scene, 3, "kill-keeper print:x segv");
	expect_finished(&scene, 3, OUTCOME_CRASHED,
			"ended together with its keeper, nobody knows how, before the test was done: x");
	run(&scene, 4, "finish:passed");
	expect_finished(&scene, 4, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

/* The process has visibly ended; it is not waited for ever for somebody to say how. */
static void keeper_that_does_not_react_is_not_needed(void **state)
{
	(void)state;
	struct scene scene;
	int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	if (pidfd < 0)
		skip(); /* valgrind has none: then only the keeper sees the end */
	close(pidfd);
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:x stop-keeper segv");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	pid_t keeper = parent_of((pid_t)scene.bench.event.pid);
	expect_finished(&scene, 1, OUTCOME_CRASHED,
			"ended together with its keeper, nobody knows how, before the test was done: x");
	run(&scene, 2, "finish:passed");
	kill(keeper, SIGCONT);
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void keepers_go_on_without_their_server(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	kill(scene.server, SIGKILL);
	run(&scene, 2, "segv");
	expect_finished(&scene, 2, OUTCOME_CRASHED, "killed by SIGSEGV");
	run(&scene, 3, "kill-keeper finish:passed");
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	run(&scene, 4, "finish:passed");
	bench_wait(&scene.bench, MESSAGE_NO_SERVER);
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 4);
	close_scene(&scene);
}

static void test_that_waits_for_its_process_can_be_recalled(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_SLOW);
	run(&scene, 5, "finish:passed");
	usleep(20000); /* most likely it is no longer held ahead then; if it is, it comes back as well */
	bench_command(&scene.bench, COMMAND_RECALL, 5);
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 5);
	assert_int_equal(bench_count(&scene.bench, EVENT_TEST_STARTED), 0);
	bench_end(&scene.bench);
	stand_in_end(scene.server);
}

static void server_of_each_test_runs_it(void **state)
{
	(void)state;
	struct scene scene;
	char other[64];
	open_scene(&scene, STAND_IN_PLAIN);
	pid_t second = stand_in_serve(STAND_IN_PLAIN, other);
	uint64_t pids[3];
	for (uint64_t test = 1; test <= 3; test++) {
		bench_job(&scene.bench, test, test == 2 ? other : scene.name, "print:x finish:passed");
		bench_wait(&scene.bench, EVENT_TEST_STARTED);
		pids[test - 1] = scene.bench.event.pid;
		expect_finished(&scene, test, OUTCOME_PASSED, NULL);
	}
	assert_true(pids[0] == pids[2]);
	assert_true(pids[0] != pids[1]);
	close_scene(&scene);
	stand_in_end(second);
}

/* --- deadlines, cancellation --- */

static void send_deadline(struct scene *scene, uint64_t test, const char *id, uint64_t timeout, uint64_t grace)
{
	struct job *job = bench_make_job(test, scene->name, id);
	job->timeout = timeout;
	job->grace = grace;
	bench_send_job(&scene->bench, job);
}

static void deadline_interrupts_and_the_process_lives_on(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	send_deadline(&scene, 1, "hang finish:failed", CLOCK_SECOND / 20, 3600 * CLOCK_SECOND);
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	uint64_t pid = scene.bench.event.pid;
	expect_timeout(&scene, 1, "timed out after 0.05 s", "");
	assert_true(evidence_has(&scene, "\"where\":\"blocked\""));
	assert_false(evidence_has(&scene, "ignored"));
	assert_true(scene.bench.event.duration >= CLOCK_SECOND / 20);
	expect_output(&scene, 1, 0, "interrupt 1\n");
	run(&scene, 2, "finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	assert_true(scene.bench.event.pid == pid);
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void verdict_after_the_deadline_is_still_a_timeout(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	send_deadline(&scene, 1, "hang full", CLOCK_SECOND / 100, 3600 * CLOCK_SECOND);
	expect_timeout(&scene, 1, "timed out after 0.01 s", "\nE line\nmore");
	assert_true(evidence_has(&scene, "\"phase\":\"setup\"")); /* it says that this took half a second */
	assert_false(event_has(&scene.bench.event, reason));
	close_scene(&scene);
}

static void process_that_does_not_react_gets_term_and_kill(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	send_deadline(&scene, 1, "deaf", CLOCK_SECOND / 100, CLOCK_SECOND);
	expect_timeout(&scene, 1, "timed out after 0.01 s", "");
	assert_int_equal(scene.bench.event.signal, SIGTERM);
	assert_true(evidence_has(&scene, "\"ignored_interrupt\":true"));
	assert_false(evidence_has(&scene, "ignored_term"));
	send_deadline(&scene, 2, "print:x stubborn", CLOCK_SECOND / 100, CLOCK_SECOND / 50);
	expect_timeout(&scene, 2, "timed out after 0.01 s", "; did not react and was killed");
	assert_int_equal(scene.bench.event.signal, SIGKILL);
	assert_true(evidence_has(&scene, "\"ignored_term\":true"));
	send_deadline(&scene, 3, "stubborn", CLOCK_SECOND / 100, 0);
	expect_timeout(&scene, 3, "timed out after 0.01 s", "");
	assert_false(evidence_has(&scene, "ignored"));
	run(&scene, 4, "finish:passed");
	expect_finished(&scene, 4, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void cancel(struct scene *scene, uint64_t test, const char *reason)
{
	struct command command = { .type = COMMAND_CANCEL, .test = test, .reason = (char *)(uintptr_t)reason };
	bench_send(&scene->bench, &command);
}

static void cancelled_test_was_not_run(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "hang full");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	cancel(&scene, 1, "interrupted");
	expect_finished(&scene, 1, OUTCOME_NOTRUN, NULL);
	expect_text(scene.bench.event.reason, "interrupted");
	expect_output(&scene, 1, STREAM_STDOUT, "interrupt 2\n");
	run(&scene, 2, "stubborn");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	cancel(&scene, 2, "interrupted");
	cancel(&scene, 2, "interrupted");
	expect_finished(&scene, 2, OUTCOME_NOTRUN, NULL);
	assert_int_equal(scene.bench.event.signal, SIGKILL);
	close_scene(&scene);
}

static void cancelled_before_its_process_is_ready_is_not_run(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_SLOW);
	run(&scene, 1, "finish:passed");
	/* One that is still held ahead is not the running test, and a cancellation then means nothing. */
	while (bench_count(&scene.bench, EVENT_TEST_FINISHED) == 0) {
		cancel(&scene, 1, "interrupted");
		usleep(1000);
		bench_drain(&scene.bench);
	}
	expect_finished(&scene, 1, OUTCOME_NOTRUN, NULL);
	assert_int_equal(bench_count(&scene.bench, EVENT_TEST_STARTED), 1);
	bench_end(&scene.bench);
	stand_in_end(scene.server);
}

static void signal_sent_by_hand_is_named(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "print:x stubborn");
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
	struct command command = { .type = COMMAND_SIGNAL, .test = 1, .signal = SIGUSR1 };
	bench_send(&scene.bench, &command);
	expect_finished(&scene, 1, OUTCOME_CRASHED, "killed by SIGUSR1, sent by hand");
	close_scene(&scene);
}

static void paused_test_s_deadline_stands_still(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	send_deadline(&scene, 1, "hang finish:passed", CLOCK_SECOND, 3600 * CLOCK_SECOND);
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	pid_t pid = (pid_t)scene.bench.event.pid;
	bench_command(&scene.bench, COMMAND_PAUSE, 0);
	pid_t parent;
	while (state_of(pid, &parent) != 'T' && bench_count(&scene.bench, EVENT_TEST_FINISHED) == 0) {
		usleep(1000);
		bench_drain(&scene.bench);
	}
	usleep(400000);
	bench_command(&scene.bench, COMMAND_RESUME, 0);
	expect_timeout(&scene, 1, "timed out after 1 s", "");
	assert_true(scene.bench.event.duration >= CLOCK_SECOND / 10 * 14);
	close_scene(&scene);
}

static void hang_after_the_call_is_one_in_teardown(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	send_deadline(&scene, 1, "ask:passed deaf", CLOCK_SECOND / 2, CLOCK_SECOND / 50);
	bench_wait(&scene.bench, MESSAGE_WANTS);
	bench_command(&scene.bench, COMMAND_NO_NEXT, 1);
	expect_timeout(&scene, 1, "timed out after 0.5 s", "");
	assert_true(evidence_has(&scene, "\"phase\":\"teardown\""));
	close_scene(&scene);
}

/* --- what it leaves behind --- */

static bool lists_children(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	return fs_exists(path);
}

static void run_with(struct scene *scene, uint64_t test, const char *id, enum leak_mode leak, uint64_t mem_limit)
{
	struct job *job = bench_make_job(test, scene->name, id);
	job->leak = leak;
	job->mem_limit = mem_limit;
	bench_send_job(&scene->bench, job);
}

static void process_that_outlives_its_test_is_told_by_mode(void **state)
{
	(void)state;
	struct scene scene;
	if (!lists_children())
		skip();
	open_scene(&scene, STAND_IN_PLAIN);
	run_with(&scene, 1, "daemon finish:passed", LEAK_IGNORE, 0);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	assert_false(event_has(&scene.bench.event, evidence));
	assert_int_equal(bench_count(&scene.bench, EVENT_LOG), 0);
	run_with(&scene, 2, "daemon finish:passed", LEAK_REPORT, 0);
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	assert_true(evidence_has(&scene, "\"left_over\":\""));
	expect_log(&scene, "warning: left 1 process behind, to be ended with its test process: ");
	/* Those before are known. */
	run_with(&scene, 3, "finish:passed", LEAK_FAIL, 0);
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	run_with(&scene, 4, "daemon daemon finish:passed", LEAK_FAIL, 0);
	const struct event *event = finished(&scene);
	assert_int_equal(event->outcome, OUTCOME_FAILED);
	assert_memory_equal(event->message.data, "left 2 processes behind: ", 25);
	run_with(&scene, 5, "daemon finish:failed", LEAK_FAIL, 0);
	expect_finished(&scene, 5, OUTCOME_FAILED, NULL);
	assert_int_equal(bench_count(&scene.bench, EVENT_LOG), 3);
	close_scene(&scene);
}

static void what_was_set_up_to_stay_may_have_processes(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run_with(&scene, 1, "daemon finish-standing:", LEAK_FAIL, 0);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	run_with(&scene, 2, "finish:passed", LEAK_FAIL, 0);
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	assert_int_equal(bench_count(&scene.bench, EVENT_LOG), 0);
	close_scene(&scene);
}

/* --- memory --- */

static void test_beyond_its_memory_is_ended(void **state)
{
	(void)state;
	struct scene scene;
	if (!lists_children())
		skip();
	open_scene(&scene, STAND_IN_PLAIN);
	run_with(&scene, 1, "finish:passed", LEAK_REPORT, (uint64_t)400 << 20);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	run_with(&scene, 2, "fill:500", LEAK_REPORT, (uint64_t)400 << 20);
	const struct event *event = finished(&scene);
	assert_int_equal(event->outcome, OUTCOME_CRASHED);
	assert_memory_equal(event->message.data, "used more than --mem-limit 400M: ", 33);
	assert_true(evidence_has(&scene, "\"killed_by\":\"xtop\",\"limit\":419430400,\"rss\":"));
	run_with(&scene, 3, "finish:passed", LEAK_REPORT, (uint64_t)400 << 20);
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void peak_is_that_of_each_test(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "eat:64 finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	assert_true(event_has(&scene.bench.event, rss));
	uint64_t rss = scene.bench.event.rss;
	assert_true(rss > (uint64_t)64 << 20);
	run(&scene, 2, "finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	assert_true(event_has(&scene.bench.event, rss));
	assert_true(scene.bench.event.rss < rss - ((uint64_t)32 << 20));
	close_scene(&scene);
}

/* --- what comes next --- */

static void held_test_is_announced_as_the_next(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "hold ask:passed finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
	struct job *job = bench_make_job(2, scene.name, "finish:passed");
	job->ordinal = 3;
	bench_send_job(&scene.bench, job);
	struct command command = { .type = COMMAND_SIGNAL, .test = 1, .signal = SIGCONT };
	bench_send(&scene.bench, &command);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "held\n{\"do\":\"next\",\"test\":\"finish:passed\",\"ordinal\":3}\n");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	assert_int_equal(bench_count(&scene.bench, MESSAGE_WANTS), 0);
	close_scene(&scene);
}

static void controller_is_asked_where_nothing_is_held(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "ask:passed hang finish:passed");
	const struct bench_record *record = bench_wait(&scene.bench, MESSAGE_WANTS);
	assert_int_equal(record->length, 1 + 8 + 1);
	assert_int_equal(record->bytes[9], 0);
	run(&scene, 2, "ask:failed finish:failed");
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT); /* so it has its answer */
	bench_command(&scene.bench, COMMAND_RECALL, 2); /* too late: it was promised */
	cancel(&scene, 1, "x");
	expect_finished(&scene, 1, OUTCOME_NOTRUN, NULL);
	expect_output(&scene, 1, 0,
		      "{\"do\":\"next\",\"test\":\"ask:failed finish:failed\",\"ordinal\":1}\ninterrupt 2\n");
	record = bench_wait(&scene.bench, MESSAGE_WANTS);
	assert_int_equal(record->bytes[9], 1);
	bench_command(&scene.bench, COMMAND_NO_NEXT, 1); /* of another test: no answer to this one */
	run(&scene, 3, "ask:passed finish:passed");
	expect_finished(&scene, 2, OUTCOME_FAILED, NULL);
	expect_output(&scene, 2, 0, "{\"do\":\"next\",\"test\":\"ask:passed finish:passed\",\"ordinal\":1}\n");
	bench_wait(&scene.bench, MESSAGE_WANTS);
	bench_command(&scene.bench, COMMAND_NO_NEXT, 3);
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	expect_output(&scene, 3, 0, "{\"do\":\"next\"}\n");
	assert_int_equal(bench_count(&scene.bench, MESSAGE_RETURNED), 0);
	close_scene(&scene);
}

static void failed_test_that_may_be_rerun_comes_again(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	struct job *job = bench_make_job(1, scene.name, "hold ask:failed finish:failed");
	job->may_rerun = true;
	bench_send_job(&scene.bench, job);
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
	run(&scene, 2, "finish:passed");
	struct command command = { .type = COMMAND_SIGNAL, .test = 1, .signal = SIGCONT };
	bench_send(&scene.bench, &command);
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 2);
	expect_finished(&scene, 1, OUTCOME_FAILED, NULL);
	expect_output(&scene, 1, 0, "held\n{\"do\":\"next\",\"again\":true}\n");
	/* Where the test itself or its outcome is against it, it is asked as always. */
	static const char *const others[] = { "ask-norerun:failed finish:failed", "ask:passed finish:passed" };
	for (uint64_t i = 0; i < 2; i++) {
		job = bench_make_job(3 + i, scene.name, others[i]);
		job->may_rerun = true;
		bench_send_job(&scene.bench, job);
		assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_WANTS), 3 + i);
		bench_command(&scene.bench, COMMAND_NO_NEXT, 3 + i);
		finished(&scene);
	}
	close_scene(&scene);
}

/* The controller sent it when it did not know yet what comes next. */
static void job_sent_behind_a_test_that_comes_again_goes_back(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	struct job *job = bench_make_job(1, scene.name, "ask:failed finish:failed");
	job->may_rerun = true;
	bench_send_job(&scene.bench, job);
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_AGAIN), 1);
	expect_finished(&scene, 1, OUTCOME_FAILED, NULL);
	for (uint64_t test = 2; test <= 3; test++) {
		job = bench_make_job(test, scene.name, "finish:passed");
		job->behind = 1;
		bench_send_job(&scene.bench, job);
		assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), test);
	}
	/* Another one meanwhile, which the controller sent knowing all that. */
	run(&scene, 4, "hold finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
	job = bench_make_job(1, scene.name, "hold finish:passed");
	job->attempt = 2;
	job->behind = 4;
	bench_send_job(&scene.bench, job);
	struct command command = { .type = COMMAND_SIGNAL, .test = 4, .signal = SIGCONT };
	bench_send(&scene.bench, &command);
	expect_finished(&scene, 4, OUTCOME_PASSED, NULL);
	bench_wait(&scene.bench, EVENT_TEST_OUTPUT);
	job = bench_make_job(5, scene.name, "finish:passed");
	job->behind = 1;
	bench_send_job(&scene.bench, job);
	command.test = 1;
	bench_send(&scene.bench, &command);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_finished(&scene, 5, OUTCOME_PASSED, NULL);
	assert_int_equal(bench_count(&scene.bench, MESSAGE_RETURNED), 2);
	close_scene(&scene);
}

static void keep_for(struct scene *scene, uint64_t running, const char *server)
{
	struct command command = { .type = COMMAND_KEEP,
				   .test = running,
				   .keep = { alloc_string(server), alloc_string("kept"), 2 } };
	bench_send(&scene->bench, &command);
	kept_test_fini(&command.keep);
}

static void what_a_waiting_rerun_needs_is_kept(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "ask:passed finish:passed");
	bench_wait(&scene.bench, MESSAGE_WANTS);
	keep_for(&scene, 2, scene.name); /* behind another test: no answer to this one */
	keep_for(&scene, 1, scene.name);
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "{\"do\":\"next\",\"test\":\"kept\",\"ordinal\":2}\n");
	run(&scene, 2, "ask:passed finish:passed");
	bench_wait(&scene.bench, MESSAGE_WANTS);
	keep_for(&scene, 2, "another");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	expect_output(&scene, 2, 0, "{\"do\":\"next\"}\n");
	/* What comes first is of another harness. */
	run(&scene, 3, "ask:passed finish:passed");
	bench_wait(&scene.bench, MESSAGE_WANTS);
	struct job *job = bench_make_job(4, "xtop-nobody-listens-here", "finish:passed");
	job->keep = (struct kept_test){ alloc_string(scene.name), alloc_string("kept"), 2 };
	bench_send_job(&scene.bench, job);
	expect_finished(&scene, 3, OUTCOME_PASSED, NULL);
	expect_output(&scene, 3, 0, "{\"do\":\"next\",\"test\":\"kept\",\"ordinal\":2}\n");
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 4);
	close_scene(&scene);
}

static void expect_standing(struct scene *scene, const char *bytes, size_t length)
{
	const struct bench_record *record = bench_wait(&scene->bench, MESSAGE_STANDS);
	assert_int_equal(record->length, 1 + length);
	assert_memory_equal(record->bytes + 1, bytes, length);
}

static void what_stands_is_told_where_it_changes(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	static const char *const ids[] = { "finish:passed",   "finish-in:a.py", "finish-in:a.py", "finish-alone:a.py",
					   "finish-in:", "finish:passed",  "finish-in:a.py", "segv" };
	uint64_t test = 0;
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		run(&scene, ++test, ids[i]);
		bench_wait(&scene.bench, EVENT_TEST_FINISHED);
	}
	scene.bench.looked = 0;
	expect_standing(&scene, "\1a.py", 5);
	expect_standing(&scene, "\2a.py", 5);
	expect_standing(&scene, "\1", 1);
	expect_standing(&scene, "\0", 1);
	expect_standing(&scene, "\1a.py", 5);
	/* All is gone with it, which is known before its test is run again. */
	expect_standing(&scene, "\0", 1);
	const struct bench_record *record = bench_wait(&scene.bench, MESSAGE_HARNESS_GONE);
	assert_int_equal(record->length, 1 + strlen(scene.name));
	expect_finished(&scene, test, OUTCOME_CRASHED, "killed by SIGSEGV");
	assert_int_equal(bench_count(&scene.bench, MESSAGE_STANDS), 6);
	close_scene(&scene);
}

static void test_of_another_server_is_no_next(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "ask:passed finish:passed");
	bench_wait(&scene.bench, MESSAGE_WANTS);
	bench_job(&scene.bench, 2, "xtop-nobody-listens-here", "finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	expect_output(&scene, 1, 0, "{\"do\":\"next\"}\n");
	assert_int_equal(bench_wait_number(&scene.bench, MESSAGE_RETURNED), 2);
	close_scene(&scene);
}

/* --- leaving --- */

static void retired_worker_has_no_process_and_can_go_on(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	bench_retire(&scene.bench); /* none there at all */
	run(&scene, 1, "farewell:bye finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	pid_t pid = (pid_t)scene.bench.event.pid;
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	bench_retire(&scene.bench);
	assert_int_equal(kill(pid, 0), -1);
	expect_log(&scene, "bye");
	run(&scene, 2, "finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	close_scene(&scene);
}

static void leaving_worker_ends_its_processes_first(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "late:teardown_failed farewell:bye finish:passed");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	pid_t pid = (pid_t)scene.bench.event.pid;
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	assert_int_equal(bench_leave(&scene.bench), 0);
	assert_int_equal(kill(pid, 0), -1);
	expect_log(&scene, "error: teardown_failed\n");
	expect_log(&scene, "note: printed outside of any test: bye\n");
	bench_end(&scene.bench);
	stand_in_end(scene.server);
}

static void process_ends_when_its_worker_dies(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	run(&scene, 1, "stubborn");
	bench_wait(&scene.bench, EVENT_TEST_STARTED);
	pid_t pid = (pid_t)scene.bench.event.pid;
	kill(scene.bench.worker, SIGKILL);
	while (kill(pid, 0) == 0)
		usleep(1000);
	bench_end(&scene.bench);
	stand_in_end(scene.server);
}

/* --- a full lane --- */

static void full_lane_holds_output_and_loses_none(void **state)
{
	(void)state;
	struct scene scene;
	scene.server = stand_in_serve(STAND_IN_PLAIN, scene.name);
	bench_start(&scene.bench, (size_t)sysconf(_SC_PAGESIZE), false);
	struct job *job = bench_make_job(1, scene.name, "spew:600000 err:end full");
	job->timeout = CLOCK_SECOND / 10;
	bench_send_job(&scene.bench, job);
	/* Nobody drains until long after the deadline, whose clock stands still then. */
	usleep(400000);
	const struct event *event = finished(&scene);
	assert_int_equal(event->outcome, OUTCOME_XFAILED);
	char *text = bench_output(&scene.bench, 1, STREAM_STDOUT);
	assert_int_equal(strlen(text), 600001);
	free(text);
	expect_output(&scene, 1, STREAM_STDERR, "end\ncaptured\n");
	run(&scene, 2, "print:x finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	expect_output(&scene, 2, 0, "x\n");
	close_scene(&scene);
}

static void crash_behind_a_full_lane_keeps_its_output(void **state)
{
	(void)state;
	struct scene scene;
	scene.server = stand_in_serve(STAND_IN_PLAIN, scene.name);
	bench_start(&scene.bench, (size_t)sysconf(_SC_PAGESIZE), false);
	run(&scene, 1, "spew:60000 print:last segv");
	usleep(200000);
	expect_finished(&scene, 1, OUTCOME_CRASHED, "killed by SIGSEGV: last");
	char *text = bench_output(&scene.bench, 1, STREAM_STDOUT);
	assert_int_equal(strlen(text), 60006);
	free(text);
	close_scene(&scene);
}

static void output_in_a_wide_pipe_is_all_of_its_test(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	run(&scene, 1, "wide spew:300000 finish:passed");
	expect_finished(&scene, 1, OUTCOME_PASSED, NULL);
	char *text = bench_output(&scene.bench, 1, 0);
	assert_int_equal(strlen(text), 300001);
	free(text);
	run(&scene, 2, "print:own finish:passed");
	expect_finished(&scene, 2, OUTCOME_PASSED, NULL);
	expect_output(&scene, 2, 0, "own\n");
	close_scene(&scene);
}

static void output_beyond_the_limit_is_cut_for_each_attempt(void **state)
{
	(void)state;
	struct scene scene;
	open_scene(&scene, STAND_IN_PLAIN);
	for (uint64_t test = 1; test <= 2; test++) {
		struct job *job = bench_make_job(test, scene.name, "spew:100000 print:tail finish:passed");
		job->output_limit = 1000;
		bench_send_job(&scene.bench, job);
		expect_finished(&scene, test, OUTCOME_PASSED, NULL);
		char *text = bench_output(&scene.bench, test, 0);
		size_t length = strlen(text);
		assert_true(length > 1000 && length < 50000);
		assert_string_equal(text + length - 5, "tail\n");
		free(text);
	}
	close_scene(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tests_run_one_after_another_in_one_process),
		cmocka_unit_test(all_that_a_verdict_can_have_is_handed_on),
		cmocka_unit_test(test_sees_its_worker_and_itself),
		cmocka_unit_test(verdict_against_reruns_is_handed_on),
		cmocka_unit_test(failure_that_stops_the_run_gives_back_what_is_held),
		cmocka_unit_test(crash_names_the_signal_and_the_last_line),
		cmocka_unit_test(crash_is_seen_though_a_child_holds_all_ends),
		cmocka_unit_test(verdict_before_a_crash_stands),
		cmocka_unit_test(verdict_that_is_still_being_read_stands_too),
		cmocka_unit_test(process_that_can_not_be_heard_is_ended),
		cmocka_unit_test(process_that_says_so_runs_no_other_test),
		cmocka_unit_test(process_that_dies_before_it_is_ready_is_an_error_of_its_test),
		cmocka_unit_test(process_that_is_killed_with_its_keeper_is_started_again),
		cmocka_unit_test(what_is_printed_outside_of_tests_is_no_test_s),
		cmocka_unit_test(server_that_is_not_there_gives_the_test_back),
		cmocka_unit_test(keeper_that_ends_when_it_is_needed_is_replaced),
		cmocka_unit_test(keeper_that_was_killed_is_replaced),
		cmocka_unit_test(keeper_that_does_not_react_is_not_needed),
		cmocka_unit_test(keepers_go_on_without_their_server),
		cmocka_unit_test(test_that_waits_for_its_process_can_be_recalled),
		cmocka_unit_test(server_of_each_test_runs_it),
		cmocka_unit_test(deadline_interrupts_and_the_process_lives_on),
		cmocka_unit_test(verdict_after_the_deadline_is_still_a_timeout),
		cmocka_unit_test(process_that_does_not_react_gets_term_and_kill),
		cmocka_unit_test(cancelled_test_was_not_run),
		cmocka_unit_test(cancelled_before_its_process_is_ready_is_not_run),
		cmocka_unit_test(signal_sent_by_hand_is_named),
		cmocka_unit_test(paused_test_s_deadline_stands_still),
		cmocka_unit_test(hang_after_the_call_is_one_in_teardown),
		cmocka_unit_test(process_that_outlives_its_test_is_told_by_mode),
		cmocka_unit_test(what_was_set_up_to_stay_may_have_processes),
		cmocka_unit_test(test_beyond_its_memory_is_ended),
		cmocka_unit_test(peak_is_that_of_each_test),
		cmocka_unit_test(held_test_is_announced_as_the_next),
		cmocka_unit_test(controller_is_asked_where_nothing_is_held),
		cmocka_unit_test(failed_test_that_may_be_rerun_comes_again),
		cmocka_unit_test(job_sent_behind_a_test_that_comes_again_goes_back),
		cmocka_unit_test(what_a_waiting_rerun_needs_is_kept),
		cmocka_unit_test(what_stands_is_told_where_it_changes),
		cmocka_unit_test(test_of_another_server_is_no_next),
		cmocka_unit_test(retired_worker_has_no_process_and_can_go_on),
		cmocka_unit_test(leaving_worker_ends_its_processes_first),
		cmocka_unit_test(process_ends_when_its_worker_dies),
		cmocka_unit_test(full_lane_holds_output_and_loses_none),
		cmocka_unit_test(crash_behind_a_full_lane_keeps_its_output),
		cmocka_unit_test(output_in_a_wide_pipe_is_all_of_its_test),
		cmocka_unit_test(output_beyond_the_limit_is_cut_for_each_attempt),
	};
	/* What is awaited comes, or never does: a red test is better than one that hangs. */
	alarm(600);
	return cmocka_run_group_tests_name("harness", tests, NULL, NULL);
}
