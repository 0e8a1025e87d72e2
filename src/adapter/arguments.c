/* The part of collect.h that comes first: what the command line names becomes suites. */
#include "adapter/collect.h"

#include "adapter/guess.h"
#include "adapter/nearest.h"
#include "adapter/programs.h"
#include "adapter/pytest_paths.h"
#include "base/fs.h"
#include "base/map.h"
#include "config/pytest_project.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
	VEC(struct pytest_choice) served; /* for each suite of the project's; of those that are pytest's */
	/* What belongs to no suite. */
	VEC(char *) own;        /* absolute paths */
	VEC(char *) own_pytest; /* paths and ids as pytest takes them in the current directory */
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

/* What a selector means. */
struct target {
	char *path;       /* absolute; owned */
	const char *id;   /* behind it, "::test_x", or ""; borrowed */
	bool from_here;   /* the text means it in the current directory */
	struct stat info;
};

/* Whether there is something: from here, as a shell would complete it, or an id, from the root directory. */
static bool find_path(const struct config *config, const char *text, struct target *target)
{
	char *joined;

	target->path = fs_absolute(text);
	target->from_here = stat(target->path, &target->info) == 0;
	if (target->from_here)
		return true;
	free(target->path);
	joined = fs_join(config->root, text);
	target->path = fs_absolute(joined);
	free(joined);
	if (stat(target->path, &target->info) == 0)
		return true;
	free(target->path);
	target->path = NULL;
	return false;
}

static bool resolve(const struct config *config, const char *text, struct target *target)
{
	char *path;
	bool found;

	target->id = "";
	if (find_path(config, text, target))
		return true;
	target->id = pytest_id_of(text);
	if (*target->id == '\0')
		return false;
	path = pytest_path_of(text);
	found = find_path(config, path, target);
	free(path);
	return found;
}

static int unknown_selector(const struct chooser *chooser, const char *text, struct error *error)
{
	VEC(const char *) words = VEC_INIT;
	VEC(char *) ids = VEC_INIT;
	char *path = pytest_path_of(text);
	char *file = fs_exists(path) ? NULL : nearest_argument(text);
	const char *nearest;

	for (size_t i = 0; i < chooser->candidates.length; i++) {
		char *id = fs_relative(chooser->candidates.items[i].path, chooser->config->root);

		vec_push(&ids, id);
		vec_push(&words, id);
	}
	nearest = text_nearest(text, words.items, words.length);
	if (!nearest)
		nearest = file;
	if (*pytest_id_of(text) && !fs_exists(path))
		error_set(error, "'%s': there is no file '%s', and no test has this as its id", text, path);
	else
		error_set(error, "'%s' is no file or directory, and no test has it as its id", text);
	if (nearest) {
		struct str message = STR_INIT;

		str_add_format(&message, "%s; did you mean '%s'?", error->message, nearest);
		error_set(error, "%s", message.data);
		str_fini(&message);
	}
	vec_each(&ids, it) free(*it);
	vec_fini(&ids);
	vec_fini(&words);
	free(file);
	free(path);
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

/* Chooses among the suites of pytest's that the project has. */
static bool choose_served(struct chooser *chooser, const struct target *target)
{
	const struct config *config = chooser->config;
	bool found = false;

	for (size_t i = 0; i < chooser->served.length; i++) {
		const struct suite_config *suite = &config->suites.items[i];

		if (suite_has_server(suite) &&
		    pytest_choose(config, suite, target->path, target->id, &chooser->served.items[i]))
			found = true;
	}
	return found;
}

static void choose_own(struct chooser *chooser, const char *text, const struct target *target,
		       struct guess guess)
{
	if (guess.pytest)
		vec_push(&chooser->own_pytest,
			 target->from_here ? alloc_string(text)
					   : alloc_format("%s%s", target->path, target->id));
	if (guess.programs)
		vec_push(&chooser->own, alloc_string(target->path));
}

static void apply_directory(struct chooser *chooser, const char *text, const struct target *target)
{
	bool is_suites = choose_directory(chooser, target->path);

	/* A suite of pytest's may be that of a whole project, and this a part of it that is another
	 * suite's. */
	if ((!is_suites || pytest_has_tests(target->path)) && choose_served(chooser, target))
		is_suites = true;
	if (!is_suites)
		choose_own(chooser, text, target, guess_directory(chooser->config, target->path));
}

static void apply_file(struct chooser *chooser, const char *text, const struct target *target)
{
	struct guess guess;

	if (*target->id == '\0' && choose_file(chooser, target->path))
		return;
	guess = guess_file(chooser->config, target->path);
	if (!guess.pytest || !choose_served(chooser, target))
		choose_own(chooser, text, target, guess);
}

static bool has_text(char *const *items, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(items[i], text) == 0)
			return true;
	}
	return false;
}

static int apply_target(struct chooser *chooser, const char *text, const struct target *target,
			struct error *error)
{
	if (*target->id && !guess_file(chooser->config, target->path).pytest &&
	    !(S_ISDIR(target->info.st_mode) && guess_directory(chooser->config, target->path).pytest))
		return unknown_selector(chooser, text, error);
	if (S_ISDIR(target->info.st_mode))
		apply_directory(chooser, text, target);
	else if (S_ISREG(target->info.st_mode))
		apply_file(chooser, text, target);
	else
		return error_set(error, "'%s' is neither a file nor a directory", text);
	return 0;
}

