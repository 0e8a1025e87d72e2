#include "config/config.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "config/load.h"
#include "config/options.h"
#include "config/pytest_project.h"
#include "config/subcommands.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

#define PROJECT_FILE "xtop.yaml"
#define QUARANTINE_FILE "quarantine.yaml"
#define HISTORY_FILE ".xtop/history.db"

struct suite_config *config_add_suite(struct config *config, char *name)
{
	struct suite_config suite = {
		.name = name,
		.timeout = UINT64_MAX,
		.reruns = -1,
		.mem_limit = UINT64_MAX,
		.leak = -1,
	};

	vec_push(&config->suites, suite);
	return &config->suites.items[config->suites.length - 1];
}

/* Frees the items of a VEC of texts, and the VEC. */
#define free_texts(vec)              \
	do {                         \
		vec_each (vec, text) \
			free(*text); \
		vec_fini(vec);       \
	} while (0)

static void suite_fini(struct suite_config *suite)
{
	free(suite->name);
	free(suite->adapter);
	free(suite->cwd);
	free(suite->build);
	free_texts(&suite->programs);
	free_texts(&suite->args);
	free_texts(&suite->environment);
}

void invocation_fini(struct invocation *invocation)
{
	struct config *config = &invocation->config;

	free(config->dist);
	free(config->root);
	free(config->config_file);
	free(config->config_name);
	free(config->adapter);
	free(config->python);
	free(config->keyword);
	free(config->markexpr);
	free(config->filter);
	free(config->shard);
	free(config->test_run_uid);
	free(config->pytest_file);
	free(config->quarantine_file);
	free(config->reason);
	free(config->owner);
	free(config->issue);
	free(config->expires);
	free(config->history_file);
	free(config->junit_xml);
	free(config->theme);
	free(config->events);
	free(config->record);
	free_texts(&config->arguments);
	free_texts(&config->adapter_arguments);
	free_texts(&config->suite_names);
	free_texts(&config->deselect);
	free_texts(&config->only_rerun);
	free_texts(&config->rerun_except);
	free_texts(&config->override_ini);
	free_texts(&config->plugins);
	free_texts(&config->pytest_arguments);
	vec_fini(&config->options_set);
	vec_fini(&config->options_forced);
	vec_each (&config->suites, it)
		suite_fini(it);
	vec_fini(&config->suites);
	vec_each (&config->rules, it) {
		free(it->filter);
		free(it->scope);
	}
	vec_fini(&config->rules);
	vec_each (&config->limits, it)
		free(it->name);
	vec_fini(&config->limits);
	free(invocation->replay_file);
	free_texts(&invocation->operands);
	free_texts(&invocation->bench_arguments);
	*invocation = (struct invocation){ .command = COMMAND_RUN };
}

bool config_option_is_set(const struct config *config, const char *option)
{
	vec_each (&config->options_set, it) {
		if (strcmp(*it, option) == 0)
			return true;
	}
	return false;
}

bool config_option_is_forced(const struct config *config, const char *option)
{
	vec_each (&config->options_forced, it) {
		if (strcmp(*it, option) == 0)
			return true;
	}
	return false;
}

void config_note_set(struct config *config, const struct option *option, bool is_forced)
{
	const char *name = option->same_as ? option->same_as : option->name;

	if (!config_option_is_set(config, name))
		vec_push(&config->options_set, name);
	if (is_forced && !config_option_is_forced(config, name))
		vec_push(&config->options_forced, name);
}

int config_apply_default(struct config *config, const char *option, const char *value, struct error *error)
{
	struct invocation invocation = { .config = *config };
	char *name = alloc_string(option);
	const struct option *found;
	int status;

	for (char *at = name; *at; at++) {
		if (*at == '_')
			*at = '-';
	}
	found = option_find(name);
	free(name);
	if (!found || !found->set)
		return error_set(error, "there is no option --%s", option);
	if (config_option_is_set(config, found->same_as ? found->same_as : found->name))
		return 0;
	status = option_apply(found, &invocation, config->root, value, error);
	*config = invocation.config;
	return status == 0 ? 1 : error_prefix(error, "%s", option);
}

