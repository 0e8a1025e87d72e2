#include "config/file.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "config/load.h"
#include "config/subcommands.h"
#include "config/values.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

int file_expected(const struct file *file, const struct yaml_node *node, const char *key, const char *what)
{
	char buffer[64];

	return yaml_error_at(file->yaml, node, file->error, "%s: expected %s, found %s", key, what,
			     yaml_describe(node, buffer));
}

int file_wrong_value(const struct file *file, const struct yaml_node *node, const char *key,
		     const struct error *cause)
{
	return yaml_error_at(file->yaml, node, file->error, "%s: %s", key, cause->message);
}

int file_unknown_key(const struct file *file, const struct yaml_node *key, const char *what,
		     const char *const *names, size_t count)
{
	const char *nearest = text_nearest(key->text, names, count);
	struct str all = STR_INIT;
	char buffer[64];

	if (nearest)
		return yaml_error_at(file->yaml, key, file->error,
				     "expected %s, found %s; did you mean '%s'?", what,
				     yaml_describe(key, buffer), nearest);
	for (size_t i = 0; i < count; i++)
		str_add_format(&all, "%s%s", i > 0 ? " " : "", names[i]);
	yaml_error_at(file->yaml, key, file->error, "expected %s (%s), found %s", what, all.data,
		      yaml_describe(key, buffer));
	str_fini(&all);
	return -1;
}

bool file_is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->length == 0 && !node->quoted;
}

const char *file_text(const struct file *file, const struct yaml_node *node, const char *key,
		      const char *what)
{
	if (node->kind != YAML_SCALAR) {
		file_expected(file, node, key, what);
		return NULL;
	}
	if (strlen(node->text) != node->length) {
		yaml_error_at(file->yaml, node, file->error,
			      "%s: expected %s, found one with a NUL byte in it", key, what);
		return NULL;
	}
	return node->text;
}

const char *file_filled_text(const struct file *file, const struct yaml_node *node, const char *key,
			     const char *what)
{
	const char *text = file_text(file, node, key, what);

	if (text && *text == '\0') {
		file_expected(file, node, key, what);
		return NULL;
	}
	return text;
}

void file_list(const struct yaml_node *const *node, const struct yaml_node *const **items, size_t *count)
{
	bool is_list = (*node)->kind == YAML_SEQUENCE;

	*items = is_list ? (const struct yaml_node *const *)(*node)->items : node;
	*count = is_list ? (*node)->count : 1;
}

int file_duration(const struct file *file, const struct yaml_node *node, const char *key, uint64_t *ns)
{
	const char *text = file_text(file, node, key, "a duration");
	struct error cause = ERROR_INIT;

	if (!text)
		return -1;
	return value_duration(text, ns, &cause) == 0 ? 0 : file_wrong_value(file, node, key, &cause);
}

int file_reruns(const struct file *file, const struct yaml_node *node, int *reruns)
{
	const char *text = file_text(file, node, "reruns", "a number");
	struct error cause = ERROR_INIT;
	long count;

	if (!text)
		return -1;
	if (value_count(text, 0, INT_MAX, &count, &cause) != 0)
		return file_wrong_value(file, node, "reruns", &cause);
	*reruns = (int)count;
	return 0;
}

int file_mem_limit(const struct file *file, const struct yaml_node *node, uint64_t *bytes)
{
	const char *text = file_text(file, node, "mem-limit", "a size");
	struct error cause = ERROR_INIT;

	if (!text)
		return -1;
	return value_size(text, bytes, &cause) == 0 ? 0 : file_wrong_value(file, node, "mem-limit", &cause);
}

int file_leak(const struct file *file, const struct yaml_node *node, int *leak)
{
	const char *text = file_text(file, node, "leak", "report, fail or ignore");
	struct error cause = ERROR_INIT;

	if (!text)
		return -1;
	return value_choice(text, LEAK_MODES, leak, &cause) == 0 ? 0 : file_wrong_value(file, node, "leak", &cause);
}

/* defaults: */

