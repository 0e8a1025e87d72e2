#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/pattern.h"

#include <stdlib.h>
#include <string.h>

static bool found(const char *text, const char *subject)
{
	struct error error = ERROR_INIT;
	struct pattern *pattern = pattern_new(slice_of(text), NULL, &error);
	bool result;

	assert_non_null(pattern);
	assert_string_equal(error.message, "");
	result = pattern_search(pattern, slice_of(subject));
	assert_false(pattern_gave_up(pattern));
	pattern_free(pattern);
	return result;
}

static void it_is_found_anywhere(void **state)
{
	(void)state;
	assert_true(found("b+", "abba"));
	assert_true(found("", ""));
	assert_true(found("^$", ""));
	assert_true(found("a$", "a"));
	assert_false(found("^b", "abba"));
	assert_false(found("B", "abba"));
	assert_true(found("(?i)B", "abba"));
	assert_false(found("a.b", "a\nb"));
	assert_true(found("(?s)a.b", "a\nb"));
}

static void characters_are_meant_where_the_pattern_is_utf8(void **state)
{
	(void)state;
	assert_true(found("^.$", "\xC3\xA9"));
	assert_true(found("^\\w+$", "d\xC3\xA9j\xC3\xA0"));
	assert_true(found("(?i)\xC3\x89", "\xC3\xA9"));
	assert_false(found("^\xC3.$", "\xC3\xA9x")); /* a byte of a character, for the pattern is bytes */
	assert_true(found("^\xC3..$", "\xC3\xA9x"));
}

static void ill_formed_subjects_are_safe(void **state)
{
	static const char *const subjects[] = { "\xFF",     "\xC3",         "a\x80z",       "\xED\xA0\x80",
						"\xF0\x9F", "\xC3\xA9\xC3", "\xE2\x82\xE2", "\xFF\xFE\xFD" };
	static const char *const texts[] = { ".",    "\xC3\xA9", "\\w",    "^.*z$",
					     "[^a]", "(?<=a)z",  "a(?=.)", "\\X" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct pattern *pattern = pattern_new(slice_of(texts[i]), NULL, NULL);

		assert_non_null(pattern);
		for (size_t j = 0; j < sizeof(subjects) / sizeof(subjects[0]); j++) {
			struct slice subject = slice_of(subjects[j]);
			struct slice part;

			if (pattern_extract(pattern, subject, &part)) {
				assert_true(part.data >= subject.data);
				assert_true(part.data + part.length <= subject.data + subject.length);
			}
		}
		pattern_free(pattern);
	}
	assert_false(found(".", "\xFF"));
	assert_true(found("z", "a\x80z"));
	assert_false(found("^a.z$", "a\x80z"));
}

static void nul_bytes_are_bytes(void **state)
{
	struct pattern *pattern = pattern_new((struct slice){ "a\0b", 3 }, NULL, NULL);

	(void)state;
	assert_non_null(pattern);
	assert_true(pattern_search(pattern, (struct slice){ "xa\0by", 5 }));
	assert_false(pattern_search(pattern, slice_of("a")));
	assert_false(pattern_search(pattern, (struct slice){ NULL, 0 }));
	pattern_free(pattern);
}

static void a_mistake_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
		const char *message;
	} cases[] = {
		{ "ab(c", 4, "parenthesis" }, { "a[b", 3, "character class" },
		{ "*", 0, "quantifier" },     { "ab)c", 2, "unmatched" },
		{ "\\C", 2, "\\C" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;
		size_t offset = 99;

		assert_null(pattern_new(slice_of(cases[i].text), &offset, &error));
		assert_int_equal(offset, cases[i].offset);
		assert_non_null(strstr(error.message, cases[i].message));
	}
	assert_null(pattern_new(slice_of("("), NULL, NULL));
}

static void a_pattern_of_bytes_cannot_ask_to_be_trusted(void **state)
{
	struct error error = ERROR_INIT;

	(void)state;
	assert_null(pattern_new(slice_of("(*UTF)\xFF"), NULL, &error));
	assert_true(error.message[0] != '\0');
}

static void deep_and_long_patterns_are_refused(void **state)
{
	size_t length = 100000;
	char *text = alloc_bytes(length);
	struct error error = ERROR_INIT;

	(void)state;
	memset(text, '(', length);
	assert_null(pattern_new((struct slice){ text, length }, NULL, &error));
	memset(text, 'a', length);
	assert_null(pattern_new((struct slice){ text, length }, NULL, &error));
	memset(text, '(', 1000);
	assert_null(pattern_new((struct slice){ text, 1000 }, NULL, &error));
	free(text);
	assert_null(pattern_new(slice_of("((((a{1000}){1000}){1000}){1000})"), NULL, &error));
}

