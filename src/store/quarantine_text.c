#include "store/quarantine_text.h"

#include "base/alloc.h"
#include "base/vec.h"
#include "base/yaml.h"
#include "config/values.h"
#include "store/quarantine_date.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* The keys of an entry, in the order in which they are written. */
static const struct key {
	const char *name;
	size_t offset; /* of its text in struct quarantine_entry */
	bool is_date;
} keys[] = {
	{ "test", offsetof(struct quarantine_entry, test), false },
	{ "suite", offsetof(struct quarantine_entry, suite), false },
	{ "reason", offsetof(struct quarantine_entry, reason), false },
	{ "owner", offsetof(struct quarantine_entry, owner), false },
	{ "issue", offsetof(struct quarantine_entry, issue), false },
	{ "since", offsetof(struct quarantine_entry, since), true },
	{ "expires", offsetof(struct quarantine_entry, expires), true },
	{ "evidence", offsetof(struct quarantine_entry, evidence), false },
};

enum { KEY_COUNT = sizeof(keys) / sizeof(keys[0]) };

static const char **field_of(struct quarantine_entry *entry, const struct key *key)
{
	return (const char **)(void *)((char *)entry + key->offset);
}

static const char *text_of(const struct quarantine_entry *entry, const struct key *key)
{
	return *(const char *const *)(const void *)((const char *)entry + key->offset);
}

static void item_free(struct quarantine_item *item)
{
	for (size_t i = 0; i < KEY_COUNT; i++)
		free((char *)text_of(&item->entry, &keys[i]));
	quarantine_name_fini(&item->name);
	free(item);
}

void quarantine_items_fini(struct quarantine_items *items)
{
	vec_each(items, it)
		item_free(*it);
	vec_fini(items);
	items->column = 0;
}

bool quarantine_entry_is_in(const struct quarantine_entry *entry, const char *suite)
{
	return !entry->suite || (suite && strcmp(entry->suite, suite) == 0);
}

bool quarantine_entry_says(const struct quarantine_entry *entry, const char *test)
{
	return strcmp(entry->test, test) == 0 || (entry->id && strcmp(entry->id, test) == 0);
}

/* Reading */

static int unknown_key(const struct yaml *yaml, const struct yaml_node *key, struct error *error)
{
	const char *names[KEY_COUNT];
	const char *nearest;
	char buffer[64];

	for (size_t i = 0; i < KEY_COUNT; i++)
		names[i] = keys[i].name;
	nearest = text_nearest(key->text, names, KEY_COUNT);
	if (nearest)
		return yaml_error_at(yaml, key, error,
				     "expected a key of an entry, found %s; did you mean '%s'?",
				     yaml_describe(key, buffer), nearest);
	return yaml_error_at(
		yaml, key, error,
		"expected a key of an entry (test suite reason owner issue since expires evidence), found %s",
		yaml_describe(key, buffer));
}

static int read_value(const struct yaml *yaml, const struct key *key, const struct yaml_node *node,
		      struct quarantine_entry *entry, struct error *error)
{
	char buffer[64];
	int64_t day;

	if (node->kind != YAML_SCALAR)
		return yaml_error_at(yaml, node, error, "%s: expected a text, found %s", key->name,
				     yaml_describe(node, buffer));
	if (strlen(node->text) != node->length)
		return yaml_error_at(yaml, node, error,
				     "%s: expected a text, found one with a NUL byte in it", key->name);
	if (node->length == 0)
		return 0;
	if (key->is_date && !quarantine_date_read(node->text, &day))
		return yaml_error_at(yaml, node, error, "%s: expected a date such as 2026-11-22, found %s",
				     key->name, yaml_describe(node, buffer));
	*field_of(entry, key) = alloc_string(node->text);
	return 0;
}

static int read_name(const struct yaml *yaml, const struct yaml_node *item, struct quarantine_item *out,
		     struct error *error)
{
	const struct yaml_node *node = yaml_get(item, "test");

	if (!out->entry.test)
		return yaml_error_at(
			yaml, item, error,
			"the entry lacks the key 'test', the id of a test or an expression for several");
	if (quarantine_name_parse(node->text, &out->name, error) != 0)
		return error_prefix(error, "%s:%d:%d: test", yaml_name(yaml), node->line, node->column);
	out->entry.id = out->name.id;
	return 0;
}

