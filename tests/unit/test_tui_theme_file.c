/* Themes from files: what they say, what is wrong with them, and those that come with xtop. */
#include "tui/theme_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* Texts that stand for the files of themes by their names. */
struct shelf {
	struct {
		const char *name, *text;
	} files[12];
};

static struct yaml *open_from_shelf(void *context, const char *name, const theme_chain *chain, struct error *error)
{
	const struct shelf *shelf = context;

	(void)chain;
	if (!strcmp(name, THEME_BUILT_IN))
		return NULL;
	for (size_t i = 0; shelf && i < sizeof(shelf->files) / sizeof(*shelf->files) && shelf->files[i].name; i++)
		if (!strcmp(shelf->files[i].name, name))
			return yaml_parse(slice_of(shelf->files[i].text), name, error);
	error_set(error, "there is no theme '%s'", name);
	return NULL;
}

static int parse(const struct shelf *shelf, const char *text, struct theme_table *table, struct error *error)
{
	const struct theme_source source = { open_from_shelf, (void *)shelf };
	struct yaml *yaml = yaml_parse(slice_of(text), "t.yaml", error);

	return yaml ? theme_file_parse(yaml, &source, table, error) : -1;
}

static struct theme_table read_theme(const struct shelf *shelf, const char *text)
{
	struct theme_table table;
	struct error error = ERROR_INIT;

	if (parse(shelf, text, &table, &error) != 0)
		fail_msg("%s", error.message);
	return table;
}

static void assert_color(struct theme_color color, enum theme_color_kind kind, uint32_t value)
{
	assert_int_equal(color.kind, kind);
	if (kind != THEME_UNSET && kind != THEME_OWN)
		assert_int_equal(color.value, value);
}

/* --- what they say --- */

static void a_theme_changes_what_it_names(void **state)
{
	struct theme_table table = read_theme(NULL, "description: mine\n"
						    "roles:\n"
						    "  failed: { fg: \"#ff0000\", attributes: [underline, italic] }\n"
						    "  passed: green\n"
						    "  tab-current: { bg: [17, default], mono: none }\n"
						    "  cursor: { bg: 52 }\n");

	(void)state;
	assert_color(table.roles[ROLE_FAILED].fg.rich, THEME_RGB, 0xff0000);
	assert_color(table.roles[ROLE_FAILED].fg.poor, THEME_RGB, 0xff0000);
	assert_int_equal(table.roles[ROLE_FAILED].attributes, ATTRIBUTE_UNDERLINE | ATTRIBUTE_ITALIC);
	assert_int_equal(table.roles[ROLE_FAILED].mono, ATTRIBUTE_BOLD);
	assert_color(table.roles[ROLE_PASSED].fg.rich, THEME_INDEX, 2);
	assert_color(table.roles[ROLE_TAB_CURRENT].bg.rich, THEME_INDEX, 17);
	assert_color(table.roles[ROLE_TAB_CURRENT].bg.poor, THEME_OWN, 0);
	assert_color(table.roles[ROLE_TAB_CURRENT].fg.rich, THEME_INDEX, 231);
	assert_int_equal(table.roles[ROLE_TAB_CURRENT].mono, 0);
	assert_color(table.cursor.bg.rich, THEME_INDEX, 52);
	assert_memory_equal(&table.roles[ROLE_CRASHED], &theme_default.roles[ROLE_CRASHED],
			    sizeof(struct theme_look));
}

static void names_of_the_palette_are_colours(void **state)
{
	struct theme_table table = read_theme(NULL, "palette:\n"
						    "  red: [\"#bf616a\", bright-red]\n"
						    "  sky: 117\n"
						    "roles:\n"
						    "  failed: red\n"
						    "  error: { fg: [sky, red] }\n"
						    "  passed: blue\n");

	(void)state;
	assert_color(table.roles[ROLE_FAILED].fg.rich, THEME_RGB, 0xbf616a);
	assert_color(table.roles[ROLE_FAILED].fg.poor, THEME_INDEX, 9);
	assert_color(table.roles[ROLE_ERROR].fg.rich, THEME_INDEX, 117);
	assert_color(table.roles[ROLE_ERROR].fg.poor, THEME_INDEX, 9);
	assert_color(table.roles[ROLE_PASSED].fg.rich, THEME_INDEX, 4);
}

