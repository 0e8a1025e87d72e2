#include "adapter/guess.h"

#include "adapter/adapter.h"
#include "adapter/programs.h"
#include "adapter/script.h"
#include "base/fs.h"
#include "config/pytest_project.h"

#include <stdlib.h>
#include <string.h>

/* Where tests usually are: perl's t/, and what others call theirs. */
static const char *const places[] = { "t", "tests", "test" };

enum { PLACE_COUNT = sizeof(places) / sizeof(places[0]) };

struct suite_config *guess_add_programs(struct config *config)
{
	struct suite_config *suite = config_add_suite(config, alloc_string("default"));

	if (config->adapter)
		suite->adapter = alloc_string(config->adapter);
	return suite;
}

struct suite_config *guess_add_pytest(struct config *config)
{
	struct suite_config *suite = config_add_suite(config, alloc_string(adapter_pytest.name));

	suite->adapter = alloc_string(adapter_pytest.name);
	return suite;
}

static struct guess by_adapter(const char *adapter)
{
	bool is_pytest = strcmp(adapter, adapter_pytest.name) == 0;

	return (struct guess){ .pytest = is_pytest, .programs = !is_pytest };
}

bool guess_is_pytest_project(const struct config *config)
{
	if (config->adapter)
		return by_adapter(config->adapter).pytest;
	return pytest_owns_root(config->root);
}

/* Whether an adapter knows the file, or it is at least something that can be started. */
static bool is_program(const char *path)
{
	char head[SCRIPT_HEAD];
	struct slice begin = { .data = head };

	if (script_read_head(path, head, &begin.length) != 0 || slice_starts_with(begin, "#!") ||
	    fs_is_executable_file(path))
		return true;
	for (const struct adapter *const *adapter = adapter_list(); *adapter; adapter++) {
		if ((*adapter)->recognises && (*adapter)->recognises(path, begin))
			return true;
	}
	return false;
}

struct guess guess_file(const struct config *config, const char *path)
{
	bool is_pytest;

	if (config->adapter)
		return by_adapter(config->adapter);
	if (pytest_names_file(fs_name_of(path)))
		is_pytest = true;
	else if (text_ends_with(path, ".py"))
		is_pytest = !fs_is_executable_file(path);
	else
		/* A document with examples in it, or what a plugin collects. */
		is_pytest = !is_program(path) && guess_is_pytest_project(config);
	return (struct guess){ .pytest = is_pytest, .programs = !is_pytest };
}

struct guess guess_directory(const struct config *config, const char *path)
{
	struct guess guess;

	if (config->adapter)
		return by_adapter(config->adapter);
	guess.pytest = pytest_has_tests(path);
	guess.programs = programs_are_in(config, path, 0);
	if (!guess.pytest && !guess.programs) {
		guess.pytest = guess_is_pytest_project(config);
		guess.programs = !guess.pytest;
	}
	return guess;
}

static void add_places(struct config *config)
{
	struct suite_config *suite = NULL;

	for (size_t i = 0; i < PLACE_COUNT; i++) {
		char *path = fs_join(config->root, places[i]);

		if (!fs_is_directory(path)) {
			free(path);
			continue;
		}
		if (!suite)
			suite = guess_add_programs(config);
		vec_push(&suite->programs, path);
	}
}

static bool places_have_programs(const struct config *config)
{
	bool found = false;

	for (size_t i = 0; i < PLACE_COUNT && !found; i++) {
		char *path = fs_join(config->root, places[i]);

		found = fs_is_directory(path) && programs_are_in(config, path, PROGRAMS_FLAT);
		free(path);
	}
	return found;
}

void guess_suites(struct config *config)
{
	struct guess guess;

	if (config->adapter) {
		guess = by_adapter(config->adapter);
	} else {
		guess.pytest = pytest_owns_root(config->root);
		guess.programs = places_have_programs(config);
		/* Python's tests may be anywhere, in what other people's sources were put below this project
		 * too: that is no reason to run them beside its own. */
		if (!guess.pytest && !guess.programs)
			guess.pytest = pytest_has_tests(config->root);
	}
	if (guess.pytest)
		guess_add_pytest(config);
	/* Without anything the places are told where there was looked. */
	if (guess.programs || !guess.pytest)
		add_places(config);
}