static int apply_selector(struct chooser *chooser, const char *text, struct error *error)
{
	const struct config *config = chooser->config;
	struct target target;
	int status;

	if (resolve(config, text, &target)) {
		status = apply_target(chooser, text, &target, error);
		free(target.path);
		return status;
	}
	/* The name of a module. */
	if (has_text(config->adapter_arguments.items, config->adapter_arguments.length, "--pyargs")) {
		vec_push(&chooser->own_pytest, alloc_string(text));
		return 0;
	}
	return unknown_selector(chooser, text, error);
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

		if (!suite_is_wanted(config, &config->suites.items[i]) ||
		    suite_has_server(&config->suites.items[i]))
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

/* Now the suites hold what was chosen, and nothing else. */
static void rewrite_suites(struct chooser *chooser)
{
	struct config *config = chooser->config;

	vec_each(&config->suites, suite)
	{
		vec_each(&suite->programs, it) free(*it);
		vec_clear(&suite->programs);
		suite->left_out = true;
	}
	vec_each(&chooser->chosen, it)
	{
		const struct candidate *candidate = &chooser->candidates.items[*it];
		struct suite_config *suite = &config->suites.items[candidate->suite];

		vec_push(&suite->programs, alloc_string(candidate->path));
		suite->left_out = false;
	}
	for (size_t i = 0; i < chooser->served.length; i++) {
		struct pytest_choice *choice = &chooser->served.items[i];
		struct suite_config *suite = &config->suites.items[i];

		if (choice->whole || choice->entries.length > 0)
			suite->left_out = false;
		for (size_t k = 0; !choice->whole && k < choice->entries.length; k++)
			vec_push(&suite->programs, alloc_string(choice->entries.items[k]));
	}
}

/* What no suite has becomes suites of its own. */
static void add_own_suites(struct chooser *chooser)
{
	struct config *config = chooser->config;
	struct suite_config *suite;

	if (chooser->own_pytest.length > 0) {
		suite = guess_add_pytest(config);
		suite->cwd = fs_absolute(".");
		vec_each(&chooser->own_pytest, it) vec_push(&suite->programs, *it);
		vec_clear(&chooser->own_pytest);
	}
	if (chooser->own.length > 0) {
		suite = guess_add_programs(config);
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
	if (status == 0) {
		rewrite_suites(chooser);
		add_own_suites(chooser);
	}
	selectors_fini(&selectors);
	return status;
}

static int choose_by_arguments(struct config *config, struct error *error)
{
	struct chooser chooser = {.config = config, .by_path = map_new()};
	int status;

	for (size_t i = 0; i < config->suites.length; i++)
		vec_push(&chooser.served, (struct pytest_choice){.whole = false});
	status = apply_arguments(&chooser, error);
	vec_each(&chooser.served, it) pytest_choice_fini(it);
	vec_fini(&chooser.served);
	vec_each(&chooser.own_pytest, it) free(*it);
	vec_fini(&chooser.own_pytest);
	vec_each(&chooser.candidates, it) free(it->path);
	vec_fini(&chooser.candidates);
	vec_each(&chooser.own, it) free(*it);
	vec_fini(&chooser.own);
	vec_fini(&chooser.chosen);
	map_free(chooser.by_path);
	return status;
}

int collect_given(const struct config *config, struct given_texts *out, struct error *error)
{
	struct selectors selectors = {.list = VEC_INIT};
	int status = read_arguments(config, &selectors, error);

	for (size_t i = 0; i < selectors.list.length && status == 0; i++) {
		struct target target;
		char *relative;

		if (!resolve(config, selectors.list.items[i].text, &target))
			continue;
		relative = fs_relative(target.path, config->root);
		vec_push(out, alloc_format("%s%s", relative, target.id));
		free(relative);
		free(target.path);
	}
	selectors_fini(&selectors);
	return status;
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

static int check_names(const struct config *config, struct error *error)
{
	if (config->adapter && !adapter_need(config->adapter, error))
		return error_prefix(error, "--adapter");
	for (size_t i = 0; i < config->suite_names.length; i++) {
		if (check_suite_name(config, config->suite_names.items[i], error) != 0)
			return -1;
	}
	return 0;
}

/* A choice that nobody makes must not look like one that takes everything. */
static int check_choice(const struct config *config, struct error *error)
{
	if (!config->stepwise)
		return 0;
	vec_each(&config->suites, suite)
	{
		if (suite_has_server(suite))
			return 0;
	}
	return error_set(error, "--stepwise is for pytest's tests only, and there are none of them here");
}

/* Behind "--" it is pytest's word, and means the same. */
static bool asks_for_a_list(const struct config *config)
{
	bool pytest = false;

	vec_each(&config->suites, suite) pytest = pytest || suite_has_server(suite);
	vec_each(&config->adapter_arguments, it)
	{
		if (pytest && (strcmp(*it, "--co") == 0 || strcmp(*it, "--collect-only") == 0))
			return true;
	}
	return false;
}

int collect_prepare(struct config *config, struct error *error)
{
	bool has_arguments = config->arguments.length > 0;

	if (check_names(config, error) != 0)
		return -1;
	vec_each(&config->suites, suite)
	{
		suite->left_out = !suite_is_wanted(config, suite);
		if (suite_has_server(suite) && pytest_resolve_paths(config, suite, has_arguments, error) != 0)
			return -1;
	}
	if (has_arguments && choose_by_arguments(config, error) != 0)
		return -1;
	if (!has_arguments && config->suites.length == 0)
		guess_suites(config);
	config->collect_only = config->collect_only || asks_for_a_list(config);
	return check_choice(config, error);
}
