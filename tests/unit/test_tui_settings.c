/* The settings' file: what it says, what is wrong with it, and what is left of it once it is written again. */
#include "tui/settings_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct tui_settings read_settings(const char *text)
{
	struct tui_settings settings;
	settings_problems problems = VEC_INIT;

	tui_settings_init(&settings);
	settings_file_parse(slice_of(text), "d.yaml", &settings, &problems);
	vec_each(&problems, it)
		fail_msg("%s", *it);
	settings_problems_fini(&problems);
	return settings;
}

static void assert_written(const char *text, const struct tui_settings *settings, const char *expected)
{
	struct str out = STR_INIT;
	struct error error = ERROR_INIT;

	if (settings_file_edit(slice_of(text), "d.yaml", settings, &out, &error) != 0)
		fail_msg("%s", error.message);
	assert_string_equal(out.data, expected);
	str_fini(&out);
}

static void all_settings_are_read(void **state)
{
	struct tui_settings settings = read_settings("theme: nord\n"
						     "frames: 12\n"
						     "ascii: yes\n"
						     "panes:\n"
						     "  workers: { shown: false, height: 25 }\n"
						     "  detail: { height: auto }\n"
						     "columns:\n"
						     "  tests: [time, status]\n"
						     "  workers: []\n"
						     "keys:\n"
						     "  rerun: [z, F7]\n"
						     "  kill: []\n"
						     "  pause: F9\n");

	(void)state;
	assert_string_equal(settings.theme, "nord");
	assert_int_equal(settings.frames, 12);
	assert_true(settings.ascii);
	assert_false(settings.panes[SETTINGS_WORKERS].shown);
	assert_int_equal(settings.panes[SETTINGS_WORKERS].share, 25);
	assert_true(settings.panes[SETTINGS_DETAIL].shown);
	assert_int_equal(settings.panes[SETTINGS_DETAIL].share, 0);
	assert_int_equal(settings.columns[COLUMNS_TESTS].count, 2);
	assert_int_equal(settings.columns[COLUMNS_TESTS].columns[0], TESTS_COLUMN_TIME);
	assert_int_equal(settings.columns[COLUMNS_TESTS].columns[1], TESTS_COLUMN_STATUS);
	assert_int_equal(settings.columns[COLUMNS_WORKERS].count, 0);
	assert_int_equal(keymap_request(&settings.keymap, 'z'), REQUEST_RERUN);
	assert_int_equal(keymap_request(&settings.keymap, 'r'), REQUEST_NONE);
	assert_int_equal(keymap_request(&settings.keymap, KEYCODE_F0 + 7), REQUEST_RERUN);
	assert_int_equal(keymap_request(&settings.keymap, KEYCODE_F0 + 9), REQUEST_PAUSE);
	assert_int_equal(keymap_request(&settings.keymap, 'p'), REQUEST_NONE);
	assert_int_equal(settings.keymap.keys[REQUEST_KILL][0], 0);
	assert_int_equal(keymap_request(&settings.keymap, 'j'), REQUEST_DOWN);
}

static void nothing_is_as_at_first(void **state)
{
	static const char *const texts[] = { "", "# a comment\n", "{}", "keys:\npanes:\n", "theme: auto\n" };
	struct tui_settings first;

	(void)state;
	tui_settings_init(&first);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct tui_settings settings = read_settings(texts[i]);

		assert_memory_equal(&settings, &first, sizeof(first));
	}
}

static void two_keys_can_change_places(void **state)
{
	struct tui_settings settings = read_settings("keys:\n  rerun: p\n  pause: r\n");

	(void)state;
	assert_int_equal(keymap_request(&settings.keymap, 'p'), REQUEST_RERUN);
	assert_int_equal(keymap_request(&settings.keymap, 'r'), REQUEST_PAUSE);
}

