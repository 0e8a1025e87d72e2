#include "tui/settings_file.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/yaml.h"
#include "tui/settings_sections.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const pane_keys[] = { "shown", "height" };

const char *const settings_section_names[SETTINGS_SECTION_COUNT] = {
#define X(name, word) word,
	SETTINGS_SECTIONS(X)
#undef X
};

const char *const settings_pane_names[SETTINGS_PANE_COUNT] = { "workers", "tests", "detail" };

struct parse {
	const struct yaml *yaml;
	struct tui_settings *settings;
	settings_problems *problems; /* NULL: nobody asks */
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

void settings_problems_fini(settings_problems *problems)
{
	vec_each(problems, it)
		free(*it);
	vec_fini(problems);
}

char *settings_file_path(void)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

	/* The XDG specification has relative paths ignored. */
	if (config && *config == '/')
		return fs_join(config, "xtop/dashboard.yaml");
	return home && *home ? fs_join(home, ".config/xtop/dashboard.yaml") : NULL;
}

/* --- problems --- */

static void add_problem(const struct parse *parse, const struct error *error)
{
	if (parse->problems)
		vec_push(parse->problems, alloc_string(error->message));
}

static void complain(const struct parse *parse, const struct yaml_node *node, const char *key, const char *what)
{
	struct error error = ERROR_INIT;
	char buffer[64];

	yaml_error_at(parse->yaml, node, &error, "%s: expected %s, found %s", key, what, yaml_describe(node, buffer));
	add_problem(parse, &error);
}

static void complain_word(const struct parse *parse, const struct yaml_node *node, const char *what,
			  const char *const *words, size_t count)
{
	const char *nearest = node->kind == YAML_SCALAR ? text_nearest(node->text, words, count) : NULL;
	struct error error = ERROR_INIT;
	char buffer[64];

	yaml_error_at(parse->yaml, node, &error, "expected %s, found %s%s%s%s", what, yaml_describe(node, buffer),
		      nearest ? "; did you mean '" : "", nearest ? nearest : "", nearest ? "'?" : "");
	add_problem(parse, &error);
}

/* --- reading --- */

static int nth_word(const struct yaml_node *node, const char *const *words, size_t count)
{
	for (size_t i = 0; node->kind == YAML_SCALAR && i < count; i++)
		if (!strcmp(node->text, words[i]))
			return (int)i;
	return -1;
}

/* false: it is no number from `least` to `most`, and that was told. */
static bool read_number(const struct parse *parse, const struct yaml_node *node, const char *key, unsigned least,
			unsigned most, const char *what, unsigned *number)
{
	size_t digits = node->kind == YAML_SCALAR ? strspn(node->text, "0123456789") : 0;
	unsigned long value = digits && digits < 6 ? strtoul(node->text, NULL, 10) : 0;

	if (!digits || node->text[digits] || value < least || value > most) {
		complain(parse, node, key, what);
		return false;
	}
	*number = (unsigned)value;
	return true;
}

static void read_flag(const struct parse *parse, const struct yaml_node *node, const char *key, bool *flag)
{
	static const char *const words[] = { "false", "true", "no", "yes", "off", "on" };
	int word = nth_word(node, words, COUNT(words));

	if (word < 0)
		complain(parse, node, key, "true or false");
	else
		*flag = word % 2;
}

static void read_theme(const struct parse *parse, const struct yaml_node *node)
{
	if (node->kind == YAML_SCALAR && !strcmp(node->text, SETTINGS_NO_THEME))
		parse->settings->theme[0] = '\0';
	else if (node->kind != YAML_SCALAR || !node->length || strlen(node->text) != node->length ||
	    node->length >= SETTINGS_THEME_SIZE)
		complain(parse, node, "theme", "the name of a theme");
	else
		memcpy(parse->settings->theme, node->text, node->length + 1);
}

static void read_pane(const struct parse *parse, const struct yaml_node *node, int pane)
{
	struct tui_settings *settings = parse->settings;

	if (node->kind != YAML_MAPPING) {
		complain(parse, node, settings_pane_names[pane], "a mapping with shown and height");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *value = node->items[i];
		unsigned share;

		if (!strcmp(node->keys[i], "shown"))
			read_flag(parse, value, "shown", &settings->panes[pane].shown);
		else if (strcmp(node->keys[i], "height") != 0)
			complain_word(parse, node->key_nodes[i], "shown or height", pane_keys, COUNT(pane_keys));
		else if (value->kind == YAML_SCALAR && !strcmp(value->text, "auto"))
			settings->panes[pane].share = 0;
		else if (read_number(parse, value, "height", SETTINGS_SHARE_LEAST, SETTINGS_SHARE_MOST,
				     "auto or 5 to 80, per cent", &share))
			settings->panes[pane].share = share;
	}
}