/* What holds where nothing else is said. */
static int apply_fallbacks(struct invocation *out, struct error *error)
{
	out->config.max_worker_restart = -1;
	out->config.force_reruns = -1;
	out->config.flaky = (struct flaky_config){ .window = 10, .percent = 30, .runs = 3, .advise = 5 };
	out->config.max_suite_reruns = -1;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		if (option->fallback && option->set(out, option->fallback, error) != 0)
			return error_prefix(error, "the built-in value of --%s", option->name);
	}
	return 0;
}

static int apply_setting(const struct setting *setting, struct invocation *out, struct error *error)
{
	if (option_apply(setting->option, out, ".", setting->value, error) != 0)
		return error_prefix(error, "%s", setting->spelling);
	config_note_set(&out->config, setting->option, true);
	return 0;
}

static int apply_settings(const struct settings *settings, struct invocation *out, struct error *error)
{
	vec_each (settings, it) {
		if (it->option->adds)
			it->option->set(out, NULL, NULL);
	}
	/* In a second pass, because two options may add to the same number. */
	vec_each (settings, it) {
		if (apply_setting(it, out, error) != 0)
			return -1;
	}
	return 0;
}

/* --rootdir and --config say which project file is read, so they come before it. */
static int apply_places(const struct settings *settings, struct invocation *out, struct error *error)
{
	const struct option *root = option_find("rootdir");
	const struct option *file = option_find("config");

	vec_each (settings, it) {
		if ((it->option == root || it->option == file) && apply_setting(it, out, error) != 0)
			return -1;
	}
	return 0;
}

/* The nearest directory upwards that holds a project file, or the current one. The caller frees it. */
static char *find_root(void)
{
	char *here = fs_absolute(".");
	char *directory = alloc_string(here);

	for (;;) {
		char *file = fs_join(directory, PROJECT_FILE);
		bool found = fs_exists(file) && !fs_is_directory(file);
		char *parent;

		free(file);
		if (found) {
			free(here);
			return directory;
		}
		if (strcmp(directory, "/") == 0) {
			free(directory);
			return here;
		}
		parent = fs_directory_of(directory);
		free(directory);
		directory = parent;
	}
}

/* Settles the root directory and reads the project file, if there is one. */
static int load_project(struct invocation *out, struct error *error)
{
	struct config *config = &out->config;
	char *here;

	if (!config->root)
		config->root = config->config_file ? fs_directory_of(config->config_file) : find_root();
	if (!config->config_file) {
		char *file = fs_join(config->root, PROJECT_FILE);

		if (!fs_exists(file)) {
			free(file);
			return 0;
		}
		config->config_file = file;
	}
	here = fs_absolute(".");
	config->config_name = fs_relative(config->config_file, here);
	free(here);
	return file_load(out, error);
}

static void forget_reports(struct config *config)
{
	char **const files[] = { &config->junit_xml, &config->events, &config->record };

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		free(*files[i]);
		*files[i] = NULL;
	}
}

static int apply_sources(const struct settings *environment, const struct cmdline *cmdline,
			 struct invocation *out, struct error *error)
{
	if (apply_fallbacks(out, error) != 0 || apply_places(environment, out, error) != 0 ||
	    apply_places(&cmdline->settings, out, error) != 0 || load_project(out, error) != 0 ||
	    apply_settings(environment, out, error) != 0)
		return -1;
	/* A replay must not write over what the recorded run left, the recording itself first of all. */
	if (out->command == COMMAND_REPLAY)
		forget_reports(&out->config);
	return apply_settings(&cmdline->settings, out, error);
}

/* Moves the texts of one VEC to the end of another. */
#define move_texts(from, to)                 \
	do {                                 \
		vec_each (from, text)        \
			vec_push(to, *text); \
		vec_clear(from);             \
	} while (0)

static bool runs_tests(enum subcommand command)
{
	const struct command_word *found = command_word_of(command);

	return found && found->operands == OPERANDS_TESTS;
}

static int refuse_json(const struct command_word *found, struct error *error)
{
	struct str takers = STR_INIT;
	size_t left = 0;

	for (size_t i = 0; i < command_word_count; i++)
		left += command_words[i].takes_json;
	for (size_t i = 0; i < command_word_count; i++) {
		if (!command_words[i].takes_json)
			continue;
		left--;
		str_add_format(&takers, "%s%s", command_words[i].word, left > 1 ? ", " : left ? " or " : "");
	}
	error_set(error, "--json: expected with %s, found it with %s; the events of a run are --format json",
		  takers.data, found->word);
	str_fini(&takers);
	return -1;
}

