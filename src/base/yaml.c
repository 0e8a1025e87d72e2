#include "base/yaml.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/map.h"
#include "base/utf8.h"
#include "base/vec.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum {
	DEPTH_LIMIT = 64,
	DESCRIBED_LENGTH = 40, /* characters of a scalar in a message */
	SHOWN_WIDTH = 100,     /* columns of a source line in a message */
};

struct yaml {
	char *name;
	char *text;
	size_t length;
	VEC(size_t) lines; /* where each line begins in the text */
	struct yaml_node *root;
};

struct loader {
	struct yaml *yaml;
	yaml_parser_t parser;
	yaml_mark_t end; /* of the last event */
	struct error *error;
};

static void node_free(struct yaml_node *node)
{
	if (!node)
		return;
	for (size_t i = 0; i < node->count; i++) {
		node_free(node->items[i]);
		if (node->kind == YAML_MAPPING)
			node_free(node->key_nodes[i]);
	}
	free((char *)node->text);
	free((void *)node->keys);
	free(node->key_nodes);
	free(node->items);
	free(node);
}

/* Messages with the source line */

/* Line `number` (1-based), without its end. */
static struct slice source_line(const struct yaml *yaml, int number)
{
	size_t start, end;

	if (number < 1 || (size_t)number > yaml->lines.length)
		return slice_of("");
	start = yaml->lines.items[number - 1];
	end = (size_t)number < yaml->lines.length ? yaml->lines.items[number] : yaml->length;
	while (end > start && (yaml->text[end - 1] == '\n' || yaml->text[end - 1] == '\r'))
		end--;
	return (struct slice){ .data = yaml->text + start, .length = end - start };
}

/* Moves *at behind one character and returns its columns. */
static size_t pass_character(struct slice source, size_t *at)
{
	size_t start = *at;

	utf8_next(source.data, source.length, at);
	return utf8_text_width(source.data + start, *at - start);
}

/* Appends the line and a caret below the column. Of a long line the part around the column is shown. */
static void add_excerpt(struct str *out, const struct yaml *yaml, int line, int column)
{
	struct slice source = source_line(yaml, line);
	size_t at = 0;
	size_t from = 0;
	size_t before = 0; /* columns between `from` and `at` */
	size_t to, shown;

	for (int i = 1; i < column && at < source.length; i++)
		before += pass_character(source, &at);
	while (before > SHOWN_WIDTH / 2)
		before -= pass_character(source, &from);
	to = at;
	for (shown = before; to < source.length && shown < SHOWN_WIDTH;)
		shown += pass_character(source, &to);
	str_add_text(out, "\n  ");
	utf8_add_visible(out, source.data + from, to - from, false);
	str_add_text(out, "\n  ");
	for (; before > 0; before--)
		str_add_char(out, ' ');
	str_add_char(out, '^');
}

static int fail_at(const struct yaml *yaml, int line, int column, struct error *error, const char *format,
		   ...) __attribute__((format(printf, 5, 6)));
static int vfail_at(const struct yaml *yaml, int line, int column, struct error *error, const char *format,
		    va_list args) __attribute__((format(printf, 5, 0)));

static int vfail_at(const struct yaml *yaml, int line, int column, struct error *error, const char *format,
		    va_list args)
{
	struct str text = STR_INIT;

	str_add_format(&text, "%s:%d:%d: ", yaml->name, line, column);
	str_add_vformat(&text, format, args);
	/* What is missing at the end of a file stands in an empty line: nothing to show. */
	if (slice_trim(source_line(yaml, line)).length > 0)
		add_excerpt(&text, yaml, line, column);
	error_set(error, "%s", text.data);
	str_fini(&text);
	return -1;
}

static int fail_at(const struct yaml *yaml, int line, int column, struct error *error, const char *format,
		   ...)
{
	va_list args;

	va_start(args, format);
	vfail_at(yaml, line, column, error, format, args);
	va_end(args);
	return -1;
}

int yaml_error_at(const struct yaml *yaml, const struct yaml_node *node, struct error *error,
		  const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vfail_at(yaml, node ? node->line : 1, node ? node->column : 1, error, format, args);
	va_end(args);
	return -1;
}

/* Reading */

/* Line breaks are those of YAML 1.1, or our lines would not be libyaml's. */
static void index_lines(struct yaml *yaml)
{
	const char *text = yaml->text;

	vec_push(&yaml->lines, 0);
	for (size_t i = 0; i < yaml->length; i++) {
		bool ends;

		/* The text ends with a NUL, so what follows may be looked at. */
		switch ((unsigned char)text[i]) {
		case '\n':
			ends = true;
			break;
		case '\r':
			ends = text[i + 1] != '\n';
			break;
		case 0x85: /* U+0085 */
			ends = i >= 1 && text[i - 1] == '\xC2';
			break;
		case 0xA8: /* U+2028 */
		case 0xA9: /* U+2029 */
			ends = i >= 2 && text[i - 1] == '\x80' && text[i - 2] == '\xE2';
			break;
		default:
			ends = false;
		}
		if (ends)
			vec_push(&yaml->lines, i + 1);
	}
}

