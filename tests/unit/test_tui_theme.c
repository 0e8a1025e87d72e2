/* Colours, and what a terminal makes of a theme. */
#include "tui/theme.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

/* --- colours --- */

static void colours_are_read(void **state)
{
	struct theme_color color;

	(void)state;
	assert_true(theme_color_parse("#88C0d0", &color));
	assert_int_equal(color.kind, THEME_RGB);
	assert_int_equal(color.value, 0x88c0d0);
	assert_true(theme_color_parse("0", &color));
	assert_int_equal(color.kind, THEME_INDEX);
	assert_int_equal(color.value, 0);
	assert_true(theme_color_parse("255", &color));
	assert_int_equal(color.value, 255);
	assert_true(theme_color_parse("default", &color));
	assert_int_equal(color.kind, THEME_OWN);
	assert_true(theme_color_parse("black", &color));
	assert_int_equal(color.kind, THEME_INDEX);
	assert_int_equal(color.value, 0);
	assert_true(theme_color_parse("bright-white", &color));
	assert_int_equal(color.value, 15);
}

static void what_is_no_colour_is_refused(void **state)
{
	static const char *const wrong[] = { "",     "#",   "#12345", "#1234567", "#12345g", "256", "-1",
					     "0x10", "1e1", "Red",    "bright",   "# 12345", " 1",  "1000" };
	struct theme_color color;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_false(theme_color_parse(wrong[i], &color));
}

static void each_of_the_240_is_nearest_to_itself(void **state)
{
	(void)state;
	for (unsigned i = 16; i < 256; i++)
		assert_int_equal(theme_color_rgb(theme_color_nearest(theme_color_rgb(i), 256)), theme_color_rgb(i));
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(theme_color_nearest(theme_color_rgb(i), 16), i);
	assert_int_equal(theme_color_rgb(16), 0x000000);
	assert_int_equal(theme_color_rgb(67), 0x5f87af);
	assert_int_equal(theme_color_rgb(231), 0xffffff);
	assert_int_equal(theme_color_rgb(232), 0x080808);
	assert_int_equal(theme_color_rgb(255), 0xeeeeee);
	assert_int_equal(theme_color_rgb(256), 0);
}

static void the_nearest_colour_looks_alike(void **state)
{
	(void)state;
	assert_int_equal(theme_color_nearest(0xff5f5e, 256), 203);
	assert_int_equal(theme_color_nearest(0x1d1f21, 16), 0);
	assert_int_equal(theme_color_nearest(0xbf616a, 8), 1);
	assert_int_equal(theme_color_nearest(0xa3be8c, 8), 2);
	assert_int_equal(theme_color_nearest(0xd8dee9, 16), 7);
	assert_int_equal(theme_color_nearest(0xfabd2f, 16), 3);
	/* Soft ones keep their hue, though a grey is nearer to them. */
	assert_int_equal(theme_color_nearest(0x81a1c1, 16), 4);
	assert_int_equal(theme_color_nearest(0xb48ead, 16), 13);
	assert_int_equal(theme_color_nearest(0xf8f8f2, 16), 15);
	/* A grey stays one: none of the cube's colours beside it. */
	assert_int_equal(theme_color_nearest(0x3c3c3c, 256), 237);
}

static void distance_is_a_distance(void **state)
{
	(void)state;
	assert_true(theme_color_distance(0x123456, 0x123456) == 0);
	assert_true(theme_color_distance(0x123456, 0x654321) == theme_color_distance(0x654321, 0x123456));
	assert_float_equal(theme_color_distance(0x000000, 0xffffff), 1, 0.001);
	/* OKLab's own sample: red has L 0.628, a 0.225, b 0.126. */
	assert_float_equal(theme_color_distance(0x000000, 0xff0000), 0.6786, 0.001);
}

static void contrast_is_that_of_wcag(void **state)
{
	(void)state;
	assert_float_equal(theme_color_contrast(0x000000, 0xffffff), 21, 0.001);
	assert_float_equal(theme_color_contrast(0xffffff, 0x000000), 21, 0.001);
	assert_float_equal(theme_color_contrast(0x777777, 0xffffff), 4.48, 0.005);
	assert_float_equal(theme_color_contrast(0xabcdef, 0xabcdef), 1, 0.001);
}

static int shade(const char *text, enum theme_depth depth, bool *bold)
{
	struct theme_color color;

	assert_true(theme_color_parse(text, &color));
	return theme_color_shade(color, depth, bold);
}

