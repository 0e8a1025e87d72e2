#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void empty_string_is_text_at_once(void **state)
{
	struct str str = STR_INIT;

	(void)state;
	assert_string_equal(str.data, "");
	str_add(&str, NULL, 0);
	str_clear(&str);
	str_cut_front(&str, 0);
	assert_int_equal(str.capacity, 0);
	str_fini(&str);
	str_fini(&str);
	assert_string_equal(str.data, "");
}

static void adding_grows_and_keeps_the_closing_nul(void **state)
{
	struct str str = STR_INIT;

	(void)state;
	for (size_t i = 0; i < 10000; i++) {
		str_add_char(&str, (char)('a' + i % 26));
		assert_int_equal(str.length, i + 1);
		assert_true(str.capacity > str.length);
		assert_int_equal(str.data[str.length], '\0');
	}
	for (size_t i = 0; i < str.length; i++)
		assert_int_equal(str.data[i], 'a' + (int)(i % 26));
	str_fini(&str);
}

static void nul_bytes_are_counted(void **state)
{
	struct str str = STR_INIT;

	(void)state;
	str_add(&str, "a\0b", 3);
	str_add_text(&str, "c");
	assert_int_equal(str.length, 4);
	assert_memory_equal(str.data, "a\0bc", 5);
	str_fini(&str);
}

static void reserved_room_is_not_moved(void **state)
{
	struct str str = STR_INIT;
	const char *data;

	(void)state;
	str_reserve(&str, 1000);
	data = str.data;
	for (int i = 0; i < 1000; i++)
		str_add_char(&str, 'x');
	assert_ptr_equal(str.data, data);
	str_fini(&str);
}

static void format_of_any_length_is_whole(void **state)
{
	(void)state;
	for (size_t length = 0; length < 300; length++) {
		struct str str = STR_INIT;
		char *text = malloc(length + 1);

		assert_non_null(text);
		memset(text, 'x', length);
		text[length] = '\0';
		str_add_format(&str, "%d:%s", 42, text);
		str_add_format(&str, "%s!", text);
		assert_int_equal(str.length, 2 * length + 4);
		assert_int_equal(strlen(str.data), str.length);
		assert_memory_equal(str.data, "42:", 3);
		assert_int_equal(str.data[str.length - 1], '!');
		free(text);
		str_fini(&str);
	}
}

static void cut_front_keeps_the_rest(void **state)
{
	struct str str = STR_INIT;

	(void)state;
	str_add_text(&str, "hello world");
	str_cut_front(&str, 6);
	assert_string_equal(str.data, "world");
	assert_int_equal(str.length, 5);
	str_cut_front(&str, 5);
	assert_string_equal(str.data, "");
	assert_int_equal(str.length, 0);
	str_fini(&str);
}

static void clear_keeps_the_memory(void **state)
{
	struct str str = STR_INIT;
	size_t capacity;

	(void)state;
	str_add_text(&str, "text");
	capacity = str.capacity;
	str_clear(&str);
	assert_string_equal(str.data, "");
	assert_int_equal(str.length, 0);
	assert_int_equal(str.capacity, capacity);
	str_fini(&str);
}

static void taken_text_is_the_callers(void **state)
{
	struct str str = STR_INIT;
	char *text;

	(void)state;
	text = str_take(&str);
	assert_string_equal(text, "");
	free(text);
	str_add_text(&str, "mine");
	text = str_take(&str);
	assert_string_equal(text, "mine");
	assert_string_equal(str.data, "");
	assert_int_equal(str.capacity, 0);
	free(text);
}

static void slices_compare_by_bytes(void **state)
{
	const struct slice empty = slice_of(NULL);

	(void)state;
	assert_int_equal(empty.length, 0);
	assert_true(slice_equal(empty, slice_of("")));
	assert_true(slice_equal_text(slice_of("abc"), "abc"));
	assert_false(slice_equal_text(slice_of("abc"), "ab"));
	assert_false(slice_equal_text(slice_of("abc"), "abd"));
	assert_false(slice_equal((struct slice){ "a\0b", 3 }, (struct slice){ "a\0c", 3 }));
	assert_true(slice_starts_with(slice_of("abc"), "ab"));
	assert_true(slice_starts_with(empty, ""));
	assert_false(slice_starts_with(slice_of("a"), "ab"));
	assert_false(slice_starts_with(slice_of("xb"), "ab"));
}