static void what_is_inherited_sees_the_palette_of_its_heir(void **state)
{
	const struct shelf shelf = { { { "base", "inherits: root\n"
						 "palette: { a: 100, b: 101 }\n"
						 "roles: { failed: a, error: b, passed: { fg: c, attributes: dim } }\n" },
				       { "root", "palette: { c: 102 }\nroles: { failed: 9, flaky: c }\n" } } };
	struct theme_table table = read_theme(&shelf, "inherits: base\n"
						      "palette: { b: 201, c: 202 }\n"
						      "roles: { passed: { mono: reverse } }\n");

	(void)state;
	assert_color(table.roles[ROLE_FAILED].fg.rich, THEME_INDEX, 100);
	assert_color(table.roles[ROLE_ERROR].fg.rich, THEME_INDEX, 201);
	assert_color(table.roles[ROLE_FLAKY].fg.rich, THEME_INDEX, 202);
	assert_color(table.roles[ROLE_PASSED].fg.rich, THEME_INDEX, 202);
	assert_int_equal(table.roles[ROLE_PASSED].attributes, ATTRIBUTE_DIM);
	assert_int_equal(table.roles[ROLE_PASSED].mono, ATTRIBUTE_REVERSE);
}

/* --- what is wrong with them --- */

static void errors_have_a_place_and_a_hint(void **state)
{
	static const struct {
		const char *text, *begins;
	} cases[] = {
		{ "", "t.yaml:1:1: expected a theme, found nothing" },
		{ "# nothing\n", "t.yaml:1:1: expected a theme, found nothing" },
		{ "- a\n", "t.yaml:1:1: expected a theme: a mapping with roles, found a list" },
		{ "rolse: {}\n", "t.yaml:1:1: expected description, inherits, palette or roles, found 'rolse'; did you "
				 "mean 'roles'?" },
		{ "roles:\n  faild: red\n",
		  "t.yaml:2:3: expected a role of xtop-theme(5), found 'faild'; did you mean 'failed'?" },
		{ "roles:\n  failed: { fg: grene }\n",
		  "t.yaml:2:17: expected a colour: \"#rrggbb\", 0 to 255, or a name, found 'grene'; did you mean "
		  "'green'?" },
		{ "palette: { azure: 75 }\nroles:\n  failed: azur\n",
		  "t.yaml:3:11: expected a colour: \"#rrggbb\", 0 to 255, or a name, found 'azur'; did you mean 'azure'?" },
		{ "roles:\n  failed: { fg: #ff0000 }\n", "t.yaml:3:1: " },
		{ "roles:\n  failed: #ff0000\n",
		  "t.yaml:2:10: expected a colour, with quotes where it begins with '#', found nothing" },
		{ "roles:\n  failed: { fg: 256 }\n", "t.yaml:2:17: expected a colour" },
		{ "roles:\n  failed: { fg: [1, 2, 3] }\n", "t.yaml:2:17: expected two colours" },
		{ "roles:\n  failed: { fg: [[1], 2] }\n", "t.yaml:2:18: expected a colour" },
		{ "roles:\n  failed: { forground: 1 }\n", "t.yaml:2:13: expected fg, bg, attributes or mono, found" },
		{ "roles:\n  failed: { attributes: blod }\n",
		  "t.yaml:2:25: expected bold, dim, italic, underline, reverse or none, found 'blod'; did you mean 'bold'?" },
		{ "roles:\n  failed: { mono: [bold, [dim]] }\n", "t.yaml:2:26: expected bold" },
		{ "roles: 3\n", "t.yaml:1:8: expected a mapping of roles to looks, found '3'" },
		{ "palette: [1]\n", "t.yaml:1:10: expected a mapping of names to colours, found a list" },
		{ "palette: { 12: 3 }\n", "t.yaml:1:12: expected a name, which begins with a letter, found '12'" },
		{ "palette: { a: b }\n", "t.yaml:1:15: expected a colour" },
		{ "inherits: [a]\n", "t.yaml:1:11: expected the name of a theme, found a list" },
		{ "description: {}\n", "t.yaml:1:14: expected text, found a mapping" },
		{ "inherits: nowhere\n", "t.yaml:1:11: inherits: there is no theme 'nowhere'" },
		{ "inherits: broken\n", "t.yaml:1:11: inherits: broken:2:1: " },
		{ "inherits: wrong\n", "wrong:1:18: expected a colour" },
		{ "inherits: loop\n", "loop:1:11: inherits: expected a chain of at most 8 themes" },
		{ "roles: {}\nroles: {}\n", "t.yaml:2:1: " },
	};
	const struct shelf shelf = { { { "broken", "roles: [" },
				       { "wrong", "roles: { failed: oops }" },
				       { "loop", "inherits: loop\n" } } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct theme_table table = { .cursor.mono = 77 };
		struct error error = ERROR_INIT;

		assert_int_equal(parse(&shelf, cases[i].text, &table, &error), -1);
		if (strncmp(error.message, cases[i].begins, strlen(cases[i].begins)) != 0)
			fail_msg("%s: '%s' does not begin with '%s'", cases[i].text, error.message, cases[i].begins);
		assert_int_equal(table.cursor.mono, 77);
	}
}

/* --- files --- */

