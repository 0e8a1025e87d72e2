#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/str.h"
#include "select/keyword.h"

#include <stdlib.h>
#include <string.h>

static const struct test_facts cmocka_test = {
	.suite = "unit",
	.id = "build/test_Store::index::adds_a_key[x::y.z]",
	.file = "tests/unit/test_store.c",
	.marks = "slow,net.io",
};

static bool matches(enum keyword_kind kind, const char *text, const struct test_facts *facts)
{
	struct error error = ERROR_INIT;
	struct keyword *keyword = keyword_parse(kind, text, &error);
	bool result;

	if (!keyword)
		print_message("%s\n", error.message);
	assert_non_null(keyword);
	assert_string_equal(error.message, "");
	result = keyword_matches(keyword, facts);
	keyword_free(keyword);
	return result;
}

static void assert_matches(enum keyword_kind kind, const char *const *texts, size_t count, bool expected)
{
	for (size_t i = 0; i < count; i++) {
		if (matches(kind, texts[i], &cmocka_test) != expected)
			fail_msg("'%s' is %d", texts[i], !expected);
	}
}

static void a_word_is_a_part_of_a_name_in_any_case(void **state)
{
	static const char *const true_texts[] = { "index",     "INDEX",           "dds_a",  "test_store.c",
						  "store",     "adds_a_key[x::y", "build",  "slow",
						  "SLO",       "build/test",      "[x::y.", ":",
						  "test_store" };
	static const char *const false_texts[] = { "store::index", "unit",     "tests/unit",
						   "indexes",      "slow.net", "adds-a" };

	(void)state;
	assert_matches(KEYWORD_NAMES, true_texts, sizeof(true_texts) / sizeof(true_texts[0]), true);
	assert_matches(KEYWORD_NAMES, false_texts, sizeof(false_texts) / sizeof(false_texts[0]), false);
}

static void names_that_are_not_known_have_no_words(void **state)
{
	const struct test_facts nothing = { .suite = "unit" };
	const struct test_facts path = { .file = "plain.sh" };

	(void)state;
	assert_false(matches(KEYWORD_NAMES, "unit", &nothing));
	assert_true(matches(KEYWORD_NAMES, "not unit", &nothing));
	assert_true(matches(KEYWORD_NAMES, "plain", &path));
	assert_false(matches(KEYWORD_MARKS, "slow", &nothing));
}

static void case_does_not_count_in_any_script(void **state)
{
	const struct test_facts facts = { .id = "t::D\xC3\x89J\xC3\x80" };

	(void)state;
	assert_true(matches(KEYWORD_NAMES, "d\xC3\xA9j\xC3\xA0", &facts));
	assert_false(matches(KEYWORD_NAMES, "deja", &facts));
}

static void a_mark_is_meant_whole(void **state)
{
	static const char *const true_texts[] = { "slow", "net.io", "slow and net.io", "not net",
						  "slow and not fast" };
	static const char *const false_texts[] = { "slo",   "SLOW",     "net",        "io",
						   "index", "not slow", "slow.net.io" };

	(void)state;
	assert_matches(KEYWORD_MARKS, true_texts, sizeof(true_texts) / sizeof(true_texts[0]), true);
	assert_matches(KEYWORD_MARKS, false_texts, sizeof(false_texts) / sizeof(false_texts[0]), false);
}

static void markers_have_no_arguments(void **state)
{
	static const char *const true_texts[] = { "not slow(a=1)", "slow or slow(a=1)",
						  "not slow (a=1) and slow" };
	static const char *const false_texts[] = { "slow(a=1)", "slow ( a = 'x y)' , _b2 = \"it's\" )",
						   "slow(a=-1,b=True,c=False,d=None,e=007)" };

	(void)state;
	assert_matches(KEYWORD_MARKS, true_texts, sizeof(true_texts) / sizeof(true_texts[0]), true);
	assert_matches(KEYWORD_MARKS, false_texts, sizeof(false_texts) / sizeof(false_texts[0]), false);
}

static void operators_bind_as_usual(void **state)
{
	static const char *const true_texts[] = {
		"index or nix and nix", "not nix",  "not not index",     "(nix or index) and store",
		"not (nix or none)",    "not(nix)", "(index)and(store)", "\tindex \t and\tstore",
		"AND or index",         "not NOT",  "nix or not nix"
	};
	static const char *const false_texts[] = { "(index or nix) and nix", "not index", "not index or nix",
						   "not (index and store)",  "And",       "android",
						   "index and not store" };

	(void)state;
	assert_matches(KEYWORD_NAMES, true_texts, sizeof(true_texts) / sizeof(true_texts[0]), true);
	assert_matches(KEYWORD_NAMES, false_texts, sizeof(false_texts) / sizeof(false_texts[0]), false);
}

static void an_empty_expression_means_all(void **state)
{
	(void)state;
	assert_true(matches(KEYWORD_NAMES, "", &cmocka_test));
	assert_true(matches(KEYWORD_NAMES, " \t ", &cmocka_test));
	assert_true(matches(KEYWORD_MARKS, "", &cmocka_test));
	keyword_free(NULL);
}