/* Each problem is told with its place, and what is right beside it counts. */
static void problems_have_a_place_and_a_hint(void **state)
{
	static const struct {
		const char *text, *begins;
	} cases[] = {
		{ "frames: 5\n- a\n", "d.yaml:2:1: " },
		{ "- a\n", "d.yaml:1:1: settings: expected a mapping, found a list" },
		{ "thema: x\nframes: 5\n",
		  "d.yaml:1:1: expected theme, frames, ascii, panes, columns or keys, found 'thema'; did you mean 'theme'?" },
		{ "theme: [a]\nframes: 5\n", "d.yaml:1:8: theme: expected the name of a theme, found a list" },
		{ "theme: ''\nframes: 5\n", "d.yaml:1:8: theme: expected the name of a theme" },
		{ "frames: 5\nframes: 6\n", "d.yaml:2:1: " },
		{ "ascii: maybe\nframes: 5\n", "d.yaml:1:8: ascii: expected true or false, found 'maybe'" },
		{ "panes: { test: { shown: true } }\nframes: 5\n",
		  "d.yaml:1:10: expected workers, tests or detail, found 'test'; did you mean 'tests'?" },
		{ "panes: { tests: 5 }\nframes: 5\n", "d.yaml:1:17: tests: expected a mapping with shown and height" },
		{ "panes: { tests: { height: 81 } }\nframes: 5\n",
		  "d.yaml:1:27: height: expected auto or 5 to 80, per cent, found '81'" },
		{ "panes: { tests: { heigth: 8 } }\nframes: 5\n", "d.yaml:1:19: expected shown or height, found 'heigth'; did "
								  "you mean 'height'?" },
		{ "panes: { tests: { shown: no }, workers: { shown: no }, detail: { shown: no } }\nframes: 5\n",
		  "d.yaml:1:8: panes: expected at least one that is shown" },
		{ "columns: { tests: [statsu] }\nframes: 5\n",
		  "d.yaml:1:20: expected a column of the tests, found 'statsu'; did you mean 'status'?" },
		{ "columns: { tests: [time, time] }\nframes: 5\n", "d.yaml:1:26: tests: expected each column once" },
		{ "columns: { detail: [] }\nframes: 5\n", "d.yaml:1:12: expected a pane with columns: tests or workers" },
		{ "keys: { reurn: [r] }\nframes: 5\n",
		  "d.yaml:1:9: expected what a key can ask for, such as rerun, found 'reurn'; did you mean 'rerun'?" },
		{ "keys: { rerun: [Ctrl-X] }\nframes: 5\n",
		  "d.yaml:1:17: keys: expected a key, such as r, F7, C-l, PgUp or Space, found 'Ctrl-X'" },
		{ "keys:\n  rerun: [r, p]\nframes: 5\n",
		  "d.yaml:2:14: rerun: the key 'p' is that of pause; give that one other keys, or none: 'pause: []'" },
		{ "keys:\n  rerun: [z]\n  kill: z\nframes: 5\n", "d.yaml:3:9: kill: the key 'z' is that of rerun" },
		{ "keys: { rerun: [z, z] }\nframes: 5\n", "d.yaml:1:20: rerun: the key 'z' is there twice" },
		{ "keys: { rerun: [\"1\", \"&\", \"$\", \"(\", \")\", \"_\", \"^\", \"'\"] }\nframes: 5\n", "d.yaml:1:17: rerun: the key '1'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct tui_settings settings;
		settings_problems problems = VEC_INIT;

		tui_settings_init(&settings);
		settings_file_parse(slice_of(cases[i].text), "d.yaml", &settings, &problems);
		assert_true(problems.length > 0);
		if (strncmp(problems.items[0], cases[i].begins, strlen(cases[i].begins)) != 0)
			fail_msg("%s: '%s' does not begin with '%s'", cases[i].text, problems.items[0], cases[i].begins);
		if (strstr(cases[i].text, "\nframes: 5\n"))
			assert_int_equal(settings.frames, 5);
		/* Keys that were refused stay with whom they were. */
		assert_int_equal(keymap_request(&settings.keymap, 'p'), REQUEST_PAUSE);
		settings_problems_fini(&problems);
	}
}

static void frames_have_bounds(void **state)
{
	static const char *const wrong[] = { "0", "61", "-1", "5.5", "1e1", "999999999999", "fast", "[5]" };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct tui_settings settings;
		settings_problems problems = VEC_INIT;
		char text[64];

		snprintf(text, sizeof(text), "frames: %s\n", wrong[i]);
		tui_settings_init(&settings);
		settings_file_parse(slice_of(text), "d.yaml", &settings, &problems);
		assert_int_equal(problems.length, 1);
		assert_int_equal(settings.frames, SETTINGS_FRAMES);
		settings_problems_fini(&problems);
	}
}