/* Options that not every subcommand has. */
static int check_options(const struct cmdline *cmdline, const struct invocation *out,
			 const struct command_word *found, struct error *error)
{
	bool adds = found->command == COMMAND_QUARANTINE && cmdline->operands.length > 0 &&
		    strcmp(cmdline->operands.items[0], "add") == 0;

	if (out->config.json && !found->takes_json)
		return refuse_json(found, error);
	vec_each (&cmdline->settings, it) {
		if (it->option->is_for_entries && !adds)
			return error_set(error, "%s: expected with quarantine add, found it with %s",
					 it->spelling, found->word);
	}
	return 0;
}

/* What the command line says although the subcommand has no use for it. */
static int check_command(const struct cmdline *cmdline, const struct invocation *out, struct error *error)
{
	const struct command_word *found = command_word_of(out->command);

	if (check_options(cmdline, out, found, error) != 0)
		return -1;
	if (found->operands == OPERANDS_TESTS)
		return 0;
	if (cmdline->adapter_arguments.length > 0)
		return error_set(error,
				 "%s: nothing is run, so there is nothing to give what stands behind --",
				 found->word);
	if (found->operands == OPERANDS_NONE && cmdline->operands.length > 0) {
		char *quoted = value_quoted(cmdline->operands.items[0]);

		error_set(error, "%s: expected options only, found %s", found->word, quoted);
		free(quoted);
		return -1;
	}
	if (found->operands != OPERANDS_FILE)
		return 0;
	if (cmdline->operands.length != 1)
		return error_set(error, "%s: expected one recorded file, found %zu", found->word,
				 cmdline->operands.length);
	if (out->config.record)
		return error_set(error, "%s: --record: nothing is run, so there is nothing to record",
				 found->word);
	return 0;
}

static int take_operands(struct cmdline *cmdline, struct invocation *out, struct error *error)
{
	struct config *config = &out->config;

	if (check_command(cmdline, out, error) != 0)
		return -1;
	if (command_word_of(out->command)->operands == OPERANDS_FILE)
		out->replay_file = fs_absolute(cmdline->operands.items[0]);
	else if (runs_tests(out->command))
		move_texts(&cmdline->operands, &config->arguments);
	else
		move_texts(&cmdline->operands, &out->operands);
	move_texts(&cmdline->adapter_arguments, &config->adapter_arguments);
	return 0;
}

/* A value that begins with a dash is taken for an option unless it stands in one word with its own. */
static void hand_on(struct config *config, const char *option, const char *value)
{
	bool is_long = option[1] == '-';

	if (value && (is_long || *value == '-')) {
		vec_push(&config->pytest_arguments,
			 alloc_format("%s%s%s", option, is_long ? "=" : "", value));
		return;
	}
	vec_push(&config->pytest_arguments, alloc_string(option));
	if (value)
		vec_push(&config->pytest_arguments, alloc_string(value));
}

/* What pytest itself has to know. */
static void gather_pytest_arguments(struct config *config)
{
	vec_each (&config->plugins, it)
		hand_on(config, "-p", *it);
	if (config_option_is_set(config, "rootdir"))
		hand_on(config, "--rootdir", config->root);
	if (config->pytest_file)
		hand_on(config, "-c", config->pytest_file);
	vec_each (&config->override_ini, it)
		hand_on(config, "-o", *it);
	if (config->keyword)
		hand_on(config, "-k", config->keyword);
	if (config->markexpr)
		hand_on(config, "-m", config->markexpr);
	vec_each (&config->deselect, it)
		hand_on(config, "--deselect", *it);
	if (config->last_failed)
		hand_on(config, "--last-failed", NULL);
	if (config->failed_first)
		hand_on(config, "--failed-first", NULL);
	if (config->stepwise)
		hand_on(config, "--stepwise", NULL);
	if (config->continue_on_collection_errors)
		hand_on(config, "--continue-on-collection-errors", NULL);
}

static void finish(struct invocation *out)
{
	struct config *config = &out->config;

	gather_pytest_arguments(config);
	/* Its next run goes on at the first failure, so there is no sense in a second one. */
	if (config->stepwise && !config_option_is_set(config, "maxfail"))
		config->max_fail = 1;
	if (!config->quarantine_file)
		config->quarantine_file = fs_join(config->root, QUARANTINE_FILE);
	if (!config->history_file)
		config->history_file = fs_join(config->root, HISTORY_FILE);
	if (config->verbosity < -1)
		config->verbosity = -1;
	if (config->verbosity > 2)
		config->verbosity = 2;
	if (out->command == COMMAND_LIST)
		config->collect_only = true;
}