static void a_terminal_shows_what_it_can(void **state)
{
	bool bold;

	(void)state;
	assert_int_equal(shade("#88c0d0", THEME_DIRECT, &bold), 0x88c0d0);
	assert_int_equal(shade("#88c0d0", THEME_256, &bold), 110);
	assert_int_equal(shade("67", THEME_DIRECT, &bold), 0x5f87af);
	assert_int_equal(shade("67", THEME_256, &bold), 67);
	/* The eight are the user's own everywhere. */
	assert_int_equal(shade("red", THEME_DIRECT, &bold), 1);
	assert_int_equal(shade("red", THEME_256, &bold), 1);
	assert_int_equal(shade("red", THEME_16, &bold), 1);
	assert_int_equal(shade("red", THEME_8, &bold), 1);
	assert_false(bold);
	assert_int_equal(shade("bright-red", THEME_16, &bold), 9);
	assert_false(bold);
	assert_int_equal(shade("bright-red", THEME_8, &bold), 1);
	assert_true(bold);
	assert_int_equal(shade("bright-black", THEME_8, &bold), THEME_SHADE_OWN);
	assert_false(bold);
	assert_int_equal(shade("bright-red", THEME_DIRECT, &bold), 0xff0000);
	assert_int_equal(shade("#ff0000", THEME_MONO, &bold), THEME_SHADE_OWN);
	assert_int_equal(shade("default", THEME_DIRECT, &bold), THEME_SHADE_OWN);
	/* Numbers below 256 may be a palette's. */
	assert_int_equal(shade("#000000", THEME_DIRECT, &bold), 0x000100);
	assert_int_equal(shade("#0000ff", THEME_DIRECT, &bold), 0x0001ff);
}

/* --- styles --- */

#define AT(table, depth, role, mark) theme_style(table, THEME_##depth, ROLE_##role, MARK_##mark)

static void assert_style(struct theme_style found, int fg, int bg, unsigned attributes)
{
	assert_int_equal(found.fg, fg);
	assert_int_equal(found.bg, bg);
	assert_int_equal(found.attributes, attributes);
}

static void the_default_looks_as_it_did(void **state)
{
	const struct theme_table *table = &theme_default;

	(void)state;
	assert_style(AT(table, 256, TEXT, NONE), -1, -1, 0);
	assert_style(AT(table, 256, FAILED, NONE), 203, -1, ATTRIBUTE_BOLD);
	assert_style(AT(table, 256, FAILED, CURSOR), 203, 24, ATTRIBUTE_BOLD);
	assert_style(AT(table, 256, TEXT, CURSOR), 231, 24, 0);
	assert_style(AT(table, 256, DIM, CURSOR), 231, 24, 0);
	assert_style(AT(table, 256, DIM, CURSOR_WEAK), 245, 236, 0);
	assert_style(AT(table, 256, MATCH, CURSOR), 16, 221, 0);
	assert_style(AT(table, DIRECT, FAILED, CURSOR), 0xff5f5f, 0x005f87, ATTRIBUTE_BOLD);
	assert_style(AT(table, 16, FAILED, NONE), 9, -1, ATTRIBUTE_BOLD);
	assert_style(AT(table, 16, FAILED, CURSOR), 0, 6, 0);
	assert_style(AT(table, 16, PASSED, CURSOR_WEAK), 2, -1, ATTRIBUTE_UNDERLINE);
	assert_style(AT(table, 16, TAB_CURRENT, NONE), 0, 6, 0);
	assert_style(AT(table, 8, RUNNING, NONE), 6, -1, ATTRIBUTE_BOLD);
	assert_style(AT(table, 8, DIM, NONE), -1, -1, 0);
	assert_style(AT(table, MONO, FAILED, NONE), -1, -1, ATTRIBUTE_BOLD);
	assert_style(AT(table, MONO, FAILED, CURSOR), -1, -1, ATTRIBUTE_BOLD | ATTRIBUTE_REVERSE);
	assert_style(AT(table, MONO, TEXT, CURSOR_WEAK), -1, -1, ATTRIBUTE_UNDERLINE);
}

/* Light text on a dark screen that the theme paints itself. */
static struct theme_table painted(void)
{
	struct theme_table table = theme_default;