static void what_is_new_is_appended(void **state)
{
	struct tui_settings settings;

	(void)state;
	tui_settings_init(&settings);
	assert_written("", &settings, "");
	strcpy(settings.theme, "nord");
	settings.panes[SETTINGS_WORKERS].shown = false;
	settings.panes[SETTINGS_DETAIL].share = 40;
	assert_written("", &settings,
		       "theme: nord\n"
		       "panes:\n"
		       "  workers: { shown: false, height: auto }\n"
		       "  tests: { shown: true, height: auto }\n"
		       "  detail: { shown: true, height: 40 }\n");
	assert_written("# mine", &settings,
		       "# mine\n"
		       "theme: nord\n"
		       "panes:\n"
		       "  workers: { shown: false, height: auto }\n"
		       "  tests: { shown: true, height: auto }\n"
		       "  detail: { shown: true, height: 40 }\n");
}

static void what_did_not_change_stays_as_it_was_written(void **state)
{
	static const char text[] = "# mine\n"
				   "\n"
				   "theme:   nord # the best\n"
				   "from-the-future: [1,\n"
				   "  2]   # who knows\n"
				   "# keys follow\n"
				   "keys:\n"
				   "  rerun: [ z ]   # z as in zebra\n"
				   "  teleport: [t]\n"
				   "# the end\n";
	struct tui_settings settings;

	(void)state;
	tui_settings_init(&settings);
	settings_file_parse(slice_of(text), "d.yaml", &settings, NULL);
	assert_written(text, &settings, text);
	settings.ascii = true;
	settings.theme[0] = '\0';
	assert_written(text, &settings,
		       "# mine\n"
		       "\n"
		       "theme: auto\n"
		       "from-the-future: [1,\n"
		       "  2]   # who knows\n"
		       "# keys follow\n"
		       "keys:\n"
		       "  rerun: [ z ]   # z as in zebra\n"
		       "  teleport: [t]\n"
		       "# the end\n"
		       "ascii: true\n");
	settings.keymap.keys[REQUEST_KILL][0] = '"';
	settings.keymap.keys[REQUEST_PAUSE][0] = KEYCODE_F0 + 11;
	memset(settings.keymap.keys[REQUEST_QUIT], 0, sizeof(settings.keymap.keys[REQUEST_QUIT]));
	strcpy(settings.theme, "nord");
	settings.ascii = false;
	assert_written(text, &settings,
		       "# mine\n"
		       "\n"
		       "theme:   nord # the best\n"
		       "from-the-future: [1,\n"
		       "  2]   # who knows\n"
		       "# keys follow\n"
		       "keys:\n"
		       "  rerun: [z]\n"
		       "  kill: [\"\\\"\"]\n"
		       "  pause: [F11]\n"
		       "  quit: []\n"
		       "  teleport: [t]\n"
		       "# the end\n");
}

