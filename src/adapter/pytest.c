#include "adapter/pytest.h"

#include "adapter/script.h"
#include "base/fs.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVER_PACKAGE "xtop_pytest"
#define SERVER_MAIN SERVER_PACKAGE "/__main__.py"

#ifndef PKGDATADIR
#define PKGDATADIR "/usr/local/share/xtop"
#endif

void pytest_arguments_fini(struct pytest_arguments *arguments)
{
	vec_each(arguments, it)
		free(*it);
	vec_fini(arguments);
}

static int wrong_python(const char *python, struct error *error)
{
	char *quoted = value_quoted(python);
	const char *problem = "is not on the PATH";

	if (strchr(python, '/'))
		problem = fs_exists(python) ? "can't be executed" : "is not there";
	error_set(error, "--python: expected a Python, found %s, which %s", quoted, problem);
	free(quoted);
	return -1;
}

/* Takes `path`, and returns it where it is a program. */
static char *if_executable(char *path)
{
	if (path && fs_is_executable_file(path))
		return path;
	free(path);
	return NULL;
}

/* The Python of the environment that a variable names. Adds it to `looked` where it has none. */
static char *python_of_variable(const struct launch *launch, const char *variable, struct str *looked)
{
	const char *directory = launch_variable(launch, variable);
	char *path;
	char *found;

	if (!directory || *directory == '\0')
		return NULL;
	path = fs_join(directory, "bin/python");
	found = if_executable(fs_absolute(path));
	free(path);
	if (!found)
		str_add_format(looked, "$%s (%s), ", variable, directory);
	return found;
}

/* Links are left as they are: by its path a Python knows its environment. The caller frees it; NULL: an
 * error. */
static char *find_python(const struct config *config, const struct launch *launch, struct error *error)
{
	struct str looked = STR_INIT;
	char *found;

	if (config->python) {
		found = strchr(config->python, '/') ? if_executable(alloc_string(config->python))
						    : launch_find_command(launch, config->python);
		if (!found)
			wrong_python(config->python, error);
		return found;
	}
	found = python_of_variable(launch, "VIRTUAL_ENV", &looked);
	if (!found)
		found = python_of_variable(launch, "CONDA_PREFIX", &looked);
	if (!found)
		found = if_executable(fs_join(config->root, ".venv/bin/python"));
	if (!found)
		found = launch_find_command(launch, "python3");
	if (!found)
		error_set(
			error,
			"pytest's tests need a Python, and there is none: looked for bin/python in %s.venv below %s and for "
			"python3 on the PATH; name one with --python",
			looked.data, config->root);
	str_fini(&looked);
	return found;
}

/* Takes `directory` (NULL: passed over). The package in it, or NULL; where was looked is added to
 * `looked`. */
static char *package_below(char *directory, const char *rest, struct str *looked)
{
	char *place;
	char *file;
	char *package = NULL;

	if (!directory)
		return NULL;
	place = fs_join(directory, rest);
	free(directory);
	directory = fs_absolute(place);
	free(place);
	file = fs_join(directory, SERVER_MAIN);
	if (fs_exists(file))
		package = fs_join(directory, SERVER_PACKAGE);
	else
		str_add_format(looked, "%s%s", looked->length > 0 ? ", " : "", directory);
	free(file);
	free(directory);
	return package;
}

/* The caller frees it; NULL: an error. */
static char *find_package(struct error *error)
{
	const char *given = getenv("XTOP_DATADIR");
	struct str looked = STR_INIT;
	char *package = NULL;

	if (given && *given)
		package = package_below(alloc_string(given), "python", &looked);
	if (!package)
		package = package_below(fs_own_directory(), "python", &looked);
	if (!package)
		package = package_below(fs_own_directory(), "../share/xtop/python", &looked);
	if (!package)
		package = package_below(alloc_string(PKGDATADIR), "python", &looked);
	if (!package)
		error_set(error,
			  "the Python package " SERVER_PACKAGE
			  ", a part of xtop, is missing: looked in %s; set XTOP_DATADIR to "
			  "the directory that has python/" SERVER_PACKAGE,
			  looked.data);
	str_fini(&looked);
	return package;
}

static int find_server(const struct config *config, struct launch *launch, struct error *error)
{
	char *python = find_python(config, launch, error);
	char *package = python ? find_package(error) : NULL;

	if (package) {
		launch_push(launch, python);
		/* By option: the variable would reach what tests start. */
		launch_push(launch, "-u");
		launch_push(launch, package);
	}
	free(python);
	free(package);
	return launch->argv.length > 0 ? 0 : -1;
}

int pytest_command(const struct config *config, const struct suite_config *suite, struct launch *launch,
		   struct pytest_arguments *arguments, struct error *error)
{
	launch_init(launch);
	launch->cwd = alloc_string(suite->cwd ? suite->cwd : config->root);
	vec_each(&suite->environment, it)
		vec_push(&launch->environment, alloc_string(*it));
	if (find_server(config, launch, error) != 0) {
		launch_fini(launch);
		return -1;
	}
	*arguments = (struct pytest_arguments)VEC_INIT;
	/* Paths first: an option whose value may be left out, such as --cov, would take one for it. */
	vec_each(&suite->programs, it)
		vec_push(arguments, alloc_string(*it));
	vec_each(&config->pytest_arguments, it)
		vec_push(arguments, alloc_string(*it));
	vec_each(&suite->args, it)
		vec_push(arguments, alloc_string(*it));
	vec_each(&config->adapter_arguments, it)
		vec_push(arguments, alloc_string(*it));
	return 0;
}
