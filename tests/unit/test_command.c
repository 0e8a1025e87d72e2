#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "worker/command.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static struct job *some_job(void)
{
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	job->test = UINT64_C(1) << 40;
	job->attempt = 3;
	job->id = alloc_string("dir/with blank::caf\xc3\xa9 [1-\n]");
	job->adapter = &adapter_tap;
	vec_push(&job->launch.argv, alloc_string("/bin/echo"));
	vec_push(&job->launch.argv, alloc_string(""));
	vec_push(&job->launch.argv, alloc_string("two words"));
	vec_push(&job->launch.environment, alloc_string("A=1"));
	vec_push(&job->launch.environment, alloc_string("EMPTY="));
	job->launch.cwd = alloc_string("/tmp");
	job->launch.split_streams = true;
	job->timeout = UINT64_C(1500000000);
	job->grace = 7;
	job->output_limit = UINT64_MAX;
	job->ordinal = 2;
	job->may_rerun = true;
	job->stop_on_failure = true;
	job->enough_stacks = true;
	return job;
}

static void job_comes_back_as_it_was(void **state)
{
	(void)state;
	struct str wire = STR_INIT;
	struct job *sent = some_job();
	struct command command = { .type = COMMAND_JOB, .job = sent }, back;
	command_encode(&command, &wire);
	assert_int_equal(command_decode(&wire, &back), 1);
	assert_int_equal(wire.length, 0);
	assert_int_equal(back.type, COMMAND_JOB);
	struct job *job = back.job;
	assert_non_null(job);
	assert_true(job->test == sent->test);
	assert_int_equal(job->attempt, 3);
	assert_string_equal(job->id, sent->id);
	assert_ptr_equal(job->adapter, &adapter_tap);
	assert_int_equal(job->launch.argv.length, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(job->launch.argv.items[i], sent->launch.argv.items[i]);
	assert_int_equal(job->launch.environment.length, 2);
	assert_string_equal(job->launch.environment.items[1], "EMPTY=");
	assert_string_equal(job->launch.cwd, "/tmp");
	assert_true(job->launch.split_streams);
	assert_true(job->timeout == sent->timeout);
	assert_true(job->grace == sent->grace);
	assert_true(job->output_limit == sent->output_limit);
	assert_int_equal(job->ordinal, 2);
	assert_true(job->may_rerun);
	assert_true(job->stop_on_failure);
	assert_true(job->enough_stacks);
	assert_null(job->server);
	command_fini(&back);
	job_free(sent);
	str_fini(&wire);
}

static void small_job_has_no_more_than_it_was_given(void **state)
{
	(void)state;
	struct str wire = STR_INIT;
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	job->test = 1;
	job->attempt = 1;
	job->id = alloc_string("a");
	job->adapter = &adapter_exec;
	vec_push(&job->launch.argv, alloc_string("/a"));
	struct command command = { .type = COMMAND_JOB, .job = job }, back;
	command_encode(&command, &wire);
	assert_int_equal(command_decode(&wire, &back), 1);
	assert_null(back.job->launch.cwd);
	assert_int_equal(back.job->launch.environment.length, 0);
	assert_false(back.job->launch.split_streams);
	assert_int_equal(back.job->timeout, 0);
	assert_null(back.reason);
	command_fini(&back);
	job_free(job);
	str_fini(&wire);
}

/* Its program is the server's business. */
static void job_of_a_server_needs_no_program(void **state)
{
	(void)state;
	struct str wire = STR_INIT;
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	job->test = job->attempt = job->ordinal = 1;
	job->id = alloc_string("a.py::test");
	job->server = alloc_string("xtop-server");
	vec_push(&job->launch.environment, alloc_string("A=1"));
	struct command command = { .type = COMMAND_JOB, .job = job }, back;
	command_encode(&command, &wire);
	assert_int_equal(command_decode(&wire, &back), 1);
	assert_string_equal(back.job->server, "xtop-server");
	assert_null(back.job->adapter);
	assert_int_equal(back.job->launch.argv.length, 0);
	assert_string_equal(back.job->launch.environment.items[0], "A=1");
	assert_false(back.job->may_rerun);
	assert_false(back.job->stop_on_failure);
	assert_false(back.job->enough_stacks);
	command_fini(&back);
	job_free(job);
	str_fini(&wire);
}

static void test_to_keep_for_comes_back(void **state)
{
	(void)state;
	struct str wire = STR_INIT;
	struct job *job = some_job();
	job->keep = (struct kept_test){ alloc_string("xtop-server"), alloc_string("a.py::kept"), 2 };
	struct command commands[] = { { .type = COMMAND_JOB, .job = job },
				      { .type = COMMAND_KEEP, .test = 9, .keep = job->keep } };
	for (size_t i = 0; i < 2; i++) {
		struct command back;
		command_encode(&commands[i], &wire);
		assert_int_equal(command_decode(&wire, &back), 1);
		const struct kept_test *keep = back.job ? &back.job->keep : &back.keep;
		assert_string_equal(keep->server, "xtop-server");
		assert_string_equal(keep->id, "a.py::kept");
		assert_int_equal(keep->ordinal, 2);
		assert_true(back.job ? back.job->test == job->test : back.test == 9);
		command_fini(&back);
	}
	/* Without one there is nothing to keep for. */
	struct command none = { .type = COMMAND_KEEP, .test = 9 }, back;
	command_encode(&none, &wire);
	assert_int_equal(command_decode(&wire, &back), -1);
	job_free(job);
	str_fini(&wire);
}

static void other_commands_come_back(void **state)
{
	static const struct command commands[] = {
		{ .type = COMMAND_RECALL, .test = 5 },
		{ .type = COMMAND_SPACE },
		{ .type = COMMAND_CANCEL, .test = 6, .reason = (char *)(uintptr_t)"interrupted" },
		{ .type = COMMAND_SIGNAL, .test = 7, .signal = SIGUSR1 },
		{ .type = COMMAND_PAUSE },
		{ .type = COMMAND_RESUME },
		{ .type = COMMAND_LEAVE },
		{ .type = COMMAND_NO_NEXT, .test = 8 },
		{ .type = COMMAND_RETIRE },
		{ .type = COMMAND_LOOK, .test = 9 },
	};
	enum { COUNT = sizeof(commands) / sizeof(*commands) };
	(void)state;
	struct str wire = STR_INIT;
	for (size_t i = 0; i < COUNT; i++)
		command_encode(&commands[i], &wire);
	for (size_t i = 0; i < COUNT; i++) {
		struct command back;
		assert_int_equal(command_decode(&wire, &back), 1);
		assert_int_equal(back.type, commands[i].type);
		assert_true(back.test == commands[i].test);
		assert_int_equal(back.signal, commands[i].signal);
		assert_null(back.job);
		if (commands[i].reason)
			assert_string_equal(back.reason, commands[i].reason);
		else
			assert_null(back.reason);
		command_fini(&back);
	}
	struct command none;
	assert_int_equal(command_decode(&wire, &none), 0);
	str_fini(&wire);
}

/* A stream may be cut anywhere. */
static void command_waits_for_its_last_byte(void **state)
{
	(void)state;
	struct str whole = STR_INIT, wire = STR_INIT;
	struct job *job = some_job();
	struct command command = { .type = COMMAND_JOB, .job = job }, back;
	command_encode(&command, &whole);
	for (size_t i = 0; i < whole.length; i++) {
		assert_int_equal(command_decode(&wire, &back), 0);
		str_add(&wire, whole.data + i, 1);
	}
	assert_int_equal(command_decode(&wire, &back), 1);
	assert_string_equal(back.job->id, job->id);
	command_fini(&back);
	job_free(job);
	str_fini(&whole);
	str_fini(&wire);
}

static void job_that_lacks_what_it_needs_is_refused(void **state)
{
	(void)state;
	for (int missing = 0; missing < 2; missing++) {
		struct str wire = STR_INIT;
		struct job *job = some_job();
		if (missing == 0) {
			free(job->id);
			job->id = NULL;
		} else {
			vec_each(&job->launch.argv, argument)
				free(*argument);
			vec_clear(&job->launch.argv);
		}
		struct command command = { .type = COMMAND_JOB, .job = job }, back;
		command_encode(&command, &wire);
		assert_int_equal(command_decode(&wire, &back), -1);
		job_free(job);
		str_fini(&wire);
	}
}

static void bytes_that_are_no_command_are_refused(void **state)
{
	(void)state;
	struct str wire = STR_INIT;
	uint32_t length = 5;
	struct command back;
	str_add(&wire, &length, sizeof(length));
	str_add(&wire, "\xff\xff\xff\xff\xff", 5);
	assert_int_equal(command_decode(&wire, &back), -1);
	str_clear(&wire);
	struct command unknown = { .type = (enum command_type)(COMMAND_LOOK + 1) };
	command_encode(&unknown, &wire);
	assert_int_equal(command_decode(&wire, &back), -1);
	str_clear(&wire);
	length = 0;
	str_add(&wire, &length, sizeof(length));
	assert_int_equal(command_decode(&wire, &back), -1);
	str_fini(&wire);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(job_comes_back_as_it_was),
		cmocka_unit_test(small_job_has_no_more_than_it_was_given),
		cmocka_unit_test(job_of_a_server_needs_no_program),
		cmocka_unit_test(test_to_keep_for_comes_back),
		cmocka_unit_test(other_commands_come_back),
		cmocka_unit_test(command_waits_for_its_last_byte),
		cmocka_unit_test(job_that_lacks_what_it_needs_is_refused),
		cmocka_unit_test(bytes_that_are_no_command_are_refused),
	};
	return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
