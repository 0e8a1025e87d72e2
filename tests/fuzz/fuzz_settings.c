/* Any bytes are settings and problems with places; written again, changed or not, they read back as they were. */
#include "tui/settings_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check(struct slice text, const struct tui_settings *settings)
{
	struct tui_settings back;
	struct str out = STR_INIT;
	struct error error = ERROR_INIT;

	if (settings_file_edit(text, "input", settings, &out, &error) == 0) {
		tui_settings_init(&back);
		settings_file_parse((struct slice){ out.data, out.length }, "input", &back, NULL);
		require(!memcmp(&back.keymap, &settings->keymap, sizeof(back.keymap)));
		require(!strcmp(back.theme, settings->theme) && back.frames == settings->frames);
	} else {
		require(!strncmp(error.message, "input:", 6));
	}
	str_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	settings_problems problems = VEC_INIT;
	struct tui_settings settings;

	tui_settings_init(&settings);
	settings_file_parse(text, "input", &settings, &problems);
	vec_each(&problems, it)
		require(!strncmp(*it, "input:", 6));
	settings_problems_fini(&problems);
	require(settings.frames >= 1 && settings.frames <= SETTINGS_FRAMES_MOST);
	require(memchr(settings.theme, '\0', sizeof(settings.theme)) != NULL);
	check(text, &settings);
	strcpy(settings.theme, "a: theme # \"with\" signs");
	settings.frames = settings.frames % SETTINGS_FRAMES_MOST + 1;
	settings.panes[SETTINGS_DETAIL].shown = !settings.panes[SETTINGS_DETAIL].shown;
	settings.panes[SETTINGS_TESTS].shown = true;
	settings.columns[COLUMNS_TESTS].count = settings.columns[COLUMNS_TESTS].count ? 0 : 1;
	memset(settings.keymap.keys[REQUEST_RERUN], 0, sizeof(settings.keymap.keys[REQUEST_RERUN]));
	check(text, &settings);
	return 0;
}
