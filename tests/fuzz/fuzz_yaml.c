/* Any bytes are a tree or an error with a place; every scalar of a tree is written so that it reads back. */
#include "base/yaml.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_scalar(const struct yaml_node *node)
{
	struct str written = STR_INIT;
	const struct yaml_node *back;
	struct yaml *yaml;

	require(strlen(node->text) <= node->length && node->text[node->length] == '\0');
	if (strlen(node->text) != node->length)
		return; /* with NUL bytes it can't be handed to yaml_add_scalar */
	str_add_text(&written, "- ");
	yaml_add_scalar(&written, node->text);
	yaml = yaml_parse((struct slice){ written.data, written.length }, "written", NULL);
	require(yaml && yaml_root(yaml)->count == 1);
	back = yaml_root(yaml)->items[0];
	require(back->kind == YAML_SCALAR && strcmp(back->text, node->text) == 0);
	yaml_tree_free(yaml);
	str_fini(&written);
}

static void check_node(const struct yaml *yaml, const struct yaml_node *node)
{
	struct error error = ERROR_INIT;
	char buffer[64];

	require(node->line >= 1 && node->column >= 1 && node->end_line >= node->line);
	require(strlen(yaml_describe(node, buffer)) < sizeof(buffer));
	require(yaml_error_at(yaml, node, &error, "here") == -1);
	require(strncmp(error.message, "input:", 6) == 0);
	if (node->kind == YAML_SCALAR)
		check_scalar(node);
	for (size_t i = 0; i < node->count; i++) {
		require(node->items[i]->line >= node->line && node->items[i]->end_line <= node->end_line);
		check_node(yaml, node->items[i]);
		if (node->kind == YAML_MAPPING) {
			check_node(yaml, node->key_nodes[i]);
			require(yaml_get(node, node->keys[i]) ||
				strlen(node->keys[i]) != node->key_nodes[i]->length);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error error = ERROR_INIT;
	struct yaml *yaml = yaml_parse((struct slice){ (const char *)data, size }, "input", &error);

	if (!yaml)
		require(strncmp(error.message, "input:", 6) == 0);
	else if (yaml_root(yaml))
		check_node(yaml, yaml_root(yaml));
	require(!yaml || error.message[0] == '\0');
	yaml_tree_free(yaml);
	return 0;
}
