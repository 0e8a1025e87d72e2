#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tui/format.h"
#include "tui/keymap.h"
#include "tui/screen.h"

#include "base/clock.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

/* The picture of a screen, its lines parted by '|'. */
static const char *picture(const struct screen *screen)
{
	static char text[512];
	struct str out = STR_INIT;

	screen_dump(screen, &out);
	assert_true(out.length < sizeof(text));
	memcpy(text, out.data, out.length + 1);
	str_fini(&out);
	for (char *newline = text; (newline = strchr(newline, '\n'));)
		*newline = newline[1] ? '|' : '\0';
	return text;
}

static bool in_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

static void text_is_cut_at_its_width(void **state)
{
	struct screen *screen = screen_new(10, 2, false);

	(void)state;
	assert_int_equal(screen_text(screen, 0, 2, 5, ROLE_TEXT, "abcdefgh"), 5);
	assert_int_equal(screen_text(screen, 1, 7, 50, ROLE_TEXT, "abcdefgh"), 3);
	assert_string_equal(picture(screen), "  abcde|       abc");
	screen_free(screen);
}

static void drawing_outside_draws_nothing(void **state)
{
	struct screen *screen = screen_new(4, 2, false);

	(void)state;
	screen_text(screen, -1, 0, 4, ROLE_TEXT, "x");
	screen_text(screen, 2, 0, 4, ROLE_TEXT, "x");
	screen_text(screen, 0, 4, 4, ROLE_TEXT, "x");
	screen_text(screen, 0, -1, 4, ROLE_TEXT, "x");
	screen_text(screen, 0, 0, -3, ROLE_TEXT, "x");
	screen_fill(screen, 9, 9, 9, ROLE_TEXT, GLYPH_BAR_FULL);
	screen_mark(screen, 9, 9, 9, MARK_CURSOR);
	screen_mark(screen, 0, -5, 9, MARK_CURSOR);
	screen_highlight(screen, 5, 0, 9, "x");
	screen_clear_area(screen, (struct area){ -3, -3, 90, 90 });
	assert_string_equal(picture(screen), "|");
	screen_free(screen);
}

static void wide_character_takes_two_columns_or_none(void **state)
{
	struct screen *screen;

	(void)state;
	if (!in_utf8())
		skip();
	screen = screen_new(6, 3, false);
	assert_int_equal(screen_text(screen, 0, 0, 6, ROLE_TEXT, "日本語日"), 6);
	assert_int_equal(screen_text(screen, 1, 0, 5, ROLE_TEXT, "日本語"), 4);
	assert_int_equal(screen_text(screen, 2, 1, 6, ROLE_TEXT, "a日"), 3);
	assert_string_equal(picture(screen), "日本語|日本| a日");
	/* What is half covered goes. */
	screen_text(screen, 0, 1, 1, ROLE_TEXT, "x");
	screen_text(screen, 0, 4, 1, ROLE_TEXT, "y");
	assert_string_equal(picture(screen), " x本y|日本| a日");
	screen_free(screen);
}

static void combining_characters_stay_with_their_base(void **state)
{
	struct screen *screen;

	(void)state;
	if (!in_utf8())
		skip();
	screen = screen_new(5, 1, false);
	assert_int_equal(screen_text(screen, 0, 0, 5, ROLE_TEXT, "e\xcc\x81x"), 2);
	assert_string_equal(picture(screen), "e\xcc\x81x");
	/* A picture in emoji presentation takes what wcwidth says, so the selector is left out. */
	screen_clear(screen);
	assert_int_equal(screen_text(screen, 0, 0, 5, ROLE_TEXT, "\xe2\x9c\x94\xef\xb8\x8f!"), 2);
	assert_string_equal(picture(screen), "✔!");
	screen_free(screen);
}

