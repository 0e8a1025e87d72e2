#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapter/adapter.h"
#include "base/fs.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static char *make_bytes(const char *directory, const char *name, const char *bytes, size_t length,
			mode_t mode)
{
	struct error error = ERROR_INIT;
	char *path = fs_join(directory, name);

	assert_int_equal(fs_write_atomically(path, bytes, length, &error), 0);
	assert_int_equal(chmod(path, mode), 0);
	return path;
}

static char *make_file(const char *directory, const char *name, const char *text, mode_t mode)
{
	return make_bytes(directory, name, text, strlen(text), mode);
}

static const char *outcome_name(int outcome)
{
	static const char *const names[] = {
#define X(name, number, text) text,
		XTOP_OUTCOMES(X)
#undef X
	};

	return names[outcome];
}

static void emit(void *context, struct event *point)
{
	struct str *out = context;

	assert_int_equal(point->type, EVENT_TEST_POINT);
	assert_true(event_has(point, number) && event_has(point, depth) && event_has(point, outcome));
	str_add_format(out, "%" PRIu64 "/%" PRIu64 " %s", point->number, point->depth,
		       outcome_name(point->outcome));
	if (event_has(point, name))
		str_add_format(out, " [%.*s]", (int)point->name.length, point->name.data);
	if (event_has(point, reason))
		str_add_format(out, " (%.*s)", (int)point->reason.length, point->reason.data);
	if (event_has(point, message))
		str_add_format(out, " {%.*s}", (int)point->message.length, point->message.data);
	str_add_char(out, '\n');
}

static void check(const char *text, struct ending ending, enum outcome outcome, const char *message)
{
	struct str out = STR_INIT;
	struct reader *reader = adapter_tap.reader_new(emit, &out);
	struct result result;

	adapter_tap.reader_feed(reader, STREAM_STDOUT, text, strlen(text));
	adapter_tap.conclude(reader, &ending, &result);
	adapter_tap.reader_free(reader);
	assert_int_equal(result.outcome, outcome);
	if (message) {
		const char *found = outcome == OUTCOME_SKIPPED ? result.reason : result.message;

		assert_non_null(found);
		assert_string_equal(found, message);
	} else {
		assert_null(result.message);
		assert_null(result.reason);
	}
	assert_int_equal(result.bail_out, strstr(text, "Bail out!") != NULL);
	result_fini(&result);
	str_fini(&out);
}

static const struct ending fine = {.number = 0};

static void all_points_passed(void **state)
{
	(void)state;
	check("1..2\nok 1\nok 2 # SKIP x\n", fine, OUTCOME_PASSED, NULL);
	check("1..2\nnot ok 1 # TODO\nok 2 # TODO\n", fine, OUTCOME_PASSED, NULL);
	check("1..1\n    not ok 1\n    1..1\nok 1\n", fine, OUTCOME_PASSED, NULL);
}

static void failed_points_are_listed(void **state)
{
	(void)state;
	check("not ok 1\n1..1\n", fine, OUTCOME_FAILED, "failed 1 of 1 point: 1");
	check("1..3\nok 1\nnot ok 2\nnot ok 3\n", (struct ending){.number = 2, .last_line = "# Looks like"},
	      OUTCOME_FAILED, "failed 2 of 3 points: 2, 3, exit code 2");
	check("not ok\nnot ok\nnot ok\nnot ok\nnot ok\nnot ok\nnot ok\nnot ok\nnot ok\nok\nnot ok\n1..11\n",
	      fine, OUTCOME_FAILED, "failed 10 of 11 points: 1, 2, 3, 4, 5, 6, 7, 8 and 2 more");
}

static void broken_plan_fails(void **state)
{
	(void)state;
	check("1..10\nok 1\n", (struct ending){.number = 255, .last_line = "died at x line 3."},
	      OUTCOME_FAILED, "planned 10 points but ran 1, exit code 255: died at x line 3.");
	check("ok 1\n", fine, OUTCOME_FAILED, "no plan found in TAP output");
	check("1..1\nok 2\nok 3\n", fine, OUTCOME_FAILED,
	      "failed 1 of 2 points: 3, point 2 came where 1 was expected (and 2 more TAP errors)");
}