static bool is_allowed(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	return c < 0x7F || c == 0x85 || (c > 0x9F && c != 0xFFFE && c != 0xFFFF);
}

/* Of a bad byte libyaml knows the offset only; it is found here, before libyaml sees the text. */
static int check_text(const struct yaml *yaml, struct error *error)
{
	size_t line = 0;
	int column = 0;

	for (size_t at = 0; at < yaml->length;) {
		size_t start = at;
		uint32_t c = utf8_next(yaml->text, yaml->length, &at);

		if (line + 1 < yaml->lines.length && start >= yaml->lines.items[line + 1]) {
			line++;
			column = 0;
		}
		column++;
		if (c == UTF8_REPLACEMENT && !utf8_is_valid(yaml->text + start, at - start))
			return fail_at(yaml, (int)line + 1, column, error,
				       "expected text in UTF-8, found the byte 0x%02X",
				       (unsigned)(unsigned char)yaml->text[start]);
		if (!is_allowed(c))
			return fail_at(yaml, (int)line + 1, column, error,
				       "expected text, found the control character U+%04X; in double quotes "
				       "\"\\u%04X\" stands for it",
				       (unsigned)c, (unsigned)c);
	}
	return 0;
}

static int next_event(struct loader *loader, yaml_event_t *event)
{
	const yaml_parser_t *parser = &loader->parser;
	const yaml_mark_t *mark = &parser->problem_mark;

	if (yaml_parser_parse(&loader->parser, event)) {
		loader->end = event->end_mark;
		return 0;
	}
	if (parser->error == YAML_MEMORY_ERROR)
		alloc_failed(0);
	if (parser->context && parser->problem)
		return fail_at(loader->yaml, (int)mark->line + 1, (int)mark->column + 1, loader->error,
			       "%s: %s", parser->context, parser->problem);
	return fail_at(loader->yaml, (int)mark->line + 1, (int)mark->column + 1, loader->error, "%s",
		       parser->problem ? parser->problem : "this is not YAML");
}

/* Whether `tag` may stand at a node of this kind. Sets *is_string where it makes a plain scalar one. */
static bool is_known_tag(const yaml_char_t *tag, enum yaml_kind kind, bool *is_string)
{
	static const char prefix[] = "tag:yaml.org,2002:";
	static const char *const scalars[] = { "str", "null", "bool", "int", "float" };
	const char *text = (const char *)tag;

	if (!text)
		return true;
	if (strcmp(text, "!") == 0) {
		*is_string = kind == YAML_SCALAR;
		return true;
	}
	if (!text_starts_with(text, prefix))
		return false;
	text += sizeof(prefix) - 1;
	if (kind == YAML_SEQUENCE)
		return strcmp(text, "seq") == 0;
	if (kind == YAML_MAPPING)
		return strcmp(text, "map") == 0;
	*is_string = strcmp(text, "str") == 0;
	for (size_t i = 0; i < sizeof(scalars) / sizeof(*scalars); i++) {
		if (strcmp(text, scalars[i]) == 0)
			return true;
	}
	return false;
}

static int check_properties(struct loader *loader, const yaml_char_t *anchor, const yaml_char_t *tag,
			    struct yaml_node *node)
{
	bool is_string = false;

	if (anchor)
		return yaml_error_at(
			loader->yaml, node, loader->error,
			"anchors ('&%s') are not supported; write the value out where it is needed",
			(const char *)anchor);
	if (!is_known_tag(tag, node->kind, &is_string))
		return yaml_error_at(loader->yaml, node, loader->error,
				     "the tag '%s' is not supported here; leave it out", (const char *)tag);
	if (is_string)
		node->quoted = true;
	return 0;
}

static struct yaml_node *load_node(struct loader *loader, yaml_event_t *event, unsigned depth);

static int load_scalar(struct loader *loader, const yaml_event_t *event, struct yaml_node *node)
{
	yaml_scalar_style_t style = event->data.scalar.style;

	node->text = alloc_string_n((const char *)event->data.scalar.value, event->data.scalar.length);
	node->length = event->data.scalar.length;
	node->quoted = style != YAML_PLAIN_SCALAR_STYLE;
	node->end_line = (int)event->end_mark.line + 1;
	if (style == YAML_LITERAL_SCALAR_STYLE || style == YAML_FOLDED_SCALAR_STYLE) {
		/* libyaml's end is behind the empty lines that follow. */
		if (event->end_mark.column == 0 && node->end_line > node->line)
			node->end_line--;
		while (node->end_line > node->line &&
		       slice_trim(source_line(loader->yaml, node->end_line)).length == 0)
			node->end_line--;
	}
	return check_properties(loader, event->data.scalar.anchor, event->data.scalar.tag, node);
}

