#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "adapter/collect.h"
#include "adapter/pytest.h"
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
	static const char *const variables[] = { "VIRTUAL_ENV", "CONDA_PREFIX", "XTOP_DATADIR" };
	char template[] = "/tmp/xtop-test-XXXXXX";
	struct project *project = ALLOC_NEW(struct project);

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		unsetenv(variables[i]);
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
	int status = chdir(project->before) != 0 || fs_remove_tree(project->root, NULL) != 0;

	invocation_fini(&project->invocation);
	free(project->root);
	free(project->before);
	free(project);
	return status;
}

static void make(const char *path, mode_t mode)
{
	char *directory = fs_directory_of(path);

	assert_int_equal(fs_make_directories(directory, NULL), 0);
	assert_int_equal(fs_write_atomically(path, "#!/bin/sh\n", 10, NULL), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(directory);
}

static void make_file(const char *path)
{
	make(path, 0644);
}

static void make_program(const char *path)
{
	make(path, 0755);
}

static void add_argument(struct project *project, const char *argument)
{
	vec_push(&project->invocation.config.arguments, alloc_string(argument));
}

/* The suite is at xtop.yaml:7:3. Without a program: NULL. */
static struct suite_config *add_suite(struct project *project, const char *name, const char *adapter,
				      const char *program)
{
	struct suite_config *suite = config_add_suite(&project->invocation.config, alloc_string(name));

	suite->file = "xtop.yaml";
	suite->line = 7;
	suite->column = 3;
	if (adapter)
		suite->adapter = alloc_string(adapter);
	if (program)
		vec_push(&suite->programs, alloc_string(program));
	return suite;
}

static void take_found(void *context, struct found_test *test)
{
	str_add_format(context, "%s: %s %s\n", test->suite->name, test->adapter->name, test->id);
	found_test_fini(test);
}

static void take_broken(void *context, const struct suite_config *suite, const char *id, const char *message)
{
	str_add_format(context, "%s: broken %s: %s\n", suite->name, id, message);
}

static void take_note(void *context, const char *message)
{
	str_add_format(context, "note %s\n", message);
}

/* The directory has another name in each run. */
static void hide_root(struct str *text, const char *root)
{
	struct str hidden = STR_INIT;
	const char *rest = text->data;
	const char *at;

	while ((at = strstr(rest, root))) {
		str_add(&hidden, rest, (size_t)(at - rest));
		str_add_text(&hidden, "ROOT");
		rest = at + strlen(root);
	}
	str_add_text(&hidden, rest);
	str_fini(text);
	*text = hidden;
}

/* Prepares and collects: a line "suite in DIRECTORY: ENTRIES" for each that is pytest's, then one for each
 * thing found; or "error: " and what was wrong. */
static void check(struct project *project, const char *expected)
{
	struct config *config = &project->invocation.config;
	struct str out = STR_INIT;
	struct collector collector = {
		.found = take_found, .broken = take_broken, .note = take_note, .context = &out
	};
	struct error error = ERROR_INIT;

	if (collect_prepare(config, &error) == 0) {
		vec_each(&config->suites, suite) {
			if (!suite_has_server(suite))
				continue;
			str_add_format(&out, "%s in %s:", suite->name,
				       suite->cwd ? suite->cwd : config->root);
			vec_each(&suite->programs, it)
				str_add_format(&out, " %s", *it);
			str_add_char(&out, '\n');
		}
		collect_tests(config, &collector, &error);
	}
	if (error.message[0])
		str_add_format(&out, "error: %s\n", error.message);
	hide_root(&out, project->root);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static void project_of_pytests_needs_no_configuration(void **state)
{
	make_file("test_a.py");
	check(*state, "pytest in ROOT:\n");
}

static void programs_are_found_beside_pytests_tests(void **state)
{
	make_file("tests/test_a.py");
	make_program("tests/test_b.py");
	make_program("tests/c_test.py");
	make_program("tests/check_d.py");
	make_program("tests/helper.py");
	make_program("tests/test_e");
	check(*state, "pytest in ROOT:\ndefault: exec tests/check_d.py\ndefault: exec tests/test_e\n");
}

static void suite_without_programs_is_not_made(void **state)
{
	struct project *project = *state;

	make_file("pytest.ini");
	make_program("tests/helper");
	check(project, "pytest in ROOT:\n");
	assert_int_equal(project->invocation.config.suites.length, 1);
}

static void deep_tests_count_only_where_nothing_else_is(void **state)
{
	make_file("src/part/tests/test_a.py");
	check(*state, "pytest in ROOT:\n");
}

static void deep_tests_do_not_join_programs(void **state)
{
	make_file("third/party/tests/test_a.py");
	make_program("t/a.t");
	check(*state, "default: tap t/a.t\n");
}

static void forced_adapter_decides_without_arguments(void **state)
{
	struct project *project = *state;

	make_program("tests/test_a.py");
	make_program("tests/test_b");
	project->invocation.config.adapter = alloc_string("pytest");
	check(project, "pytest in ROOT:\n");
}

static void other_forced_adapter_takes_even_python(void **state)
{
	struct project *project = *state;

	make_program("tests/test_a.py");
	project->invocation.config.adapter = alloc_string("exec");
	check(project, "default: exec tests/test_a.py\n");
}

static void arguments_are_told_apart(void **state)
{
	struct project *project = *state;

	make_file("py/test_a.py");
	make_file("py/other.py");
	make_program("py/tool.py");
	make_program("py/test_run.py");
	make_program("sh/test_b");
	make_program("both/test_c");
	make_program("both/test_c.py");
	add_argument(project, "py/test_a.py::TestX::test_y[a::/../b]");
	add_argument(project, "py/other.py");
	add_argument(project, "py/tool.py");
	add_argument(project, "py/test_run.py");
	add_argument(project, "./sh/");
	add_argument(project, "both");
	add_argument(project, "py/../py");
	check(project,
	      "pytest in ROOT: py/test_a.py::TestX::test_y[a::/../b] py/other.py py/test_run.py both py/../py\n"
	      "default: exec py/tool.py\ndefault: exec sh/test_b\ndefault: exec both/test_c\n");
}

static void lists_may_mix(void **state)
{
	struct project *project = *state;
	static const char list[] = "a/test_a.py::test_x[ 1 ]\n# no test\nb/test_b\n";

	make_file("a/test_a.py");
	make_program("b/test_b");
	assert_int_equal(fs_write_atomically("list", list, strlen(list), NULL), 0);
	add_argument(project, "@list");
	check(project, "pytest in ROOT: a/test_a.py::test_x[ 1 ]\ndefault: exec b/test_b\n");
}

static void ids_are_also_from_the_root(void **state)
{
	struct project *project = *state;

	make_file("a/test_a.py");
	assert_int_equal(fs_make_directories("here", NULL), 0);
	assert_int_equal(chdir("here"), 0);
	add_argument(project, "a/test_a.py::test_x");
	add_argument(project, "../a/test_a.py");
	check(project, "pytest in ROOT/here: ROOT/a/test_a.py::test_x ../a/test_a.py\n");
}

static void other_files_are_pytests_in_its_projects(void **state)
{
	struct project *project = *state;

	make_file("pytest.ini");
	assert_int_equal(fs_write_atomically("README.rst", "text", 4, NULL), 0);
	assert_int_equal(fs_make_directories("empty", NULL), 0);
	add_argument(project, "README.rst");
	add_argument(project, "empty");
	check(project, "pytest in ROOT: README.rst empty\n");
}

static void scripts_are_not_pytests_even_there(void **state)
{
	struct project *project = *state;

	make_file("pytest.ini");
	make_file("script");
	add_argument(project, "script");
	check(project,
	      "error: script is not executable: chmod +x script, or, if it prints TAP, --adapter tap\n");
}

static void path_of_an_id_must_be_there(void **state)
{
	struct project *project = *state;

	make_file("tests/unit/test_alpha.py");
	add_argument(project, "tests/unti/test_alpha.py::TestX::test_y");
	check(project,
	      "error: 'tests/unti/test_alpha.py::TestX::test_y': there is no file 'tests/unti/test_alpha.py', and "
	      "no test has this as its id; did you mean 'tests/unit/test_alpha.py::TestX::test_y'?\n");
}

static void near_miss_of_a_path_is_suggested(void **state)
{
	struct project *project = *state;

	make_file("tests/unit/test_alpha.py");
	add_argument(project, "tests/unit/test_alhpa.py");
	check(project,
	      "error: 'tests/unit/test_alhpa.py' is no file or directory, and no test has it as its id; did you mean "
	      "'tests/unit/test_alpha.py'?\n");
}

static void id_in_a_program_is_no_id(void **state)
{
	struct project *project = *state;

	make_program("test_b");
	add_argument(project, "test_b::x");
	check(project, "error: 'test_b::x' is no file or directory, and no test has it as its id\n");
}

static void modules_are_handed_on(void **state)
{
	struct project *project = *state;

	make_file("pytest.ini");
	add_argument(project, "package.module");
	vec_push(&project->invocation.config.adapter_arguments, alloc_string("--pyargs"));
	check(project, "pytest in ROOT: package.module\n");
}

static void configured_suites_are_below_their_directory_or_the_root(void **state)
{
	struct project *project = *state;
	struct suite_config *suite;

	make_file("sub/in/test_a.py");
	make_file("sub/in/test_b.py");
	make_file("top/test_c.py");
	add_suite(project, "all", "pytest", NULL);
	suite = add_suite(project, "some", "pytest", "in/test_*.py");
	vec_push(&suite->programs, alloc_string("top/test_c.py::test_x"));
	vec_push(&suite->programs, alloc_string("in"));
	suite->cwd = fs_absolute("sub");
	check(project, "all in ROOT:\n"
		       "some in ROOT/sub: in/test_a.py in/test_b.py ROOT/top/test_c.py::test_x in\n");
}

static void configured_path_must_be_there(void **state)
{
	add_suite(*state, "some", "pytest", "nowhere/test_a.py::test_x");
	check(*state,
	      "error: xtop.yaml:7:3: 'nowhere/test_a.py::test_x' matches no file or directory below ROOT\n");
}

static void suite_that_is_not_asked_for_has_no_server(void **state)
{
	struct project *project = *state;

	make_program("test_b");
	add_suite(project, "python", "pytest", "nowhere");
	add_suite(project, "programs", NULL, "test_b");
	vec_push(&project->invocation.config.suite_names, alloc_string("programs"));
	check(project, "programs: exec test_b\n");
}

/* "unit" has unit/, "all" everything, and "programs" what is in unit/ and no Python. */
static void add_three_suites(struct project *project)
{
	make_file("unit/test_a.py");
	make_file("unit/deep/test_b.py");
	make_file("more/test_c.py");
	make_program("unit/test_p");
	add_suite(project, "unit", "pytest", "unit");
	add_suite(project, "all", "pytest", NULL);
	add_suite(project, "programs", NULL, "unit");
}

static void arguments_choose_among_pytests_suites(void **state)
{
	struct project *project = *state;

	add_three_suites(project);
	add_argument(project, "unit/test_a.py::test_x");
	add_argument(project, "unit/deep");
	check(project,
	      "unit in ROOT: unit/test_a.py::test_x unit/deep\nall in ROOT: unit/test_a.py::test_x unit/deep\n");
}

static void directory_chooses_programs_and_pytests_tests(void **state)
{
	struct project *project = *state;

	add_three_suites(project);
	add_argument(project, ".");
	check(project, "unit in ROOT: unit\nall in ROOT: .\nprograms: exec unit/test_p\n");
}

static void directory_of_programs_is_not_pytests(void **state)
{
	struct project *project = *state;

	make_program("native/test_p");
	make_file("native/notes.py");
	add_suite(project, "all", "pytest", NULL);
	add_suite(project, "programs", NULL, "native");
	add_argument(project, "native");
	check(project, "programs: exec native/test_p\n");
}

static void suite_whose_paths_are_gone_takes_nothing(void **state)
{
	struct project *project = *state;

	make_file("unit/test_a.py");
	add_suite(project, "gone", "pytest", "gone/test_*.py");
	add_argument(project, "unit");
	check(project, "pytest in ROOT: unit\n");
}

static void program_leaves_pytests_suites_out(void **state)
{
	struct project *project = *state;

	add_three_suites(project);
	add_argument(project, "unit/test_p");
	check(project, "programs: exec unit/test_p\n");
}

static void path_of_one_suite_leaves_the_others_out(void **state)
{
	struct project *project = *state;

	add_three_suites(project);
	vec_push(&project->invocation.config.suite_names, alloc_string("unit"));
	add_argument(project, "more");
	add_argument(project, "unit/test_a.py");
	/* What the suite that is asked for does not have is one of its own. */
	check(project, "unit in ROOT: unit/test_a.py\npytest in ROOT: more\n");
}

static void stepwise_without_pytests_tests_is_an_error(void **state)
{
	struct project *project = *state;

	make_program("tests/test_b");
	project->invocation.config.stepwise = true;
	check(project, "error: --stepwise is for pytest's tests only, and there are none of them here\n");
}

/* What the server is started with and given, a line each. */
static char *describe_command(struct project *project, const struct suite_config *suite)
{
	struct pytest_arguments arguments;
	struct launch launch;
	struct error error = ERROR_INIT;
	struct str out = STR_INIT;

	if (pytest_command(&project->invocation.config, suite, &launch, &arguments, &error) != 0) {
		str_add_text(&out, error.message);
	} else {
		str_add_text(&out, "argv");
		vec_each(&launch.argv, it)
			str_add_format(&out, " %s", *it);
		str_add_format(&out, "\ncwd %s\nenvironment", launch.cwd);
		vec_each(&launch.environment, it)
			str_add_format(&out, " %s", *it);
		str_add_text(&out, "\narguments");
		vec_each(&arguments, it)
			str_add_format(&out, " [%s]", *it);
		launch_fini(&launch);
		pytest_arguments_fini(&arguments);
	}
	hide_root(&out, project->root);
	return str_take(&out);
}

static void check_command(struct project *project, const struct suite_config *suite, const char *expected)
{
	char *found = describe_command(project, suite);

	assert_string_equal(found, expected);
	free(found);
}

/* The Python that is chosen, or what is said without one. */
static void check_python(struct project *project, const char *expected)
{
	const struct suite_config suite = { .name = NULL };
	char *found = describe_command(project, &suite);
	char *python = found + (text_starts_with(found, "argv ") ? strlen("argv ") : 0);

	if (python != found)
		python[strcspn(python, " ")] = '\0';
	assert_string_equal(python, expected);
	free(found);
}

static void set_path(const char *name, const char *directory)
{
	char *path = fs_absolute(directory);

	assert_int_equal(setenv(name, path, 1), 0);
	free(path);
}

static void command_has_paths_before_options(void **state)
{
	struct project *project = *state;
	struct config *config = &project->invocation.config;
	struct suite_config *suite = add_suite(project, "a", "pytest", "test_a.py");

	make_file("data/python/xtop_pytest/__main__.py");
	make_program("bin/py");
	set_path("XTOP_DATADIR", "data");
	config->python = fs_absolute("bin/py");
	vec_push(&config->pytest_arguments, alloc_string("-k"));
	vec_push(&config->pytest_arguments, alloc_string("x y"));
	vec_push(&config->adapter_arguments, alloc_string("--cov"));
	vec_push(&suite->args, alloc_string("--strict"));
	vec_push(&suite->environment, alloc_string("A=b"));
	check_command(project, suite,
		      "argv ROOT/bin/py -u ROOT/data/python/xtop_pytest\ncwd ROOT\nenvironment A=b\n"
		      "arguments [test_a.py] [-k] [x y] [--strict] [--cov]");
	suite->cwd = fs_absolute("data");
	check_command(project, suite,
		      "argv ROOT/bin/py -u ROOT/data/python/xtop_pytest\ncwd ROOT/data\nenvironment A=b\n"
		      "arguments [test_a.py] [-k] [x y] [--strict] [--cov]");
}

static void nearest_python_is_taken(void **state)
{
	struct project *project = *state;
	char *path = alloc_string(getenv("PATH") ? getenv("PATH") : "");

	make_file("data/python/xtop_pytest/__main__.py");
	set_path("XTOP_DATADIR", "data");
	set_path("PATH", "bin");
	set_path("VIRTUAL_ENV", "venv");
	set_path("CONDA_PREFIX", "conda");
	check_python(
		project,
		"pytest's tests need a Python, and there is none: looked for bin/python in $VIRTUAL_ENV "
		"(ROOT/venv), $CONDA_PREFIX (ROOT/conda), .venv below ROOT and for python3 on the PATH; name one "
		"with --python");
	make_program("bin/python3");
	check_python(project, "ROOT/bin/python3");
	make_program(".venv/bin/python");
	check_python(project, "ROOT/.venv/bin/python");
	make_program("conda/bin/python");
	check_python(project, "ROOT/conda/bin/python");
	make_file("venv/bin/python");
	check_python(project, "ROOT/conda/bin/python");
	make_program("venv/bin/python");
	check_python(project, "ROOT/venv/bin/python");
	make_program("bin/python9");
	project->invocation.config.python = alloc_string("python9");
	check_python(project, "ROOT/bin/python9");
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
}

static void wrong_python_is_told(void **state)
{
	struct project *project = *state;
	struct config *config = &project->invocation.config;

	make_file("file");
	config->python = alloc_string("no-such-python");
	check_python(project,
		     "--python: expected a Python, found 'no-such-python', which is not on the PATH");
	free(config->python);
	config->python = alloc_string("./file");
	check_python(project, "--python: expected a Python, found './file', which can't be executed");
	free(config->python);
	config->python = alloc_string("./gone");
	check_python(project, "--python: expected a Python, found './gone', which is not there");
}

#define project_test(name) cmocka_unit_test_setup_teardown(name, make_project, remove_project)

int main(void)
{
	const struct CMUnitTest tests[] = {
		project_test(project_of_pytests_needs_no_configuration),
		project_test(programs_are_found_beside_pytests_tests),
		project_test(suite_without_programs_is_not_made),
		project_test(deep_tests_count_only_where_nothing_else_is),
		project_test(deep_tests_do_not_join_programs),
		project_test(forced_adapter_decides_without_arguments),
		project_test(other_forced_adapter_takes_even_python),
		project_test(arguments_are_told_apart),
		project_test(lists_may_mix),
		project_test(ids_are_also_from_the_root),
		project_test(other_files_are_pytests_in_its_projects),
		project_test(scripts_are_not_pytests_even_there),
		project_test(path_of_an_id_must_be_there),
		project_test(near_miss_of_a_path_is_suggested),
		project_test(id_in_a_program_is_no_id),
		project_test(modules_are_handed_on),
		project_test(configured_suites_are_below_their_directory_or_the_root),
		project_test(configured_path_must_be_there),
		project_test(suite_that_is_not_asked_for_has_no_server),
		project_test(arguments_choose_among_pytests_suites),
		project_test(directory_chooses_programs_and_pytests_tests),
		project_test(directory_of_programs_is_not_pytests),
		project_test(suite_whose_paths_are_gone_takes_nothing),
		project_test(program_leaves_pytests_suites_out),
		project_test(path_of_one_suite_leaves_the_others_out),
		project_test(stepwise_without_pytests_tests_is_an_error),
		project_test(command_has_paths_before_options),
		project_test(nearest_python_is_taken),
		project_test(wrong_python_is_told),
	};

	return cmocka_run_group_tests_name("pytest", tests, NULL, NULL);
}