static void what_can_not_be_read_is_not_written_over(void **state)
{
	static const char *const texts[] = { "theme: [", "- a\n", "{ theme: nord }\n", "? theme\n: nord\n",
					     "theme: nord\n...\n" };
	struct tui_settings settings;

	(void)state;
	tui_settings_init(&settings);
	settings.frames = 7;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct str out = STR_INIT;
		struct error error = ERROR_INIT;

		assert_int_equal(settings_file_edit(slice_of(texts[i]), "d.yaml", &settings, &out, &error), -1);
		assert_int_equal(strncmp(error.message, "d.yaml", 6), 0);
		str_fini(&out);
	}
}

static void every_key_is_read_back(void **state)
{
	struct tui_settings settings;
	struct str out = STR_INIT;
	int key = ' ';

	(void)state;
	tui_settings_init(&settings);
	memset(&settings.keymap, 0, sizeof(settings.keymap));
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT && key <= '~'; request++)
		for (int i = 0; i < KEYMAP_KEYS_MAX && key <= '~'; i++)
			settings.keymap.keys[request][i] = key++;
	settings.keymap.keys[REQUEST_COUNT - 1][0] = 0x65e5;
	settings.keymap.keys[REQUEST_COUNT - 1][1] = KEYCODE_LAST;
	settings.keymap.keys[REQUEST_COUNT - 1][2] = KEYCODE_BACK_TAB;
	settings.keymap.keys[REQUEST_COUNT - 1][3] = 1;
	assert_int_equal(key, '~' + 1);
	assert_int_equal(settings_file_edit(slice_of(""), "d.yaml", &settings, &out, NULL), 0);
	str_fini(&out);
}

static void a_file_is_made_and_replaced(void **state)
{
	char directory[] = "/tmp/xtop-settings-XXXXXX", path[128], command[256];
	struct tui_settings settings, back;
	struct error error = ERROR_INIT;
	settings_problems problems = VEC_INIT;
	char *found;

	(void)state;
	assert_non_null(mkdtemp(directory));
	setenv("XDG_CONFIG_HOME", directory, 1);
	found = settings_file_path();
	snprintf(path, sizeof(path), "%s/xtop/dashboard.yaml", directory);
	assert_string_equal(found, path);
	tui_settings_init(&settings);
	settings_file_load(path, &settings, &problems);
	assert_int_equal(problems.length, 0);
	settings.frames = 7;
	assert_int_equal(settings_file_save(path, &settings, &error), 0);
	settings.ascii = true;
	assert_int_equal(settings_file_save(path, &settings, &error), 0);
	tui_settings_init(&back);
	settings_file_load(path, &back, &problems);
	assert_int_equal(problems.length, 0);
	assert_memory_equal(&back, &settings, sizeof(back));
	free(found);
	/* Where something else stands in its place. */
	snprintf(command, sizeof(command), "rm -r %s/xtop && touch %s/xtop", directory, directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(settings_file_save(path, &settings, &error), -1);
	assert_non_null(strstr(error.message, "xtop"));
	snprintf(command, sizeof(command), "rm -r %s", directory);
	assert_int_equal(system(command), 0);
	unsetenv("XDG_CONFIG_HOME");
	setenv("HOME", "/home/me", 1);
	found = settings_file_path();
	assert_string_equal(found, "/home/me/.config/xtop/dashboard.yaml");
	free(found);
	unsetenv("HOME");
	assert_null(settings_file_path());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_settings_are_read),
		cmocka_unit_test(nothing_is_as_at_first),
		cmocka_unit_test(two_keys_can_change_places),
		cmocka_unit_test(problems_have_a_place_and_a_hint),
		cmocka_unit_test(frames_have_bounds),
		cmocka_unit_test(what_is_new_is_appended),
		cmocka_unit_test(what_did_not_change_stays_as_it_was_written),
		cmocka_unit_test(what_can_not_be_read_is_not_written_over),
		cmocka_unit_test(every_key_is_read_back),
		cmocka_unit_test(a_file_is_made_and_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
