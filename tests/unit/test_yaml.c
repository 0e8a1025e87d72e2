#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static struct yaml *parse(const char *text)
{
	struct error error = ERROR_INIT;
	struct yaml *yaml = yaml_parse(slice_of(text), "x.yaml", &error);

	if (!yaml)
		fail_msg("%s", error.message);
	assert_string_equal(error.message, "");
	return yaml;
}

static void expect_place(const struct yaml_node *node, int line, int column, int end_line)
{
	assert_non_null(node);
	assert_int_equal(node->line, line);
	assert_int_equal(node->column, column);
	assert_int_equal(node->end_line, end_line);
}

static void tree_of_a_usual_file(void **state)
{
	struct yaml *yaml = parse("# comment\n"
				  "timeout: 30\n"
				  "suites:\n"
				  "  - name: unit\n"
				  "    programs: [a/*, \"b\"]\n"
				  "\n"
				  "  - name: 'second'\n"
				  "    env: {}\n"
				  "# end\n");
	const struct yaml_node *root = yaml_root(yaml);
	const struct yaml_node *suites = yaml_get(root, "suites");
	const struct yaml_node *programs, *name;

	(void)state;
	assert_string_equal(yaml_name(yaml), "x.yaml");
	assert_int_equal(root->kind, YAML_MAPPING);
	assert_int_equal(root->count, 2);
	assert_string_equal(root->keys[0], "timeout");
	assert_string_equal(root->keys[1], "suites");
	expect_place(root, 2, 1, 8);
	expect_place(root->key_nodes[1], 3, 1, 3);
	expect_place(yaml_get(root, "timeout"), 2, 10, 2);
	assert_string_equal(yaml_get(root, "timeout")->text, "30");
	assert_false(yaml_get(root, "timeout")->quoted);
	assert_null(yaml_get(root, "missing"));
	assert_null(yaml_get(suites, "name"));
	assert_null(yaml_get(NULL, "name"));
	assert_int_equal(suites->kind, YAML_SEQUENCE);
	assert_int_equal(suites->count, 2);
	expect_place(suites, 4, 3, 8);
	expect_place(suites->items[0], 4, 5, 5); /* without the empty line behind it */
	expect_place(suites->items[1], 7, 5, 8);
	programs = yaml_get(suites->items[0], "programs");
	assert_int_equal(programs->count, 2);
	assert_string_equal(programs->items[0]->text, "a/*");
	assert_false(programs->items[0]->quoted);
	assert_true(programs->items[1]->quoted);
	expect_place(programs->items[1], 5, 21, 5);
	name = yaml_get(suites->items[1], "name");
	assert_string_equal(name->text, "second");
	assert_int_equal(name->length, 6);
	assert_true(name->quoted);
	assert_int_equal(yaml_get(suites->items[1], "env")->kind, YAML_MAPPING);
	assert_int_equal(yaml_get(suites->items[1], "env")->count, 0);
	yaml_tree_free(yaml);
}

static void ends_of_nodes_are_their_last_lines(void **state)
{
	struct yaml *yaml = parse("flow: [1,\n"
				  "  2\n"
				  "  ]\n"
				  "literal: |\n"
				  "  one\n"
				  "\n"
				  "  two\n"
				  "\n"
				  "\n"
				  "folded: >+\n"
				  "  a\n"
				  "plain: a\n"
				  "  b\n"
				  "\n"
				  "  c # comment\n"
				  "quoted: \"a\n"
				  "  b\"\n"
				  "empty:\n"
				  "\n"
				  "nested:\n"
				  "  - - x\n"
				  "    - y:\n"
				  "\n"
				  "# comment\n"
				  "last: |\n"
				  "  end");
	const struct yaml_node *root = yaml_root(yaml);

	(void)state;
	expect_place(yaml_get(root, "flow"), 1, 7, 3);
	expect_place(yaml_get(root, "literal"), 4, 10, 7);
	assert_string_equal(yaml_get(root, "literal")->text, "one\n\ntwo\n");
	assert_true(yaml_get(root, "literal")->quoted);
	expect_place(yaml_get(root, "folded"), 10, 9, 11);
	expect_place(yaml_get(root, "plain"), 12, 8, 15);
	assert_string_equal(yaml_get(root, "plain")->text, "a b\nc");
	expect_place(yaml_get(root, "quoted"), 16, 9, 17);
	assert_int_equal(yaml_get(root, "empty")->end_line, 18);
	assert_string_equal(yaml_get(root, "empty")->text, "");
	expect_place(yaml_get(root, "nested"), 21, 3, 22);
	expect_place(yaml_get(root, "last"), 25, 7, 26);
	assert_int_equal(root->end_line, 26);
	yaml_tree_free(yaml);
}

