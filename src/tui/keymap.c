#include "tui/keymap.h"

#include "base/utf8.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

static const struct keymap_entry entries[REQUEST_COUNT] = {
#define X(request, group, keys, help) \
	[REQUEST_##request] = { REQUEST_##request, GROUP_##group, #request, keys, help },
	KEYMAP_REQUESTS(X)
#undef X
};

static const struct {
	const char *name;
	int key;
} named[] = {
	{ "Up", KEYCODE_UP },         { "Down", KEYCODE_DOWN },     { "Left", KEYCODE_LEFT },
	{ "Right", KEYCODE_RIGHT },   { "PgUp", KEYCODE_PAGE_UP },  { "PgDn", KEYCODE_PAGE_DOWN },
	{ "Home", KEYCODE_HOME },     { "End", KEYCODE_END },       { "Tab", KEYCODE_TAB },
	{ "S-Tab", KEYCODE_BACK_TAB }, { "Enter", KEYCODE_ENTER },  { "Esc", KEYCODE_ESCAPE },
	{ "Space", ' ' },             { "BSpace", KEYCODE_BACKSPACE }, { "Del", KEYCODE_DELETE },
};

const struct keymap_entry *keymap_entry(enum request request)
{
	return request > REQUEST_NONE && request < REQUEST_COUNT ? &entries[request] : NULL;
}

const char *keymap_group_title(enum keymap_group group)
{
	static const char *const titles[GROUP_COUNT] = {
#define X(name, title) title,
		KEYMAP_GROUPS(X)
#undef X
	};

	return titles[group];
}

int keymap_key_by_name(const char *name, unsigned length)
{
	size_t position = 0;
	uint32_t code_point;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (strlen(named[i].name) == length && !memcmp(named[i].name, name, length))
			return named[i].key;
	if (length == 3 && name[0] == 'C' && name[1] == '-' && name[2] >= 'a' && name[2] <= 'z')
		return name[2] - 'a' + 1;
	if (length >= 2 && length <= 3 && name[0] == 'F' && name[1] >= '1' && name[1] <= '9') {
		int number = name[1] - '0';

		if (length == 3 && name[2] >= '0' && name[2] <= '9')
			number = number * 10 + (name[2] - '0');
		else if (length == 3)
			return 0;
		return number <= 12 ? KEYCODE_F0 + number : 0;
	}
	if (!length)
		return 0;
	code_point = utf8_next(name, length, &position);
	return position == length && code_point != UTF8_REPLACEMENT ? (int)code_point : 0;
}

void keymap_key_name(int key, char name[KEYMAP_NAME_SIZE])
{
	char bytes[4];
	struct str text = STR_INIT;

	for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
		if (named[i].key == key) {
			snprintf(name, KEYMAP_NAME_SIZE, "%s", named[i].name);
			return;
		}
	if (key > KEYCODE_F0 && key <= KEYCODE_LAST)
		str_add_format(&text, "F%d", key - KEYCODE_F0);
	else if (key > 0 && key <= 26)
		str_add_format(&text, "C-%c", key - 1 + 'a');
	else
		utf8_add_visible(&text, bytes, utf8_encode((uint32_t)key, bytes), false);
	snprintf(name, KEYMAP_NAME_SIZE, "%s", text.data);
	str_fini(&text);
}

void keymap_request_name(enum request request, char name[KEYMAP_REQUEST_SIZE])
{
	const char *from = entries[request].name;
	unsigned length = 0;

	for (; from[length] && length < KEYMAP_REQUEST_SIZE - 1; length++)
		name[length] = (char)(from[length] == '_' ? '-' : from[length] + ('a' - 'A'));
	name[length] = '\0';
}

enum request keymap_request_by_name(const char *name)
{
	char own[KEYMAP_REQUEST_SIZE];

	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		keymap_request_name((enum request)request, own);
		if (!strcmp(own, name))
			return (enum request)request;
	}
	return REQUEST_NONE;
}

void keymap_init(struct keymap *keymap)
{
	memset(keymap, 0, sizeof(*keymap));
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		const char *keys = entries[request].keys;
		unsigned count = 0;

		while (*keys && count < KEYMAP_KEYS_MAX) {
			unsigned length = (unsigned)strcspn(keys, " ");

			keymap->keys[request][count++] = keymap_key_by_name(keys, length);
			keys += length;
			keys += strspn(keys, " ");
		}
	}
}

enum request keymap_request(const struct keymap *keymap, int key)
{
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++)
		for (unsigned i = 0; i < KEYMAP_KEYS_MAX && keymap->keys[request][i]; i++)
			if (keymap->keys[request][i] == key)
				return (enum request)request;
	return REQUEST_NONE;
}

int keymap_best_key(const struct keymap *keymap, enum request request)
{
	const int *keys = keymap->keys[request];

	for (unsigned i = 0; i < KEYMAP_KEYS_MAX && keys[i]; i++)
		if (keys[i] > KEYCODE_F0 && keys[i] <= KEYCODE_LAST)
			return keys[i];
	return keys[0];
}

void keymap_keys_text(const struct keymap *keymap, enum request request, char text[KEYMAP_TEXT_SIZE])
{
	const int *keys = keymap->keys[request];
	size_t length = 0;

	text[0] = '\0';
	for (unsigned i = 0; i < KEYMAP_KEYS_MAX && keys[i]; i++) {
		char name[KEYMAP_NAME_SIZE];

		keymap_key_name(keys[i], name);
		length += (size_t)snprintf(text + length, KEYMAP_TEXT_SIZE - length, "%s%s", i ? " " : "", name);
	}
}
