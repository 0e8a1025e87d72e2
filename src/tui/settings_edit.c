/* Writing settings into a file that people edit too. */
#include "tui/settings_file.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "tui/settings_sections.h"

#include <stdlib.h>
#include <string.h>

static void write_panes(const struct tui_settings *settings, struct str *out)
{
	str_add_text(out, "panes:\n");
	for (int pane = 0; pane < SETTINGS_PANE_COUNT; pane++) {
		str_add_format(out, "  %s: { shown: %s, height: ", settings_pane_names[pane],
			       settings->panes[pane].shown ? "true" : "false");
		if (settings->panes[pane].share)
			str_add_format(out, "%u }\n", settings->panes[pane].share);
		else
			str_add_text(out, "auto }\n");
	}
}

static void write_columns(const struct tui_settings *settings, struct str *out)
{
	str_add_text(out, "columns:\n");
	for (int pane = 0; pane < COLUMNS_PANE_COUNT; pane++) {
		const struct columns_shown *shown = &settings->columns[pane];

		str_add_format(out, "  %s: [", columns_pane_name((enum columns_pane)pane));
		for (unsigned i = 0; i < shown->count; i++)
			str_add_format(out, "%s%s", i ? ", " : "",
				       columns_name((enum columns_pane)pane, shown->columns[i]));
		str_add_text(out, "]\n");
	}
}

/* Quoted unless it is a letter, a digit or a word: most signs mean something in YAML, and so do n and y. */
static void write_key(int key, struct str *out)
{
	char name[KEYMAP_NAME_SIZE];
	bool plain;

	keymap_key_name(key, name);
	plain = name[1] || (*name >= 'A' && *name <= 'Z') || (*name >= 'a' && *name <= 'z');
	if (plain && strcspn(name, "nNyY") == 0 && !name[1])
		plain = false;
	if (plain)
		str_add_text(out, name);
	else if (*name == '"' || *name == '\\')
		str_add_format(out, "\"\\%s\"", name);
	else
		str_add_format(out, "\"%s\"", name);
}

static void write_keys(const struct tui_settings *settings, struct str *out)
{
	struct keymap first;

	keymap_init(&first);
	str_add_text(out, "keys:\n");
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		const int *keys = settings->keymap.keys[request];
		char name[KEYMAP_REQUEST_SIZE];

		if (!memcmp(keys, first.keys[request], sizeof(first.keys[request])))
			continue;
		keymap_request_name((enum request)request, name);
		str_add_format(out, "  %s: [", name);
		for (unsigned i = 0; i < KEYMAP_KEYS_MAX && keys[i]; i++) {
			if (i)
				str_add_text(out, ", ");
			write_key(keys[i], out);
		}
		str_add_text(out, "]\n");
	}
}

/* A value that is not known here, in one line. */
static void write_node(const struct yaml_node *node, struct str *out)
{
	if (node->kind == YAML_SCALAR) {
		if (node->quoted || !node->length || node->text[strcspn(node->text, "\n:#,[]{}\"'&*!|>%@`")])
			yaml_add_scalar(out, node->text);
		else
			str_add_text(out, node->text);
		return;
	}
	str_add_text(out, node->kind == YAML_SEQUENCE ? "[" : "{");
	for (size_t i = 0; i < node->count; i++) {
		str_add_text(out, i ? ", " : "");
		if (node->kind == YAML_MAPPING) {
			write_node(node->key_nodes[i], out);
			str_add_text(out, ": ");
		}
		write_node(node->items[i], out);
	}
	str_add_text(out, node->kind == YAML_SEQUENCE ? "]" : "}");
}

static bool knows(enum settings_section section, const char *key)
{
	for (int i = 0; section == SETTINGS_SECTION_PANES && i < SETTINGS_PANE_COUNT; i++)
		if (!strcmp(settings_pane_names[i], key))
			return true;
	for (int i = 0; section == SETTINGS_SECTION_COLUMNS && i < COLUMNS_PANE_COUNT; i++)
		if (!strcmp(columns_pane_name((enum columns_pane)i), key))
			return true;
	return section == SETTINGS_SECTION_KEYS && keymap_request_by_name(key) != REQUEST_NONE;
}

static void write_section(const struct tui_settings *settings, enum settings_section section, const struct yaml_node *old,
			  struct str *out)
{
	switch (section) {
	case SETTINGS_SECTION_THEME:
		str_add_text(out, "theme: ");
		yaml_add_scalar(out, settings->theme[0] ? settings->theme : SETTINGS_NO_THEME);
		str_add_char(out, '\n');
		return;
	case SETTINGS_SECTION_FRAMES:
		str_add_format(out, "frames: %u\n", settings->frames);
		return;
	case SETTINGS_SECTION_ASCII:
		str_add_format(out, "ascii: %s\n", settings->ascii ? "true" : "false");
		return;
	case SETTINGS_SECTION_PANES:
		write_panes(settings, out);
		break;
	case SETTINGS_SECTION_COLUMNS:
		write_columns(settings, out);
		break;
	case SETTINGS_SECTION_KEYS:
		write_keys(settings, out);
		break;
	case SETTINGS_SECTION_COUNT:
		return;
	}
	for (size_t i = 0; old && old->kind == YAML_MAPPING && i < old->count; i++)
		if (!knows(section, old->keys[i])) {
			str_add_text(out, "  ");
			write_node(old->key_nodes[i], out);
			str_add_text(out, ": ");
			write_node(old->items[i], out);
			str_add_char(out, '\n');
		}
}

