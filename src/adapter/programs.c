#include "adapter/programs.h"

#include "adapter/script.h"
#include "base/fs.h"
#include "base/map.h"
#include "config/pytest_project.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A search that is going on. */
struct search {
	const struct adapter *adapter; /* that the suite asks for; NULL: to be recognised */
	unsigned flags;
	struct programs *programs;
	struct map *seen;
	const char *root;
	size_t notes_before; /* how many there were before the entry that is looked at */
	/* Executables in directories that are not called like tests. */
	size_t passed_over;
	char *example;
};

void programs_init(struct programs *programs)
{
	*programs = (struct programs){.list = VEC_INIT};
}

void programs_fini(struct programs *programs)
{
	vec_each(&programs->list, it) free(it->path);
	vec_fini(&programs->list);
	vec_each(&programs->notes, it) free(*it);
	vec_fini(&programs->notes);
}

bool suite_is_wanted(const struct config *config, const struct suite_config *suite)
{
	if (suite->left_out)
		return false;
	if (!suite->file || config->suite_names.length == 0)
		return true;
	for (size_t i = 0; i < config->suite_names.length; i++) {
		if (strcmp(config->suite_names.items[i], suite->name) == 0)
			return true;
	}
	return false;
}

static const struct adapter *recognise(const char *path, struct slice head)
{
	const struct adapter *const *adapter;

	for (adapter = adapter_list(); *adapter; adapter++) {
		if ((*adapter)->recognises && (*adapter)->recognises(path, head))
			return *adapter;
	}
	return NULL;
}

/* The adapter of a file that was asked for. */
static const struct adapter *adapter_of(const struct search *search, const char *path)
{
	char head[SCRIPT_HEAD];
	struct slice begin = {.data = head};
	const struct adapter *adapter;

	if (search->adapter)
		return search->adapter;
	/* Without a head its name is what there is to judge by; the launch says what is wrong. */
	(void)script_read_head(path, head, &begin.length);
	adapter = recognise(path, begin);
	return adapter ? adapter : &adapter_exec;
}

/* Takes `path`. */
static void add_program(struct search *search, char *path, const struct adapter *adapter, bool named)
{
	struct program program = {.path = path, .adapter = adapter, .named = named};

	if (map_get(search->seen, path, strlen(path))) {
		free(path);
		return;
	}
	map_put(search->seen, path, strlen(path), search);
	vec_push(&search->programs->list, program);
}

static bool matches_any(const char *name, const char *const *patterns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (fnmatch(patterns[i], name, 0) == 0)
			return true;
	}
	return false;
}

/* What tools leave beside tests. "test-driver" is the script with which Automake runs them. */
static bool is_leftover(const char *name)
{
	static const char *const patterns[] = {"*.o", "*.lo",   "*.la",  "*.so",  "*.so.*",
					       "*~",  "*.orig", "*.rej", "*.bak", "test-driver"};

	return matches_any(name, patterns, sizeof(patterns) / sizeof(patterns[0]));
}

static bool is_named_like_a_test(const char *name)
{
	static const char *const patterns[] = {"test[-_.]*", "*[-_]test", "*[-_]test.*", "*.test",
					       "check[-_]*"};

	return matches_any(name, patterns, sizeof(patterns) / sizeof(patterns[0]));
}

/* A text file with the bits of a program is no program: on some file systems every file has them. */
static bool is_startable(struct slice head)
{
	return slice_starts_with(head, "#!") || slice_starts_with(head, "\177ELF");
}

