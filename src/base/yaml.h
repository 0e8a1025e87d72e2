/* YAML files as a tree whose nodes know where they stand, over libyaml;
 * nothing outside base/yaml.c sees libyaml.
 *
 * One document a file.  Refused, each with `file:line:column: …`: anchors and
 * aliases, tags other than the core ones, duplicate keys in a mapping, keys that
 * are not scalars, more than 64 levels, input that is not UTF-8, more than
 * YAML_SIZE_LIMIT bytes.
 */
#ifndef XTOP_BASE_YAML_H
#define XTOP_BASE_YAML_H

#include "base/err.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

#define YAML_SIZE_LIMIT ((size_t)8 << 20)

enum yaml_kind { YAML_SCALAR, YAML_SEQUENCE, YAML_MAPPING };

struct yaml_node {
	enum yaml_kind kind;
	int line, column; /* 1-based, of the first character */
	int end_line;     /* 1-based, the last line that belongs to it */
	const char *text; /* SCALAR: its value, NUL-terminated */
	size_t length;    /* SCALAR: bytes in text */
	bool quoted;      /* SCALAR: written with quotes or as a block, so always a string */
	size_t count;     /* SEQUENCE: items; MAPPING: pairs */
	const char **keys;        /* MAPPING: key texts */
	struct yaml_node **key_nodes; /* MAPPING: the keys with their places */
	struct yaml_node **items; /* SEQUENCE: items; MAPPING: values */
};

struct yaml; /* owns the whole tree */

/* Parses `text`; `name` is what messages call the file. An empty file gives a root of NULL, no error. */
struct yaml *yaml_parse(struct slice text, const char *name, struct error *error);
struct yaml *yaml_parse_file(const char *path, struct error *error);
void yaml_tree_free(struct yaml *yaml); /* NULL is fine; ends every node (libyaml owns the name yaml_free) */
const struct yaml_node *yaml_root(const struct yaml *yaml); /* borrowed, NULL: the file is empty */
const char *yaml_name(const struct yaml *yaml);             /* borrowed */

/* Borrowed; NULL where `mapping` has no such key (or is none). */
const struct yaml_node *yaml_get(const struct yaml_node *mapping, const char *key);

/* For messages: "a list", "a mapping", "nothing", or the scalar (cut to 40 characters), in single quotes
 * where it was plain, else in double quotes. `buffer` holds the answer where it is no constant. */
const char *yaml_describe(const struct yaml_node *node, char buffer[64]);

/* Sets `name:line:column: …`, then the offending source line and a caret under the column. Returns -1. */
int yaml_error_at(const struct yaml *yaml, const struct yaml_node *node, struct error *error,
		  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Appends `text` as a YAML scalar that reads back as the same string: plain where that is
 * safe, else double-quoted with escapes. Bytes that are not UTF-8 become U+FFFD. */
void yaml_add_scalar(struct str *out, const char *text);

#endif