static void empty_file_has_no_root(void **state)
{
	static const char *const texts[] = { "",           "\n\n",         "# comment\n",     "---\n",
					     "---\n...\n", "\xEF\xBB\xBF", "%YAML 1.2\n---\n" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		struct yaml *yaml = parse(texts[i]);

		assert_null(yaml_root(yaml));
		yaml_tree_free(yaml);
	}
	yaml_tree_free(yaml_parse(slice_of(NULL), "x.yaml", NULL));
	yaml_tree_free(NULL);
}

static void columns_are_characters(void **state)
{
	struct yaml *yaml = parse("\xEF\xBB\xBF\xC3\xA9\xE6\x97\xA5: x\r\nb: y\r\n\rc: z\xC2\x85"
				  "d: z\xE2\x80\xA8"
				  "e: z\n");
	const struct yaml_node *root = yaml_root(yaml);

	(void)state;
	expect_place(root, 1, 1, 6); /* the byte order mark is no column */
	expect_place(root->items[0], 1, 5, 1);
	expect_place(yaml_get(root, "b"), 2, 4, 2);
	expect_place(yaml_get(root, "c"), 4, 4, 4);
	expect_place(yaml_get(root, "e"), 6, 4, 6);
	yaml_tree_free(yaml);
}

static void core_tags_are_understood(void **state)
{
	struct yaml *yaml =
		parse("a: !!str 12\nb: !!int 12\nc: ! 12\nd: !!seq [x]\ne: !!map {}\nf: !!null\ng: !!str\n");
	const struct yaml_node *root = yaml_root(yaml);

	(void)state;
	assert_true(yaml_get(root, "a")->quoted);
	assert_false(yaml_get(root, "b")->quoted);
	assert_true(yaml_get(root, "c")->quoted);
	assert_int_equal(yaml_get(root, "d")->kind, YAML_SEQUENCE);
	assert_int_equal(yaml_get(root, "e")->kind, YAML_MAPPING);
	assert_false(yaml_get(root, "f")->quoted);
	assert_true(yaml_get(root, "g")->quoted);
	yaml_tree_free(yaml);
}

static void text_may_hold_nul_bytes(void **state)
{
	struct yaml *yaml = parse("\"a\\0b\": \"c\\0d\"\na: e\n");
	const struct yaml_node *root = yaml_root(yaml);

	(void)state;
	assert_int_equal(root->items[0]->length, 3);
	assert_memory_equal(root->items[0]->text, "c\0d", 4);
	assert_string_equal(yaml_get(root, "a")->text, "e"); /* "a\0b" is another key */
	yaml_tree_free(yaml);
}

static void expect_refused_bytes(struct slice text, const char *beginning)
{
	struct error error = ERROR_INIT;

	assert_null(yaml_parse(text, "x.yaml", &error));
	if (strncmp(error.message, beginning, strlen(beginning)) != 0)
		fail_msg("expected '%s…', found '%s'", beginning, error.message);
}

static void expect_refused(const char *text, const char *beginning)
{
	expect_refused_bytes(slice_of(text), beginning);
}