/* Looks at a file of a directory; NULL: it is not a test. */
static const struct adapter *judge(struct search *search, const char *path)
{
	const char *name = fs_name_of(path);
	const struct adapter *adapter = recognise(path, (struct slice){NULL, 0});
	char head[SCRIPT_HEAD];
	struct slice begin = {.data = head};

	if (is_leftover(name))
		return NULL;
	if ((search->flags & PROGRAMS_NO_PYTHON) && !search->adapter && pytest_names_file(name))
		return NULL;
	if (adapter)
		return search->adapter ? search->adapter : adapter;
	if (!fs_is_executable_file(path))
		return NULL;
	if (search->adapter)
		return search->adapter;
	if (script_read_head(path, head, &begin.length) != 0 || !is_startable(begin))
		return NULL;
	adapter = recognise(path, begin);
	if (adapter)
		return adapter;
	if (is_named_like_a_test(name))
		return &adapter_exec;
	if ((search->flags & PROGRAMS_NO_PYTHON) && text_ends_with(name, ".py"))
		return NULL;
	if (search->passed_over++ == 0)
		search->example = fs_relative(path, search->root);
	return NULL;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

struct paths {
	VEC(char *) list;
};

static void paths_sort(struct paths *paths)
{
	if (paths->list.length > 1)
		qsort(paths->list.items, paths->list.length, sizeof(char *), compare_texts);
}

static void paths_fini(struct paths *paths)
{
	vec_each(&paths->list, it) free(*it);
	vec_fini(&paths->list);
}

/* Appends the files of a directory and, unless flat, of those below it. Links to directories are not followed: they
 * may lead back. */
static int list_files(const char *directory, bool flat, bool is_start, struct paths *files,
		      struct error *error)
{
	DIR *stream = opendir(directory);
	struct paths below = {.list = VEC_INIT};
	const struct dirent *entry;
	int status = 0;

	if (!stream) {
		/* One that this user may not read is no reason not to run the rest. */
		if (!is_start && (errno == EACCES || errno == ENOENT))
			return 0;
		return error_set_errno(error, errno, "%s", directory);
	}
	while ((entry = readdir(stream)) != NULL) {
		struct stat info;
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		path = fs_join(directory, entry->d_name);
		if (lstat(path, &info) != 0)
			free(path);
		else if (S_ISDIR(info.st_mode))
			vec_push(&below.list, path);
		else if (S_ISREG(info.st_mode) || (stat(path, &info) == 0 && S_ISREG(info.st_mode)))
			vec_push(&files->list, path);
		else
			free(path);
	}
	closedir(stream);
	vec_each(&below.list, it)
	{
		if (!flat && status == 0)
			status = list_files(*it, flat, false, files, error);
	}
	paths_fini(&below);
	return status;
}

static void note_passed_over(struct search *search, const char *directory)
{
	char *name = fs_relative(directory, search->root);

	vec_push(&search->programs->notes,
		 alloc_format(
			 "%s: passed over %zu executable file%s not called like a test (%s%s); name them, or "
			 "take all with --adapter exec",
			 name, search->passed_over, search->passed_over == 1 ? "" : "s", search->example,
			 search->passed_over == 1 ? "" : ", ..."));
	free(name);
	free(search->example);
	search->example = NULL;
	search->passed_over = 0;
}

/* Returns 1: it holds tests; 0: none; -1: an error. */
static int add_directory(struct search *search, const char *directory, struct error *error)
{
	struct paths files = {.list = VEC_INIT};
	bool holds_tests = false;
	int status = list_files(directory, search->flags & PROGRAMS_FLAT, true, &files, error);

	paths_sort(&files);
	vec_each(&files.list, it)
	{
		const struct adapter *adapter = status == 0 ? judge(search, *it) : NULL;

		if (!adapter)
			continue;
		holds_tests = true;
		add_program(search, *it, adapter, false);
		*it = NULL;
	}
	paths_fini(&files);
	if (search->passed_over > 0)
		note_passed_over(search, directory);
	return status != 0 ? -1 : holds_tests;
}

struct matches {
	struct search *search;
	const char *base;
	size_t count;
};

static void take_match(void *context, const char *relative)
{
	struct matches *matches = context;
	char *path = fs_join(matches->base, relative);
	struct stat info;

	if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
		free(path);
		return;
	}
	matches->count++;
	add_program(matches->search, path, adapter_of(matches->search, path), false);
}