static void mistakes_are_explained_where_they_are(void **state)
{
	static const struct {
		enum keyword_kind kind;
		const char *text, *message;
		size_t column;
	} cases[] = {
		{ KEYWORD_NAMES, "a b", "expected 'and', 'or' or the end, found 'b'", 3 },
		{ KEYWORD_NAMES, "and", "expected a word, 'not' or '(', found 'and'", 1 },
		{ KEYWORD_NAMES, "a and", "expected a word, 'not' or '(', found the end", 6 },
		{ KEYWORD_NAMES, "a and or b", "found 'or'", 7 },
		{ KEYWORD_NAMES, "not", "found the end", 4 },
		{ KEYWORD_NAMES, "a (b)", "found '('; -k takes words only, -E takes functions", 3 },
		{ KEYWORD_NAMES, "(a or b",
		  "expected 'and', 'or' or a ')' for the '(' in column 1, found the end", 8 },
		{ KEYWORD_NAMES, "a)", "found ')', which closes nothing", 2 },
		{ KEYWORD_NAMES, "()", "expected a word, 'not' or '(', found ')'", 2 },
		{ KEYWORD_NAMES, "a AND b", "did you mean 'and'?", 3 },
		{ KEYWORD_NAMES, "a & b", "found '&'; the operators are and, or, not", 3 },
		{ KEYWORD_NAMES, "!a", "found '!'; the operators are and, or, not", 1 },
		{ KEYWORD_NAMES, "a,b", "the operators are", 2 },
		{ KEYWORD_NAMES, "'a'",
		  "words have letters, digits and _ : + - . [ ] \\ / only, -E takes any text", 1 },
		{ KEYWORD_NAMES, "a*", "found '*'; words have", 2 },
		{ KEYWORD_NAMES, "a=1", "found '='; words have", 2 },
		{ KEYWORD_NAMES,
		  "a\xC2\xA0"
		  "b",
		  "only plain spaces and tabs stand between words", 2 },
		{ KEYWORD_NAMES, "a\nb", "only plain spaces and tabs", 2 },
		{ KEYWORD_NAMES, "test(a)", "found '('; -k takes words only", 5 },
		{ KEYWORD_NAMES, "\xC3\xA9 and )", "found ')'", 7 },
		{ KEYWORD_MARKS, "slow()", "expected a name, as in mark(name=1), found ')'", 6 },
		{ KEYWORD_MARKS, "slow(a)", "expected '=', as in mark(name=1), found ')'", 7 },
		{ KEYWORD_MARKS, "slow(a=1,)", "expected a name", 10 },
		{ KEYWORD_MARKS, "slow(1a=1)", "expected a name", 6 },
		{ KEYWORD_MARKS, "slow(a=x)",
		  "expected a text in quotes, a whole number, True, False or None, found 'x'", 8 },
		{ KEYWORD_MARKS, "slow(a=-)", "found '-'", 8 },
		{ KEYWORD_MARKS, "slow(a=1.5)", "found '1.5'", 8 },
		{ KEYWORD_MARKS, "slow(a=)", "found ')'", 8 },
		{ KEYWORD_MARKS, "slow(a='x)", "expected a closing ' for this one", 8 },
		{ KEYWORD_MARKS, "slow(a='\\x')", "expected text without \\", 9 },
		{ KEYWORD_MARKS, "slow(a=1", "expected ',' or ')', found the end", 9 },
		{ KEYWORD_MARKS, "slow(a=1 b=2)", "expected ',' or ')', found 'b'", 10 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;
		const char *caret;

		assert_null(keyword_parse(cases[i].kind, cases[i].text, &error));
		if (!strstr(error.message, cases[i].message))
			fail_msg("'%s' is not in: %s", cases[i].message, error.message);
		caret = strrchr(error.message, '\n') + 1;
		/* The columns of these are characters, but for a newline, which is shown in two. */
		if (strlen(caret) != 2 + cases[i].column)
			fail_msg("the caret is elsewhere:\n%s", error.message);
		assert_null(keyword_parse(cases[i].kind, cases[i].text, NULL));
	}
}

static void depth_has_a_limit_and_length_none_to_speak_of(void **state)
{
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		str_add_char(&text, '(');
	assert_null(keyword_parse(KEYWORD_NAMES, text.data, &error));
	assert_non_null(strstr(error.message, "expected at most 200 brackets within each other"));
	str_clear(&text);
	for (int i = 0; i < 50000; i++)
		str_add_text(&text, "nix or not ");
	str_add_text(&text, "nix");
	assert_true(matches(KEYWORD_NAMES, text.data, &cmocka_test));
	str_fini(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_is_a_part_of_a_name_in_any_case),
		cmocka_unit_test(names_that_are_not_known_have_no_words),
		cmocka_unit_test(case_does_not_count_in_any_script),
		cmocka_unit_test(a_mark_is_meant_whole),
		cmocka_unit_test(markers_have_no_arguments),
		cmocka_unit_test(operators_bind_as_usual),
		cmocka_unit_test(an_empty_expression_means_all),
		cmocka_unit_test(mistakes_are_explained_where_they_are),
		cmocka_unit_test(depth_has_a_limit_and_length_none_to_speak_of),
	};

	return cmocka_run_group_tests_name("keyword", tests, NULL, NULL);
}