static void read_expiry(struct quarantine_entry *entry, int64_t today)
{
	int64_t day;

	entry->days_left = INT_MAX;
	if (!entry->expires || !quarantine_date_read(entry->expires, &day))
		return;
	entry->days_left = (int)(day - today);
	entry->expired = entry->days_left <= 0;
	entry->expires_soon = !entry->expired && entry->days_left <= QUARANTINE_SOON;
}

static int read_item(const struct yaml *yaml, const struct yaml_node *node, uint64_t wall,
		     struct quarantine_item *item, struct error *error)
{
	char buffer[64];

	if (node->kind != YAML_MAPPING)
		return yaml_error_at(yaml, node, error, "expected an entry such as '- test: ID', found %s",
				     yaml_describe(node, buffer));
	for (size_t i = 0; i < node->count; i++) {
		const struct key *key = NULL;

		for (size_t k = 0; k < KEY_COUNT; k++) {
			if (strcmp(keys[k].name, node->keys[i]) == 0)
				key = &keys[k];
		}
		if (!key)
			return unknown_key(yaml, node->key_nodes[i], error);
		if (read_value(yaml, key, node->items[i], &item->entry, error) != 0)
			return -1;
	}
	if (read_name(yaml, node, item, error) != 0)
		return -1;
	read_expiry(&item->entry, quarantine_date_of(wall));
	item->entry.line = node->line;
	item->end_line = node->end_line;
	return 0;
}

static int read_root(const struct yaml *yaml, uint64_t wall, struct quarantine_items *out,
		     struct error *error)
{
	const struct yaml_node *root = yaml_root(yaml);
	char buffer[64];

	if (!root)
		return 0;
	if (root->kind != YAML_SEQUENCE)
		return yaml_error_at(yaml, root, error,
				     "expected a list of entries such as '- test: ID', found %s",
				     yaml_describe(root, buffer));
	out->column = root->column;
	for (size_t i = 0; i < root->count; i++) {
		struct quarantine_item *item = ALLOC_NEW(struct quarantine_item);

		vec_push(out, item);
		if (read_item(yaml, root->items[i], wall, item, error) != 0)
			return -1;
	}
	return 0;
}

int quarantine_text_parse(struct slice text, const char *name, uint64_t wall, struct quarantine_items *out,
			  struct error *error)
{
	struct yaml *yaml = yaml_parse(text, name, error);
	int status;

	*out = (struct quarantine_items){ .column = 0 };
	if (!yaml)
		return -1;
	status = read_root(yaml, wall, out, error);
	if (status != 0)
		quarantine_items_fini(out);
	yaml_tree_free(yaml);
	return status;
}

/* Editing */

static bool entries_equal(const struct quarantine_entry *a, const struct quarantine_entry *b)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		const char *one = text_of(a, &keys[i]);
		const char *other = text_of(b, &keys[i]);

		if ((one == NULL) != (other == NULL) || (one && strcmp(one, other) != 0))
			return false;
	}
	return true;
}

/* Whether `text` holds the entries of `wanted`, in their order. */
static int check_result(const struct str *text, const char *name,
			const struct quarantine_entry *const *wanted, size_t count, struct error *error)
{
	static const char hint[] =
		"can't be edited by xtop as it is written; make it a plain list of '- test: ID'";
	struct quarantine_items items;
	bool equal;

	if (quarantine_text_parse((struct slice){ text->data, text->length }, name, 0, &items, NULL) != 0)
		return error_set(error, "%s: %s", name, hint);
	equal = items.length == count;
	for (size_t i = 0; equal && i < count; i++)
		equal = entries_equal(&items.items[i]->entry, wanted[i]);
	quarantine_items_fini(&items);
	return equal ? 0 : error_set(error, "%s: %s", name, hint);
}

static const char *line_end_of(struct slice text)
{
	const char *newline = text.length ? memchr(text.data, '\n', text.length) : NULL;

	return newline && newline > text.data && newline[-1] == '\r' ? "\r\n" : "\n";
}