static bool same(const struct tui_settings *a, const struct tui_settings *b, enum settings_section section)
{
	switch (section) {
	case SETTINGS_SECTION_THEME:
		return !strcmp(a->theme, b->theme);
	case SETTINGS_SECTION_FRAMES:
		return a->frames == b->frames;
	case SETTINGS_SECTION_ASCII:
		return a->ascii == b->ascii;
	case SETTINGS_SECTION_PANES:
		for (int i = 0; i < SETTINGS_PANE_COUNT; i++)
			if (a->panes[i].shown != b->panes[i].shown || a->panes[i].share != b->panes[i].share)
				return false;
		return true;
	case SETTINGS_SECTION_COLUMNS:
		for (int i = 0; i < COLUMNS_PANE_COUNT; i++)
			if (a->columns[i].count != b->columns[i].count ||
			    memcmp(a->columns[i].columns, b->columns[i].columns, a->columns[i].count) != 0)
				return false;
		return true;
	case SETTINGS_SECTION_KEYS:
		return !memcmp(&a->keymap, &b->keymap, sizeof(a->keymap));
	case SETTINGS_SECTION_COUNT:
		break;
	}
	return true;
}

/* From the beginning of a line, counted from 1, to that of another; 0: to the end. */
static struct slice lines_of(struct slice text, int from, int to)
{
	size_t begin = 0, end;

	for (int line = 1; line < from && begin < text.length; line++) {
		const char *newline = memchr(text.data + begin, '\n', text.length - begin);

		begin = newline ? (size_t)(newline - text.data) + 1 : text.length;
	}
	end = begin;
	for (int line = from; (!to || line < to) && end < text.length; line++) {
		const char *newline = memchr(text.data + end, '\n', text.length - end);

		end = newline ? (size_t)(newline - text.data) + 1 : text.length;
	}
	return (struct slice){ text.data + begin, end - begin };
}

static void add_lines(struct str *out, struct slice lines)
{
	str_add(out, lines.data, lines.length);
	if (lines.length && lines.data[lines.length - 1] != '\n')
		str_add_char(out, '\n');
}

static int check_lines(const struct yaml *yaml, const struct yaml_node *root, struct error *error)
{
	if (root->kind != YAML_MAPPING)
		return yaml_error_at(yaml, root, error, "expected a mapping; nothing was written");
	for (size_t i = 0; i < root->count; i++)
		if (root->key_nodes[i]->column != 1 || (i && root->key_nodes[i]->line <= root->items[i - 1]->end_line))
			return yaml_error_at(yaml, root->key_nodes[i], error,
					     "expected each key on a line of its own; nothing was written");
	return 0;
}

/* YAML has more ways to write a file than are looked at here. */
static int check_result(const struct str *out, const char *name, const struct tui_settings *settings,
			struct error *error)
{
	struct tui_settings back;

	tui_settings_init(&back);
	settings_file_parse((struct slice){ out->data, out->length }, name, &back, NULL);
	for (int section = 0; section < SETTINGS_SECTION_COUNT; section++)
		if (!same(settings, &back, (enum settings_section)section))
			return error_set(error, "%s: the file is written in a way that can't be changed here; edit '%s:'",
					 name, settings_section_names[section]);
	return 0;
}

int settings_file_edit(struct slice text, const char *name, const struct tui_settings *settings, struct str *out,
		       struct error *error)
{
	struct yaml *yaml = yaml_parse(text, name, error);
	const struct yaml_node *root = yaml ? yaml_root(yaml) : NULL;
	struct tui_settings first, old;
	bool seen[SETTINGS_SECTION_COUNT] = { false };

	if (!yaml || (root && check_lines(yaml, root, error) != 0)) {
		yaml_tree_free(yaml);
		return -1;
	}
	tui_settings_init(&first);
	old = first;
	settings_file_parse(text, name, &old, NULL);
	add_lines(out, lines_of(text, 1, root && root->count ? root->key_nodes[0]->line : 0));
	for (size_t i = 0; root && i < root->count; i++) {
		int section = settings_section(root->key_nodes[i]->text);
		int next = i + 1 < root->count ? root->key_nodes[i + 1]->line : 0;
		int end = root->items[i]->end_line + 1;

		if (section >= 0)
			seen[section] = true;
		if (section >= 0 && !same(settings, &old, (enum settings_section)section)) {
			write_section(settings, (enum settings_section)section, root->items[i], out);
			/* What stands behind it, comments say, was not its own. */
			if (!next || end < next)
				add_lines(out, lines_of(text, end, next));
		} else {
			add_lines(out, lines_of(text, root->key_nodes[i]->line, next));
		}
	}
	for (int section = 0; section < SETTINGS_SECTION_COUNT; section++)
		if (!seen[section] && !same(settings, &first, (enum settings_section)section))
			write_section(settings, (enum settings_section)section, NULL, out);
	yaml_tree_free(yaml);
	return check_result(out, name, settings, error);
}

int settings_file_save(const char *path, const struct tui_settings *settings, struct error *error)
{
	struct str text = STR_INIT, out = STR_INIT;
	char *directory = fs_directory_of(path);
	int result = 0;

	if (fs_exists(path))
		result = fs_read_file(path, SETTINGS_FILE_LIMIT, &text, error);
	if (result == 0)
		result = settings_file_edit((struct slice){ text.data, text.length }, path, settings, &out, error);
	if (result == 0)
		result = fs_make_directories(directory, error);
	if (result == 0)
		result = fs_write_atomically(path, out.data, out.length, error);
	free(directory);
	str_fini(&text);
	str_fini(&out);
	return result;
}
