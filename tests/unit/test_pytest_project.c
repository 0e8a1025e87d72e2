#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/fs.h"
#include "config/pytest_options.h"
#include "config/pytest_project.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of its own, which is the current one while a test runs. */
struct place {
	char *directory;
	char *before;
};

static int set_up(void **state)
{
	char template[] = "/tmp/xtop-test-XXXXXX";
	struct place *place = ALLOC_NEW(struct place);

	place->before = getcwd(NULL, 0);
	if (!place->before || !mkdtemp(template) || chdir(template) != 0)
		return -1;
	place->directory = fs_absolute(".");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;
	int status = chdir(place->before) != 0 || fs_remove_tree(place->directory, NULL) != 0;

	free(place->directory);
	free(place->before);
	free(place);
	return status;
}

static void write_file(const char *path, const char *text)
{
	char *directory = fs_directory_of(path);

	assert_int_equal(fs_make_directories(directory, NULL), 0);
	assert_int_equal(fs_write_atomically(path, text, strlen(text), NULL), 0);
	free(directory);
}

static void names_tell_pytests_files(void **state)
{
	(void)state;
	assert_true(pytest_names_file("test_a.py"));
	assert_true(pytest_names_file("a_test.py"));
	assert_true(pytest_names_file("conftest.py"));
	assert_false(pytest_names_file("test_a.pyc"));
	assert_false(pytest_names_file("testa.py"));
	assert_false(pytest_names_file("a.py"));
	assert_false(pytest_names_file("test_a"));
}

static void configurations_are_found_by_their_sections(void **state)
{
	static const struct {
		const char *file, *text;
		bool counts;
	} cases[] = {
		{ "pytest.ini", "", true },
		{ ".pytest.ini", "", true },
		{ "pytest.toml", "", true },
		{ ".pytest.toml", "", true },
		{ "pyproject.toml", "[project]\nname = 'a'\n[tool.pytest.ini_options]\nx = 1\n", true },
		{ "pyproject.toml", "[tool.pytest]\r\n", true },
		{ "pyproject.toml", "  [ tool.pytest ] # ours", true },
		{ "pyproject.toml", "[tool.pytester]\n", false },
		{ "pyproject.toml", "# [tool.pytest]\n", false },
		{ "pyproject.toml", "[pytest]\n", false },
		{ "tox.ini", "[tox]\n[pytest]\n", true },
		{ "tox.ini", "[tool:pytest]\n", false },
		{ "setup.cfg", "[tool:pytest]\n", true },
		{ "setup.cfg", "[pytest]\n", false },
		{ "setup.py", "[tool:pytest]\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		write_file(cases[i].file, cases[i].text);
		if (pytest_configures(".") != cases[i].counts || pytest_owns_root(".") != cases[i].counts)
			fail_msg("%s: %s", cases[i].file, cases[i].text);
		assert_int_equal(unlink(cases[i].file), 0);
	}
	/* Nobody writes into it. */
	assert_int_equal(mkfifo("tox.ini", 0600), 0);
	assert_false(pytest_configures("."));
}

static void tests_are_found_below(void **state)
{
	(void)state;
	assert_false(pytest_has_tests("."));
	assert_false(pytest_has_tests("nowhere"));
	write_file("a/b/c/test_x.py", "");
	assert_true(pytest_has_tests("."));
	assert_true(pytest_has_tests("a/b/c"));
	assert_int_equal(rename("a/b/c/test_x.py", "a/b/c/x_test.py"), 0);
	assert_true(pytest_has_tests("."));
	assert_int_equal(rename("a/b/c/x_test.py", "a/b/c/x.py"), 0);
	assert_false(pytest_has_tests("."));
	/* A directory of that name is none. */
	write_file("a/test_dir.py/x", "");
	assert_false(pytest_has_tests("."));
}

static void what_pytest_passes_over_is_passed_over(void **state)
{
	static const char *const files[] = { ".hidden/test_x.py", "node_modules/a/test_x.py",
					     "build/test_x.py",   "venv/test_x.py",
					     "a.egg/test_x.py",   "env/lib/test_x.py" };

	(void)state;
	write_file("env/pyvenv.cfg", "");
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		write_file(files[i], "");
		assert_false(pytest_has_tests("."));
	}
	/* What is named is looked into. */
	assert_true(pytest_has_tests("build"));
	assert_int_equal(symlink(".", "loop"), 0);
	assert_false(pytest_has_tests("."));
}

static void root_has_tests_in_the_usual_places(void **state)
{
	(void)state;
	assert_false(pytest_owns_root("."));
	write_file("src/tests/test_x.py", "");
	assert_false(pytest_owns_root("."));
	write_file("test/deep/test_x.py", "");
	assert_true(pytest_owns_root("."));
	assert_int_equal(fs_remove_tree("test", NULL), 0);
	write_file("tests/conftest.py", "");
	assert_true(pytest_owns_root("."));
	assert_int_equal(fs_remove_tree("tests", NULL), 0);
	write_file("test_x.py", "");
	assert_true(pytest_owns_root("."));
}

static void ids_have_a_path_and_a_rest(void **state)
{
	static const char *const cases[][3] = {
		{ "a.py", "a.py", "" },
		{ "d/a.py::T::test_x[a::b/c]", "d/a.py", "::T::test_x[a::b/c]" },
		{ "a.py::", "a.py", "::" },
		{ "", "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *path = pytest_path_of(cases[i][0]);

		assert_string_equal(path, cases[i][1]);
		assert_string_equal(pytest_id_of(cases[i][0]), cases[i][2]);
		free(path);
	}
}

static void known_options_take_a_value_or_none(void **state)
{
	(void)state;
	assert_int_equal(pytest_option_kind("--tb"), PYTEST_OPTION_VALUE);
	assert_int_equal(pytest_option_kind("-r"), PYTEST_OPTION_VALUE);
	assert_int_equal(pytest_option_kind("--cov"), PYTEST_OPTION_VALUE);
	assert_int_equal(pytest_option_kind("--trace"), PYTEST_OPTION_FLAG);
	assert_int_equal(pytest_option_kind("--showlocals"), PYTEST_OPTION_FLAG);
	assert_int_equal(pytest_option_kind("--frobnicate"), PYTEST_OPTION_UNKNOWN);
	assert_int_equal(pytest_option_kind("tb"), PYTEST_OPTION_UNKNOWN);
}

#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_tell_pytests_files),
		IN_PLACE(configurations_are_found_by_their_sections),
		IN_PLACE(tests_are_found_below),
		IN_PLACE(what_pytest_passes_over_is_passed_over),
		IN_PLACE(root_has_tests_in_the_usual_places),
		cmocka_unit_test(ids_have_a_path_and_a_rest),
		cmocka_unit_test(known_options_take_a_value_or_none),
	};

	return cmocka_run_group_tests_name("pytest_project", tests, NULL, NULL);
}