static void control_characters_are_shown_never_kept(void **state)
{
	struct screen *screen = screen_new(20, 1, false);

	(void)state;
	screen_text(screen, 0, 0, 20, ROLE_TEXT, "\033[31m\a\xff\r\n");
	assert_string_equal(picture(screen), "^[[31m^G<FF>^M\\n");
	screen_free(screen);
}

static void ascii_screen_has_ascii_only(void **state)
{
	struct screen *screen = screen_new(12, 2, true);

	(void)state;
	screen_text(screen, 0, 0, 12, ROLE_TEXT, "caf\xc3\xa9");
	for (int glyph = 0; glyph < GLYPH_COUNT; glyph++)
		for (const char *c = screen_glyph_text(screen, (enum glyph)glyph); *c; c++)
			assert_true((unsigned char)*c < 0x80);
	assert_string_equal(picture(screen), "caf?|");
	screen_free(screen);
}

static void text_that_does_not_fit_says_so(void **state)
{
	struct screen *screen = screen_new(12, 4, true);

	(void)state;
	assert_int_equal(screen_text_end(screen, 0, 0, 8, ROLE_TEXT, "tests/unit/a.sh"), 8);
	assert_int_equal(screen_text_begin(screen, 1, 0, 8, ROLE_TEXT, "tests/unit/a.sh"), 8);
	assert_int_equal(screen_text_end(screen, 2, 0, 8, ROLE_TEXT, "12345678"), 8);
	assert_int_equal(screen_text_begin(screen, 3, 0, 8, ROLE_TEXT, "12345678"), 8);
	assert_string_equal(picture(screen), "..t/a.sh|tests/..|12345678|12345678");
	screen_free(screen);
}

static void highlight_ignores_case(void **state)
{
	struct screen *screen = screen_new(12, 1, false);
	struct str out = STR_INIT;

	(void)state;
	screen_text(screen, 0, 0, 12, ROLE_TEXT, "abAbxaB");
	screen_highlight(screen, 0, 0, 12, "ab");
	screen_dump_styles(screen, &out);
	assert_string_equal(out.data, "****.**\n");
	str_fini(&out);
	screen_free(screen);
}

static void resizing_clears(void **state)
{
	struct screen *screen = screen_new(4, 1, false);

	(void)state;
	screen_text(screen, 0, 0, 4, ROLE_TEXT, "abcd");
	screen_resize(screen, 3, 2);
	assert_string_equal(picture(screen), "|");
	screen_resize(screen, 0, -4);
	assert_int_equal(screen_width(screen), 1);
	assert_int_equal(screen_height(screen), 1);
	screen_free(screen);
}

/* --- keys --- */

static void each_key_has_one_meaning(void **state)
{
	struct keymap keymap;

	(void)state;
	keymap_init(&keymap);
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		char text[KEYMAP_TEXT_SIZE], name[KEYMAP_REQUEST_SIZE];

		assert_int_not_equal(keymap.keys[request][0], 0);
		for (unsigned i = 0; i < KEYMAP_KEYS_MAX && keymap.keys[request][i]; i++)
			assert_int_equal(keymap_request(&keymap, keymap.keys[request][i]), request);
		/* All of the table's keys found room, and are called as the table calls them. */
		keymap_keys_text(&keymap, (enum request)request, text);
		assert_string_equal(text, keymap_entry((enum request)request)->keys);
		keymap_request_name((enum request)request, name);
		assert_int_equal(keymap_request_by_name(name), request);
	}
	assert_int_equal(keymap_request(&keymap, 'z'), REQUEST_NONE);
	assert_int_equal(keymap_request(&keymap, 0), REQUEST_NONE);
	assert_int_equal(keymap_request_by_name("rerun-failed"), REQUEST_RERUN_FAILED);
	assert_int_equal(keymap_request_by_name("RERUN_FAILED"), REQUEST_NONE);
	assert_int_equal(keymap_request_by_name(""), REQUEST_NONE);
}

