#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "base/utf8.h"
#include "tui/ansi.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

struct seen {
	struct str text, styles; /* lines parted by '|' */
	unsigned lines;
};

/* A cell's letter, and behind it its attributes. */
static void take(void *context, const struct cell *cells, size_t count)
{
	struct seen *seen = context;

	if (seen->lines++) {
		str_add_char(&seen->text, '|');
		str_add_char(&seen->styles, '|');
	}
	for (size_t i = 0; i < count; i++) {
		for (unsigned part = 0; part < CELL_PARTS && cells[i].text[part]; part++) {
			char bytes[4];

			str_add(&seen->text, bytes, utf8_encode(cells[i].text[part], bytes));
		}
		if (!cells[i].width)
			continue;
		str_add_char(&seen->styles, theme_letter((enum role)cells[i].role));
		if (cells[i].attributes & ATTRIBUTE_BOLD)
			str_add_char(&seen->styles, '!');
		if (cells[i].attributes & ATTRIBUTE_DIM)
			str_add_char(&seen->styles, ',');
		if (cells[i].attributes & ATTRIBUTE_ITALIC)
			str_add_char(&seen->styles, '/');
		if (cells[i].attributes & ATTRIBUTE_UNDERLINE)
			str_add_char(&seen->styles, '_');
		if (cells[i].attributes & ATTRIBUTE_REVERSE)
			str_add_char(&seen->styles, '+');
	}
}

/* Read whole and byte by byte. */
static void assert_shown(const char *bytes, size_t length, const char *text, const char *styles)
{
	for (size_t step = 1; step <= length; step += length > 1 ? length - 1 : 1) {
		struct seen seen = { STR_INIT, STR_INIT, 0 };
		struct ansi *ansi = ansi_new(take, &seen);

		for (size_t i = 0; i < length; i += step)
			ansi_feed(ansi, bytes + i, length - i < step ? length - i : step);
		ansi_end(ansi);
		ansi_free(ansi);
		if (text)
			assert_string_equal(seen.text.data, text);
		if (styles)
			assert_string_equal(seen.styles.data, styles);
		str_fini(&seen.text);
		str_fini(&seen.styles);
	}
}

static void shows(const char *bytes, const char *text)
{
	assert_shown(bytes, strlen(bytes), text, NULL);
}

static void looks(const char *bytes, const char *styles)
{
	assert_shown(bytes, strlen(bytes), NULL, styles);
}

static void lines_end_at_newlines(void **state)
{
	(void)state;
	shows("a\nb", "a|b");
	shows("a\r\nb\r\n", "a|b");
	shows("\n\na", "||a");
	shows("", "");
}

static void a_carriage_return_overwrites(void **state)
{
	(void)state;
	shows("10%\r 50%\r100%\n", "100%");
	shows("abcdef\rxy", "xycdef");
	shows("loading...\r\033[Kdone", "done");
	shows("loading...\033[2K\rdone", "done");
	shows("abc\b\bX", "aXc");
	shows("abc\033[1Gx\033[5Gy", "xbc y");
	shows("abcd\033[2G\033[1Kx", " xcd");
	shows("abcd\033[99999999999Gx\033[Kabc\033[0;0Kd\rX", NULL);
}

static void tabs_go_to_columns(void **state)
{
	(void)state;
	shows("a\tb\t\tc", "a       b               c");
}

static void other_sequences_are_dropped(void **state)
{
	(void)state;
	shows("\033[2J\033[1;1Ha\033[3Ab\033[?25lc\033[>4;2md\033[ qe", "abcde");
	shows("\033]0;title\007a\033]8;;http://x\033\\link\033]8;;\033\\b", "alinkb");
	shows("\033(Ba\0337b\033=c\033Pq#0\033\\d", "abcd");
	shows("\033]no end\nb", "|b");
	shows("a\033", "a");
	shows("a\033[3", "a");
	shows("a\033[31\nb", "a|b");
}

static void other_controls_are_spelled_out(void **state)
{
	(void)state;
	shows("bell \007, \001", "bell ^G, ^A");
	shows("bad \377, short \303", "bad <FF>, short <C3>");
	shows("\342\202x", "<E2><82>x");
	shows("\342\033[1mx", "<E2>x");
	assert_shown("a\0b", 3, "a^@b", NULL);
}

static void colours_become_roles(void **state)
{
	(void)state;
	looks("\033[31mr\033[0mt\033[92mg\033[mt", "1.G.");
	looks("\033[38;5;9ma\033[38;5;196mb\033[38;2;250;10;10mc\033[38:2::250:10:10md\033[38:5:9me", "99999");
	looks("\033[38;5;240ma\033[38;5;250mb\033[38;2;135;206;250mc", "87B");
	looks("\033[38;5;1;1ma\033[38;2;0;0mb", "1!1!");
	looks("\033[31;39ma", ".");
}

static void a_background_is_shown_in_reverse(void **state)
{
	(void)state;
	looks("\033[41ma\033[37mb\033[49mc", "1+1+7");
	looks("\033[7ma\033[31mb\033[27mc", ".+1+1");
	looks("\033[7;44ma", "4");
	looks("\033[48;5;12;1ma\033[103mb", "B!+Y!+");
}

static void attributes_come_and_go(void **state)
{
	(void)state;
	looks("\033[1ma\033[22mb\033[2mc\033[22;3md\033[23;4me\033[24mf", ".!..,./._.");
	looks("\033[4:3ma\033[4:0mb\033[58;5;1mc", "._..");
	looks("\033[1;31ma\nb\033[0m\nc", "1!|1!|.");
	looks("\033[1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1;1"
	      "ma",
	      ".");
}

static void wide_characters_keep_their_halves(void **state)
{
	(void)state;
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		skip();
	shows("日本\rab", "ab本");
	shows("日本\ra", "a 本");
	shows("日本\033[2Gx", " x本");
	shows("ab\r日", "日");
	shows("abc\r日", "日c");
	shows("日本\033[4G\033[K", "日 ");
	shows("e\314\201x", "e\314\201x");
	shows("\314\201x", "x");
}

static void count_columns(void *context, const struct cell *cells, size_t count)
{
	size_t *columns = context;

	(void)cells;
	assert_true(count <= ANSI_COLUMNS_MAX);
	*columns += count;
}

static void a_long_line_comes_in_pieces(void **state)
{
	size_t columns = 0;
	struct ansi *ansi = ansi_new(count_columns, &columns);

	(void)state;
	for (unsigned i = 0; i < 3 * ANSI_COLUMNS_MAX; i++)
		ansi_feed(ansi, "x", 1);
	ansi_end(ansi);
	ansi_free(ansi);
	assert_int_equal(columns, 3 * ANSI_COLUMNS_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_at_newlines),
		cmocka_unit_test(a_carriage_return_overwrites),
		cmocka_unit_test(tabs_go_to_columns),
		cmocka_unit_test(other_sequences_are_dropped),
		cmocka_unit_test(other_controls_are_spelled_out),
		cmocka_unit_test(colours_become_roles),
		cmocka_unit_test(a_background_is_shown_in_reverse),
		cmocka_unit_test(attributes_come_and_go),
		cmocka_unit_test(wide_characters_keep_their_halves),
		cmocka_unit_test(a_long_line_comes_in_pieces),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