static void trim_removes_white_space_at_both_ends(void **state)
{
	(void)state;
	assert_true(slice_equal_text(slice_trim(slice_of(" \t\r\n\v\fa b \n")), "a b"));
	assert_true(slice_equal_text(slice_trim(slice_of("ab")), "ab"));
	assert_int_equal(slice_trim(slice_of(" \n ")).length, 0);
	assert_int_equal(slice_trim(slice_of(NULL)).length, 0);
}

static void prefixes_and_suffixes(void **state)
{
	(void)state;
	assert_true(text_starts_with("--shard", "--"));
	assert_false(text_starts_with("-", "--"));
	assert_true(text_starts_with("", ""));
	assert_true(text_ends_with("a.yaml", ".yaml"));
	assert_false(text_ends_with("yaml", ".yaml"));
	assert_true(text_ends_with("x", ""));
}

static const char *nearest(const char *word)
{
	static const char *const words[] = { "timeout", "timeout-grace", "reruns", "maxfail", "no",
					     "x",       "dist" };

	return text_nearest(word, words, COUNT(words));
}

static void nearest_word_of_a_slip(void **state)
{
	(void)state;
	assert_string_equal(nearest("timeout"), "timeout");
	assert_string_equal(nearest("TimeOut"), "timeout");
	assert_string_equal(nearest("timeuot"), "timeout"); /* two letters swapped are one mistake */
	assert_string_equal(nearest("timout-grace"), "timeout-grace");
	assert_string_equal(nearest("rerun"), "reruns");
	assert_string_equal(nearest("on"), "no");
	assert_string_equal(nearest("dits"), "dist");
}

static void nothing_is_nearest_to_another_word(void **state)
{
	const char *const one[] = { "a" };
	char far[200];

	(void)state;
	assert_null(nearest("colour"));
	assert_null(nearest("verbose"));
	assert_null(nearest("dios")); /* two mistakes in four letters */
	assert_null(nearest(""));
	assert_null(nearest("dust-bin"));
	assert_null(text_nearest("b", one, 1));
	assert_null(text_nearest("b", NULL, 0));
	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = '\0';
	assert_null(nearest(far));
}

static void the_first_of_equally_near_words_is_taken(void **state)
{
	const char *const words[] = { "color", "colon", "colony" };

	(void)state;
	assert_ptr_equal(text_nearest("colo", words, COUNT(words)), words[0]);
	assert_ptr_equal(text_nearest("colons", words, COUNT(words)), words[1]);
}

static void shell_quoting(void **state)
{
	static const struct {
		const char *text, *quoted;
	} cases[] = {
		{ "tests/a_b.py::test-x", "tests/a_b.py::test-x" },
		{ "", "''" },
		{ "a b", "'a b'" },
		{ "it's", "'it'\\''s'" },
		{ "$HOME", "'$HOME'" },
		{ "~", "'~'" },
		{ "a\nb", "'a\nb'" },
		{ "test[1]", "'test[1]'" },
		{ "\xC3\xA9", "'\xC3\xA9'" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct str str = STR_INIT;

		str_add_shell_quoted(&str, cases[i].text);
		assert_string_equal(str.data, cases[i].quoted);
		str_fini(&str);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_string_is_text_at_once),
		cmocka_unit_test(adding_grows_and_keeps_the_closing_nul),
		cmocka_unit_test(nul_bytes_are_counted),
		cmocka_unit_test(reserved_room_is_not_moved),
		cmocka_unit_test(format_of_any_length_is_whole),
		cmocka_unit_test(cut_front_keeps_the_rest),
		cmocka_unit_test(clear_keeps_the_memory),
		cmocka_unit_test(taken_text_is_the_callers),
		cmocka_unit_test(slices_compare_by_bytes),
		cmocka_unit_test(trim_removes_white_space_at_both_ends),
		cmocka_unit_test(prefixes_and_suffixes),
		cmocka_unit_test(nearest_word_of_a_slip),
		cmocka_unit_test(nothing_is_nearest_to_another_word),
		cmocka_unit_test(the_first_of_equally_near_words_is_taken),
		cmocka_unit_test(shell_quoting),
	};

	return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