	table.roles[ROLE_TEXT].fg.rich = (struct theme_color){ THEME_RGB, 0xd8dee9 };
	table.roles[ROLE_TEXT].bg.rich = (struct theme_color){ THEME_RGB, 0x2e3440 };
	table.roles[ROLE_TEXT].bg.poor = (struct theme_color){ THEME_OWN, 0 };
	return table;
}

static void what_a_role_leaves_open_is_as_text_is(void **state)
{
	struct theme_table table = painted();

	(void)state;
	assert_style(AT(&table, DIRECT, STRONG, NONE), 0xd8dee9, 0x2e3440, ATTRIBUTE_BOLD);
	assert_style(AT(&table, DIRECT, FAILED, NONE), 0xff5f5f, 0x2e3440, ATTRIBUTE_BOLD);
	/* One for few colours, and none: then the nearest. */
	assert_style(AT(&table, 16, STRONG, NONE), 7, -1, ATTRIBUTE_BOLD);
	assert_style(AT(&table, 16, FAILED, NONE), 9, -1, ATTRIBUTE_BOLD);
}

static void what_can_not_be_read_on_the_cursor_gets_its_colour(void **state)
{
	struct theme_table table = painted();

	(void)state;
	table.cursor.bg.rich = (struct theme_color){ THEME_RGB, 0xffffff };
	table.cursor.fg.rich = (struct theme_color){ THEME_RGB, 0x000100 };
	assert_style(AT(&table, DIRECT, TEXT, CURSOR), 0x000100, 0xffffff, 0);
	table.roles[ROLE_FAILED].fg.rich = (struct theme_color){ THEME_RGB, 0xb00000 };
	assert_style(AT(&table, DIRECT, FAILED, CURSOR), 0xb00000, 0xffffff, ATTRIBUTE_BOLD);
	/* A cursor without a background is marked by attributes. */
	table.cursor.bg.rich.kind = THEME_OWN;
	assert_style(AT(&table, DIRECT, TEXT, CURSOR), 0xd8dee9, 0x2e3440, ATTRIBUTE_REVERSE);
}

static void a_colour_behind_text_can_be_read(void **state)
{
	const struct theme_table *table = &theme_default;

	(void)state;
	assert_style(theme_style_behind(table, THEME_256, ROLE_ANSI_YELLOW), 0, 3, 0);
	assert_style(theme_style_behind(table, THEME_256, ROLE_ANSI_BLUE), 15, 4, 0);
	assert_style(theme_style_behind(table, THEME_DIRECT, ROLE_ANSI_BLUE), 0xffffff, 4, 0);
	assert_style(theme_style_behind(table, THEME_8, ROLE_ANSI_BRIGHT_RED), 0, 1, 0);
	assert_style(theme_style_behind(table, THEME_8, ROLE_ANSI_BLACK), 7, 0, 0);
	assert_style(theme_style_behind(table, THEME_MONO, ROLE_ANSI_BLUE), -1, -1, ATTRIBUTE_REVERSE);
}

static void looks_have_names(void **state)
{
	struct theme_table table = theme_default;
	char name[THEME_NAME_SIZE];

	(void)state;
	theme_look_name(ROLE_VERDICT_GOOD, name);
	assert_string_equal(name, "verdict-good");
	assert_ptr_equal(theme_look(&table, "verdict-good"), &table.roles[ROLE_VERDICT_GOOD]);
	assert_ptr_equal(theme_look(&table, "cursor"), &table.cursor);
	assert_ptr_equal(theme_look(&table, "cursor-weak"), &table.cursor_weak);
	assert_null(theme_look(&table, "VERDICT_GOOD"));
	assert_null(theme_look(&table, "verdict"));
	assert_null(theme_look(&table, ""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(colours_are_read),
		cmocka_unit_test(what_is_no_colour_is_refused),
		cmocka_unit_test(each_of_the_240_is_nearest_to_itself),
		cmocka_unit_test(the_nearest_colour_looks_alike),
		cmocka_unit_test(distance_is_a_distance),
		cmocka_unit_test(contrast_is_that_of_wcag),
		cmocka_unit_test(a_terminal_shows_what_it_can),
		cmocka_unit_test(the_default_looks_as_it_did),
		cmocka_unit_test(what_a_role_leaves_open_is_as_text_is),
		cmocka_unit_test(what_can_not_be_read_on_the_cursor_gets_its_colour),
		cmocka_unit_test(a_colour_behind_text_can_be_read),
		cmocka_unit_test(looks_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
