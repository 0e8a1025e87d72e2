#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/utf8.h"

#include <locale.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define BYTES(text) text, sizeof(text) - 1

static bool is_code_point(uint32_t c)
{
	return c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
}

static void every_code_point_comes_back(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x110000; c++) {
		char bytes[4];
		size_t length = utf8_encode(c, bytes);
		size_t at = 0;
		uint32_t back = utf8_next(bytes, length, &at);

		if (back != (is_code_point(c) ? c : UTF8_REPLACEMENT) || at != length ||
		    !utf8_is_valid(bytes, length))
			fail_msg("U+%04X came back as U+%04X", (unsigned)c, (unsigned)back);
	}
}

/* All two-byte texts, against the definition: valid is what the encoder can produce. */
static void no_other_sequence_is_valid(void **state)
{
	static const char *const bad[] = {
		"\x80",
		"\xBF",
		"\xC0\x80",
		"\xC1\xBF",
		"\xC2",
		"\xE0\x9F\xBF",
		"\xE0\x80\x80",
		"\xED\xA0\x80",
		"\xED\xBF\xBF",
		"\xE2\x82",
		"\xF0\x8F\xBF\xBF",
		"\xF0\x80\x80\x80",
		"\xF4\x90\x80\x80",
		"\xF5\x80\x80\x80",
		"\xF0\x9F\x98",
		"\xFE",
		"\xFF",
		"ok \xC3(",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned second = 0; second < 256; second++) {
			const char bytes[] = { (char)first, (char)second };
			bool expected = (first < 0x80 && second < 0x80) ||
					(first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF);

			assert_int_equal(utf8_is_valid(bytes, 2), expected);
		}
	}
	assert_true(utf8_is_valid(NULL, 0));
	assert_true(utf8_is_valid(BYTES("\xEF\xBF\xBD"))); /* U+FFFD itself */
	assert_true(utf8_is_valid(BYTES("a\0b")));
}