static void write_file(const char *path, const char *text)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static void a_persons_own_themes_come_first(void **state)
{
	char directory[] = "/tmp/xtop-theme-XXXXXX", path[128], command[256];
	struct theme_places places;
	struct theme_table table;
	struct error error = ERROR_INIT;
	theme_names names = VEC_INIT;
	bool listed = false;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(command, sizeof(command), "mkdir -p %s/xtop/themes %s/data/themes", directory, directory);
	assert_int_equal(system(command), 0);
	setenv("XDG_CONFIG_HOME", directory, 1);
	snprintf(path, sizeof(path), "%s/data", directory);
	setenv("XTOP_DATADIR", path, 1);
	snprintf(path, sizeof(path), "%s/data/themes/sea.yaml", directory);
	write_file(path, "roles: { failed: 10, passed: 20 }\n");
	snprintf(path, sizeof(path), "%s/xtop/themes/sea.yaml", directory);
	write_file(path, "inherits: sea\nroles: { failed: 11 }\n");
	snprintf(path, sizeof(path), "%s/xtop/themes/ring.yaml", directory);
	write_file(path, "inherits: ring\n");
	snprintf(path, sizeof(path), "%s/xtop/themes/near.yaml", directory);
	write_file(path, "inherits: ./sea.yaml\n");

	theme_places_init(&places);
	assert_int_equal(theme_load(&places, "sea", &table, &error), 0);
	assert_color(table.roles[ROLE_FAILED].fg.rich, THEME_INDEX, 11);
	assert_color(table.roles[ROLE_PASSED].fg.rich, THEME_INDEX, 20);
	assert_int_equal(theme_load(&places, "near", &table, &error), 0);
	assert_color(table.roles[ROLE_FAILED].fg.rich, THEME_INDEX, 11);
	assert_int_equal(theme_load(&places, path, &table, &error), 0);
	assert_color(table.roles[ROLE_FAILED].fg.rich, THEME_INDEX, 11);
	assert_int_equal(theme_load(&places, "ring", &table, &error), -1);
	assert_non_null(strstr(error.message, "ring.yaml:1:11: inherits: expected another theme, found one that "
					      "inherits itself"));
	assert_int_equal(theme_load(&places, "see", &table, &error), -1);
	assert_string_equal(error.message, "there is no theme 'see'; did you mean 'sea'?");
	assert_int_equal(theme_load(&places, "./nowhere.yaml", &table, &error), -1);
	assert_non_null(strstr(error.message, "nowhere.yaml"));
	theme_list(&places, &names);
	for (size_t i = 0; i < names.length; i++) {
		listed = listed || !strcmp(names.items[i], "sea");
		if (i)
			assert_true(strcmp(names.items[i - 1], names.items[i]) < 0);
	}
	assert_true(listed);
	vec_each(&names, it)
		free(*it);
	vec_fini(&names);
	theme_places_fini(&places);
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
}

/* --- those that come with xtop --- */

static const char *const shipped[] = { "color-blind", "dark",  "dracula",        "gruvbox",         "high-contrast", "light",
				       "mono",        "nord",  "solarized-dark", "solarized-light", "terminal" };

static void open_shipped(struct theme_places *places)
{
	const char *source = getenv("srcdir");

	setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
	setenv("XTOP_DATADIR", source ? source : ".", 1);
	theme_places_init(places);
}

static void the_compiled_in_theme_is_that_of_its_file(void **state)
{
	struct theme_places places;
	struct theme_table table;
	struct error error = ERROR_INIT;
	char *path;
	struct yaml *yaml;
	const struct yaml_node *roles;

	(void)state;
	open_shipped(&places);
	path = alloc_format("%s/dark.yaml", places.directories.items[1]);
	if (theme_load(&places, path, &table, &error) != 0)
		fail_msg("%s", error.message);
	yaml = yaml_parse_file(path, NULL);
	roles = yaml_get(yaml_root(yaml), "roles");
	for (unsigned look = 0; look < THEME_LOOK_COUNT; look++) {
		struct theme_table own = theme_default;
		char name[THEME_NAME_SIZE];
		const struct theme_look *compiled, *read;

		theme_look_name(look, name);
		compiled = theme_look(&own, name);
		read = theme_look(&table, name);
		if (!yaml_get(roles, name))
			fail_msg("dark.yaml says nothing of %s", name);
		/* A file can't take back what is compiled in: all of it must be said. */
		assert_true(!compiled->attributes || yaml_get(yaml_get(roles, name), "attributes"));
		assert_true(!compiled->mono || yaml_get(yaml_get(roles, name), "mono"));
		assert_true(!compiled->fg.rich.kind || yaml_get(yaml_get(roles, name), "fg"));
		assert_true(!compiled->bg.rich.kind || yaml_get(yaml_get(roles, name), "bg"));
		assert_color(read->fg.rich, compiled->fg.rich.kind, compiled->fg.rich.value);
		assert_color(read->fg.poor, compiled->fg.poor.kind, compiled->fg.poor.value);
		assert_color(read->bg.rich, compiled->bg.rich.kind, compiled->bg.rich.value);
		assert_color(read->bg.poor, compiled->bg.poor.kind, compiled->bg.poor.value);
		assert_int_equal(read->attributes, compiled->attributes);
		assert_int_equal(read->mono, compiled->mono);
	}
	yaml_tree_free(yaml);
	free(path);
	theme_places_fini(&places);
}