static void nothing_printed_fails(void **state)
{
	(void)state;
	check("", fine, OUTCOME_FAILED, "no TAP in its output");
	check("hello\n", (struct ending){.number = 2, .last_line = "Can't locate Foo.pm"}, OUTCOME_FAILED,
	      "no TAP in its output, exit code 2: Can't locate Foo.pm");
}

static void exit_code_fails_although_all_passed(void **state)
{
	(void)state;
	check("1..1\nok 1\n", (struct ending){.number = 3, .last_line = "# why"}, OUTCOME_FAILED,
	      "exit code 3: # why");
	check("1..1\nok 1\n", (struct ending){.number = 3, .last_line = "ok 1"}, OUTCOME_FAILED,
	      "exit code 3");
	check("ok 1\n1..1\n", (struct ending){.number = 3, .last_line = "1..1"}, OUTCOME_FAILED,
	      "exit code 3");
}

static void signal_is_a_crash(void **state)
{
	(void)state;
	check("1..1\nok 1\n", (struct ending){.signaled = true, .number = SIGTERM}, OUTCOME_CRASHED,
	      "killed by SIGTERM");
	check("1..3\nok 1\n", (struct ending){.signaled = true, .number = SIGSEGV, .core_dumped = true},
	      OUTCOME_CRASHED, "killed by SIGSEGV (core dumped), planned 3 points but ran 1");
}

static void skip_all_is_skipped(void **state)
{
	(void)state;
	check("1..0 # SKIP no net\n", fine, OUTCOME_SKIPPED, "no net");
	check("1..0\n", fine, OUTCOME_SKIPPED, "no reason given");
	check("1..0 # SKIP no net\n", (struct ending){.number = 1}, OUTCOME_FAILED, "exit code 1");
	check("1..0 # SKIP no net\nok 1\n", fine, OUTCOME_FAILED,
	      "failed 1 of 1 point: 1, planned 0 points but ran 1");
}

static void bail_out_comes_first(void **state)
{
	(void)state;
	check("1..3\nnot ok 1\nBail out! No database\n", (struct ending){.number = 255}, OUTCOME_FAILED,
	      "Bail out! No database");
	check("Bail out!\n", fine, OUTCOME_FAILED, "Bail out!");
	check("Bail out! x\n", (struct ending){.signaled = true, .number = SIGKILL}, OUTCOME_CRASHED,
	      "Bail out! x, killed by SIGKILL");
}

static void points_become_events(void **state)
{
	static const char text[] =
		"1..6\nok 1 - a\nnot ok 2 - b\n# why\nok 3 # SKIP c\nnot ok 4 # TODO d\nok 5 # TODO e\n"
		"    ok 1 - inner\n    1..1\nok 6\nok 7\n";
	struct str out = STR_INIT;
	struct reader *reader = adapter_tap.reader_new(emit, &out);
	struct result result;

	(void)state;
	adapter_tap.reader_feed(reader, STREAM_STDOUT, text, sizeof(text) - 1);
	adapter_tap.conclude(reader, &fine, &result);
	assert_string_equal(out.data,
			    "1/0 passed [a]\n2/0 failed [b] {why}\n3/0 skipped (c)\n4/0 xfailed (d)\n"
			    "5/0 xpassed (e)\n1/1 passed [inner]\n6/0 passed\n"
			    "7/0 failed {more points than planned}\n");
	result_fini(&result);
	adapter_tap.reader_free(reader);
	str_fini(&out);
}

static void stderr_is_no_tap(void **state)
{
	struct str out = STR_INIT;
	struct reader *reader = adapter_tap.reader_new(emit, &out);
	struct result result;

	(void)state;
	adapter_tap.reader_feed(reader, STREAM_STDOUT, "1..1\no", 6);
	adapter_tap.reader_feed(reader, STREAM_STDERR, "not ok 5\nBail out!\n", 19);
	adapter_tap.reader_feed(reader, STREAM_STDOUT, "k 1\n", 4);
	adapter_tap.conclude(reader, &fine, &result);
	assert_int_equal(result.outcome, OUTCOME_PASSED);
	assert_string_equal(out.data, "1/0 passed\n");
	result_fini(&result);
	adapter_tap.reader_free(reader);
	str_fini(&out);
}