/* Adds what `entry` means below `base`. Returns 1: something; 0: it means nothing there; -1: an error. */
static int add_entry_below(struct search *search, const char *base, const char *entry, struct error *error)
{
	struct matches matches = {.search = search, .base = entry[0] == '/' ? "/" : base};
	char *joined = fs_join(base, entry);
	char *path = fs_absolute(joined);
	struct stat info;
	int status = 0;

	free(joined);
	if (stat(path, &info) == 0 && S_ISDIR(info.st_mode)) {
		status = add_directory(search, path, error);
	} else if (stat(path, &info) == 0 && S_ISREG(info.st_mode)) {
		add_program(search, path, adapter_of(search, path), true);
		path = NULL;
		status = 1;
	} else if (fs_glob(matches.base, entry, take_match, &matches, error) < 0) {
		status = -1;
	} else {
		status = matches.count > 0;
	}
	free(path);
	return status;
}

/* A pattern or a path that means nothing is a mistake; a directory may have no tests (yet), which is told. */
static int nothing_found(struct search *search, const char *base, const char *entry,
			 struct error *error)
{
	char *path = fs_join(base, entry);
	size_t notes = search->programs->notes.length;
	int status = 0;

	if (!fs_is_directory(path))
		status = error_set(error, "'%s' matches no file below %s", entry, base);
	else if (search->adapter)
		vec_push(&search->programs->notes, alloc_format("there is no executable file in %s", entry));
	else if (notes == search->notes_before)
		vec_push(&search->programs->notes,
			 alloc_format("nothing in %s looks like a test (*.t, *.bats, executables called test_..., "
				      "..._test, check_...)", entry));
	free(path);
	return status;
}

static int add_entry(struct search *search, const struct config *config, const struct suite_config *suite,
		     const char *entry, struct error *error)
{
	const char *base = suite->cwd ? suite->cwd : config->root;
	int status;

	search->notes_before = search->programs->notes.length;
	status = add_entry_below(search, base, entry, error);
	if (status == 0 && suite->cwd && entry[0] != '/' && strcmp(suite->cwd, config->root) != 0)
		status = add_entry_below(search, config->root, entry, error);
	if (status == 0 && !(search->flags & PROGRAMS_MAY_BE_NONE))
		return nothing_found(search, base, entry, error);
	return status < 0 ? -1 : 0;
}

static int find(const struct config *config, const struct suite_config *suite, struct search *search,
		struct error *error)
{
	if (suite->adapter) {
		search->adapter = adapter_need(suite->adapter, error);
		if (!search->adapter)
			return -1;
	}
	if (suite->cwd && !fs_is_directory(suite->cwd))
		return error_set(error, "suite '%s': its cwd %s is no directory", suite->name, suite->cwd);
	for (size_t i = 0; i < suite->programs.length; i++) {
		if (add_entry(search, config, suite, suite->programs.items[i], error) != 0)
			return -1;
	}
	return 0;
}

int programs_find(const struct config *config, const struct suite_config *suite, unsigned flags,
		  struct programs *programs, struct error *error)
{
	struct search search = {
		.flags = flags, .programs = programs, .seen = map_new(), .root = config->root};
	int status = find(config, suite, &search, error);

	if (status != 0 && suite->file)
		error_prefix(error, "%s:%d:%d", suite->file, suite->line, suite->column);
	map_free(search.seen);
	free(search.example);
	return status;
}

bool programs_are_in(const struct config *config, const char *directory, unsigned flags)
{
	struct suite_config suite = {.name = NULL};
	struct programs programs;
	bool found;

	programs_init(&programs);
	vec_push(&suite.programs, alloc_string(directory));
	found = programs_find(config, &suite, flags | PROGRAMS_MAY_BE_NONE | PROGRAMS_NO_PYTHON, &programs,
			      NULL) == 0 &&
		programs.list.length > 0;
	programs_fini(&programs);
	free(suite.programs.items[0]);
	vec_fini(&suite.programs);
	return found;
}
