/* The part of collect.h that comes first: what the command line names becomes suites. */
#include "adapter/collect.h"

#include "adapter/programs.h"
#include "base/fs.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define OWN_SUITE "default" /* of what belongs to no suite of the project's */

enum { LIST_LIMIT = 64 << 20 }; /* bytes of an @FILE */

/* An argument, or a line of an @FILE. */
struct selector {
	char *text;
	char *place; /* "list.txt:3" for messages; NULL: the command line */
};

struct selectors {
	VEC(struct selector) list;
};

/* A program of a suite of the project's, which arguments may choose. */
struct candidate {
	char *path; /* absolute */
	size_t suite;
	size_t next; /* the same program in another suite: its index + 1; 0: none */
};

struct chooser {
	struct config *config;
	VEC(struct candidate) candidates;
	struct map *by_path; /* to the index + 1 of the last candidate of that path */
	VEC(size_t) chosen;  /* in the order of the arguments */
	VEC(char *) own;     /* absolute paths that belong to no suite */
};

static void selectors_fini(struct selectors *selectors)
{
	vec_each(&selectors->list, it)
	{
		free(it->text);
		free(it->place);
	}
	vec_fini(&selectors->list);
}

/* One selector a line; lines that begin with '#' and empty ones are comments. */
static int add_list(const char *file, struct selectors *selectors, struct error *error)
{
	struct str content = STR_INIT;
	struct slice rest;

	if (file[0] == '\0')
		return error_set(error,
				 "'@' stands before the name of a file with one test a line: which file?");
	if (fs_read_file(file, LIST_LIMIT, &content, error) != 0)
		return -1;
	rest = (struct slice){content.data, content.length};
	for (int number = 1; rest.length > 0; number++) {
		const char *end = memchr(rest.data, '\n', rest.length);
		size_t length = end ? (size_t)(end - rest.data) : rest.length;
		struct slice line = slice_trim((struct slice){rest.data, length});
		struct selector selector;

		length += end != NULL;
		rest.data += length;
		rest.length -= length;
		if (line.length == 0 || line.data[0] == '#')
			continue;
		selector.text = alloc_string_n(line.data, line.length);
		selector.place = alloc_format("%s:%d", file, number);
		vec_push(&selectors->list, selector);
	}
	str_fini(&content);
	return 0;
}

static int read_arguments(const struct config *config, struct selectors *selectors, struct error *error)
{
	for (size_t i = 0; i < config->arguments.length; i++) {
		const char *argument = config->arguments.items[i];
		struct selector selector = {.place = NULL};

		if (argument[0] == '\0')
			return error_set(error,
					 "an argument is empty: expected a path, the id of a test, or @FILE");
		if (argument[0] == '@') {
			if (add_list(argument + 1, selectors, error) != 0)
				return -1;
			continue;
		}
		selector.text = alloc_string(argument);
		vec_push(&selectors->list, selector);
	}
	return 0;
}

/* The path that `text` means: from here, as a shell would complete it, or an id, from the root directory.
 * The caller frees it; NULL: there is nothing. */
static char *resolve(const struct config *config, const char *text, struct stat *info)
{
	char *path = fs_absolute(text);
	char *joined;

	if (stat(path, info) == 0)
		return path;
	free(path);
	joined = fs_join(config->root, text);
	path = fs_absolute(joined);
	free(joined);
	if (stat(path, info) == 0)
		return path;
	free(path);
	return NULL;
}