static int unknown_option(const struct file *file, const struct yaml_node *key)
{
	const struct option *option = option_find(key->text);
	const char *suggestion;
	char buffer[64];

	if (option && option->in_environment)
		return yaml_error_at(
			file->yaml, key, file->error,
			"%s: expected on the command line or in the environment, not in this file",
			option->name);
	if (option)
		return yaml_error_at(file->yaml, key, file->error,
				     "%s: expected on the command line, not in this file", option->name);
	suggestion = option_suggest(key->text + strspn(key->text, "-"));
	if (suggestion && option_find(suggestion)->in_file)
		return yaml_error_at(file->yaml, key, file->error,
				     "expected the name of an option, found %s; did you mean '%s'?",
				     yaml_describe(key, buffer), suggestion);
	return yaml_error_at(file->yaml, key, file->error,
			     "expected the name of an option without its dashes, found %s",
			     yaml_describe(key, buffer));
}

static int read_value(const struct file *file, const struct option *option, const struct yaml_node *value)
{
	const char *text =
		file_text(file, value, option->name, option->argument ? option->argument : "true or false");
	struct error cause = ERROR_INIT;

	if (!text)
		return -1;
	if (option_apply(option, file->invocation, file->directory, text, &cause) != 0)
		return file_wrong_value(file, value, option->name, &cause);
	return 0;
}

static int read_default(const struct file *file, const struct yaml_node *key, const struct yaml_node *value)
{
	const struct option *option = key->length == strlen(key->text) ? option_find(key->text) : NULL;
	const struct yaml_node *const *items = &value;
	size_t count = 1;

	if (!option || !option->in_file)
		return unknown_option(file, key);
	/* What may be repeated on the command line may be a list here. */
	if (option->adds && option->argument)
		file_list(&value, &items, &count);
	for (size_t i = 0; i < count; i++) {
		if (read_value(file, option, items[i]) != 0)
			return -1;
	}
	config_note_set(&file->invocation->config, option, false);
	return 0;
}

