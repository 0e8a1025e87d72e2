#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapter/collect.h"
#include "base/fs.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A project in a directory of its own, which is the current one while a test runs. */
struct project {
	char *root;
	char *before;
	struct invocation invocation;
};

static int make_project(void **state)
{
	char template[] = "/tmp/xtop-test-XXXXXX";
	struct project *project = ALLOC_NEW(struct project);

	project->before = getcwd(NULL, 0);
	if (!project->before || !mkdtemp(template) || chdir(template) != 0)
		return -1;
	project->root = fs_absolute(".");
	project->invocation.config.root = alloc_string(project->root);
	*state = project;
	return 0;
}

static int remove_project(void **state)
{
	struct project *project = *state;
	struct error error = ERROR_INIT;
	int status = chdir(project->before);

	if (fs_remove_tree(project->root, &error) != 0)
		status = -1;
	invocation_fini(&project->invocation);
	free(project->root);
	free(project->before);
	free(project);
	return status;
}

static void make(const char *path, const char *text, mode_t mode)
{
	struct error error = ERROR_INIT;
	char *directory = fs_directory_of(path);

	assert_int_equal(fs_make_directories(directory, &error), 0);
	assert_int_equal(fs_write_atomically(path, text, strlen(text), &error), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(directory);
}

static void make_program(const char *path)
{
	make(path, "#!/bin/sh\n", 0755);
}

static void make_perl(const char *path)
{
	make(path, "#!/bin/sh\nsays('perl');\n", 0644);
}

static void add_argument(struct project *project, const char *argument)
{
	vec_push(&project->invocation.config.arguments, alloc_string(argument));
}

/* The suite is at xtop.yaml:7:3. */
static void add_suite(struct project *project, const char *name, const char *adapter, const char *program)
{
	struct suite_config *suite = config_add_suite(&project->invocation.config, alloc_string(name));

	suite->file = "xtop.yaml";
	suite->line = 7;
	suite->column = 3;
	if (adapter)
		suite->adapter = alloc_string(adapter);
	vec_push(&suite->programs, alloc_string(program));
}

static void take_found(void *context, struct found_test *test)
{
	struct str *out = context;

	assert_true(test->program[0] == '/');
	assert_string_equal(test->id, test->file);
	str_add_format(out, "%s %s %s\n", test->suite->name, test->adapter->name, test->id);
	found_test_fini(test);
}

static void take_broken(void *context, const struct suite_config *suite, const char *id, const char *message)
{
	str_add_format(context, "%s broken %s: %s\n", suite->name, id, message);
}

static void take_note(void *context, const char *message)
{
	str_add_format(context, "note %s\n", message);
}

/* The directory has another name in each run. */
static void hide_root(struct str *text, const char *root)
{
	const char *at = strstr(text->data, root);
	struct str hidden = STR_INIT;

	if (!at)
		return;
	str_add(&hidden, text->data, (size_t)(at - text->data));
	str_add_format(&hidden, "ROOT%s", at + strlen(root));
	str_fini(text);
	*text = hidden;
}

/* Prepares and collects: a line for each thing found, and after "error: " what was wrong. */
static void check(struct project *project, const char *expected)
{
	struct str out = STR_INIT;
	struct collector collector = {
		.found = take_found, .broken = take_broken, .note = take_note, .context = &out};
	struct error error = ERROR_INIT;
	const struct config *config = &project->invocation.config;
	long count = 0;

	if (collect_prepare(&project->invocation.config, &error) == 0)
		count = collect_tests(config, &collector, &error);
	if (error.message[0]) {
		str_add_format(&out, "error: %s\n", error.message);
	} else {
		size_t lines = 0;

		for (const char *at = out.data; *at; at++)
			lines += *at == '\n' && (at == out.data || strncmp(at + 1, "note", 4) != 0);
		if (text_starts_with(out.data, "note"))
			lines--;
		assert_int_equal(count, lines);
	}
	hide_root(&out, project->root);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static void without_anything_the_usual_directories_are_looked_at(void **state)
{
	make_perl("t/b.t");
	make_perl("t/a.t");
	make_perl("t/lib/deep.t");
	make_perl("other/c.t");
	make_perl("tests/x.t");
	make_program("tests/test_one");
	make_program("tests/helper");
	make_program("test/check-two");
	check(*state,
	      "note tests: passed over 1 executable file not called like a test (tests/helper); name them, or "
	      "take all with --adapter exec\n"
	      "default tap t/a.t\ndefault tap t/b.t\ndefault exec tests/test_one\ndefault tap tests/x.t\n"
	      "default exec test/check-two\n");
}

static void empty_root_has_no_tests_and_says_where_it_looked(void **state)
{
	check(*state, "note nothing here looks like a test: xtop looks for pytest's test_*.py and *_test.py, and into "
		      "t/, tests/ and test/ for *.t and for executables called test_..., ..._test or check_...; name "
		      "others, or write xtop.yaml\n");
}

static void directory_is_searched_to_its_depth(void **state)
{
	make_perl("d/x.t");
	make_perl("d/e/f/y.t");
	make_perl("d/.hidden/z.t");
	make_perl("d/.z.t");
	/* With a first line of its own it needs no bats on this machine. */
	make("d/e/a.bats", "#!/bin/sh\n", 0644);
	add_argument(*state, "d/");
	check(*state, "default tap d/e/a.bats\ndefault tap d/e/f/y.t\ndefault tap d/x.t\n");
}

static void names_of_executables_decide_in_directories(void **state)
{
	static const char *const tests[] = {"d/test-a",  "d/test_a",    "d/test.a",    "d/a-test",
					    "d/a_test",  "d/a-test.sh", "d/a_test.sh", "d/a.test",
					    "d/check-a", "d/check_a"};
	static const char *const others[] = {"d/testa",   "d/atest",       "d/checka",
					     "d/a_tests", "d/test_a.o",    "d/test_a.la",
					     "d/test_a~", "d/test-driver", "d/test_a.so.1"};
	struct project *project = *state;

	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		make_program(tests[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		make_program(others[i]);
	make("d/test_no_permission", "#!/bin/sh\n", 0644);
	make("d/test_text.c", "int main(void);\n", 0755);
	add_argument(project, "d");
	check(project,
	      "note d: passed over 4 executable files not called like a test (d/a_tests, ...); name them, or "
	      "take all with --adapter exec\n"
	      "default exec d/a-test\ndefault exec d/a-test.sh\ndefault exec d/a.test\ndefault exec d/a_test\n"
	      "default exec d/a_test.sh\ndefault exec d/check-a\ndefault exec d/check_a\n"
	      "default exec d/test-a\ndefault exec d/test.a\ndefault exec d/test_a\n");
}

static void forced_adapter_takes_every_executable(void **state)
{
	struct project *project = *state;

	make_program("d/helper");
	make_program("d/test_a");
	make_perl("d/x.t");
	make("d/data", "x\n", 0644);
	project->invocation.config.adapter = alloc_string("tap");
	add_argument(project, "d");
	check(project, "default tap d/helper\ndefault tap d/test_a\ndefault tap d/x.t\n");
}

static void unknown_adapter_is_an_error(void **state)
{
	struct project *project = *state;

	project->invocation.config.adapter = alloc_string("tab");
	check(project, "error: --adapter: there is no adapter 'tab': expected one of tap, exec, pytest\n");
}

static void named_file_is_taken_whatever_its_name(void **state)
{
	make_program("helper");
	make_perl("x.t");
	add_argument(*state, "x.t");
	add_argument(*state, "./helper");
	add_argument(*state, "x.t");
	check(*state, "default tap x.t\ndefault exec helper\n");
}

static void named_file_that_is_no_program_is_an_error(void **state)
{
	make("notes", "hello\n", 0644);
	add_argument(*state, "notes");
	check(*state, "error: notes is not executable: chmod +x notes, if it is a program\n");
}

static void missing_path_is_an_error(void **state)
{
	add_argument(*state, "nothing.t");
	check(*state, "error: 'nothing.t' is no file or directory, and no test has it as its id\n");
}

static void empty_argument_is_an_error(void **state)
{
	add_argument(*state, "");
	check(*state, "error: an argument is empty: expected a path, the id of a test, or @FILE\n");
}

static void directory_without_tests_has_none_and_says_so(void **state)
{
	struct error error = ERROR_INIT;

	assert_int_equal(fs_make_directories("d", &error), 0);
	add_argument(*state, "d");
	check(*state,
	      "note nothing in ROOT/d looks like a test (*.t, *.bats, executables called test_..., ..._test, "
	      "check_...)\n");
}

static void directory_of_other_programs_has_none_and_says_so(void **state)
{
	make_program("d/helper");
	add_argument(*state, "d");
	check(*state,
	      "note d: passed over 1 executable file not called like a test (d/helper); name them, or take "
	      "all with --adapter exec\n");
}

static void list_file_holds_a_test_a_line(void **state)
{
	make_perl("t/a.t");
	make_perl("t/b.t");
	make_perl("t/c#d.t");
	make("list", "# all of them\n\n  t/b.t \r\nt/a.t\nt/c#d.t", 0644);
	add_argument(*state, "@list");
	check(*state, "default tap t/b.t\ndefault tap t/a.t\ndefault tap t/c#d.t\n");
}

static void error_in_a_list_file_has_its_line(void **state)
{
	make_perl("t/a.t");
	make("list", "t/a.t\n\nt/gone.t\n", 0644);
	add_argument(*state, "@list");
	check(*state, "error: list:3: 't/gone.t' is no file or directory, and no test has it as its id\n");
}

static void missing_list_file_is_an_error(void **state)
{
	add_argument(*state, "@list");
	check(*state, "error: list: No such file or directory\n");
}

static void list_without_tests_runs_nothing(void **state)
{
	make_perl("t/a.t");
	make("list", "# none\n", 0644);
	add_suite(*state, "perl", NULL, "t/*.t");
	add_argument(*state, "@list");
	check(*state, "");
}

static void patterns_of_suites_are_searched(void **state)
{
	make_perl("t/b.t");
	make_perl("t/a.t");
	make_perl("t/sub/c.t");
	make_program("bin/run");
	make_program("bin/walk");
	add_suite(*state, "perl", NULL, "t/**/*.t");
	add_suite(*state, "programs", "exec", "bin/*");
	check(*state,
	      "perl tap t/a.t\nperl tap t/b.t\nperl tap t/sub/c.t\nprograms exec bin/run\nprograms exec bin/walk\n");
}

static void program_is_once_in_a_suite(void **state)
{
	struct project *project = *state;

	make_perl("t/a.t");
	make_perl("t/b.t");
	add_suite(project, "one", NULL, "t/b.t");
	vec_push(&project->invocation.config.suites.items[0].programs, alloc_string("t/*.t"));
	add_suite(project, "two", NULL, "t");
	check(project, "one tap t/b.t\none tap t/a.t\ntwo tap t/a.t\ntwo tap t/b.t\n");
}

static void pattern_that_matches_nothing_is_an_error(void **state)
{
	add_suite(*state, "perl", NULL, "t/*.t");
	check(*state, "error: xtop.yaml:7:3: 't/*.t' matches no file below ROOT\n");
}

static void unknown_adapter_of_a_suite_is_an_error(void **state)
{
	make_perl("t/a.t");
	add_suite(*state, "perl", "prove", "t/*.t");
	check(*state, "error: xtop.yaml:7:3: there is no adapter 'prove': expected one of tap, exec, pytest\n");
}

static void broken_program_of_a_suite_does_not_stop_the_others(void **state)
{
	make("bin/data", "x\n", 0644);
	make("bin/nope", "#!/no/such/shell\n", 0755);
	make_program("bin/run");
	add_suite(*state, "programs", NULL, "bin/*");
	check(*state,
	      "programs broken bin/data: bin/data is not executable: chmod +x bin/data, if it is a program\n"
	      "programs broken bin/nope: its interpreter /no/such/shell (first line) does not exist\n"
	      "programs exec bin/run\n");
}

static void programs_are_below_the_suites_directory_or_the_root(void **state)
{
	struct project *project = *state;

	make_perl("sub/t/a.t");
	add_suite(project, "one", NULL, "t/*.t");
	add_suite(project, "two", NULL, "sub/t/*.t");
	for (int i = 0; i < 2; i++)
		project->invocation.config.suites.items[i].cwd = fs_join(project->root, "sub");
	check(project, "one tap sub/t/a.t\ntwo tap sub/t/a.t\n");
}

static void missing_directory_of_a_suite_is_an_error(void **state)
{
	struct project *project = *state;

	add_suite(project, "one", NULL, "t/*.t");
	project->invocation.config.suites.items[0].cwd = fs_join(project->root, "sub");
	check(project, "error: xtop.yaml:7:3: suite 'one': its cwd ROOT/sub is no directory\n");
}

static void chosen_suites_only(void **state)
{
	struct project *project = *state;

	make_perl("t/a.t");
	make_program("bin/run");
	add_suite(project, "perl", NULL, "t/*.t");
	add_suite(project, "programs", NULL, "bin/*");
	vec_push(&project->invocation.config.suite_names, alloc_string("programs"));
	check(project, "programs exec bin/run\n");
}

static void unknown_suite_is_an_error(void **state)
{
	struct project *project = *state;

	add_suite(project, "programs", NULL, "bin/*");
	vec_push(&project->invocation.config.suite_names, alloc_string("program"));
	check(project, "error: --suite program: there is no suite of that name; did you mean 'programs'?\n");
}

static void arguments_choose_among_the_suites_tests(void **state)
{
	make_perl("t/a.t");
	make_perl("t/b.t");
	make_perl("u/c.t");
	make_perl("un/d.t");
	make_program("bin/run");
	add_suite(*state, "perl", "tap", "[tu]*/*.t");
	add_suite(*state, "programs", NULL, "bin/*");
	add_suite(*state, "unbuilt", NULL, "build/*");
	add_argument(*state, "u");
	add_argument(*state, "t/b.t");
	check(*state, "perl tap u/c.t\nperl tap t/b.t\n");
}

static void what_no_suite_has_is_a_suite_of_its_own(void **state)
{
	make_perl("t/a.t");
	make_perl("x/b.t");
	make_program("bin/run");
	add_suite(*state, "perl", NULL, "t/*.t");
	add_argument(*state, "bin/run");
	add_argument(*state, "x");
	add_argument(*state, "t");
	check(*state, "perl tap t/a.t\ndefault exec bin/run\ndefault tap x/b.t\n");
}

static void program_of_two_suites_is_chosen_in_both(void **state)
{
	make_perl("t/a.t");
	add_suite(*state, "one", NULL, "t/*.t");
	add_suite(*state, "two", NULL, "t");
	add_argument(*state, "t/a.t");
	check(*state, "one tap t/a.t\ntwo tap t/a.t\n");
}

static void paths_are_from_here_and_ids_from_the_root(void **state)
{
	make_perl("t/a.t");
	make_perl("t/b.t");
	assert_int_equal(chdir("t"), 0);
	add_suite(*state, "perl", NULL, "t/*.t");
	add_argument(*state, "a.t");
	add_argument(*state, "t/b.t");
	check(*state, "perl tap t/a.t\nperl tap t/b.t\n");
}

static void nearly_right_id_has_a_suggestion(void **state)
{
	make_perl("t/alpha.t");
	add_suite(*state, "perl", NULL, "t/*.t");
	add_argument(*state, "t/alhpa.t");
	check(*state,
	      "error: 't/alhpa.t' is no file or directory, and no test has it as its id; did you mean "
	      "'t/alpha.t'?\n");
}

static void keep_launch(void *context, struct found_test *test)
{
	*(struct found_test *)context = *test;
}

static void launch_has_the_suites_settings(void **state)
{
	struct project *project = *state;
	struct config *config = &project->invocation.config;
	struct suite_config *suite;
	struct found_test test = {.suite = NULL};
	struct collector collector = {
		.found = keep_launch, .broken = take_broken, .note = take_note, .context = &test};
	struct error error = ERROR_INIT;
	struct launch launch;

	make_program("sub/run");
	add_suite(project, "one", NULL, "run");
	suite = &config->suites.items[0];
	suite->cwd = fs_join(project->root, "sub");
	vec_push(&suite->args, alloc_string("--fast"));
	vec_push(&suite->environment, alloc_string("A=b"));
	vec_push(&config->adapter_arguments, alloc_string("-v"));
	assert_int_equal(collect_prepare(config, &error), 0);
	assert_int_equal(collect_tests(config, &collector, &error), 1);
	assert_int_equal(collect_launch(config, &test, &launch, &error), 0);
	assert_string_equal(launch.cwd, suite->cwd);
	assert_int_equal(launch.argv.length, 3);
	assert_string_equal(launch.argv.items[0], test.program);
	assert_string_equal(launch.argv.items[1], "--fast");
	assert_string_equal(launch.argv.items[2], "-v");
	assert_int_equal(launch.environment.length, 1);
	assert_string_equal(launch.environment.items[0], "A=b");
	assert_string_equal(test.id, "sub/run");
	launch_fini(&launch);
	found_test_fini(&test);
}

static void program_outside_of_the_root_has_an_absolute_id(void **state)
{
	add_argument(*state, "/bin/sh");
	check(*state, "default exec /bin/sh\n");
}

#define project_test(name) cmocka_unit_test_setup_teardown(name, make_project, remove_project)

int main(void)
{
	const struct CMUnitTest tests[] = {
		project_test(without_anything_the_usual_directories_are_looked_at),
		project_test(empty_root_has_no_tests_and_says_where_it_looked),
		project_test(directory_is_searched_to_its_depth),
		project_test(names_of_executables_decide_in_directories),
		project_test(forced_adapter_takes_every_executable),
		project_test(unknown_adapter_is_an_error),
		project_test(named_file_is_taken_whatever_its_name),
		project_test(named_file_that_is_no_program_is_an_error),
		project_test(missing_path_is_an_error),
		project_test(empty_argument_is_an_error),
		project_test(directory_without_tests_has_none_and_says_so),
		project_test(directory_of_other_programs_has_none_and_says_so),
		project_test(list_file_holds_a_test_a_line),
		project_test(error_in_a_list_file_has_its_line),
		project_test(missing_list_file_is_an_error),
		project_test(list_without_tests_runs_nothing),
		project_test(patterns_of_suites_are_searched),
		project_test(program_is_once_in_a_suite),
		project_test(pattern_that_matches_nothing_is_an_error),
		project_test(unknown_adapter_of_a_suite_is_an_error),
		project_test(broken_program_of_a_suite_does_not_stop_the_others),
		project_test(programs_are_below_the_suites_directory_or_the_root),
		project_test(missing_directory_of_a_suite_is_an_error),
		project_test(chosen_suites_only),
		project_test(unknown_suite_is_an_error),
		project_test(arguments_choose_among_the_suites_tests),
		project_test(what_no_suite_has_is_a_suite_of_its_own),
		project_test(program_of_two_suites_is_chosen_in_both),
		project_test(paths_are_from_here_and_ids_from_the_root),
		project_test(nearly_right_id_has_a_suggestion),
		project_test(launch_has_the_suites_settings),
		project_test(program_outside_of_the_root_has_an_absolute_id),
	};

	return cmocka_run_group_tests_name("collect", tests, NULL, NULL);
}