static void what_is_refused_has_a_place(void **state)
{
	(void)state;
	expect_refused("a: &x 1\nb: *x\n", "x.yaml:1:4: anchors ('&x')");
	expect_refused("a: 1\nb: *x\n", "x.yaml:2:4: aliases ('*x')");
	expect_refused("*x : 1\n", "x.yaml:1:1: aliases ('*x')");
	expect_refused("a: &x [1]\n", "x.yaml:1:4: anchors");
	expect_refused("a: &x {}\n", "x.yaml:1:4: anchors");
	expect_refused("a: !mine 1\n", "x.yaml:1:4: the tag '!mine'");
	expect_refused("a: !!python/object:x {}\n",
		       "x.yaml:1:4: the tag 'tag:yaml.org,2002:python/object:x'");
	expect_refused("a: !!seq x\n", "x.yaml:1:4: the tag");
	expect_refused("a: !!str [x]\n", "x.yaml:1:4: the tag");
	expect_refused("a: 1\nb: 2\n\"a\": 3\n",
		       "x.yaml:3:1: the key \"a\" stands here a second time, after line 1\n");
	expect_refused("? [a]\n: 1\n", "x.yaml:1:3: expected a key, found a list");
	expect_refused("{a: b}: 1\n", "x.yaml:1:1: expected a key, found a mapping");
	expect_refused("a: 1\n---\nb: 2\n",
		       "x.yaml:2:1: expected the end of the file, found a second document");
	expect_refused("a: [1\nb: 2\n", "x.yaml:2:2: ");
	expect_refused("a: b: c\n", "x.yaml:1:5: ");
	expect_refused("a:\n\t- b\n", "x.yaml:2:1: ");
	expect_refused("a: 'x\n", "x.yaml:2:1: ");
	expect_refused("a: x\nb\n", "x.yaml:3:1: ");
}

static void what_is_no_text_is_refused(void **state)
{
	(void)state;
	expect_refused("a: x\n\xC3\xA9: \xFF\n", "x.yaml:2:4: expected text in UTF-8, found the byte 0xFF");
	expect_refused("a: \xED\xA0\x80\n", "x.yaml:1:4: expected text in UTF-8, found the byte 0xED");
	expect_refused("a: \x1B[1m\n", "x.yaml:1:4: expected text, found the control character U+001B");
	expect_refused("a: \x7F\n", "x.yaml:1:4: expected text, found the control character U+007F");
	expect_refused("a: \xC2\x9B\n", "x.yaml:1:4: expected text, found the control character U+009B");
	expect_refused("a: \xEF\xBF\xBE\n", "x.yaml:1:4: expected text, found the control character U+FFFE");
	expect_refused_bytes((struct slice){ "a: x\0y", 6 },
			     "x.yaml:1:5: expected text, found the control character U+0000");
	expect_refused_bytes((struct slice){ "\xFF\xFE"
					     "a\0:\0",
					     6 },
			     "x.yaml:1:1: expected text in UTF-8");
}

static void depth_is_limited(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	for (int i = 0; i < 64; i++)
		str_add_char(&text, '[');
	for (int i = 0; i < 64; i++)
		str_add_char(&text, ']');
	yaml_tree_free(parse(text.data));
	str_clear(&text);
	for (int i = 0; i < 100000; i++)
		str_add_char(&text, '[');
	expect_refused(text.data, "x.yaml:1:65: more than 64 levels deep");
	str_clear(&text);
	for (int i = 0; i < 100000; i++)
		str_add_text(&text, "- ");
	expect_refused(text.data, "x.yaml:1:129: more than 64 levels deep");
	str_fini(&text);
}

static void size_is_limited(void **state)
{
	char *text = malloc(YAML_SIZE_LIMIT + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', YAML_SIZE_LIMIT + 1);
	expect_refused_bytes((struct slice){ text, YAML_SIZE_LIMIT + 1 },
			     "x.yaml:1:1: more than 8388608 bytes");
	yaml_tree_free(yaml_parse((struct slice){ text, YAML_SIZE_LIMIT }, "x.yaml", NULL));
	free(text);
}

static void many_keys_are_all_found(void **state)
{
	struct str text = STR_INIT;
	struct yaml *yaml;
	char key[16];

	(void)state;
	for (int i = 0; i < 1000; i++)
		str_add_format(&text, "k%d: %d\n", i, i);
	yaml = parse(text.data);
	assert_int_equal(yaml_root(yaml)->count, 1000);
	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		assert_string_equal(yaml_get(yaml_root(yaml), key)->text, key + 1);
		assert_string_equal(yaml_root(yaml)->keys[i], key);
		assert_int_equal(yaml_root(yaml)->key_nodes[i]->line, i + 1);
	}
	yaml_tree_free(yaml);
	str_fini(&text);
}