/* The argv of `name` in `directory`, one a line; what stands before the last '/' of a command found on PATH is cut. */
static void check_launch(const char *directory, const char *name, const char *expected)
{
	char *path = fs_join(directory, name);
	char *args[] = {(char *)"arg"};
	struct launch launch;
	struct error error = ERROR_INIT;
	struct str out = STR_INIT;

	launch_init(&launch);
	launch.cwd = alloc_string(directory);
	vec_push(&launch.environment, alloc_format("PATH=%s/bin", directory));
	vec_push(&launch.environment, alloc_string("PERL5LIB=/one::/two"));
	if (adapter_tap.launch(path, args, 1, &launch, &error) == 0) {
		assert_true(launch.split_streams);
		vec_each(&launch.argv, it)
		{
			char *short_name = fs_relative(*it, directory);

			str_add_format(&out, "%s%s", out.length > 0 ? " " : "", short_name);
			free(short_name);
		}
	} else {
		str_add_text(&out, error.message);
	}
	assert_string_equal(out.data, expected);
	str_fini(&out);
	launch_fini(&launch);
	free(path);
}

static int make_commands(void **state)
{
	static const char *const names[] = {"perl", "bats", "tool"};
	struct error error = ERROR_INIT;
	char *bin;

	if (make_directory(state) != 0)
		return -1;
	bin = fs_join(*state, "bin");
	if (fs_make_directories(bin, &error) != 0)
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		free(make_file(bin, names[i], "#!/bin/sh\n", 0755));
	free(bin);
	return 0;
}

static void perl_scripts_are_run_by_the_perl_on_path(void **state)
{
	free(make_file(*state, "a.t", "print 1;\n", 0644));
	free(make_file(*state, "b.t", "print 1;\n", 0755));
	free(make_file(*state, "c.t", "#!/usr/local/bin/perl5.36 -w\n", 0644));
	free(make_file(*state, "d.sh", "#!/usr/bin/env perl\n", 0755));
	free(make_file(*state, "-e.t", "print 1;\n", 0644));
	check_launch(*state, "a.t", "bin/perl a.t arg");
	check_launch(*state, "b.t", "bin/perl b.t arg");
	check_launch(*state, "c.t", "bin/perl c.t arg");
	check_launch(*state, "d.sh", "bin/perl d.sh arg");
	check_launch(*state, "-e.t", "bin/perl ./-e.t arg");
}

static void taint_mode_goes_onto_the_command_line(void **state)
{
	free(make_file(*state, "a.t", "#!perl -T\n", 0644));
	free(make_file(*state, "b.t", "#!/usr/bin/perl -w -wt\n", 0644));
	free(make_file(*state, "c.t", "#!/usr/bin/perl -w -Mstrict -It\n", 0644));
	check_launch(*state, "a.t", "bin/perl -T -I/one -I/two a.t arg");
	check_launch(*state, "b.t", "bin/perl -t -I/one -I/two b.t arg");
	check_launch(*state, "c.t", "bin/perl c.t arg");
}

static void other_scripts_are_run_by_their_interpreter(void **state)
{
	free(make_file(*state, "a.t", "#!/bin/sh -e x\n", 0644));
	free(make_file(*state, "b.t", "#!/bin/sh\n", 0755));
	free(make_file(*state, "c.t", "#!/usr/bin/env tool\n", 0644));
	free(make_file(*state, "d.t", "#!/usr/bin/env no-such-language\n", 0644));
	free(make_file(*state, "e.t", "#!/no/such/shell\n", 0755));
	check_launch(*state, "a.t", "/bin/sh -e x a.t arg");
	check_launch(*state, "b.t", "b.t arg");
	check_launch(*state, "c.t", "/usr/bin/env tool c.t arg");
	check_launch(*state, "d.t",
		     "d.t needs no-such-language (first line), which is not on PATH: install it");
	check_launch(*state, "e.t", "e.t: its interpreter /no/such/shell (first line) does not exist");
}

static void bats_files_are_run_by_bats(void **state)
{
	free(make_file(*state, "a.bats", "@test 'x' { true; }\n", 0644));
	free(make_file(*state, "b", "#!/usr/bin/env bats\n", 0755));
	check_launch(*state, "a.bats", "bin/bats -t a.bats arg");
	check_launch(*state, "b", "bin/bats -t b arg");
}