/* Whether an argument is a test of pytest's, or a directory with some. */
static bool is_for_pytest(const char *argument)
{
	char *path = pytest_path_of(argument);
	bool found = text_ends_with(path, ".py") || (fs_is_directory(path) && pytest_has_tests(path));

	free(path);
	return found;
}

static bool concerns_pytest(const struct config *config, const struct cmdline *cmdline)
{
	if (config->adapter)
		return strcmp(config->adapter, "pytest") == 0;
	vec_each (&config->suites, it) {
		if (it->adapter && strcmp(it->adapter, "pytest") == 0)
			return true;
	}
	vec_each (&cmdline->operands, it) {
		if (is_for_pytest(*it))
			return true;
	}
	return pytest_owns_root(config->root);
}

static void tell_strays(const char *program, const struct strays *strays, const struct cmdline *cmdline,
			struct error *error)
{
	struct str command = STR_INIT;
	char *quoted = value_quoted(strays->spelling);

	str_add_shell_quoted(&command, program);
	vec_each (&strays->kept, it) {
		str_add_char(&command, ' ');
		str_add_shell_quoted(&command, *it);
	}
	str_add_text(&command, " --");
	vec_each (&strays->moved, it) {
		str_add_char(&command, ' ');
		str_add_shell_quoted(&command, *it);
	}
	vec_each (&cmdline->adapter_arguments, it) {
		str_add_char(&command, ' ');
		str_add_shell_quoted(&command, *it);
	}
	if (strays->known)
		error_set(error, "%s is an option of pytest's or a plugin's, which stand behind '--': %s",
			  quoted, command.data);
	else if (strays->suggestion)
		error_set(error,
			  "unknown option %s; did you mean '--%s'? If it is pytest's or a plugin's: %s",
			  quoted, strays->suggestion, command.data);
	else
		error_set(error, "unknown option %s; if it is pytest's or a plugin's: %s", quoted,
			  command.data);
	free(quoted);
	str_fini(&command);
}

/* The command line was refused. Where the reason is options that pytest may know, tells how they are given to
 * it. */
static void look_for_strays(int argc, char *const argv[], char *const environment[], struct error *error)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	struct settings variables = VEC_INIT;
	struct cmdline cmdline;
	struct strays strays;

	if (cmdline_parse_strays(argc, argv, &cmdline, &strays) != 0)
		return;
	invocation.command = cmdline.command;
	if (strays.spelling && runs_tests(cmdline.command) &&
	    environment_parse(environment, &variables, NULL) == 0 &&
	    apply_sources(&variables, &cmdline, &invocation, NULL) == 0 &&
	    concerns_pytest(&invocation.config, &cmdline))
		tell_strays(argv[0], &strays, &cmdline, error);
	settings_fini(&variables);
	invocation_fini(&invocation);
	strays_fini(&strays);
	cmdline_fini(&cmdline);
}

int config_load(int argc, char *const argv[], char *const environment[], struct invocation *out,
		struct error *error)
{
	struct cmdline cmdline;
	struct settings variables = VEC_INIT;
	const struct command_word *found;
	int status = -1;

	*out = (struct invocation){ .command = COMMAND_RUN };
	if (cmdline_parse(argc, argv, &cmdline, error) != 0) {
		look_for_strays(argc, argv, environment, error);
		return -1;
	}
	out->command = cmdline.command;
	found = command_word_of(out->command);
	if (!found || found->operands == OPERANDS_UNREAD) {
		move_texts(&cmdline.bench_arguments, &out->bench_arguments);
		status = 0;
	} else if (found->needs_no_project) {
		if (apply_fallbacks(out, error) == 0 && apply_settings(&cmdline.settings, out, error) == 0)
			status = take_operands(&cmdline, out, error);
	} else if (environment_parse(environment, &variables, error) == 0 &&
		   apply_sources(&variables, &cmdline, out, error) == 0 &&
		   take_operands(&cmdline, out, error) == 0) {
		finish(out);
		status = 0;
	}
	if (status != 0)
		invocation_fini(out);
	settings_fini(&variables);
	cmdline_fini(&cmdline);
	return status;
}