static void read_panes(const struct parse *parse, const struct yaml_node *node)
{
	bool any = false;

	if (node->kind != YAML_MAPPING) {
		complain(parse, node, "panes", "a mapping of panes");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		int pane = nth_word(node->key_nodes[i], settings_pane_names, SETTINGS_PANE_COUNT);

		if (pane < 0)
			complain_word(parse, node->key_nodes[i], "workers, tests or detail", settings_pane_names,
				      SETTINGS_PANE_COUNT);
		else
			read_pane(parse, node->items[i], pane);
	}
	for (int pane = 0; pane < SETTINGS_PANE_COUNT; pane++)
		any = any || parse->settings->panes[pane].shown;
	if (!any) {
		complain(parse, node, "panes", "at least one that is shown");
		parse->settings->panes[SETTINGS_TESTS].shown = true;
	}
}

static void complain_column(const struct parse *parse, const struct yaml_node *node, enum columns_pane pane)
{
	const char *names[COLUMNS_MAX];
	char what[64];

	for (unsigned i = 0; i < columns_count(pane); i++)
		names[i] = columns_name(pane, i);
	snprintf(what, sizeof(what), "a column of the %s", columns_pane_name(pane));
	complain_word(parse, node, what, names, columns_count(pane));
}

static void read_columns_of(const struct parse *parse, const struct yaml_node *node, enum columns_pane pane)
{
	struct columns_shown shown = { .count = 0 };

	if (node->kind != YAML_SEQUENCE) {
		complain(parse, node, columns_pane_name(pane), "a list of columns");
		return;
	}
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *item = node->items[i];
		int column = item->kind == YAML_SCALAR ? columns_by_name(pane, item->text) : -1;

		if (column < 0)
			complain_column(parse, item, pane);
		else if (columns_has(&shown, (unsigned)column))
			complain(parse, item, columns_pane_name(pane), "each column once");
		else
			shown.columns[shown.count++] = (uint8_t)column;
	}
	parse->settings->columns[pane] = shown;
}

static void read_columns(const struct parse *parse, const struct yaml_node *node)
{
	const char *names[COLUMNS_PANE_COUNT];

	if (node->kind != YAML_MAPPING) {
		complain(parse, node, "columns", "a mapping of panes to their columns");
		return;
	}
	for (int pane = 0; pane < COLUMNS_PANE_COUNT; pane++)
		names[pane] = columns_pane_name((enum columns_pane)pane);
	for (size_t i = 0; i < node->count; i++) {
		int pane = nth_word(node->key_nodes[i], names, COLUMNS_PANE_COUNT);

		if (pane < 0)
			complain_word(parse, node->key_nodes[i], "a pane with columns: tests or workers", names,
				      COLUMNS_PANE_COUNT);
		else
			read_columns_of(parse, node->items[i], (enum columns_pane)pane);
	}
}

/* --- keys --- */

static void complain_request(const struct parse *parse, const struct yaml_node *node)
{
	char names[REQUEST_COUNT][KEYMAP_REQUEST_SIZE];
	const char *pointers[REQUEST_COUNT];

	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		keymap_request_name((enum request)request, names[request]);
		pointers[request - 1] = names[request];
	}
	complain_word(parse, node, "what a key can ask for, such as rerun", pointers, REQUEST_COUNT - 1);
}

static void complain_taken(const struct parse *parse, const struct yaml_node *node, enum request request,
			   enum request owner)
{
	struct error error = ERROR_INIT;
	char name[KEYMAP_REQUEST_SIZE], other[KEYMAP_REQUEST_SIZE];

	keymap_request_name(request, name);
	keymap_request_name(owner, other);
	if (request == owner)
		yaml_error_at(parse->yaml, node, &error, "%s: the key '%s' is there twice", name, node->text);
	else
		yaml_error_at(parse->yaml, node, &error,
			      "%s: the key '%s' is that of %s; give that one other keys, or none: '%s: []'", name,
			      node->text, other, other);
	add_problem(parse, &error);
}

