/* Any bytes are a theme or an error with a place, also where a theme inherits itself; every look of a theme is one that
 * any terminal can show. */
#include "tui/theme_file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
	if (!holds)
		abort();
}

static struct yaml *open_itself(void *context, const char *name, const theme_chain *chain, struct error *error)
{
	(void)chain;
	return strcmp(name, THEME_BUILT_IN) ? yaml_parse(*(struct slice *)context, "input", error) : NULL;
}

static void check_style(struct theme_style style, enum theme_depth depth)
{
	static const int colors[] = { [THEME_MONO] = 0, [THEME_8] = 8, [THEME_16] = 16, [THEME_256] = 256,
				      [THEME_DIRECT] = 1 << 24 };

	require(style.fg >= THEME_SHADE_OWN && style.fg < colors[depth]);
	require(style.bg >= THEME_SHADE_OWN && style.bg < colors[depth]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	const struct theme_source source = { open_itself, &text };
	struct theme_table table;
	struct error error = ERROR_INIT;
	struct yaml *yaml = yaml_parse(text, "input", &error);

	if (!yaml)
		return 0;
	if (theme_file_parse(yaml, &source, &table, &error) != 0) {
		require(!strncmp(error.message, "input:", 6));
		return 0;
	}
	require(!error.message[0]);
	for (unsigned depth = THEME_MONO; depth <= THEME_DIRECT; depth++)
		for (unsigned role = 0; role < ROLE_COUNT; role++) {
			for (unsigned mark = 0; mark < MARK_COUNT; mark++)
				check_style(theme_style(&table, (enum theme_depth)depth, (enum role)role,
							(enum mark)mark),
					    (enum theme_depth)depth);
			check_style(theme_style_behind(&table, (enum theme_depth)depth, (enum role)role),
				    (enum theme_depth)depth);
		}
	return 0;
}