static void expect_valid(const char *bytes, size_t length, const char *expected)
{
	struct str out = STR_INIT;

	utf8_add_valid(&out, bytes, length);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

#define FFFD "\xEF\xBF\xBD"

static void ill_formed_parts_become_one_replacement_each(void **state)
{
	(void)state;
	expect_valid(BYTES("plain \xC3\xA9"), "plain \xC3\xA9");
	expect_valid(BYTES(""), "");
	expect_valid(BYTES("\xC3(x"), FFFD "(x");
	/* The Unicode Standard's own example, table 3-8. */
	expect_valid(BYTES("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
		     FFFD FFFD FFFD FFFD FFFD FFFD FFFD FFFD "A");
	/* Table 3-11: truncated sequences are replaced as one each. */
	expect_valid(BYTES("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"), FFFD FFFD FFFD FFFD "A");
	expect_valid(BYTES("a\xE2\x82"), "a" FFFD);
	expect_valid(BYTES(FFFD "\xFF" FFFD), FFFD FFFD FFFD);
}

static void expect_visible(const char *bytes, size_t length, bool keep_lines, const char *expected)
{
	struct str out = STR_INIT;
	struct str again = STR_INIT;

	utf8_add_visible(&out, bytes, length, keep_lines);
	assert_string_equal(out.data, expected);
	assert_true(utf8_is_valid(out.data, out.length));
	utf8_add_visible(&again, out.data, out.length, keep_lines);
	assert_string_equal(again.data, out.data); /* what is visible stays as it is */
	if (!keep_lines)                           /* and is as wide as was said */
		assert_int_equal(utf8_text_width(bytes, length), utf8_text_width(out.data, out.length));
	str_fini(&again);
	str_fini(&out);
}

static void nothing_that_a_terminal_obeys_is_left(void **state)
{
	(void)state;
	expect_visible(BYTES("text \xC3\xA9 \xE6\x97\xA5"), false, "text \xC3\xA9 \xE6\x97\xA5");
	expect_visible(BYTES("\x1B[31m\x7F\0\r"), false, "^[[31m^?^@^M");
	expect_visible(BYTES("a\nb\tc"), false, "a\\nb\\tc");
	expect_visible(BYTES("a\nb\tc\r"), true, "a\nb\tc^M");
	expect_visible(BYTES("\xC2\x85\xC2\x9B"), false, "<U+0085><U+009B>");
	expect_visible(BYTES("\xE2\x80\xAE\xE2\x81\xA6\xE2\x80\xA8"), false, "<U+202E><U+2066><U+2028>");
	expect_visible(BYTES("\xFF\xE2\x82"), false, "<FF><E2><82>");
	expect_visible(BYTES(FFFD), false, FFFD);
}

static void every_code_point_is_visible_as_wide_as_it_says(void **state)
{
	(void)state;
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		struct str out = STR_INIT;
		char bytes[4];
		size_t length = utf8_encode(c, bytes);
		size_t width = (size_t)utf8_width(is_code_point(c) ? c : UTF8_REPLACEMENT);

		utf8_add_visible(&out, bytes, length, false);
		if (utf8_text_width(out.data, out.length) != width)
			fail_msg("U+%04X: %zu columns, not %zu", (unsigned)c,
				 utf8_text_width(out.data, out.length), width);
		for (size_t i = 0; i < out.length; i++)
			assert_true((unsigned char)out.data[i] >= 0x20 && out.data[i] != 0x7F);
		str_fini(&out);
	}
}

static void widths_of_the_terminal(void **state)
{
	(void)state;
	assert_int_equal(utf8_width('a'), 1);
	assert_int_equal(utf8_width('\n'), 2);
	assert_int_equal(utf8_width(0x1B), 2);
	assert_int_equal(utf8_width(0x85), 8);
	assert_int_equal(utf8_text_width(BYTES("\xFF")), 4);
	assert_int_equal(utf8_text_width(BYTES("")), 0);
	if (!setlocale(LC_CTYPE, "C.UTF-8") && !setlocale(LC_CTYPE, "en_US.UTF-8"))
		skip();                           /* the C library knows no wide characters here */
	assert_int_equal(utf8_width(0x65E5), 2);  /* CJK */
	assert_int_equal(utf8_width(0x1F600), 2); /* an emoji */
	assert_int_equal(utf8_width(0x301), 0);   /* a combining accent */
	assert_int_equal(utf8_text_width(BYTES("e\xCC\x81\xE6\x97\xA5")), 3);
	setlocale(LC_CTYPE, "C");
}

static void expect_without_escapes(const char *bytes, size_t length, const char *expected)
{
	struct str out = STR_INIT;

	utf8_add_without_escapes(&out, bytes, length);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static void escape_sequences_are_removed(void **state)
{
	(void)state;
	expect_without_escapes(BYTES("\x1B[1;31mred\x1B[0m \x1B[?25l\x1B[4 q."), "red .");
	expect_without_escapes(BYTES("a\x1B]0;title\x07z"), "az");
	expect_without_escapes(BYTES("a\x1B]8;;http://x\x1B\\link\x1B]8;;\x1B\\z"), "alinkz");
	expect_without_escapes(BYTES("a\x1BP1$r0m\x1B\\b\x1B^x\x1B\\c\x1B_y\x1B\\d\x1BXz\x1B\\e"), "abcde");
	expect_without_escapes(BYTES("\x1B(B\x1B"
				     "7\x1B=x\x1B"
				     "c\x1BM"),
			       "x");
	expect_without_escapes(BYTES("\xC2\x9B"
				     "31mred\xC2\x9D"
				     "0;t\xC2\x9C."),
			       "red."); /* 8-bit controls */
}

static void everything_else_stays(void **state)
{
	(void)state;
	expect_without_escapes(BYTES("plain\ttext\r\n\x07"), "plain\ttext\r\n\x07");
	expect_without_escapes(BYTES("\xC3\xA9 \xC2\xA9 \xC2\x85 \xFF \xC2"),
			       "\xC3\xA9 \xC2\xA9 \xC2\x85 \xFF \xC2");
	expect_without_escapes(BYTES("end\x1B"), "end\x1B");
	expect_without_escapes(BYTES("\x1B\xC3\xA9"), "\x1B\xC3\xA9");
}

static void unfinished_sequences_take_nothing_along(void **state)
{
	(void)state;
	expect_without_escapes(BYTES("a\x1B]0;title and the rest"), "a0;title and the rest");
	expect_without_escapes(BYTES("a\x1BPq\x1B[31mred"), "aqred");
	expect_without_escapes(BYTES("a\x1B]0;t\x1B[1mb\x07"
				     "c"),
			       "a0;tb\x07"
			       "c");
	expect_without_escapes(BYTES("a\x1B]0;t\x18"
				     "b\x07"),
			       "a0;t\x18"
			       "b\x07");
	expect_without_escapes(BYTES("\x1B[12"), "");
	expect_without_escapes(BYTES("\x1B[12\nline"), "\nline");
	expect_without_escapes(BYTES("\x1B[\x1B[1mx"), "x");
	expect_without_escapes(BYTES("\x1B("), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_comes_back),
		cmocka_unit_test(no_other_sequence_is_valid),
		cmocka_unit_test(ill_formed_parts_become_one_replacement_each),
		cmocka_unit_test(nothing_that_a_terminal_obeys_is_left),
		cmocka_unit_test(every_code_point_is_visible_as_wide_as_it_says),
		cmocka_unit_test(widths_of_the_terminal),
		cmocka_unit_test(escape_sequences_are_removed),
		cmocka_unit_test(everything_else_stays),
		cmocka_unit_test(unfinished_sequences_take_nothing_along),
	};

	return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
