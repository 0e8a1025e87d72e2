#include "tui/playback.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "base/utf8.h"
#include "tui/command.h"
#include "tui/keymap.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PLAYBACK_LIMIT ((size_t)1 << 20)

struct playback {
	char *path;
	struct str text;
	size_t place;  /* in the text, where the next line begins */
	unsigned line; /* its number, from 1 */
	const struct playback_stage *stage;
};

struct playback *playback_open(const char *path, const struct playback_stage *stage, struct error *error)
{
	struct playback *playback = ALLOC_NEW(struct playback);

	playback->path = alloc_string(path);
	playback->stage = stage;
	playback->line = 1;
	str_init(&playback->text);
	if (fs_read_file(path, PLAYBACK_LIMIT, &playback->text, error) == 0)
		return playback;
	playback_free(playback);
	return NULL;
}

void playback_free(struct playback *playback)
{
	if (!playback)
		return;
	str_fini(&playback->text);
	free(playback->path);
	free(playback);
}

static int fail(const struct playback *playback, struct error *error, const char *what, struct slice found)
{
	return error_set(error, "%s:%u: %s '%.*s'", playback->path, playback->line, what, (int)found.length, found.data);
}

static int press(const struct playback *playback, struct app *app, struct slice names, struct error *error)
{
	while (names.length) {
		struct slice name = { names.data, 0 };
		int key;

		while (name.length < names.length && !isspace((unsigned char)name.data[name.length]))
			name.length++;
		key = keymap_key_by_name(name.data, (unsigned)name.length);
		if (!key)
			return fail(playback, error, "expected the name of a key, found", name);
		app_key(app, key);
		names = slice_trim((struct slice){ names.data + name.length, names.length - name.length });
	}
	return 0;
}

static void type(struct app *app, struct slice text)
{
	size_t place = 0;

	while (place < text.length)
		app_key(app, (int)utf8_next(text.data, text.length, &place));
}

static bool shows(const struct screen *screen, struct slice text)
{
	struct str picture = STR_INIT;
	char *wanted = alloc_string_n(text.data, text.length);
	bool found;

	screen_dump(screen, &picture);
	found = strstr(picture.data, wanted) != NULL;
	free(wanted);
	str_fini(&picture);
	return found;
}

static bool is_verb(struct slice line, const char *verb, struct slice *rest)
{
	size_t length = strlen(verb);

	if (line.length < length || memcmp(line.data, verb, length) != 0 ||
	    (line.length > length && !isspace((unsigned char)line.data[length])))
		return false;
	*rest = slice_trim((struct slice){ line.data + length, line.length - length });
	return true;
}

static int resize(struct playback *playback, struct slice size, struct error *error)
{
	char text[32];
	int width, height, used = 0;

	snprintf(text, sizeof(text), "%.*s", (int)size.length, size.data);
	if (sscanf(text, "%dx%d%n", &width, &height, &used) != 2 || text[used] || width < 1 || height < 1 || width > 1000 ||
	    height > 1000)
		return fail(playback, error, "expected a size such as 80x24, found", size);
	playback->stage->resize(playback->stage->context, width, height);
	return 0;
}

bool playback_step(struct playback *playback, struct app *app, const struct screen *screen, int *failed, struct error *error)
{
	const char *begin = playback->text.data + playback->place, *newline;
	size_t left = playback->text.length - playback->place;
	struct slice line, rest;

	*failed = 0;
	if (!left)
		return false;
	newline = memchr(begin, '\n', left);
	line = slice_trim((struct slice){ begin, newline ? (size_t)(newline - begin) : left });
	if (is_verb(line, "wait", &rest)) {
		if (!shows(screen, rest))
			return false;
	} else if (is_verb(line, "idle", &rest)) {
		if (!playback->stage->idle(playback->stage->context))
			return false;
	} else if (is_verb(line, "key", &rest)) {
		*failed = press(playback, app, rest, error);
	} else if (is_verb(line, "type", &rest)) {
		type(app, rest);
	} else if (is_verb(line, "size", &rest)) {
		*failed = resize(playback, rest, error);
	} else if (line.length && line.data[0] == ':') {
		app_command(app, (struct slice){ line.data + 1, line.length - 1 });
	} else if (line.length && line.data[0] != '#') {
		*failed = fail(playback, error, "expected key, type, :, wait, idle or size, found", line);
	}
	playback->place = newline ? (size_t)(newline - playback->text.data) + 1 : playback->text.length;
	playback->line++;
	return !*failed;
}
