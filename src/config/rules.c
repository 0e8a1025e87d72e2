/* `limits:` and `rules:` of a project file. */
#include "config/file.h"

#include "base/alloc.h"
#include "base/str.h"
#include "config/values.h"
#include "event/ring.h"

#include <limits.h>
#include <string.h>

/* limits: */

static int read_max_workers(const struct file *file, const struct yaml_node *node, const char *key,
			    struct limit_config *limit)
{
	const char *text = file_text(file, node, key, "a number of tests that may run at once");
	struct error cause = ERROR_INIT;
	long count;

	if (!text)
		return -1;
	if (value_count(text, 1, RING_LANES, &count, &cause) != 0)
		return file_wrong_value(file, node, key, &cause);
	limit->max_workers = (unsigned)count;
	return 0;
}

static int read_limit_mapping(const struct file *file, const struct yaml_node *name,
			      const struct yaml_node *node, struct limit_config *limit)
{
	static const char *const keys[] = { "max-workers" };

	for (size_t i = 0; i < node->count; i++) {
		if (strcmp(node->keys[i], keys[0]) != 0)
			return file_unknown_key(file, node->key_nodes[i], "a key of a limit", keys, 1);
		if (read_max_workers(file, node->items[i], keys[0], limit) != 0)
			return -1;
	}
	if (limit->max_workers == 0)
		return yaml_error_at(
			file->yaml, name, file->error,
			"the limit lacks the key 'max-workers', which says how many of its tests "
			"may run at once");
	return 0;
}

static int read_limit(const struct file *file, const struct yaml_node *name, const struct yaml_node *node)
{
	struct config *config = &file->invocation->config;
	const char *text = file_filled_text(file, name, "limits", "the name of a limit");
	struct limit_config limit = { .line = name->line, .column = name->column };

	if (!text)
		return -1;
	if (config->limits.length == CONFIG_LIMITS_MAX)
		return yaml_error_at(file->yaml, name, file->error, "limits: expected at most %d, found more",
				     CONFIG_LIMITS_MAX);
	if (node->kind == YAML_SEQUENCE)
		return file_expected(file, node, text, "a number, or a mapping with max-workers");
	if ((node->kind == YAML_MAPPING ? read_limit_mapping(file, name, node, &limit)
					: read_max_workers(file, node, text, &limit)) != 0)
		return -1;
	limit.name = alloc_string(text);
	vec_push(&config->limits, limit);
	return 0;
}

