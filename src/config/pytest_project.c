#include "config/pytest_project.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/vec.h"

#include <dirent.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	FILE_LIMIT = 1 << 20, /* bytes of a configuration that are worth a look */
	DEPTH_LIMIT = 8,
	ENTRY_LIMIT = 50000,
};

/* Whether one of `count` patterns is that of a name. */
static bool matches(const char *name, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

bool pytest_names_file(const char *name)
{
	static const char *const patterns[] = { "test_*.py", "*_test.py", "conftest.py" };

	return matches(name, patterns, sizeof(patterns) / sizeof(patterns[0]));
}

/* A pipe of that name must not be waited for. */
static bool has_file(const char *directory, const char *name)
{
	char *path = fs_join(directory, name);
	struct stat info;
	bool found = stat(path, &info) == 0 && S_ISREG(info.st_mode);

	free(path);
	return found;
}

/* A line without what may stand in and behind a section's name and does not belong to it. */
static void add_section(struct str *out, struct slice line)
{
	str_clear(out);
	for (size_t i = 0; i < line.length && line.data[i] != '#'; i++) {
		if (line.data[i] != ' ' && line.data[i] != '\t' && line.data[i] != '\r')
			str_add_char(out, line.data[i]);
	}
}

/* Whether the file has a section whose line begins so. */
static bool has_section(const char *directory, const char *name, const char *section)
{
	char *path = fs_join(directory, name);
	struct str text = STR_INIT;
	struct str line = STR_INIT;
	bool found = false;

	if (has_file(directory, name) && fs_read_file(path, FILE_LIMIT, &text, NULL) == 0) {
		for (const char *at = text.data; *at && !found; at += *at != '\0') {
			size_t length = strcspn(at, "\n");

			add_section(&line, (struct slice){ .data = at, .length = length });
			found = text_starts_with(line.data, section);
			at += length;
		}
	}
	str_fini(&line);
	str_fini(&text);
	free(path);
	return found;
}

bool pytest_configures(const char *directory)
{
	static const char *const files[] = { "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml" };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (has_file(directory, files[i]))
			return true;
	}
	return has_section(directory, "pyproject.toml", "[tool.pytest]") ||
	       has_section(directory, "pyproject.toml", "[tool.pytest.ini_options]") ||
	       has_section(directory, "tox.ini", "[pytest]") ||
	       has_section(directory, "setup.cfg", "[tool:pytest]");
}

/* What pytest does not look into by itself. */
static bool is_passed_over(const char *path)
{
	static const char *const patterns[] = { ".*",   "*.egg",        "_darcs", "build",  "CVS",
						"dist", "node_modules", "venv",   "{arch}", "__pycache__" };

	return matches(fs_name_of(path), patterns, sizeof(patterns) / sizeof(patterns[0])) ||
	       has_file(path, "pyvenv.cfg");
}

/* The files of a directory before those below it: tests are seldom deep. */
static bool search(const char *directory, unsigned depth, unsigned *entries)
{
	DIR *stream = opendir(directory);
	VEC(char *) below = VEC_INIT;
	const struct dirent *entry;
	bool found = false;

	if (!stream)
		return false;
	while (!found && *entries > 0 && (entry = readdir(stream)) != NULL) {
		struct stat info;
		char *path;

		(*entries)--;
		if (entry->d_name[0] == '.')
			continue;
		path = fs_join(directory, entry->d_name);
		if (pytest_names_file(entry->d_name))
			found = stat(path, &info) == 0 && S_ISREG(info.st_mode);
		else if (depth > 0 && entry->d_type != DT_REG && lstat(path, &info) == 0 &&
			 S_ISDIR(info.st_mode) && !is_passed_over(path)) {
			vec_push(&below, path);
			path = NULL;
		}
		free(path);
	}
	closedir(stream);
	vec_each(&below, it) {
		found = found || search(*it, depth - 1, entries);
		free(*it);
	}
	vec_fini(&below);
	return found;
}

bool pytest_has_tests(const char *directory)
{
	unsigned entries = ENTRY_LIMIT;

	return search(directory, DEPTH_LIMIT, &entries);
}

bool pytest_owns_root(const char *directory)
{
	static const char *const places[] = { "tests", "test" };
	unsigned entries = ENTRY_LIMIT;
	bool found = pytest_configures(directory) || search(directory, 0, &entries);

	for (size_t i = 0; !found && i < sizeof(places) / sizeof(places[0]); i++) {
		char *place = fs_join(directory, places[i]);

		found = pytest_has_tests(place);
		free(place);
	}
	return found;
}

const char *pytest_id_of(const char *argument)
{
	const char *mark = strstr(argument, "::");

	return mark ? mark : argument + strlen(argument);
}

char *pytest_path_of(const char *argument)
{
	return alloc_string_n(argument, (size_t)(pytest_id_of(argument) - argument));
}
