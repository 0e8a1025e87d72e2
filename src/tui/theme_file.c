#include "tui/theme_file.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

struct parse {
	theme_chain chain; /* the theme itself first */
	const struct yaml *yaml; /* the file that is looked at */
	struct error *error;
};

static const char *const top_keys[] = { "description", "inherits", "palette", "roles" };
static const char *const look_keys[] = { "fg", "bg", "attributes", "mono" };
static const struct {
	const char *name;
	uint8_t attribute;
} attribute_words[] = {
	{ "none", 0 },
	{ "bold", ATTRIBUTE_BOLD },
	{ "dim", ATTRIBUTE_DIM },
	{ "italic", ATTRIBUTE_ITALIC },
	{ "underline", ATTRIBUTE_UNDERLINE },
	{ "reverse", ATTRIBUTE_REVERSE },
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static int expected(const struct parse *parse, const struct yaml_node *node, const char *what)
{
	char buffer[64];

	return yaml_error_at(parse->yaml, node, parse->error, "expected %s, found %s", what,
			     yaml_describe(node, buffer));
}

/* With what may have been meant. */
static int expected_word(const struct parse *parse, const struct yaml_node *node, const char *what,
			 const char *const *words, size_t count)
{
	const char *nearest = node->kind == YAML_SCALAR ? text_nearest(node->text, words, count) : NULL;
	char buffer[64];

	if (!nearest)
		return expected(parse, node, what);
	return yaml_error_at(parse->yaml, node, parse->error, "expected %s, found %s; did you mean '%s'?", what,
			     yaml_describe(node, buffer), nearest);
}

static bool is_nothing(const struct yaml_node *node)
{
	return node->kind == YAML_SCALAR && node->length == 0 && !node->quoted;
}

/* --- colours --- */

static int wrong_color(const struct parse *parse, const struct yaml_node *node)
{
	VEC(const char *) names = VEC_INIT;
	int result;

	for (size_t i = 0; i < parse->chain.length; i++) {
		const struct yaml_node *palette = yaml_get(yaml_root(parse->chain.items[i]), "palette");

		for (size_t k = 0; palette && palette->kind == YAML_MAPPING && k < palette->count; k++)
			vec_push(&names, palette->keys[k]);
	}
	for (size_t i = 0; i < THEME_COLOR_NAMES; i++)
		vec_push(&names, theme_color_names[i]);
	if (is_nothing(node))
		result = expected(parse, node, "a colour, with quotes where it begins with '#'");
	else
		result = expected_word(parse, node, "a colour: \"#rrggbb\", 0 to 255, or a name", names.items,
				       names.length);
	vec_fini(&names);
	return result;
}

static int parse_literal(const struct parse *parse, const struct yaml_node *node, struct theme_color *color)
{
	if (node->kind != YAML_SCALAR || !theme_color_parse(node->text, color))
		return wrong_color(parse, node);
	return 0;
}

/* One colour, or two: for many colours and for few. `parse_one` fills the part that it is told of. */
static int parse_paint(const struct parse *parse, const struct yaml_node *node,
		       int (*parse_one)(const struct parse *, const struct yaml_node *, bool poor, struct theme_color *),
		       struct theme_paint *paint)
{
	struct theme_paint own = { { THEME_UNSET, 0 }, { THEME_UNSET, 0 } };

	if (node->kind == YAML_SEQUENCE) {
		if (node->count != 2)
			return expected(parse, node,
					"two colours: for terminals with 256 and more, and for those with fewer");
		if (parse_one(parse, node->items[0], false, &own.rich) != 0 ||
		    parse_one(parse, node->items[1], true, &own.poor) != 0)
			return -1;
	} else {
		struct theme_color poor = { THEME_UNSET, 0 };

		if (parse_one(parse, node, false, &own.rich) != 0 || parse_one(parse, node, true, &poor) != 0)
			return -1;
		own.poor = poor;
	}
	*paint = own;
	return 0;
}

static int literal_part(const struct parse *parse, const struct yaml_node *node, bool poor,
			struct theme_color *color)
{
	(void)poor;
	return parse_literal(parse, node, color);
}

static bool is_variable_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

	return *text && strchr(letters, *text) && strspn(text, "0123456789-_") == 0 &&
	       text[strcspn(text, " \t\n:#,[]{}\"'")] == '\0';
}