static int read_defaults(const struct file *file, const struct yaml_node *node)
{
	if (file_is_nothing(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return file_expected(file, node, "defaults", "a mapping of options to values");
	for (size_t i = 0; i < node->count; i++) {
		if (read_default(file, node->key_nodes[i], node->items[i]) != 0)
			return -1;
	}
	return 0;
}

/* suites: each key has a function that reads its value into the suite. */

static int read_adapter(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	const char *text =
		file_filled_text(file, node, "adapter", "the name of an adapter, such as pytest, exec or tap");

	if (!text)
		return -1;
	suite->adapter = alloc_string(text);
	return 0;
}

#define PROGRAMS_EXPECTED "a path or a pattern such as tests/*.t, or a list of them"

static int read_programs(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	static const char what[] = PROGRAMS_EXPECTED;
	const struct yaml_node *const *items;
	size_t count;

	file_list(&node, &items, &count);
	for (size_t i = 0; i < count; i++) {
		const char *text = file_filled_text(file, items[i], "programs", what);

		if (!text)
			return -1;
		vec_push(&suite->programs, alloc_string(text));
	}
	suite->line = node->line;
	suite->column = node->column;
	return 0;
}

static int read_args(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	/* A single text is refused, because one can't tell whether it is one argument or several. */
	if (node->kind != YAML_SEQUENCE)
		return file_expected(file, node, "args", "a list of arguments, such as [-v, --seed=1]");
	for (size_t i = 0; i < node->count; i++) {
		const char *text = file_text(file, node->items[i], "args", "an argument");

		if (!text)
			return -1;
		vec_push(&suite->args, alloc_string(text));
	}
	return 0;
}

static int read_env(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	char buffer[64];

	if (node->kind != YAML_MAPPING)
		return file_expected(file, node, "env", "a mapping of variables to values");
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *key = node->key_nodes[i];
		const char *text;

		if (key->length == 0 || strlen(key->text) != key->length || strchr(key->text, '='))
			return yaml_error_at(file->yaml, key, file->error,
					     "env: expected the name of a variable, found %s",
					     yaml_describe(key, buffer));
		text = file_text(file, node->items[i], key->text, "a text");
		if (!text)
			return -1;
		vec_push(&suite->environment, alloc_format("%s=%s", key->text, text));
	}
	return 0;
}

static int read_cwd(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	const char *text = file_filled_text(file, node, "cwd", "a directory");
	char *joined;

	if (!text)
		return -1;
	joined = fs_join(file->directory, text);
	suite->cwd = fs_absolute(joined);
	free(joined);
	/* A recording may be replayed, and a history kept, where the project isn't or isn't built. */
	if (command_word_of(file->invocation->command)->needs_directories &&
	    !fs_is_directory(suite->cwd)) {
		char *quoted = value_quoted(suite->cwd);

		yaml_error_at(file->yaml, node, file->error,
			      "cwd: expected a directory, found %s, which is %s", quoted,
			      fs_exists(suite->cwd) ? "something else" : "not there");
		free(quoted);
		return -1;
	}
	return 0;
}

static int read_build(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	const char *text = file_filled_text(file, node, "build", "a command, such as make -s tests");

	if (!text)
		return -1;
	suite->build = alloc_string(text);
	return 0;
}

static int read_timeout(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	return file_duration(file, node, "timeout", &suite->timeout);
}

static int read_reruns(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	return file_reruns(file, node, &suite->reruns);
}

static int read_mem_limit(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	return file_mem_limit(file, node, &suite->mem_limit);
}

static int read_leak(const struct file *file, const struct yaml_node *node, struct suite_config *suite)
{
	return file_leak(file, node, &suite->leak);
}

static const struct suite_key {
	const char *name;
	int (*read)(const struct file *file, const struct yaml_node *node, struct suite_config *suite);
} suite_keys[] = {
	{ "name", NULL }, /* read before the others */
	{ "adapter", read_adapter }, { "programs", read_programs },
	{ "args", read_args },       { "env", read_env },
	{ "cwd", read_cwd },         { "timeout", read_timeout },
	{ "reruns", read_reruns },   { "mem-limit", read_mem_limit },
	{ "leak", read_leak },       { "build", read_build },
};

enum { SUITE_KEY_COUNT = sizeof(suite_keys) / sizeof(suite_keys[0]) };

static int unknown_suite_key(const struct file *file, const struct yaml_node *key)
{
	const char *names[SUITE_KEY_COUNT];

	for (size_t i = 0; i < SUITE_KEY_COUNT; i++)
		names[i] = suite_keys[i].name;
	return file_unknown_key(file, key, "a key of a suite", names, SUITE_KEY_COUNT);
}

/* pytest knows by itself where its tests are. */
static int check_programs(const struct file *file, const struct yaml_node *name, const struct yaml_node *node,
			  struct suite_config *suite)
{
	const struct yaml_node *programs = yaml_get(node, "programs");

	if (!programs) {
		suite->line = name->line;
		suite->column = name->column;
	}
	if (suite->programs.length > 0 || (suite->adapter && strcmp(suite->adapter, "pytest") == 0))
		return 0;
	if (!programs)
		return yaml_error_at(file->yaml, name, file->error,
				     "the suite lacks the key 'programs', which says what to run");
	return yaml_error_at(file->yaml, programs, file->error, "programs: expected " PROGRAMS_EXPECTED
								", found an empty list");
}

/* `name` is where the suite's name stands. */
static int read_suite(const struct file *file, const struct yaml_node *name, const struct yaml_node *node)
{
	struct config *config = &file->invocation->config;
	const char *text = file_filled_text(file, name, "name", "the name of a suite");
	struct suite_config *suite;

	if (!text)
		return -1;
	vec_each (&config->suites, it) {
		if (strcmp(it->name, text) == 0)
			return yaml_error_at(
				file->yaml, name, file->error,
				"name: the suite with the programs of line %d has this name already",
				it->line);
	}
	suite = config_add_suite(config, alloc_string(text));
	suite->file = config->config_name;
	for (size_t i = 0; i < node->count; i++) {
		const struct suite_key *key = NULL;

		for (size_t k = 0; k < SUITE_KEY_COUNT; k++) {
			if (strcmp(suite_keys[k].name, node->keys[i]) == 0)
				key = &suite_keys[k];
		}
		if (!key)
			return unknown_suite_key(file, node->key_nodes[i]);
		if (key->read && key->read(file, node->items[i], suite) != 0)
			return -1;
	}
	return check_programs(file, name, node, suite);
}

static int read_suite_list(const struct file *file, const struct yaml_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];
		const struct yaml_node *name = yaml_get(item, "name");

		if (item->kind != YAML_MAPPING)
			return file_expected(file, item, "suites", "a mapping with name and programs");
		if (!name)
			return yaml_error_at(file->yaml, item, file->error, "the suite lacks the key 'name'");
		if (read_suite(file, name, item) != 0)
			return -1;
	}
	return 0;
}

