/* How one test is run alone, outside of this run: by hand, or in a debugger. */
#include "adapter/pytest.h"
#include "adapter/script.h"
#include "base/alloc.h"
#include "base/fs.h"
#include "config/pytest_project.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

/* The file that the test's id begins with, absolute; the caller frees it. */
static char *pytest_file_of(struct engine *engine, const struct entry *entry)
{
	const struct server *server = server_by_number(engine, entry->found.server);
	const char *base = server && server->rootdir ? server->rootdir : engine->config->root;
	char *path = pytest_path_of(entry->found.id), *joined = fs_join(base, path);
	char *file = fs_absolute(joined);
	free(path);
	free(joined);
	return file;
}

/* --- by hand --- */

static void add_option(struct str *out, const char *option, const char *value)
{
	str_add_format(out, " %s ", option);
	str_add_shell_quoted(out, value);
}

/* As it is written on a command line in the root directory. */
static void add_id(struct engine *engine, const struct entry *entry, struct str *out)
{
	const struct found_test *test = &entry->found;
	if (!test->server) {
		str_add_shell_quoted(out, test->id);
		return;
	}
	char *file = pytest_file_of(engine, entry), *relative = fs_relative(file, engine->config->root);
	char *id = alloc_format("%s%s", relative, pytest_id_of(test->id));
	str_add_shell_quoted(out, id);
	free(id);
	free(relative);
	free(file);
}

void alone_reproduce(struct engine *engine, const struct entry *entry, struct str *out)
{
	const struct config *config = engine->config;
	str_add_text(out, "cd ");
	str_add_shell_quoted(out, config->root);
	str_add_text(out, " && xtop");
	if (config_option_is_set(config, "rootdir"))
		str_add_text(out, " --rootdir .");
	if (config->config_file && config_option_is_forced(config, "config"))
		add_option(out, "--config", config->config_file);
	if (config->python && config_option_is_forced(config, "python"))
		add_option(out, "--python", config->python);
	if (config->adapter)
		add_option(out, "--adapter", config->adapter);
	vec_each(&config->plugins, it)
		add_option(out, "-p", *it);
	vec_each(&config->override_ini, it)
		add_option(out, "-o", *it);
	if (entry->found.suite->file)
		add_option(out, "--suite", entry->found.suite->name);
	str_add_char(out, ' ');
	add_id(engine, entry, out);
	if (config->adapter_arguments.length)
		str_add_text(out, " --");
	vec_each(&config->adapter_arguments, it) {
		str_add_char(out, ' ');
		str_add_shell_quoted(out, *it);
	}
}

/* --- in a debugger --- */

/* What chose among tests is left out: the test is named. */
static bool selects(const char *word, bool *with_value)
{
	static const char *const words[] = { "--last-failed", "--failed-first", "--stepwise" };
	*with_value = strcmp(word, "-k") == 0 || strcmp(word, "-m") == 0 || strcmp(word, "--deselect") == 0;
	if (*with_value || text_starts_with(word, "-k") || text_starts_with(word, "-m") ||
	    text_starts_with(word, "--deselect="))
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(word, words[i]) == 0)
			return true;
	return false;
}

static int debug_pytest(struct engine *engine, const struct entry *entry, struct launch *launch, struct error *error)
{
	const struct server *server = server_by_number(engine, entry->found.server);
	struct suite_config chosen = *entry->found.suite;
	struct launch started;
	struct pytest_arguments arguments;
	char *file = pytest_file_of(engine, entry);
	char *node = alloc_format("%s%s", file, pytest_id_of(entry->found.id));
	free(file);
	chosen.programs.items = &node;
	chosen.programs.length = 1;
	if (pytest_command(engine->config, &chosen, &started, &arguments, error) != 0) {
		free(node);
		return -1;
	}
	launch_init(launch);
	launch_push(launch, started.argv.items[0]);
	launch_push(launch, "-m");
	launch_push(launch, "pytest");
	for (size_t i = 0; i < arguments.length; i++) {
		bool with_value;
		/* Only what the command line said to xtop, not what stands in the suite or behind "--". */
		if (i > 0 && i <= engine->config->pytest_arguments.length && selects(arguments.items[i], &with_value))
			i += with_value;
		else
			launch_push(launch, arguments.items[i]);
	}
	/* pytest-xdist takes no debugger otherwise. */
	if (server && server->distributes)
		launch_push(launch, "-n0");
	launch_push(launch, "--pdb");
	vec_each(&started.environment, it)
		vec_push(&launch->environment, alloc_string(*it));
	launch->cwd = alloc_string(started.cwd);
	launch_fini(&started);
	pytest_arguments_fini(&arguments);
	free(node);
	return 0;
}

static bool is_binary(const char *path)
{
	char head[5];
	return fs_read_small(path, head, sizeof(head)) == 4 && memcmp(head, "\177ELF", 4) == 0;
}

static int debug_program(struct engine *engine, const struct entry *entry, struct launch *launch, struct error *error)
{
	if (collect_launch(engine->config, &entry->found, launch, error) != 0)
		return -1;
	char *gdb = is_binary(launch->argv.items[0]) ? launch_find_command(launch, "gdb") : NULL;
	if (gdb) {
		struct launch program = *launch;
		launch->argv = (__typeof__(launch->argv))VEC_INIT;
		launch_push(launch, gdb);
		launch_push(launch, "-q");
		launch_push(launch, "--args");
		vec_each(&program.argv, it)
			vec_push(&launch->argv, *it);
		vec_fini(&program.argv);
	}
	free(gdb);
	vec_push(&launch->environment, alloc_format("XTOP_TEST_ID=%s", entry->found.id));
	return 0;
}

int alone_debug(struct engine *engine, const struct entry *entry, struct launch *launch, struct error *error)
{
	if (entry->broken)
		return error_set(error, "it could not be collected, so it can't be run");
	if (entry->judged)
		return error_set(error, "it was skipped when it was collected: there is nothing to run");
	return entry->found.server ? debug_pytest(engine, entry, launch, error) :
				     debug_program(engine, entry, launch, error);
}