/* Makes room for one more item; the arrays' sizes are the powers of two. */
static void reserve_item(struct yaml_node *node)
{
	size_t size = node->count ? node->count * 2 : 1;

	if (node->count & (node->count - 1))
		return;
	node->items = alloc_resized(node->items, size, sizeof(*node->items));
	if (node->kind == YAML_MAPPING) {
		node->keys = alloc_resized(node->keys, size, sizeof(*node->keys));
		node->key_nodes = alloc_resized(node->key_nodes, size, sizeof(*node->key_nodes));
	}
}

static int load_items(struct loader *loader, struct yaml_node *node, unsigned depth)
{
	yaml_event_t event;

	for (;;) {
		struct yaml_node *item;

		if (next_event(loader, &event) != 0)
			return -1;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		item = load_node(loader, &event, depth + 1);
		if (!item)
			return -1;
		reserve_item(node);
		node->items[node->count++] = item;
		node->end_line = item->end_line;
	}
	yaml_event_delete(&event);
	return 0;
}

static int check_key(struct loader *loader, const struct map *seen, const struct yaml_node *key)
{
	const struct yaml_node *first;
	char buffer[64];

	if (key->kind != YAML_SCALAR)
		return yaml_error_at(loader->yaml, key, loader->error, "expected a key, found %s",
				     yaml_describe(key, buffer));
	first = map_get(seen, key->text, key->length);
	if (first)
		return yaml_error_at(loader->yaml, key, loader->error,
				     "the key %s stands here a second time, after line %d",
				     yaml_describe(key, buffer), first->line);
	return 0;
}

static int load_pairs(struct loader *loader, struct yaml_node *node, struct map *seen, unsigned depth)
{
	yaml_event_t event;

	for (;;) {
		struct yaml_node *key, *value;

		if (next_event(loader, &event) != 0)
			return -1;
		if (event.type == YAML_MAPPING_END_EVENT)
			break;
		key = load_node(loader, &event, depth + 1);
		if (!key)
			return -1;
		value = NULL;
		if (check_key(loader, seen, key) == 0 && next_event(loader, &event) == 0)
			value = load_node(loader, &event, depth + 1);
		if (!value) {
			node_free(key);
			return -1;
		}
		map_put(seen, key->text, key->length, key);
		reserve_item(node);
		node->keys[node->count] = key->text;
		node->key_nodes[node->count] = key;
		node->items[node->count++] = value;
		node->end_line = value->end_line > key->end_line ? value->end_line : key->end_line;
	}
	yaml_event_delete(&event);
	return 0;
}

static int load_collection(struct loader *loader, const yaml_event_t *event, struct yaml_node *node,
			   unsigned depth)
{
	bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
	const yaml_char_t *anchor =
		is_mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
	const yaml_char_t *tag = is_mapping ? event->data.mapping_start.tag : event->data.sequence_start.tag;
	bool is_flow = is_mapping ? event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE
				  : event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE;
	int status;

	node->kind = is_mapping ? YAML_MAPPING : YAML_SEQUENCE;
	node->end_line = node->line;
	if (check_properties(loader, anchor, tag, node) != 0)
		return -1;
	if (depth >= DEPTH_LIMIT)
		return yaml_error_at(loader->yaml, node, loader->error, "more than %d levels deep",
				     DEPTH_LIMIT);
	if (is_mapping) {
		struct map *seen = map_new();

		status = load_pairs(loader, node, seen, depth);
		map_free(seen);
	} else {
		status = load_items(loader, node, depth);
	}
	/* A block ends with its last item: libyaml's end is where the next thing begins. A bracket ends
	 * itself. */
	if (status == 0 && is_flow)
		node->end_line = (int)loader->end.line + 1;
	return status;
}

/* Makes a node of the event (and those that belong to it) and ends the event. NULL: failed. */
static struct yaml_node *load_node(struct loader *loader, yaml_event_t *event, unsigned depth)
{
	struct yaml_node *node = ALLOC_NEW(struct yaml_node);
	int status;

	node->line = (int)event->start_mark.line + 1;
	node->column = (int)event->start_mark.column + 1;
	if (event->type == YAML_SCALAR_EVENT)
		status = load_scalar(loader, event, node);
	else if (event->type == YAML_ALIAS_EVENT)
		status = yaml_error_at(loader->yaml, node, loader->error,
				       "aliases ('*%s') are not supported; write the value out",
				       (const char *)event->data.alias.anchor);
	else
		status = load_collection(loader, event, node, depth);
	yaml_event_delete(event);
	if (status == 0)
		return node;
	node_free(node);
	return NULL;
}