static int read_suite_mapping(const struct file *file, const struct yaml_node *node)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];
		const struct yaml_node *name = yaml_get(item, "name");

		if (item->kind != YAML_MAPPING)
			return file_expected(file, item, "suites", "a mapping with programs");
		if (name)
			return yaml_error_at(file->yaml, name, file->error,
					     "name: the suite has its name from the key above");
		if (read_suite(file, node->key_nodes[i], item) != 0)
			return -1;
	}
	return 0;
}

static int read_suites(const struct file *file, const struct yaml_node *node)
{
	if (file_is_nothing(node))
		return 0;
	if (node->kind == YAML_SEQUENCE)
		return read_suite_list(file, node);
	if (node->kind == YAML_MAPPING)
		return read_suite_mapping(file, node);
	return file_expected(file, node, "suites", "a list of suites, or a mapping of names to suites");
}

static const struct section {
	const char *name;
	int (*read)(const struct file *file, const struct yaml_node *node);
} sections[] = {
	{ "suites", read_suites },
	{ "defaults", read_defaults },
	{ "limits", file_read_limits }, /* before the rules, which name them */
	{ "rules", file_read_rules },
	{ "flaky", file_read_flaky },
};

enum { SECTION_COUNT = sizeof(sections) / sizeof(sections[0]) };

static int check_section(const struct file *file, const struct yaml_node *key)
{
	static const char expected[] = "expected suites, defaults, rules, limits or flaky";
	const char *names[SECTION_COUNT];
	const char *nearest;
	char buffer[64];

	for (size_t i = 0; i < SECTION_COUNT; i++) {
		names[i] = sections[i].name;
		if (strcmp(names[i], key->text) == 0)
			return 0;
	}
	nearest = text_nearest(key->text, names, SECTION_COUNT);
	if (nearest)
		return yaml_error_at(file->yaml, key, file->error, "%s, found %s; did you mean '%s'?",
				     expected, yaml_describe(key, buffer), nearest);
	return yaml_error_at(file->yaml, key, file->error, "%s, found %s%s", expected,
			     yaml_describe(key, buffer),
			     option_find(key->text) ? "; options stand below 'defaults:'" : "");
}

static int read_file(const struct file *file)
{
	const struct yaml_node *root = yaml_root(file->yaml);

	if (!root)
		return 0;
	if (root->kind != YAML_MAPPING)
		return file_expected(file, root, "the file", "a mapping with suites and defaults");
	for (size_t i = 0; i < root->count; i++) {
		if (check_section(file, root->key_nodes[i]) != 0)
			return -1;
	}
	for (size_t i = 0; i < SECTION_COUNT; i++) {
		const struct yaml_node *node = yaml_get(root, sections[i].name);

		if (node && sections[i].read(file, node) != 0)
			return -1;
	}
	return 0;
}

int file_load_text(struct slice text, struct invocation *invocation, struct error *error)
{
	struct yaml *yaml = yaml_parse(text, invocation->config.config_name, error);
	char *directory;
	int status;

	if (!yaml)
		return -1;
	directory = fs_directory_of(invocation->config.config_file);
	status = read_file(&(struct file){
		.yaml = yaml, .directory = directory, .invocation = invocation, .error = error });
	free(directory);
	yaml_tree_free(yaml);
	return status;
}

int file_load(struct invocation *invocation, struct error *error)
{
	struct str text = STR_INIT;
	int status = fs_read_file(invocation->config.config_file, YAML_SIZE_LIMIT, &text, error);

	if (status == 0)
		status = file_load_text((struct slice){ .data = text.data, .length = text.length },
					invocation, error);
	str_fini(&text);
	return status;
}
