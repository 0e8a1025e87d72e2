/* --watch: what a saved file affects is run again, with the code as it is now; what failed last comes first.
 *
 *   a test's own file or program      its tests, and those that it has now
 *   conftest.py                       the tests of its directory and of those below
 *   another .py file                  all tests of the suites that have a server: what they import is not known test by test
 *   a source of a suite with build:   the build, then the tests whose program it changed, and new ones
 *
 * Other files are left alone: nobody knows whom they concern, and tests themselves leave files in the tree.  A test that
 * runs or waits when its code changes runs again once it has its verdict.
 */
#include "base/alloc.h"
#include "base/fs.h"
#include "engine/internal.h"
#include "engine/watch_tree.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A file that was written in so many rounds of tests and builds, one after the other, is written by them. */
#define SELF_MADE 4
/* Times of files come from a clock that ticks so seldom: they lie up to a tick back. */
#define FILE_CLOCK (10 * CLOCK_MS)

/* What a program was before its build. */
struct program {
	uint64_t test;
	struct timespec modified;
	off_t size;
	ino_t inode;
};

/* Of a file: how many rounds in a row it was written in. */
struct writes {
	unsigned rounds, last_round;
};

struct watch {
	struct engine *engine;
	struct watch_tree *tree;
	size_t awaited;          /* entries with `awaited` */
	size_t pending;          /* entries with `saved`: to be run again, once they can */
	VEC(struct program) programs; /* of the suites that are being built */
	struct map *writes;      /* path → struct writes */
	uint64_t round_began, round_ended; /* clock_wall(); ended 0: it goes on */
	unsigned round;
	struct map *known;       /* suite, id and ordinal of each entry → its number */
	size_t known_entries;    /* how many entries are in it */
	VEC(char *) early;       /* saved before all tests were found */
	bool looked;             /* programs were looked for since the last saved file */
	uv_timer_t turn;         /* what is pending, in a turn of the loop of its own */
	bool handle_open;
};

/* --- which tests --- */

static void run_later(struct watch *watch, struct entry *entry)
{
	if (!entry->saved)
		watch->pending++;
	entry->saved = true;
}

static bool is_below(const char *path, const char *directory)
{
	size_t length = strlen(directory);

	return strcmp(directory, ".") == 0 ||
	       (strncmp(path, directory, length) == 0 && path[length] == '/');
}

typedef bool (*affected)(const struct entry *entry, const char *path, const char *relative);

static bool has_file(const struct entry *entry, const char *path, const char *relative)
{
	const struct found_test *found = &entry->found;

	return (found->file && (strcmp(found->file, relative) == 0 || strcmp(found->file, path) == 0)) ||
	       (found->program && strcmp(found->program, path) == 0);
}

static bool is_served(const struct entry *entry, const char *path, const char *relative)
{
	(void)path;
	(void)relative;
	return entry->found.server != 0;
}

/* The directory of `relative` has it. */
static bool is_of_directory(const struct entry *entry, const char *path, const char *relative)
{
	char *directory = fs_directory_of(relative);
	bool below = entry->found.server != 0 && entry->found.file && is_below(entry->found.file, directory);

	(void)path;
	free(directory);
	return below;
}

static size_t add_affected(struct watch *watch, affected is_affected, const char *path, const char *relative)
{
	struct engine *engine = watch->engine;
	size_t count = 0;

	for (size_t i = 0; i < engine->entries.length; i++) {
		if (!is_affected(&engine->entries.items[i], path, relative))
			continue;
		count++;
		run_later(watch, &engine->entries.items[i]);
	}
	return count;
}

/* --- which files --- */

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), end_length = strlen(end);

	return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

/* By pytest's own defaults; a file of another name is found by running all. */
static bool is_named_as_test(const char *name)
{
	return ends_with(name, ".py") && (strncmp(name, "test_", 5) == 0 || ends_with(name, "_test.py"));
}