static void errors_show_the_line_and_a_caret(void **state)
{
	struct yaml *yaml = parse("a: 1\r\n  # \xC3\xA9\nb: {\xC3\xA9: soon}\r\n");
	const struct yaml_node *b = yaml_get(yaml_root(yaml), "b");
	struct error error = ERROR_INIT;
	char buffer[64];

	(void)state;
	assert_int_equal(yaml_error_at(yaml, b->items[0], &error, "timeout: expected seconds, found %s",
				       yaml_describe(b->items[0], buffer)),
			 -1);
	assert_string_equal(error.message, "x.yaml:3:8: timeout: expected seconds, found 'soon'\n"
					   "  b: {\xC3\xA9: soon}\n"
					   "         ^");
	assert_int_equal(yaml_error_at(yaml, NULL, &error, "no suites"), -1);
	assert_string_equal(error.message, "x.yaml:1:1: no suites\n  a: 1\n  ^");
	yaml_tree_free(yaml);
	expect_refused("a: 1\nb: \x1B[1m\n", "x.yaml:2:4: expected text, found the control character U+001B; "
					     "in double quotes \"\\u001B\" stands for it\n"
					     "  b: ^[[1m\n"
					     "     ^");
}

static void errors_show_the_middle_of_a_long_line(void **state)
{
	struct str text = STR_INIT;
	struct error error = ERROR_INIT;
	struct yaml *yaml;
	const char *line, *caret;

	(void)state;
	str_add_text(&text, "list: [");
	for (int i = 0; i < 10000; i++)
		str_add_format(&text, "%05d, ", i);
	str_add_text(&text, "x]\n");
	yaml = parse(text.data);
	yaml_error_at(yaml, yaml_get(yaml_root(yaml), "list")->items[5000], &error, "here");
	line = strchr(error.message, '\n') + 1;
	caret = strchr(line, '\n') + 1;
	assert_true(caret - line < 110);
	assert_memory_equal(line + strlen(caret) - 1, "05000", 5);
	yaml_tree_free(yaml);
	str_fini(&text);
}

static void nodes_are_described(void **state)
{
	static const struct {
		const char *text, *description;
	} cases[] = {
		{ "[]", "a list" },
		{ "{}", "a mapping" },
		{ "soon", "'soon'" },
		{ "\"5\"", "\"5\"" },
		{ "''", "\"\"" },
		{ "|\n  a\n  b\n", "\"a\\nb\\n\"" },
		{ "0123456789012345678901234567890123456789", "'0123456789012345678901234567890123456789'" },
		{ "0123456789012345678901234567890123456789x",
		  "'0123456789012345678901234567890123456789...'" },
		/* 40 of these need more bytes than the buffer has */
		{ "\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5"
		  "\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5"
		  "\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5",
		  "'\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5"
		  "\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5"
		  "\xE6\x97\xA5\xE6\x97\xA5\xE6\x97\xA5...'" },
	};
	char buffer[64];
	struct yaml *yaml;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		yaml = parse(cases[i].text);
		assert_string_equal(yaml_describe(yaml_root(yaml), buffer), cases[i].description);
		yaml_tree_free(yaml);
	}
	yaml = parse("a:\n");
	assert_string_equal(yaml_describe(yaml_get(yaml_root(yaml), "a"), buffer), "nothing");
	assert_string_equal(yaml_describe(NULL, buffer), "nothing");
	yaml_tree_free(yaml);
}

static void scalars_are_plain_where_that_is_safe(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "tests/a_b.py::test-x", "tests/a_b.py::test-x" },
		{ "fails about once a week (race)", "fails about once a week (race)" },
		{ "x=1; y~2", "x=1; y~2" },
		{ "./run.sh", "./run.sh" },
		{ "", "\"\"" },
		{ "no", "\"no\"" },
		{ "NULL", "\"NULL\"" },
		{ "nothing", "nothing" },
		{ ".inf", "\".inf\"" },
		{ "12", "\"12\"" },
		{ "1.5e3", "\"1.5e3\"" },
		{ "0x1F", "\"0x1F\"" },
		{ "1:30", "\"1:30\"" },
		{ "2024-01-31", "\"2024-01-31\"" },
		{ "2nd try", "2nd try" },
		{ "-1", "\"-1\"" },
		{ "---", "\"---\"" },
		{ "...", "\"...\"" },
		{ "- a", "\"- a\"" },
		{ "a: b", "\"a: b\"" },
		{ "a:", "\"a:\"" },
		{ "a #b", "\"a #b\"" },
		{ " a", "\" a\"" },
		{ "a ", "\"a \"" },
		{ "test[1,2]", "\"test[1,2]\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "a\nb\tc\r", "\"a\\nb\\tc\\r\"" },
		{ "\x1B\x7F\xC2\x9B", "\"\\x1B\\x7F\\x9B\"" },
		{ "\xE2\x80\xAE\xEF\xBB\xBF\xEF\xBF\xBE", "\"\\u202E\\uFEFF\\uFFFE\"" },
		{ "\xC3\xA9 \xF0\x9F\x98\x80", "\"\xC3\xA9 \xF0\x9F\x98\x80\"" },
		{ "\xFF", "\"\xEF\xBF\xBD\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str out = STR_INIT;

		yaml_add_scalar(&out, cases[i].text);
		assert_string_equal(out.data, cases[i].written);
		str_fini(&out);
	}
}