int file_read_limits(const struct file *file, const struct yaml_node *node)
{
	if (file_is_nothing(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return file_expected(file, node, "limits", "a mapping of names to limits");
	for (size_t i = 0; i < node->count; i++) {
		if (read_limit(file, node->key_nodes[i], node->items[i]) != 0)
			return -1;
	}
	return 0;
}

/* rules: each key has a function that reads its value into the rule. */

static int read_filter(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	const char *text =
		file_filled_text(file, node, "filter", "an expression such as file(net) or marker(=db)");

	if (!text)
		return -1;
	rule->filter = alloc_string(text);
	rule->filter_line = node->line;
	rule->filter_column = node->column;
	return 0;
}

static int read_serial(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	const char *text = file_text(file, node, "serial", "true or false");
	struct error cause = ERROR_INIT;
	bool on;

	if (!text)
		return -1;
	if (value_flag(text, &on, &cause) != 0)
		return file_wrong_value(file, node, "serial", &cause);
	rule->serial = on;
	return 0;
}

static int unknown_limit(const struct file *file, const struct yaml_node *node)
{
	const struct config *config = &file->invocation->config;
	const char *names[CONFIG_LIMITS_MAX];
	const char *nearest;
	char buffer[64];

	for (size_t i = 0; i < config->limits.length; i++)
		names[i] = config->limits.items[i].name;
	nearest = text_nearest(node->text, names, config->limits.length);
	if (nearest)
		return yaml_error_at(
			file->yaml, node, file->error,
			"limit: expected the name of one below 'limits:', found %s; did you mean '%s'?",
			yaml_describe(node, buffer), nearest);
	return yaml_error_at(
		file->yaml, node, file->error, "limit: expected the name of one below 'limits:', found %s%s",
		yaml_describe(node, buffer), config->limits.length == 0 ? "; there are no limits" : "");
}

static int read_limit_name(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	const struct config *config = &file->invocation->config;
	const char *text = file_filled_text(file, node, "limit", "the name of a limit, or a list of them");

	if (!text)
		return -1;
	for (size_t i = 0; i < config->limits.length; i++) {
		if (strcmp(config->limits.items[i].name, text) == 0) {
			rule->limits |= UINT64_C(1) << i;
			return 0;
		}
	}
	return unknown_limit(file, node);
}

static int read_limit_names(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	const struct yaml_node *const *items;
	size_t count;

	file_list(&node, &items, &count);
	for (size_t i = 0; i < count; i++) {
		if (read_limit_name(file, items[i], rule) != 0)
			return -1;
	}
	rule->limits_set = true;
	return 0;
}

static int read_weight(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	const char *text = file_text(file, node, "weight", "a number of workers");
	struct error cause = ERROR_INIT;
	long weight;

	if (!text)
		return -1;
	if (value_count(text, 1, RING_LANES, &weight, &cause) != 0)
		return file_wrong_value(file, node, "weight", &cause);
	rule->weight = (unsigned)weight;
	return 0;
}

static int read_priority(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	const char *text = file_text(file, node, "priority", "a number");
	struct error cause = ERROR_INIT;
	long priority;

	if (!text)
		return -1;
	if (value_number(text, -1000, 1000, &priority, &cause) != 0)
		return file_wrong_value(file, node, "priority", &cause);
	rule->priority = (int)priority;
	return 0;
}

static int read_timeout(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	return file_duration(file, node, "timeout", &rule->timeout);
}

static int read_reruns(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	return file_reruns(file, node, &rule->reruns);
}

static int read_reruns_delay(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	return file_duration(file, node, "reruns-delay", &rule->reruns_delay);
}

static int read_reruns_delay_factor(const struct file *file, const struct yaml_node *node,
				    struct rule_config *rule)
{
	static const char key[] = "reruns-delay-backoff-factor";
	const char *text = file_text(file, node, key, "a number");
	struct error cause = ERROR_INIT;

	if (!text)
		return -1;
	if (value_factor(text, &rule->reruns_delay_factor, &cause) != 0)
		return file_wrong_value(file, node, key, &cause);
	return 0;
}

static int read_mem_limit(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	return file_mem_limit(file, node, &rule->mem_limit);
}

static int read_leak(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	return file_leak(file, node, &rule->leak);
}

/* What stands between the slashes, NULL: they, or it, are missing. The caller frees it. */
static char *between_slashes(const char *text)
{
	size_t length = strlen(text);
	size_t escapes = 0;

	if (length < 3 || text[0] != '/' || text[length - 1] != '/')
		return NULL;
	/* One behind an odd number of backslashes belongs to the expression. */
	while (text[length - 2 - escapes] == '\\')
		escapes++;
	return escapes % 2 == 0 ? alloc_string_n(text + 1, length - 2) : NULL;
}

static int read_scope(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	static const char what[] = "a regular expression between slashes, such as /db_[0-9]+/";
	const char *text = file_filled_text(file, node, "scope", what);

	if (!text)
		return -1;
	rule->scope = between_slashes(text);
	if (!rule->scope)
		return file_expected(file, node, "scope", what);
	rule->scope_line = node->line;
	rule->scope_column = node->column;
	return 0;
}

static const struct rule_key {
	const char *name;
	int (*read)(const struct file *file, const struct yaml_node *node, struct rule_config *rule);
} rule_keys[] = {
	{ "filter", read_filter },
	{ "serial", read_serial },
	{ "limit", read_limit_names },
	{ "weight", read_weight },
	{ "priority", read_priority },
	{ "timeout", read_timeout },
	{ "reruns", read_reruns },
	{ "reruns-delay", read_reruns_delay },
	{ "reruns-delay-backoff-factor", read_reruns_delay_factor },
	{ "mem-limit", read_mem_limit },
	{ "leak", read_leak },
	{ "scope", read_scope },
};

enum { RULE_KEY_COUNT = sizeof(rule_keys) / sizeof(rule_keys[0]) };

static int unknown_rule_key(const struct file *file, const struct yaml_node *key)
{
	const char *names[RULE_KEY_COUNT];

	for (size_t i = 0; i < RULE_KEY_COUNT; i++)
		names[i] = rule_keys[i].name;
	return file_unknown_key(file, key, "a key of a rule", names, RULE_KEY_COUNT);
}

static int read_rule_keys(const struct file *file, const struct yaml_node *node, struct rule_config *rule)
{
	for (size_t i = 0; i < node->count; i++) {
		const struct rule_key *key = NULL;

		for (size_t k = 0; k < RULE_KEY_COUNT; k++) {
			if (strcmp(rule_keys[k].name, node->keys[i]) == 0)
				key = &rule_keys[k];
		}
		if (!key)
			return unknown_rule_key(file, node->key_nodes[i]);
		if (key->read(file, node->items[i], rule) != 0)
			return -1;
	}
	return 0;
}

static int read_rule(const struct file *file, const struct yaml_node *node)
{
	struct config *config = &file->invocation->config;
	struct rule_config rule = {
		.serial = -1,
		.priority = INT_MIN,
		.timeout = UINT64_MAX,
		.reruns = -1,
		.reruns_delay = UINT64_MAX,
		.reruns_delay_factor = -1,
		.mem_limit = UINT64_MAX,
		.leak = -1,
		.file = config->config_name,
	};
	struct rule_config *kept;

	if (node->kind != YAML_MAPPING)
		return file_expected(file, node, "rules", "a mapping with filter and what it sets");
	vec_push(&config->rules, rule);
	kept = &config->rules.items[config->rules.length - 1];
	if (read_rule_keys(file, node, kept) != 0)
		return -1;
	if (!kept->filter)
		return yaml_error_at(file->yaml, node, file->error,
				     "the rule lacks the key 'filter', which says for which tests it holds");
	if (node->count == 1)
		return yaml_error_at(
			file->yaml, node, file->error,
			"the rule sets nothing: expected serial, limit, weight, priority, timeout, "
			"reruns, reruns-delay, reruns-delay-backoff-factor, mem-limit, leak or scope");
	return 0;
}

int file_read_rules(const struct file *file, const struct yaml_node *node)
{
	if (file_is_nothing(node))
		return 0;
	if (node->kind != YAML_SEQUENCE)
		return file_expected(file, node, "rules", "a list of rules");
	for (size_t i = 0; i < node->count; i++) {
		if (read_rule(file, node->items[i]) != 0)
			return -1;
	}
	return 0;
}