/* The keys of a request that the file names: those that nothing else has. */
static void read_keys_of(const struct parse *parse, const struct yaml_node *node, enum request request)
{
	struct keymap *keymap = &parse->settings->keymap;
	const struct yaml_node *const *items = node->kind == YAML_SEQUENCE ?
						       (const struct yaml_node *const *)node->items :
						       &node;
	size_t count = node->kind == YAML_SEQUENCE ? node->count : 1;
	unsigned kept = 0;

	for (size_t i = 0; i < count; i++) {
		int key = items[i]->kind == YAML_SCALAR ?
				  keymap_key_by_name(items[i]->text, (unsigned)items[i]->length) :
				  0;
		enum request owner = key ? keymap_request(keymap, key) : REQUEST_NONE;

		if (!key)
			complain(parse, items[i], "keys", "a key, such as r, F7, C-l, PgUp or Space");
		else if (owner != REQUEST_NONE)
			complain_taken(parse, items[i], request, owner);
		else if (kept == KEYMAP_KEYS_MAX)
			complain(parse, items[i], "keys", "at most 6 keys");
		else
			keymap->keys[request][kept++] = key;
	}
}

static void read_keys(const struct parse *parse, const struct yaml_node *node)
{
	struct keymap *keymap = &parse->settings->keymap;

	if (node->kind != YAML_MAPPING) {
		complain(parse, node, "keys", "a mapping of requests to keys");
		return;
	}
	/* First they give up what they have, so that two can change places. */
	for (size_t i = 0; i < node->count; i++) {
		enum request request = keymap_request_by_name(node->keys[i]);

		if (request == REQUEST_NONE)
			complain_request(parse, node->key_nodes[i]);
		else
			memset(keymap->keys[request], 0, sizeof(keymap->keys[request]));
	}
	for (size_t i = 0; i < node->count; i++) {
		enum request request = keymap_request_by_name(node->keys[i]);

		if (request != REQUEST_NONE)
			read_keys_of(parse, node->items[i], request);
	}
}

static void read_section(const struct parse *parse, enum settings_section section, const struct yaml_node *node)
{
	switch (section) {
	case SETTINGS_SECTION_THEME:
		read_theme(parse, node);
		break;
	case SETTINGS_SECTION_FRAMES:
		read_number(parse, node, "frames", 1, SETTINGS_FRAMES_MOST, "1 to 60, a second",
			    &parse->settings->frames);
		break;
	case SETTINGS_SECTION_ASCII:
		read_flag(parse, node, "ascii", &parse->settings->ascii);
		break;
	case SETTINGS_SECTION_PANES:
		read_panes(parse, node);
		break;
	case SETTINGS_SECTION_COLUMNS:
		read_columns(parse, node);
		break;
	case SETTINGS_SECTION_KEYS:
		read_keys(parse, node);
		break;
	case SETTINGS_SECTION_COUNT:
		break;
	}
}

static bool is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && !node->length && !node->quoted;
}

int settings_section(const char *name)
{
	for (int section = 0; section < SETTINGS_SECTION_COUNT; section++)
		if (!strcmp(settings_section_names[section], name))
			return section;
	return -1;
}

static void read_root(const struct parse *parse, const struct yaml_node *root)
{
	if (root->kind != YAML_MAPPING) {
		complain(parse, root, "settings", "a mapping");
		return;
	}
	for (size_t i = 0; i < root->count; i++) {
		int section = settings_section(root->key_nodes[i]->text);

		if (is_nothing(root->items[i]) && section >= 0)
			continue;
		if (section < 0)
			complain_word(parse, root->key_nodes[i], "theme, frames, ascii, panes, columns or keys",
				      settings_section_names, SETTINGS_SECTION_COUNT);
		else
			read_section(parse, (enum settings_section)section, root->items[i]);
	}
}

void settings_file_parse(struct slice text, const char *name, struct tui_settings *settings,
			 settings_problems *problems)
{
	struct error error = ERROR_INIT;
	struct parse parse = { yaml_parse(text, name, &error), settings, problems };

	if (!parse.yaml)
		add_problem(&parse, &error);
	else if (yaml_root(parse.yaml))
		read_root(&parse, yaml_root(parse.yaml));
	yaml_tree_free((struct yaml *)parse.yaml);
}

void settings_file_load(const char *path, struct tui_settings *settings, settings_problems *problems)
{
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;

	if (fs_exists(path)) {
		if (fs_read_file(path, SETTINGS_FILE_LIMIT, &text, &error) == 0)
			settings_file_parse((struct slice){ text.data, text.length }, path, settings, problems);
		else
			vec_push(problems, alloc_string(error.message));
	}
	str_fini(&text);
}