static void add_entry(struct str *out, const struct quarantine_entry *entry, int column, const char *line_end)
{
	const char *lead = "- ";

	for (size_t i = 0; i < KEY_COUNT; i++) {
		const char *text = text_of(entry, &keys[i]);

		if (!text || !*text)
			continue;
		str_add_format(out, "%*s%s%s: ", column - 1, "", lead, keys[i].name);
		/* A date is plain by nature, but to a reader that knows types only a plain one is a date. */
		if (keys[i].is_date)
			str_add_text(out, text);
		else
			yaml_add_scalar(out, text);
		str_add_text(out, line_end);
		lead = "  ";
	}
}

int quarantine_text_add(struct slice text, const char *name, const struct quarantine_entry *entry,
			struct str *out, struct error *error)
{
	VEC(const struct quarantine_entry *) wanted = VEC_INIT;
	struct quarantine_items items;
	const char *line_end = line_end_of(text);
	int status;

	if (quarantine_text_parse(text, name, 0, &items, error) != 0)
		return -1;
	str_add(out, text.data, text.length);
	if (text.length > 0 && text.data[text.length - 1] != '\n')
		str_add_text(out, line_end);
	add_entry(out, entry, items.column > 0 ? items.column : 1, line_end);
	vec_each(&items, it)
		vec_push(&wanted, &(*it)->entry);
	vec_push(&wanted, entry);
	status = check_result(out, name, wanted.items, wanted.length, error);
	vec_fini(&wanted);
	quarantine_items_fini(&items);
	return status;
}

/* Where line `number` (1-based) begins; the end of the text for a line that isn't there. */
static size_t line_start(struct slice text, int number)
{
	size_t at = 0;

	while (--number > 0) {
		const char *newline =
			at < text.length ? memchr(text.data + at, '\n', text.length - at) : NULL;

		if (!newline)
			return text.length;
		at = (size_t)(newline - text.data) + 1;
	}
	return at;
}

/* Whether an item of the list begins in this line: there is nothing but a dash up to `column`. */
static bool has_dash(struct slice text, int number, int column)
{
	size_t at = line_start(text, number);

	for (int i = 1; i < column; i++, at++) {
		if (at >= text.length || text.data[at] != ' ')
			return false;
	}
	return at < text.length && text.data[at] == '-';
}

static int no_entry(const char *name, const struct quarantine_items *items, const char *test,
		    struct error *error)
{
	VEC(const char *) texts = VEC_INIT;
	char *quoted = value_quoted(test);

	vec_each(items, it)
		vec_push(&texts, (*it)->entry.test);
	const char *nearest = text_nearest(test, texts.items, texts.length);
	if (nearest && strcmp(nearest, test) != 0) {
		char *meant = value_quoted(nearest);

		error_set(error, "%s: there is no entry of %s; did you mean %s?", name, quoted, meant);
		free(meant);
	} else {
		error_set(error, "%s: there is no entry of %s", name, quoted);
	}
	free(quoted);
	vec_fini(&texts);
	return -1;
}

int quarantine_text_remove(struct slice text, const char *name, const char *suite, const char *test,
			   struct str *out, struct error *error)
{
	VEC(const struct quarantine_entry *) wanted = VEC_INIT;
	struct quarantine_items items;
	size_t kept = 0; /* up to here the text is dealt with */
	int status;

	if (quarantine_text_parse(text, name, 0, &items, error) != 0)
		return -1;
	vec_each(&items, it) {
		const struct quarantine_entry *entry = &(*it)->entry;
		int first = entry->line;
		size_t start, end;

		if (!quarantine_entry_says(entry, test) || (suite && !quarantine_entry_is_in(entry, suite))) {
			vec_push(&wanted, entry);
			continue;
		}
		/* The dash may stand in a line of its own, before the keys. */
		while (first > 1 && !has_dash(text, first, items.column))
			first--;
		start = line_start(text, first);
		end = line_start(text, (*it)->end_line + 1);
		if (start > kept)
			str_add(out, text.data + kept, start - kept);
		if (end > kept)
			kept = end;
	}
	str_add(out, text.data + kept, text.length - kept);
	if (wanted.length == items.length)
		status = no_entry(name, &items, test, error);
	else
		status = check_result(out, name, wanted.items, wanted.length, error);
	vec_fini(&wanted);
	quarantine_items_fini(&items);
	return status;
}