static int unknown_selector(const struct chooser *chooser, const char *text, struct error *error)
{
	VEC(const char *) words = VEC_INIT;
	VEC(char *) ids = VEC_INIT;
	const char *nearest;

	for (size_t i = 0; i < chooser->candidates.length; i++) {
		char *id = fs_relative(chooser->candidates.items[i].path, chooser->config->root);

		vec_push(&ids, id);
		vec_push(&words, id);
	}
	nearest = text_nearest(text, words.items, words.length);
	error_set(error, "'%s' is no file or directory, and no test has it as its id%s%s%s", text,
		  nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	vec_each(&ids, it) free(*it);
	vec_fini(&ids);
	vec_fini(&words);
	return -1;
}

static bool choose_file(struct chooser *chooser, const char *path)
{
	size_t index = (size_t)(uintptr_t)map_get(chooser->by_path, path, strlen(path));

	if (index == 0)
		return false;
	for (; index != 0; index = chooser->candidates.items[index - 1].next)
		vec_push(&chooser->chosen, index - 1);
	return true;
}

static bool choose_directory(struct chooser *chooser, const char *path)
{
	size_t length = strcmp(path, "/") == 0 ? 0 : strlen(path);
	bool found = false;

	for (size_t i = 0; i < chooser->candidates.length; i++) {
		const char *candidate = chooser->candidates.items[i].path;

		if (strncmp(candidate, path, length) != 0 || candidate[length] != '/')
			continue;
		vec_push(&chooser->chosen, i);
		found = true;
	}
	return found;
}

static int apply_selector(struct chooser *chooser, const char *text, struct error *error)
{
	struct stat info;
	char *path = resolve(chooser->config, text, &info);

	if (!path)
		return unknown_selector(chooser, text, error);
	if (S_ISDIR(info.st_mode) ? choose_directory(chooser, path) : choose_file(chooser, path)) {
		free(path);
		return 0;
	}
	if (!S_ISDIR(info.st_mode) && !S_ISREG(info.st_mode)) {
		free(path);
		return error_set(error, "'%s' is neither a file nor a directory", text);
	}
	vec_push(&chooser->own, path);
	return 0;
}

static void add_candidate(struct chooser *chooser, size_t suite, const char *path)
{
	struct candidate candidate = {.path = alloc_string(path), .suite = suite};
	void *index = (void *)(uintptr_t)(chooser->candidates.length + 1);

	candidate.next = (size_t)(uintptr_t)map_put(chooser->by_path, path, strlen(path), index);
	vec_push(&chooser->candidates, candidate);
}

/* What the suites of the project hold. Patterns that match nothing don't matter while something else is
 * asked for. */
static int find_candidates(struct chooser *chooser, struct error *error)
{
	const struct config *config = chooser->config;

	for (size_t i = 0; i < config->suites.length; i++) {
		struct programs programs;
		int status;

		if (!suite_is_wanted(config, &config->suites.items[i]))
			continue;
		programs_init(&programs);
		status = programs_find(config, &config->suites.items[i], PROGRAMS_MAY_BE_NONE, &programs,
				       error);
		vec_each(&programs.list, it) add_candidate(chooser, i, it->path);
		programs_fini(&programs);
		if (status != 0)
			return -1;
	}
	return 0;
}

static struct suite_config *add_own_suite(struct config *config)
{
	struct suite_config *suite = config_add_suite(config, alloc_string(OWN_SUITE));

	if (config->adapter)
		suite->adapter = alloc_string(config->adapter);
	return suite;
}

/* Now the suites hold what was chosen, and nothing else. */
static void rewrite_suites(struct chooser *chooser)
{
	struct config *config = chooser->config;

	vec_each(&config->suites, suite)
	{
		vec_each(&suite->programs, it) free(*it);
		vec_clear(&suite->programs);
	}
	vec_each(&chooser->chosen, it)
	{
		const struct candidate *candidate = &chooser->candidates.items[*it];

		vec_push(&config->suites.items[candidate->suite].programs, alloc_string(candidate->path));
	}
	if (chooser->own.length > 0) {
		struct suite_config *suite = add_own_suite(config);

		vec_each(&chooser->own, it) vec_push(&suite->programs, *it);
		vec_clear(&chooser->own);
	}
}

static int apply_arguments(struct chooser *chooser, struct error *error)
{
	struct selectors selectors = {.list = VEC_INIT};
	int status = read_arguments(chooser->config, &selectors, error);

	if (status == 0)
		status = find_candidates(chooser, error);
	vec_each(&selectors.list, it)
	{
		if (status != 0)
			break;
		status = apply_selector(chooser, it->text, error);
		if (status != 0 && it->place)
			error_prefix(error, "%s", it->place);
	}
	if (status == 0)
		rewrite_suites(chooser);
	selectors_fini(&selectors);
	return status;
}

static int choose_by_arguments(struct config *config, struct error *error)
{
	struct chooser chooser = {.config = config, .by_path = map_new()};
	int status = apply_arguments(&chooser, error);

	vec_each(&chooser.candidates, it) free(it->path);
	vec_fini(&chooser.candidates);
	vec_each(&chooser.own, it) free(*it);
	vec_fini(&chooser.own);
	vec_fini(&chooser.chosen);
	map_free(chooser.by_path);
	return status;
}

/* Where tests usually are: perl's t/, and what others call theirs. */
static void guess_suite(struct config *config)
{
	static const char *const places[] = {"t", "tests", "test"};
	struct suite_config *suite = NULL;

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *path = fs_join(config->root, places[i]);

		if (!fs_is_directory(path)) {
			free(path);
			continue;
		}
		if (!suite)
			suite = add_own_suite(config);
		vec_push(&suite->programs, path);
	}
}

static int check_suite_name(const struct config *config, const char *wanted, struct error *error)
{
	VEC(const char *) names = VEC_INIT;
	const char *nearest;

	for (size_t i = 0; i < config->suites.length; i++) {
		if (strcmp(config->suites.items[i].name, wanted) == 0) {
			vec_fini(&names);
			return 0;
		}
		vec_push(&names, config->suites.items[i].name);
	}
	nearest = text_nearest(wanted, names.items, names.length);
	if (names.length == 0)
		error_set(error, "--suite %s: no suites are configured below %s", wanted, config->root);
	else
		error_set(error, "--suite %s: there is no suite of that name%s%s%s", wanted,
			  nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	vec_fini(&names);
	return -1;
}

int collect_prepare(struct config *config, struct error *error)
{
	if (config->adapter && !adapter_need(config->adapter, error))
		return error_prefix(error, "--adapter");
	vec_each(&config->suite_names, it)
	{
		if (check_suite_name(config, *it, error) != 0)
			return -1;
	}
	if (config->arguments.length > 0)
		return choose_by_arguments(config, error);
	if (config->suites.length == 0)
		guess_suite(config);
	return 0;
}