/* What the palettes say of a name: the theme's own before those that it inherits. */
static int find_variable(const struct parse *parse, const char *name, struct theme_paint *paint)
{
	for (size_t i = 0; i < parse->chain.length; i++) {
		const struct yaml_node *palette = yaml_get(yaml_root(parse->chain.items[i]), "palette");
		const struct yaml_node *value = palette ? yaml_get(palette, name) : NULL;
		struct parse there = *parse;

		if (!value)
			continue;
		there.yaml = parse->chain.items[i];
		return parse_paint(&there, value, literal_part, paint) == 0 ? 1 : -1;
	}
	return 0;
}

static int role_part(const struct parse *parse, const struct yaml_node *node, bool poor, struct theme_color *color)
{
	struct theme_paint paint;
	int found;

	if (node->kind != YAML_SCALAR)
		return wrong_color(parse, node);
	found = find_variable(parse, node->text, &paint);
	if (found < 0)
		return -1;
	if (!found)
		return parse_literal(parse, node, color);
	*color = poor && paint.poor.kind != THEME_UNSET ? paint.poor : paint.rich;
	return 0;
}

/* --- looks --- */

static int parse_attribute(const struct parse *parse, const struct yaml_node *node, uint8_t *attributes)
{
	const char *words[COUNT(attribute_words)];

	for (size_t i = 0; i < COUNT(attribute_words); i++) {
		if (node->kind == YAML_SCALAR && !strcmp(node->text, attribute_words[i].name)) {
			*attributes |= attribute_words[i].attribute;
			return 0;
		}
		words[i] = attribute_words[i].name;
	}
	return expected_word(parse, node, "bold, dim, italic, underline, reverse or none", words, COUNT(words));
}

static int parse_attributes(const struct parse *parse, const struct yaml_node *node, uint8_t *attributes)
{
	uint8_t own = 0;

	if (node->kind == YAML_SEQUENCE) {
		for (size_t i = 0; i < node->count; i++)
			if (parse_attribute(parse, node->items[i], &own) != 0)
				return -1;
	} else if (parse_attribute(parse, node, &own) != 0) {
		return -1;
	}
	*attributes = own;
	return 0;
}

static int parse_look(const struct parse *parse, const struct yaml_node *node, struct theme_look *look)
{
	if (node->kind != YAML_MAPPING)
		return parse_paint(parse, node, role_part, &look->fg);
	for (size_t i = 0; i < node->count; i++) {
		const struct yaml_node *value = node->items[i];
		const char *key = node->keys[i];
		int result;

		if (!strcmp(key, "fg"))
			result = parse_paint(parse, value, role_part, &look->fg);
		else if (!strcmp(key, "bg"))
			result = parse_paint(parse, value, role_part, &look->bg);
		else if (!strcmp(key, "attributes"))
			result = parse_attributes(parse, value, &look->attributes);
		else if (!strcmp(key, "mono"))
			result = parse_attributes(parse, value, &look->mono);
		else
			result = expected_word(parse, node->key_nodes[i], "fg, bg, attributes or mono", look_keys,
					       COUNT(look_keys));
		if (result != 0)
			return -1;
	}
	return 0;
}

static int unknown_role(const struct parse *parse, const struct yaml_node *key)
{
	char names[THEME_LOOK_COUNT][THEME_NAME_SIZE];
	const char *pointers[THEME_LOOK_COUNT];

	for (unsigned look = 0; look < THEME_LOOK_COUNT; look++) {
		theme_look_name(look, names[look]);
		pointers[look] = names[look];
	}
	return expected_word(parse, key, "a role of xtop-theme(5)", pointers, THEME_LOOK_COUNT);
}