/* Reads the events of the whole stream. */
static int load_stream(struct loader *loader)
{
	struct yaml *yaml = loader->yaml;
	yaml_event_t event;
	yaml_event_type_t type;

	do {
		if (next_event(loader, &event) != 0)
			return -1;
		type = event.type;
		if (type == YAML_DOCUMENT_START_EVENT && yaml->root) {
			fail_at(yaml, (int)event.start_mark.line + 1, (int)event.start_mark.column + 1,
				loader->error, "expected the end of the file, found a second document");
			yaml_event_delete(&event);
			return -1;
		}
		if (type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
		    type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT) {
			yaml->root = load_node(loader, &event, 0);
			if (!yaml->root)
				return -1;
		} else {
			yaml_event_delete(&event);
		}
	} while (type != YAML_STREAM_END_EVENT);
	return 0;
}

static int load(struct yaml *yaml, struct error *error)
{
	struct loader loader = { .yaml = yaml, .error = error };
	int status;

	if (!yaml_parser_initialize(&loader.parser))
		alloc_failed(0);
	yaml_parser_set_encoding(&loader.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&loader.parser, (const unsigned char *)yaml->text, yaml->length);
	status = load_stream(&loader);
	yaml_parser_delete(&loader.parser);
	return status;
}

struct yaml *yaml_parse(struct slice text, const char *name, struct error *error)
{
	struct yaml *yaml;

	if (text.length > YAML_SIZE_LIMIT) {
		error_set(error, "%s:1:1: more than %zu bytes", name, YAML_SIZE_LIMIT);
		return NULL;
	}
	if (slice_starts_with(text, "\xEF\xBB\xBF")) { /* a byte order mark */
		text.data += 3;
		text.length -= 3;
	}
	yaml = ALLOC_NEW(struct yaml);
	yaml->name = alloc_string(name);
	yaml->text = alloc_string_n(text.data, text.length);
	yaml->length = text.length;
	index_lines(yaml);
	if (check_text(yaml, error) != 0 || load(yaml, error) != 0) {
		yaml_tree_free(yaml);
		return NULL;
	}
	/* A file with "---" alone is as empty as one without. */
	if (yaml->root && yaml->root->kind == YAML_SCALAR && !yaml->root->quoted && yaml->root->length == 0) {
		node_free(yaml->root);
		yaml->root = NULL;
	}
	return yaml;
}

struct yaml *yaml_parse_file(const char *path, struct error *error)
{
	struct str text = STR_INIT;
	struct yaml *yaml = NULL;

	if (fs_read_file(path, YAML_SIZE_LIMIT, &text, error) == 0)
		yaml = yaml_parse((struct slice){ .data = text.data, .length = text.length }, path, error);
	str_fini(&text);
	return yaml;
}

void yaml_tree_free(struct yaml *yaml)
{
	if (!yaml)
		return;
	node_free(yaml->root);
	vec_fini(&yaml->lines);
	free(yaml->text);
	free(yaml->name);
	free(yaml);
}

const struct yaml_node *yaml_root(const struct yaml *yaml)
{
	return yaml->root;
}

const char *yaml_name(const struct yaml *yaml)
{
	return yaml->name;
}

const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key)
{
	struct slice wanted = slice_of(key);

	if (!mapping || mapping->kind != YAML_MAPPING)
		return NULL;
	for (size_t i = 0; i < mapping->count; i++) {
		struct slice found = { .data = mapping->keys[i], .length = mapping->key_nodes[i]->length };

		if (slice_equal(found, wanted))
			return mapping->items[i];
	}
	return NULL;
}

const char *yaml_describe(const struct yaml_node *node, char buffer[64])
{
	struct str visible = STR_INIT;
	size_t end = 0;
	char quote;

	if (!node || (node->kind == YAML_SCALAR && !node->quoted && node->length == 0))
		return "nothing";
	if (node->kind != YAML_SCALAR)
		return node->kind == YAML_SEQUENCE ? "a list" : "a mapping";
	quote = node->quoted ? '"' : '\'';
	utf8_add_visible(&visible, node->text, node->length, false);
	for (int i = 0; i < DESCRIBED_LENGTH && end < visible.length; i++) {
		size_t next = end;

		utf8_next(visible.data, visible.length, &next);
		if (next > 64 - sizeof("'...'"))
			break;
		end = next;
	}
	snprintf(buffer, 64, "%c%.*s%s%c", quote, (int)end, visible.data, end < visible.length ? "..." : "",
		 quote);
	str_fini(&visible);
	return buffer;
}