static void programs_are_run_themselves(void **state)
{
	static const char binary[] = "\177ELF\2\1\1\0\0\0";

	free(make_bytes(*state, "a", binary, sizeof(binary) - 1, 0755));
	free(make_bytes(*state, "b.t", binary, sizeof(binary) - 1, 0755));
	free(make_bytes(*state, "c.t", binary, sizeof(binary) - 1, 0644));
	check_launch(*state, "a", "a arg");
	check_launch(*state, "b.t", "b.t arg");
	check_launch(*state, "c.t", "c.t is not executable: chmod +x c.t, if it is a program");
}

static void program_sees_that_it_talks_to_a_harness(void **state)
{
	char *path = make_file(*state, "a.t", "print 1;\n", 0644);

	for (int i = 0; i < 2; i++) {
		struct launch launch;
		struct error error = ERROR_INIT;

		assert_int_equal(unsetenv("HARNESS_ACTIVE"), 0);
		launch_init(&launch);
		vec_push(&launch.environment, alloc_format("PATH=%s/bin", (const char *)*state));
		if (i == 1)
			vec_push(&launch.environment, alloc_string("HARNESS_ACTIVE=0"));
		assert_int_equal(adapter_tap.launch(path, NULL, 0, &launch, &error), 0);
		assert_int_equal(launch.environment.length, 2);
		assert_string_equal(launch.environment.items[1],
				    i == 0 ? "HARNESS_ACTIVE=1" : "HARNESS_ACTIVE=0");
		launch_fini(&launch);
	}
	free(path);
}

static void missing_commands_are_named(void **state)
{
	char *perl = fs_join(*state, "bin/perl");

	assert_int_equal(unlink(perl), 0);
	free(make_file(*state, "a.t", "print 1;\n", 0644));
	check_launch(*state, "a.t", "a.t needs perl, which is not on PATH: install it");
	check_launch(*state, "z.t", "z.t: No such file or directory");
	free(perl);
}

static void recognised_by_name_or_first_line(void **state)
{
	struct slice none = {NULL, 0};

	(void)state;
	assert_true(adapter_tap.recognises("/x/a.t", none));
	assert_true(adapter_tap.recognises("/x/a.bats", none));
	assert_true(adapter_tap.recognises("/x/a", slice_of("#!/usr/bin/env bats\n")));
	assert_false(adapter_tap.recognises("/x/a", slice_of("#!/bin/sh\nbats\n")));
	assert_false(adapter_tap.recognises("/x/a", slice_of("bats\n")));
	assert_false(adapter_tap.recognises("/x/a.sh", none));
	assert_false(adapter_tap.recognises("/x/at", none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_points_passed),
		cmocka_unit_test(failed_points_are_listed),
		cmocka_unit_test(broken_plan_fails),
		cmocka_unit_test(nothing_printed_fails),
		cmocka_unit_test(exit_code_fails_although_all_passed),
		cmocka_unit_test(signal_is_a_crash),
		cmocka_unit_test(skip_all_is_skipped),
		cmocka_unit_test(bail_out_comes_first),
		cmocka_unit_test(points_become_events),
		cmocka_unit_test(stderr_is_no_tap),
		cmocka_unit_test_setup_teardown(perl_scripts_are_run_by_the_perl_on_path, make_commands,
						remove_directory),
		cmocka_unit_test_setup_teardown(taint_mode_goes_onto_the_command_line, make_commands,
						remove_directory),
		cmocka_unit_test_setup_teardown(other_scripts_are_run_by_their_interpreter, make_commands,
						remove_directory),
		cmocka_unit_test_setup_teardown(bats_files_are_run_by_bats, make_commands, remove_directory),
		cmocka_unit_test_setup_teardown(programs_are_run_themselves, make_commands, remove_directory),
		cmocka_unit_test_setup_teardown(program_sees_that_it_talks_to_a_harness, make_commands,
						remove_directory),
		cmocka_unit_test_setup_teardown(missing_commands_are_named, make_commands, remove_directory),
		cmocka_unit_test(recognised_by_name_or_first_line),
	};

	return cmocka_run_group_tests_name("adapter_tap", tests, NULL, NULL);
}