static uint32_t shade_rgb(int shade, uint32_t own)
{
	return shade == THEME_SHADE_OWN ? own : shade < 8 ? theme_color_rgb((unsigned)shade) : (uint32_t)shade;
}

/* Text that a theme shows can be read: 4.5 to 1 for what is text, 3 to 1 for signs and for what recedes, 7 where the
 * theme promises it; 1.4 for lines. Source of the first two: WCAG 2.2, 1.4.3 and 1.4.11. */
static unsigned count_unreadable(const char *name, const struct theme_table *table, uint32_t own_fg, uint32_t own_bg,
				 double least)
{
	unsigned count = 0;

	for (unsigned mark = 0; mark < MARK_COUNT; mark++)
		for (unsigned role = 0; role < ROLE_ANSI_BLACK; role++) {
			struct theme_style style =
				theme_style(table, THEME_DIRECT, (enum role)role, (enum mark)mark);
			double wanted = 3, contrast = theme_color_contrast(shade_rgb(style.fg, own_fg),
									    shade_rgb(style.bg, own_bg));
			char look[THEME_NAME_SIZE];

			if (role == ROLE_TEXT || role == ROLE_STRONG || role == ROLE_PROMPT || role == ROLE_KEY)
				wanted = 4.5;
			if (role == ROLE_BORDER || role == ROLE_METER_REST || role == ROLE_LOAD)
				wanted = 1.4;
			/* Readable there already, and bold. */
			if (mark == MARK_CURSOR && wanted == 3)
				wanted = 2.2;
			if (mark == MARK_CURSOR_WEAK && wanted == 3)
				wanted = 2.5;
			if (least > wanted)
				wanted = least;
			theme_look_name(role, look);
			if (contrast < wanted)
				print_error("%s: %s with mark %u: %#x on %#x is %.2f to 1, wanted %.1f\n", name, look,
					    mark, (unsigned)style.fg, (unsigned)style.bg, contrast, wanted);
			count += contrast < wanted;
		}
	return count;
}

static void themes_that_come_with_xtop_can_be_read(void **state)
{
	struct theme_places places;
	unsigned unreadable = 0;

	(void)state;
	open_shipped(&places);
	for (size_t i = 0; i < sizeof(shipped) / sizeof(*shipped); i++) {
		bool light = strstr(shipped[i], "light") != NULL;
		struct theme_table table;
		struct error error = ERROR_INIT;

		if (theme_load(&places, shipped[i], &table, &error) != 0)
			fail_msg("%s", error.message);
		/* The sixteen are what the terminal makes of them. */
		if (!strcmp(shipped[i], "terminal") || !strcmp(shipped[i], "mono"))
			continue;
		unreadable += count_unreadable(shipped[i], &table, light ? 0x202020 : 0xe0e0e0,
					       light ? 0xffffff : 0x101010,
					       !strcmp(shipped[i], "high-contrast") ? 7 : 0);
	}
	assert_int_equal(unreadable, 0);
	theme_places_fini(&places);
}

static void the_monochrome_theme_has_no_colour(void **state)
{
	struct theme_places places;
	struct theme_table table;

	(void)state;
	open_shipped(&places);
	assert_int_equal(theme_load(&places, "mono", &table, NULL), 0);
	for (unsigned mark = 0; mark < MARK_COUNT; mark++)
		for (unsigned role = 0; role < ROLE_COUNT; role++) {
			struct theme_style style = theme_style(&table, THEME_256, (enum role)role, (enum mark)mark);

			assert_int_equal(style.fg, THEME_SHADE_OWN);
			assert_int_equal(style.bg, THEME_SHADE_OWN);
		}
	theme_places_fini(&places);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_theme_changes_what_it_names),
		cmocka_unit_test(names_of_the_palette_are_colours),
		cmocka_unit_test(what_is_inherited_sees_the_palette_of_its_heir),
		cmocka_unit_test(errors_have_a_place_and_a_hint),
		cmocka_unit_test(a_persons_own_themes_come_first),
		cmocka_unit_test(the_compiled_in_theme_is_that_of_its_file),
		cmocka_unit_test(themes_that_come_with_xtop_can_be_read),
		cmocka_unit_test(the_monochrome_theme_has_no_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