static int parse_roles(const struct parse *parse, const struct yaml_node *roles, struct theme_table *table)
{
	if (roles->kind != YAML_MAPPING)
		return expected(parse, roles, "a mapping of roles to looks");
	for (size_t i = 0; i < roles->count; i++) {
		struct theme_look *look = theme_look(table, roles->keys[i]);

		if (!look)
			return unknown_role(parse, roles->key_nodes[i]);
		if (parse_look(parse, roles->items[i], look) != 0)
			return -1;
	}
	return 0;
}

/* --- files --- */

static int check_palette(const struct parse *parse, const struct yaml_node *palette)
{
	struct theme_paint paint;

	if (palette->kind != YAML_MAPPING)
		return expected(parse, palette, "a mapping of names to colours");
	for (size_t i = 0; i < palette->count; i++) {
		if (!is_variable_name(palette->keys[i]))
			return expected(parse, palette->key_nodes[i], "a name, which begins with a letter");
		if (parse_paint(parse, palette->items[i], literal_part, &paint) != 0)
			return -1;
	}
	return 0;
}

/* All but the roles, which need all palettes. */
static int check_file(const struct parse *parse, const struct yaml_node *root)
{
	if (root->kind != YAML_MAPPING)
		return expected(parse, root, "a theme: a mapping with roles");
	for (size_t i = 0; i < root->count; i++) {
		const struct yaml_node *value = root->items[i];
		const char *key = root->keys[i];

		if (!strcmp(key, "description") || !strcmp(key, "inherits")) {
			if (value->kind != YAML_SCALAR || strlen(value->text) != value->length || !value->length)
				return expected(parse, value, *key == 'i' ? "the name of a theme" : "text");
		} else if (!strcmp(key, "palette")) {
			if (check_palette(parse, value) != 0)
				return -1;
		} else if (strcmp(key, "roles") != 0) {
			return expected_word(parse, root->key_nodes[i], "description, inherits, palette or roles",
					     top_keys, COUNT(top_keys));
		}
	}
	return 0;
}

/* Opens what the last file of the chain inherits, and so on. */
static int open_chain(struct parse *parse, const struct theme_source *source)
{
	for (;;) {
		const struct yaml_node *root, *inherits;
		struct error cause = ERROR_INIT;
		struct yaml *next;

		parse->yaml = parse->chain.items[parse->chain.length - 1];
		root = yaml_root(parse->yaml);
		if (!root)
			return error_set(parse->error, "%s:1:1: expected a theme, found nothing",
					 yaml_name(parse->yaml));
		if (check_file(parse, root) != 0)
			return -1;
		inherits = yaml_get(root, "inherits");
		if (!inherits)
			return 0;
		if (parse->chain.length == THEME_CHAIN_MAX)
			return yaml_error_at(parse->yaml, inherits, parse->error,
					     "inherits: expected a chain of at most %d themes", THEME_CHAIN_MAX);
		next = source->open(source->context, inherits->text, &parse->chain, &cause);
		if (!next && cause.message[0])
			return yaml_error_at(parse->yaml, inherits, parse->error, "inherits: %s", cause.message);
		if (!next)
			return 0;
		vec_push(&parse->chain, next);
	}
}

int theme_file_parse(struct yaml *yaml, const struct theme_source *source, struct theme_table *table,
		     struct error *error)
{
	struct parse parse = { .chain = VEC_INIT, .error = error };
	struct theme_table own = theme_default;
	int result;

	vec_push(&parse.chain, yaml);
	result = open_chain(&parse, source);
	for (size_t i = parse.chain.length; result == 0 && i-- > 0;) {
		const struct yaml_node *roles = yaml_get(yaml_root(parse.chain.items[i]), "roles");

		parse.yaml = parse.chain.items[i];
		if (roles)
			result = parse_roles(&parse, roles, &own);
	}
	if (result == 0)
		*table = own;
	vec_each(&parse.chain, it)
		yaml_tree_free(*it);
	vec_fini(&parse.chain);
	return result;
}