static void where_there_is_room_for_one_key_it_is_the_function_key(void **state)
{
	struct keymap keymap;

	(void)state;
	keymap_init(&keymap);
	assert_int_equal(keymap_best_key(&keymap, REQUEST_RERUN), KEYCODE_F0 + 7);
	assert_int_equal(keymap_best_key(&keymap, REQUEST_RERUN_FAILED), 'R');
	memset(keymap.keys[REQUEST_RERUN], 0, sizeof(keymap.keys[REQUEST_RERUN]));
	assert_int_equal(keymap_best_key(&keymap, REQUEST_RERUN), 0);
	assert_int_equal(keymap_request(&keymap, 'r'), REQUEST_NONE);
}

static void names_of_keys_are_understood(void **state)
{
	(void)state;
	assert_int_equal(keymap_key_by_name("C-l", 3), 12);
	assert_int_equal(keymap_key_by_name("F10", 3), KEYCODE_F0 + 10);
	assert_int_equal(keymap_key_by_name("F", 1), 'F');
	assert_int_equal(keymap_key_by_name("F13", 3), 0);
	assert_int_equal(keymap_key_by_name("日", 3), 0x65e5);
	assert_int_equal(keymap_key_by_name("", 0), 0);
	assert_int_equal(keymap_key_by_name("Nope", 4), 0);
	assert_null(keymap_entry(REQUEST_NONE));
}

/* --- numbers --- */

static void numbers_are_short(void **state)
{
	char text[FORMAT_SIZE];

	(void)state;
	assert_string_equal(format_duration(text, 0), "0.00s");
	assert_string_equal(format_duration(text, 9994 * CLOCK_MS), "9.99s");
	assert_string_equal(format_duration(text, 9996 * CLOCK_MS), "10.0s");
	assert_string_equal(format_duration(text, 59 * CLOCK_SECOND), "59.0s");
	assert_string_equal(format_duration(text, 123 * CLOCK_SECOND), "2m03s");
	assert_string_equal(format_duration(text, 3720 * CLOCK_SECOND), "1h02m");
	assert_string_equal(format_duration(text, 999 * 3600 * CLOCK_SECOND), "999h");
	assert_string_equal(format_age(text, 999 * CLOCK_MS), "0s");
	assert_string_equal(format_age(text, 31 * CLOCK_SECOND), "31s");
	assert_string_equal(format_clock(text, 42 * CLOCK_SECOND), "0:42");
	assert_string_equal(format_clock(text, 3723 * CLOCK_SECOND), "1:02:03");
	assert_string_equal(format_bytes(text, 999), "999B");
	assert_string_equal(format_bytes(text, 1000), "1K");
	assert_string_equal(format_bytes(text, UINT64_C(212) << 20), "212M");
	assert_string_equal(format_bytes(text, UINT64_C(3300) << 20), "3.2G");
	assert_string_equal(format_bytes(text, UINT64_MAX), "16E");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_at_its_width),
		cmocka_unit_test(drawing_outside_draws_nothing),
		cmocka_unit_test(wide_character_takes_two_columns_or_none),
		cmocka_unit_test(combining_characters_stay_with_their_base),
		cmocka_unit_test(control_characters_are_shown_never_kept),
		cmocka_unit_test(ascii_screen_has_ascii_only),
		cmocka_unit_test(text_that_does_not_fit_says_so),
		cmocka_unit_test(highlight_ignores_case),
		cmocka_unit_test(resizing_clears),
		cmocka_unit_test(each_key_has_one_meaning),
		cmocka_unit_test(where_there_is_room_for_one_key_it_is_the_function_key),
		cmocka_unit_test(names_of_keys_are_understood),
		cmocka_unit_test(numbers_are_short),
	};

	if (!setlocale(LC_CTYPE, "C.UTF-8"))
		setlocale(LC_CTYPE, "");
	return cmocka_run_group_tests_name("tui_screen", tests, NULL, NULL);
}
