/* `flaky:` of a project file: from when on a test counts as flaky, and a quarantine is advised. */
#include "config/file.h"

#include "base/alloc.h"
#include "base/str.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_MOST 1000

static int read_count(const struct file *file, const struct yaml_node *node, const char *key, long least,
		      unsigned *out)
{
	const char *text = file_text(file, node, key, "a number of runs");
	struct error cause = ERROR_INIT;
	long count;

	if (!text)
		return -1;
	if (value_count(text, least, RUNS_MOST, &count, &cause) != 0)
		return file_wrong_value(file, node, key, &cause);
	*out = (unsigned)count;
	return 0;
}

static int read_window(const struct file *file, const struct yaml_node *node, struct flaky_config *flaky)
{
	return read_count(file, node, "window", 2, &flaky->window);
}

static int read_runs(const struct file *file, const struct yaml_node *node, struct flaky_config *flaky)
{
	return read_count(file, node, "runs", 2, &flaky->runs);
}

static int read_advise(const struct file *file, const struct yaml_node *node, struct flaky_config *flaky)
{
	return read_count(file, node, "advise", 1, &flaky->advise);
}

/* "30", "30%", "30 %" */
static int read_rate(const struct file *file, const struct yaml_node *node, struct flaky_config *flaky)
{
	static const char what[] = "a percentage from 1% to 100%";
	const char *text = file_text(file, node, "rate", what);
	struct error ignored = ERROR_INIT;
	long percent;

	if (!text)
		return -1;
	size_t length = strcspn(text, " %");
	char *digits = alloc_string_n(text, length);
	const char *rest = text + length + strspn(text + length, " ");
	int status = value_count(digits, 1, 100, &percent, &ignored);
	free(digits);
	if (status != 0 || (*rest && strcmp(rest, "%") != 0))
		return file_expected(file, node, "rate", what);
	flaky->percent = (unsigned)percent;
	return 0;
}

static const struct flaky_key {
	const char *name;
	int (*read)(const struct file *file, const struct yaml_node *node, struct flaky_config *flaky);
} keys[] = {
	{ "window", read_window },
	{ "rate", read_rate },
	{ "runs", read_runs },
	{ "advise", read_advise },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static const struct flaky_key *find_key(const char *name)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	}
	return NULL;
}

static int unknown_key(const struct file *file, const struct yaml_node *key)
{
	const char *names[KEY_COUNT];

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = keys[i].name;
	return file_unknown_key(file, key, "a key of flaky", names, KEY_COUNT);
}

int file_read_flaky(const struct file *file, const struct yaml_node *node)
{
	struct flaky_config *flaky = &file->invocation->config.flaky;

	if (file_is_nothing(node))
		return 0;
	if (node->kind != YAML_MAPPING)
		return file_expected(file, node, "flaky", "a mapping with window, rate, runs or advise");
	for (size_t i = 0; i < node->count; i++) {
		const struct flaky_key *key = find_key(node->keys[i]);

		if (!key)
			return unknown_key(file, node->key_nodes[i]);
		if (key->read(file, node->items[i], flaky) != 0)
			return -1;
	}
	/* Otherwise nothing would ever be flaky by its latest runs. */
	if (flaky->runs > flaky->window) {
		const struct yaml_node *said = yaml_get(node, "runs");

		return yaml_error_at(file->yaml, said ? said : node, file->error,
				     "runs: expected at most the window, which is %u, found %u", flaky->window,
				     flaky->runs);
	}
	return 0;
}