static void expect_comes_back(const char *text)
{
	static const char *const around[] = { "%s", "k: %s\n", "- %s", "[%s, x]", "{%s: x}" };

	for (size_t i = 0; i < COUNT(around); i++) {
		struct str scalar = STR_INIT;
		struct str document = STR_INIT;
		const struct yaml_node *node;
		struct yaml *yaml;
		const char *rest = strstr(around[i], "%s");

		yaml_add_scalar(&scalar, text);
		str_add(&document, around[i], (size_t)(rest - around[i]));
		str_add(&document, scalar.data, scalar.length);
		str_add_text(&document, rest + 2);
		yaml = parse(document.data);
		node = yaml_root(yaml);
		if (i == 4)
			node = node->key_nodes[0];
		else if (i > 0)
			node = node->items[0];
		if (node->kind != YAML_SCALAR || strcmp(node->text, text) != 0)
			fail_msg("'%s' did not come back from '%s'", text, document.data);
		yaml_tree_free(yaml);
		str_fini(&document);
		str_fini(&scalar);
	}
}

static void written_scalars_read_back_everywhere(void **state)
{
	char text[4] = "";

	(void)state;
	for (int first = 1; first < 128; first++) {
		text[0] = (char)first;
		text[1] = '\0';
		expect_comes_back(text);
		for (int second = 1; second < 128; second++) {
			text[0] = 'a';
			text[1] = (char)first;
			text[2] = (char)second;
			expect_comes_back(text);
		}
	}
	expect_comes_back("");
	expect_comes_back("\xC2\x85\xE2\x80\xA8\xE2\x80\xA9\xEF\xBB\xBF\xEF\xBF\xBF\xF4\x8F\xBF\xBF");
}

static void files_are_read_under_their_path(void **state)
{
	char path[] = "/tmp/xtop-yaml-XXXXXX";
	struct error error = ERROR_INIT;
	struct yaml *yaml;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "a: 1\n", 5), 5);
	yaml = yaml_parse_file(path, &error);
	assert_int_equal(write(fd, "}", 1), 1);
	close(fd);
	assert_non_null(yaml);
	assert_string_equal(yaml_name(yaml), path);
	assert_string_equal(yaml_get(yaml_root(yaml), "a")->text, "1");
	yaml_tree_free(yaml);
	assert_null(yaml_parse_file(path, &error));
	assert_memory_equal(error.message, path, strlen(path));
	assert_memory_equal(error.message + strlen(path), ":2:1: ", 6);
	unlink(path);
	assert_null(yaml_parse_file(path, &error));
	assert_memory_equal(error.message, path, strlen(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tree_of_a_usual_file),
		cmocka_unit_test(ends_of_nodes_are_their_last_lines),
		cmocka_unit_test(empty_file_has_no_root),
		cmocka_unit_test(columns_are_characters),
		cmocka_unit_test(core_tags_are_understood),
		cmocka_unit_test(text_may_hold_nul_bytes),
		cmocka_unit_test(what_is_refused_has_a_place),
		cmocka_unit_test(what_is_no_text_is_refused),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(many_keys_are_all_found),
		cmocka_unit_test(errors_show_the_line_and_a_caret),
		cmocka_unit_test(errors_show_the_middle_of_a_long_line),
		cmocka_unit_test(nodes_are_described),
		cmocka_unit_test(scalars_are_plain_where_that_is_safe),
		cmocka_unit_test(written_scalars_read_back_everywhere),
		cmocka_unit_test(files_are_read_under_their_path),
	};

	return cmocka_run_group_tests_name("yaml", tests, NULL, NULL);
}