/* What a build reads, and no build of the usual kind writes. */
static bool is_built_from(const char *name)
{
	static const char *const ends[] = { ".c",   ".h",   ".cc",   ".cpp",  ".cxx",   ".c++", ".hh", ".hpp",  ".hxx",
					    ".inc", ".inl", ".rs",   ".go",   ".s",     ".S",   ".m",  ".mm",   ".y",
					    ".l",   ".zig", ".d",    ".f90",  ".cmake", ".mk",  ".am", ".proto", ".toml" };
	static const char *const names[] = { "CMakeLists.txt", "Makefile", "makefile", "GNUmakefile", "meson.build",
					     "meson_options.txt", "configure.ac", "BUILD", "BUILD.bazel" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(name, ends[i]))
			return true;
	return false;
}

static bool is_configuration(const char *name)
{
	static const char *const names[] = { "xtop.yaml",      "pytest.ini", ".pytest.ini", "tox.ini",
					     "pyproject.toml", "setup.cfg" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

static bool was_written_in_round(const struct watch *watch, const char *path)
{
	struct stat status;
	uint64_t written;

	if (stat(path, &status) != 0)
		return false;
	written = (uint64_t)status.st_mtim.tv_sec * CLOCK_SECOND + (uint64_t)status.st_mtim.tv_nsec;
	return written + FILE_CLOCK >= watch->round_began && (!watch->round_ended || written <= watch->round_ended);
}

/* Whether tests or builds write the file themselves: to run them for it would never end. Once it is saved between two
 * rounds, that was somebody else. */
static bool is_self_made(struct watch *watch, const char *path, const char *relative)
{
	struct writes *writes = map_get(watch->writes, path, strlen(path));

	if (!was_written_in_round(watch, path)) {
		if (writes)
			writes->rounds = 0;
		return false;
	}
	if (!writes) {
		writes = ALLOC_NEW(struct writes);
		map_put(watch->writes, path, strlen(path), writes);
	}
	if (writes->last_round != watch->round)
		writes->rounds++;
	writes->last_round = watch->round;
	if (writes->rounds == SELF_MADE)
		engine_log(watch->engine, LEVEL_WARNING,
			   "%s changes each time that tests run: nothing runs again for it until it is saved while none does",
			   relative);
	return writes->rounds >= SELF_MADE;
}

static void begin_round(struct watch *watch)
{
	if (!watch->round_ended && watch->round)
		return;
	watch->round_began = clock_wall();
	watch->round_ended = 0;
	watch->round++;
}

/* --- new tests --- */

static char *key_of(const struct found_test *test, size_t *length)
{
	char *key = alloc_format("%s%c%u%c%s", test->suite->name, '\0', test->ordinal, '\0', test->id);

	*length = strlen(test->suite->name) + 1;
	*length += strlen(key + *length) + 1;
	*length += strlen(test->id);
	return key;
}

bool watch_knows(struct engine *engine, const struct found_test *test)
{
	struct watch *watch = engine->watch;
	size_t length;
	bool known;
	char *key;

	while (watch->known_entries < engine->entries.length) {
		uintptr_t number = ++watch->known_entries;

		key = key_of(&engine->entries.items[number - 1].found, &length);
		map_put(watch->known, key, length, (void *)number);
		free(key);
	}
	key = key_of(test, &length);
	known = map_get(watch->known, key, length) != NULL;
	free(key);
	return known;
}

/* Programs that are there now and were not found before. */
static void look_for_programs(struct watch *watch)
{
	struct engine *engine = watch->engine;
	struct error error = ERROR_INIT;
	struct findings *findings;

	if (watch->looked)
		return;
	watch->looked = true;
	findings = collect_find(engine->config, &error);
	if (!findings) {
		engine_log(engine, LEVEL_WARNING, "%s", error.message);
		return;
	}
	collect_take_new(engine, findings);
	collect_forget(findings);
}

/* Whether what was asked for, a path or an id, may have tests in that file. `asked` is relative to `directory`. */
static bool may_name(const char *asked, const char *directory, const char *path)
{
	const char *end = strstr(asked, "::");
	char *file = end ? alloc_string_n(asked, (size_t)(end - asked)) : alloc_string(asked);
	char *joined = fs_join(directory, file), *absolute = fs_absolute(joined);
	bool named = strcmp(absolute, path) == 0 || is_below(path, absolute) || strpbrk(asked, "*?[") != NULL;

	free(file);
	free(joined);
	free(absolute);
	return named;
}

/* A run of chosen files or directories is no run of what is saved elsewhere. */
static bool is_asked_for(const struct config *config, const struct suite_config *suite, const char *path)
{
	const char *directory = suite->cwd ? suite->cwd : config->root;
	bool any = config->arguments.length == 0;

	vec_each(&config->arguments, argument)
		any = any || may_name(*argument, ".", path);
	if (!any || suite->programs.length == 0)
		return any;
	vec_each(&suite->programs, program)
		if (may_name(*program, directory, path))
			return true;
	return false;
}

/* That of a suite with a server whose directory is the nearest one around the file; of several with the same one the
 * first. False: nobody's. */
static bool collect_file(struct watch *watch, const char *path)
{
	const struct config *config = watch->engine->config;
	const struct suite_config *nearest = NULL;
	size_t length = 0;

	vec_each(&config->suites, suite) {
		const char *directory = suite->cwd ? suite->cwd : config->root;

		if (suite->left_out || !suite_has_server(suite) || !is_below(path, directory) ||
		    !is_asked_for(config, suite, path) || (nearest && strlen(directory) <= length))
			continue;
		nearest = suite;
		length = strlen(directory);
	}
	if (nearest)
		rerun_collect_file(watch->engine, nearest, path);
	return nearest != NULL;
}

/* --- builds --- */

void watch_building(struct engine *engine, const struct suite_config *suite)
{
	struct watch *watch = engine->watch;

	if (!watch)
		return;
	for (size_t i = 0; i < engine->entries.length; i++) {
		const struct found_test *found = &engine->entries.items[i].found;
		struct program program = { .test = i + 1 };
		struct stat status;

		if (found->suite != suite || !found->program)
			continue;
		if (stat(found->program, &status) == 0) {
			program.modified = status.st_mtim;
			program.size = status.st_size;
			program.inode = status.st_ino;
		}
		vec_push(&watch->programs, program);
	}
}

static bool was_made_anew(const struct program *program, const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 &&
	       (status.st_mtim.tv_sec != program->modified.tv_sec ||
		status.st_mtim.tv_nsec != program->modified.tv_nsec || status.st_size != program->size ||
		status.st_ino != program->inode);
}

static void know_programs(struct watch *watch, const struct suite_config *suite)
{
	vec_each(&watch->engine->entries, entry)
		if (entry->found.suite == suite && entry->found.program)
			watch_tree_know(watch->tree, entry->found.program);
}

void watch_collected(struct engine *engine)
{
	if (!engine->watch || !engine->watch->tree)
		return;
	watch_go_on(engine); /* what was saved meanwhile */
	for (size_t i = 0; i < engine->config->suites.length; i++)
		if (engine->config->suites.items[i].build)
			know_programs(engine->watch, &engine->config->suites.items[i]);
}

void watch_built(struct engine *engine, const struct suite_config *suite, bool well)
{
	struct watch *watch = engine->watch;
	size_t kept = 0, made = 0, before = engine->entries.length;

	if (!watch)
		return;
	for (size_t i = 0; i < watch->programs.length; i++) {
		struct program *program = &watch->programs.items[i];
		struct entry *entry = engine_entry(engine, program->test);

		if (entry->found.suite != suite)
			watch->programs.items[kept++] = *program;
		else if (well && was_made_anew(program, entry->found.program) && ++made)
			run_later(watch, entry);
	}
	watch->programs.length = kept;
	if (watch->tree)
		know_programs(watch, suite);
	if (engine->finished)
		watch->round_ended = clock_wall();
	if (!well)
		return;
	watch->looked = false;
	look_for_programs(watch);
	if (made == 0 && engine->entries.length == before)
		engine_log(engine, LEVEL_NOTE, "%s: the build changed no program", suite->name);
	watch_go_on(engine);
}

static size_t start_builds(struct watch *watch, const char *path)
{
	struct engine *engine = watch->engine;
	size_t count = 0;

	for (size_t i = 0; i < engine->config->suites.length; i++) {
		const struct suite_config *suite = &engine->config->suites.items[i];

		if (!suite->build || suite->left_out || !is_below(path, suite->cwd ? suite->cwd : engine->config->root))
			continue;
		count++;
		begin_round(watch);
		build_start(engine, suite);
	}
	return count;
}

/* --- what changed --- */

/* True: the file concerns somebody. */
static bool take_change(struct watch *watch, const char *path, const char *relative)
{
	const char *name = fs_name_of(path);
	size_t own;

	if (is_configuration(name)) {
		engine_log(watch->engine, LEVEL_WARNING, "%s changed: xtop reads it when it is started again", relative);
		return false;
	}
	if (is_built_from(name) && start_builds(watch, path) > 0)
		return true;
	own = add_affected(watch, has_file, path, relative);
	if (strcmp(name, "conftest.py") == 0)
		return add_affected(watch, is_of_directory, path, relative) > 0;
	if (own > 0)
		return true;
	if (is_named_as_test(name) && fs_exists(path))
		return collect_file(watch, path);
	if (ends_with(name, ".py"))
		return add_affected(watch, is_served, path, relative) > 0;
	if (fs_is_executable_file(path))
		look_for_programs(watch);
	return false;
}

static void take_changes(struct watch *watch, char *const *paths, size_t count)
{
	struct engine *engine = watch->engine;
	struct str names = STR_INIT;
	size_t told = 0;

	watch->looked = false;
	for (size_t i = 0; i < count; i++) {
		char *relative = fs_relative(paths[i], engine->config->root);

		if (!is_self_made(watch, paths[i], relative) && take_change(watch, paths[i], relative) && told++ < 3)
			str_add_format(&names, "%s%s", names.length ? ", " : "", relative);
		free(relative);
	}
	if (told > 3)
		str_add_format(&names, " and %zu more", told - 3);
	if (told)
		engine_log(engine, LEVEL_NOTE, "%s changed", names.data);
	str_fini(&names);
	watch_go_on(engine);
}

/* Whom a file concerns is known once all tests are. */
static void on_changed(void *context, char *const *paths, size_t count)
{
	struct watch *watch = context;

	if (watch->engine->failure)
		return;
	if (watch->engine->collected) {
		take_changes(watch, paths, count);
		return;
	}
	for (size_t i = 0; i < count; i++)
		vec_push(&watch->early, alloc_string(paths[i]));
}

/* A program that was made anew before any ran, by the first build say, runs as it is now anyway. */
static bool is_program(const struct engine *engine, const char *path)
{
	vec_each(&engine->entries, entry)
		if (entry->found.program && strcmp(entry->found.program, path) == 0)
			return true;
	return false;
}

static void forget_early(struct watch *watch)
{
	vec_each(&watch->early, path)
		free(*path);
	vec_fini(&watch->early);
}

static void take_early(struct watch *watch)
{
	VEC(char *) paths = VEC_INIT;

	vec_each(&watch->early, path)
		if (!is_program(watch->engine, *path))
			vec_push(&paths, *path);
	take_changes(watch, paths.items, paths.length);
	vec_fini(&paths);
	forget_early(watch);
}

static void on_trouble(void *context, const char *message)
{
	const struct watch *watch = context;

	engine_log(watch->engine, LEVEL_WARNING, "--watch: %s", message);
}

/* --- running again --- */

static bool failed_last(const struct engine *engine, uint64_t number)
{
	const struct test *test = model_test(engine->model, number);

	return test && outcome_is_failure(test->outcome);
}

/* Those that failed last, or the others. How many. */
static size_t run_those(struct watch *watch, bool failed)
{
	struct engine *engine = watch->engine;
	size_t count = 0;

	/* What was asked for last stands first in the scheduler. */
	for (size_t i = engine->entries.length; i > 0; i--) {
		struct entry *entry = &engine->entries.items[i - 1];

		if (!entry->saved || failed_last(engine, i) != failed || !rerun_as_changed(engine, i))
			continue;
		entry->saved = false;
		watch->pending--;
		count++;
		if (failed && entry->state != ENTRY_DONE) {
			entry->awaited = true;
			watch->awaited++;
		}
	}
	return count;
}

static void on_turn(uv_timer_t *timer)
{
	struct watch *watch = timer->data;
	struct engine *engine = watch->engine;
	size_t failed, count;

	if (engine->collected && watch->early.length > 0 && !engine->failure)
		take_early(watch);
	if (!engine->collected || engine->closing || (engine->closed && !engine->finished) || build_goes_on(engine) ||
	    !watch->pending)
		return; /* watch_go_on is called when that is over */
	/* What could not be collected before this is told anew if it still can't. */
	engine->broken_collection = false;
	failed = run_those(watch, true);
	/* Until those have ended the others wait: no mode of distribution promises an order. */
	count = watch->awaited ? failed : failed + run_those(watch, false);
	if (count > 0) {
		begin_round(watch);
		engine_log(engine, LEVEL_NOTE, "%zu test%s again%s", count, count == 1 ? " runs" : "s run",
			   watch->awaited && watch->pending ? ", before all that did not fail" : "");
	}
	dispatch(engine);
	finish_check(engine);
}

void watch_ended(struct engine *engine, struct entry *entry)
{
	struct watch *watch = engine->watch;

	if (!entry->awaited)
		return;
	entry->awaited = false;
	if (!--watch->awaited)
		watch_go_on(engine);
}

void watch_go_on(struct engine *engine)
{
	if (engine->watch && engine->watch->handle_open)
		uv_timer_start(&engine->watch->turn, on_turn, 0, 0);
}

void watch_rest(struct engine *engine)
{
	struct watch *watch = engine->watch;

	if (!watch || !watch->tree)
		return;
	watch->round_ended = clock_wall();
	if (watch->pending > 0)
		watch_go_on(engine);
	else
		engine_log(engine, LEVEL_NOTE, "waiting for a file to be saved below %s", engine->config->root);
}

/* --- life --- */

void watch_start(struct engine *engine)
{
	struct error error = ERROR_INIT;
	struct watch *watch;

	if (!engine->config->watch || engine->collect_only)
		return;
	watch = engine->watch = ALLOC_NEW(struct watch);
	watch->engine = engine;
	watch->writes = map_new();
	watch->known = map_new();
	begin_round(watch);
	uv_timer_init(engine->loop, &watch->turn);
	watch->turn.data = watch;
	watch->handle_open = true;
	watch->tree = watch_tree_new(engine->loop, engine->config->root, on_changed, on_trouble, watch, &error);
	if (!watch->tree)
		engine_log(engine, LEVEL_ERROR, "--watch: %s", error.message);
}

void watch_close(struct engine *engine)
{
	if (!engine->watch || !engine->watch->handle_open)
		return;
	uv_close((uv_handle_t *)&engine->watch->turn, NULL);
	engine->watch->handle_open = false;
	watch_tree_close(engine->watch->tree);
}

static void free_writes(void *context, const void *key, size_t length, void *value)
{
	(void)context;
	(void)key;
	(void)length;
	free(value);
}

void watch_free(struct engine *engine)
{
	if (!engine->watch)
		return;
	map_each(engine->watch->writes, free_writes, NULL);
	forget_early(engine->watch);
	vec_fini(&engine->watch->programs);
	map_free(engine->watch->writes);
	map_free(engine->watch->known);
	free(engine->watch);
}
