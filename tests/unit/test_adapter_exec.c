#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapter/adapter.h"
#include "base/fs.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int make_directory(void **state)
{
	char template[] = "/tmp/xtop-test-XXXXXX";
	char *directory = mkdtemp(template);

	if (!directory)
		return -1;
	*state = alloc_string(directory);
	return 0;
}

static int remove_directory(void **state)
{
	struct error error = ERROR_INIT;
	int status = fs_remove_tree(*state, &error);

	free(*state);
	return status;
}

static char *make_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	struct error error = ERROR_INIT;
	char *path = fs_join(directory, name);

	assert_int_equal(fs_write_atomically(path, text, strlen(text), &error), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static void check_ending(struct ending ending, enum outcome outcome, const char *message, const char *reason)
{
	struct result result;

	adapter_exec.conclude(NULL, &ending, &result);
	assert_int_equal(result.outcome, outcome);
	if (message)
		assert_string_equal(result.message, message);
	else
		assert_null(result.message);
	if (reason)
		assert_string_equal(result.reason, reason);
	else
		assert_null(result.reason);
	assert_false(result.bail_out);
	result_fini(&result);
}

static void exit_code_is_the_outcome(void **state)
{
	(void)state;
	check_ending((struct ending){.number = 0}, OUTCOME_PASSED, NULL, NULL);
	check_ending((struct ending){.number = 0, .last_line = "bye"}, OUTCOME_PASSED, NULL, NULL);
	check_ending((struct ending){.number = 77}, OUTCOME_SKIPPED, NULL, "exit code 77");
	check_ending((struct ending){.number = 77, .last_line = "no net\n"}, OUTCOME_SKIPPED, NULL, "no net");
	check_ending((struct ending){.number = 99}, OUTCOME_ERROR, "exit code 99", NULL);
	check_ending((struct ending){.number = 1}, OUTCOME_FAILED, "exit code 1", NULL);
	check_ending((struct ending){.number = 3, .last_line = "2 != 3"}, OUTCOME_FAILED,
		     "exit code 3: 2 != 3", NULL);
}

static void signal_is_a_crash_with_its_name(void **state)
{
	(void)state;
	check_ending((struct ending){.signaled = true, .number = SIGSEGV, .core_dumped = true},
		     OUTCOME_CRASHED, "killed by SIGSEGV (core dumped)", NULL);
	check_ending((struct ending){.signaled = true, .number = SIGABRT, .last_line = "Assertion failed"},
		     OUTCOME_CRASHED, "killed by SIGABRT: Assertion failed", NULL);
	check_ending((struct ending){.signaled = true, .number = 63}, OUTCOME_CRASHED, "killed by signal 63",
		     NULL);
	/* The numbers of exit codes mean nothing here. */
	check_ending((struct ending){.signaled = true, .number = 77}, OUTCOME_CRASHED, "killed by signal 77",
		     NULL);
}

static void long_last_line_is_cut_between_characters(void **state)
{
	char line[1000];
	struct ending ending = {.number = 1, .last_line = line};
	struct result result;

	(void)state;
	for (size_t i = 0; i + 3 < sizeof(line); i += 3)
		memcpy(line + i, "\xe2\x82\xac", 4);
	adapter_exec.conclude(NULL, &ending, &result);
	assert_true(strlen(result.message) < 250);
	assert_true(text_ends_with(result.message, "\xe2\x82\xac..."));
	result_fini(&result);
}

static void program_is_started_with_its_arguments(void **state)
{
	char *path = make_file(*state, "prog", "#!/bin/sh\n", 0755);
	char *args[] = {(char *)"-x", (char *)"a b"};
	struct launch launch;
	struct error error = ERROR_INIT;

	launch_init(&launch);
	assert_int_equal(adapter_exec.launch(path, args, 2, &launch, &error), 0);
	assert_int_equal(launch.argv.length, 3);
	assert_string_equal(launch.argv.items[0], path);
	assert_string_equal(launch.argv.items[1], "-x");
	assert_string_equal(launch.argv.items[2], "a b");
	assert_false(launch.split_streams);
	launch_fini(&launch);
	free(path);
}

static void check_refused(const char *directory, const char *path, const char *expected)
{
	struct launch launch;
	struct error error = ERROR_INIT;

	launch_init(&launch);
	launch.cwd = alloc_string(directory);
	assert_int_equal(adapter_exec.launch(path, NULL, 0, &launch, &error), -1);
	assert_string_equal(error.message, expected);
	launch_fini(&launch);
}

static void script_without_permission_is_refused(void **state)
{
	char *path = make_file(*state, "a.sh", "#!/bin/sh\n", 0644);

	check_refused(*state, path,
		      "a.sh is not executable: chmod +x a.sh, or, if it prints TAP, --adapter tap");
	free(path);
}

static void data_is_refused(void **state)
{
	char *path = make_file(*state, "notes.txt", "hello\n", 0644);

	check_refused(*state, path, "notes.txt is not executable: chmod +x notes.txt, if it is a program");
	free(path);
}

static void missing_interpreter_is_named(void **state)
{
	char *path = make_file(*state, "a", "#!/no/such/shell -e\n", 0755);

	check_refused(*state, path, "a: its interpreter /no/such/shell (first line) does not exist");
	free(path);
	path = make_file(*state, "b", "#!/usr/bin/env no-such-language\n", 0755);
	check_refused(*state, path,
		      "b needs no-such-language (first line), which is not on PATH: install it");
	free(path);
	path = make_file(*state, "c", "#!\n", 0755);
	check_refused(*state, path, "c: its first line is \"#!\" without an interpreter");
	free(path);
}

static void first_line_of_another_system_is_named(void **state)
{
	char *path = make_file(*state, "a", "#!/bin/sh\r\nexit 0\r\n", 0755);

	check_refused(
		*state, path,
		"a: its first line ends with CR LF, so its interpreter can't be found: save it with plain newlines");
	free(path);
}

static void directory_and_nothing_are_refused(void **state)
{
	char *path = fs_join(*state, "nothing");
	char *expected = alloc_format("%s is a directory, not a program", fs_name_of(*state));

	check_refused("/tmp", *state, expected);
	check_refused(*state, path, "nothing: No such file or directory");
	free(expected);
	free(path);
}

static void path_of_the_suite_counts(void **state)
{
	char *bin = fs_join(*state, "bin");
	char *tool, *path;
	struct launch launch;
	struct error error = ERROR_INIT;

	assert_int_equal(fs_make_directories(bin, &error), 0);
	tool = make_file(bin, "tool-of-mine", "#!/bin/sh\n", 0755);
	path = make_file(*state, "a", "#!/usr/bin/env tool-of-mine\n", 0755);
	launch_init(&launch);
	vec_push(&launch.environment, alloc_format("PATH=/nowhere:%s", bin));
	assert_int_equal(adapter_exec.launch(path, NULL, 0, &launch, &error), 0);
	launch_fini(&launch);
	free(bin);
	free(tool);
	free(path);
}

static void adapters_are_found_by_name(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	assert_ptr_equal(adapter_find("exec"), &adapter_exec);
	assert_ptr_equal(adapter_find("tap"), &adapter_tap);
	assert_null(adapter_find("tap "));
	assert_null(adapter_need("tob", &error));
	assert_string_equal(error.message, "there is no adapter 'tob': expected one of tap, exec, pytest");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(exit_code_is_the_outcome),
		cmocka_unit_test(signal_is_a_crash_with_its_name),
		cmocka_unit_test(long_last_line_is_cut_between_characters),
		cmocka_unit_test_setup_teardown(program_is_started_with_its_arguments, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(script_without_permission_is_refused, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(data_is_refused, make_directory, remove_directory),
		cmocka_unit_test_setup_teardown(missing_interpreter_is_named, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(first_line_of_another_system_is_named, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(directory_and_nothing_are_refused, make_directory,
						remove_directory),
		cmocka_unit_test_setup_teardown(path_of_the_suite_counts, make_directory, remove_directory),
		cmocka_unit_test(adapters_are_found_by_name),
	};

	return cmocka_run_group_tests_name("adapter_exec", tests, NULL, NULL);
}