static void a_costly_match_is_given_up(void **state)
{
	static const char *const costly[] = { "^(a+)+$", "(a|a)*$", "(?:a*)*b",
					      "(.*)*(.*)*(.*)*(.*)*=", "(a*)*\\1c" };
	const char *subject = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct pattern *pattern = pattern_new(slice_of(costly[i]), NULL, NULL);

		assert_non_null(pattern);
		assert_false(pattern_gave_up(pattern));
		assert_false(pattern_search(pattern, slice_of(subject)));
		assert_true(pattern_gave_up(pattern));
		/* It goes on to answer where the answer is near. */
		assert_true(pattern_search(pattern, slice_of("aa")));
		assert_true(pattern_gave_up(pattern));
		for (int j = 0; j < 10000; j++)
			assert_false(pattern_search(pattern, slice_of(subject)));
		assert_true(pattern_search(pattern, slice_of("aa")));
		pattern_free(pattern);
	}
	for (size_t i = 2; i < sizeof(costly) / sizeof(costly[0]); i++) {
		struct pattern *pattern = pattern_new(slice_of(costly[i]), NULL, NULL);

		assert_non_null(pattern);
		assert_false(pattern_search(pattern, slice_of(subject)));
		pattern_free(pattern);
	}
}

static void a_costly_pattern_has_fewer_steps_from_then_on(void **state)
{
	/* Thousands of ways to fail come before the one that matches. */
	struct pattern *pattern = pattern_new(slice_of("^(?:(a+)+!|a+b)$"), NULL, NULL);
	struct slice costly = slice_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa?");
	struct slice near = slice_of("aaaaaaaaaaaab");

	(void)state;
	assert_true(pattern_search(pattern, near));
	assert_false(pattern_gave_up(pattern));
	for (int i = 0; i < 8; i++)
		assert_false(pattern_search(pattern, costly));
	assert_false(pattern_search(pattern, near));
	assert_true(pattern_search(pattern, slice_of("aaaaab")));
	pattern_free(pattern);
}

static void long_subjects_are_searched(void **state)
{
	size_t length = 4 * 1024 * 1024;
	char *subject = alloc_bytes(length);
	struct pattern *deep = pattern_new(slice_of("(?:a|b)*c"), NULL, NULL);
	struct pattern *plain = pattern_new(slice_of("bc+$"), NULL, NULL);

	(void)state;
	memset(subject, 'a', length);
	memcpy(subject + length - 3, "bcc", 3);
	assert_true(pattern_search(plain, (struct slice){ subject, length }));
	assert_false(pattern_gave_up(plain));
	/* This one may be given up or not; it must come back. */
	pattern_search(deep, (struct slice){ subject, length });
	pattern_free(plain);
	pattern_free(deep);
	free(subject);
}

static void the_small_stack_of_the_jit_is_no_limit(void **state)
{
	struct pattern *pattern = pattern_new(slice_of("^(?:(a)|b)*$"), NULL, NULL);
	char subject[3000];

	(void)state;
	memset(subject, 'a', sizeof(subject));
	assert_true(pattern_search(pattern, (struct slice){ subject, sizeof(subject) }));
	assert_false(pattern_gave_up(pattern));
	pattern_free(pattern);
}

static void assert_extracts(const char *text, const char *subject, const char *expected)
{
	struct pattern *pattern = pattern_new(slice_of(text), NULL, NULL);
	struct slice part = { NULL, 0 };
	struct slice whole = slice_of(subject);

	assert_non_null(pattern);
	assert_int_equal(pattern_extract(pattern, whole, &part), expected != NULL);
	if (expected) {
		assert_true(slice_equal_text(part, expected));
		assert_true(part.data >= whole.data && part.data + part.length <= whole.data + whole.length);
	} else {
		assert_null(part.data);
	}
	pattern_free(pattern);
}

static void the_first_group_is_extracted_else_the_match(void **state)
{
	(void)state;
	assert_extracts("b+", "abba", "bb");
	assert_extracts("a(b+)(a)", "abba", "bb");
	assert_extracts("(?:a)(?<name>b)", "abba", "b");
	assert_extracts("()b", "abba", "");
	assert_extracts("a|(b)", "a", "a");
	assert_extracts("(a)?b(c)", "bc", "bc"); /* the first group was not taken, the second one was */
	assert_extracts("x", "abba", NULL);
	assert_extracts("a\\Kb", "abba", "b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_found_anywhere),
		cmocka_unit_test(characters_are_meant_where_the_pattern_is_utf8),
		cmocka_unit_test(ill_formed_subjects_are_safe),
		cmocka_unit_test(nul_bytes_are_bytes),
		cmocka_unit_test(a_mistake_is_told_with_its_place),
		cmocka_unit_test(a_pattern_of_bytes_cannot_ask_to_be_trusted),
		cmocka_unit_test(deep_and_long_patterns_are_refused),
		cmocka_unit_test(a_costly_match_is_given_up),
		cmocka_unit_test(a_costly_pattern_has_fewer_steps_from_then_on),
		cmocka_unit_test(long_subjects_are_searched),
		cmocka_unit_test(the_small_stack_of_the_jit_is_no_limit),
		cmocka_unit_test(the_first_group_is_extracted_else_the_match),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}
