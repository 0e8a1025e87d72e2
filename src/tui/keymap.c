#include "tui/keymap.h"

#include "base/utf8.h"

#include <stddef.h>
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

enum request keymap_request(int key)
{
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		const char *keys = entries[request].keys;

		while (*keys) {
			unsigned length = (unsigned)strcspn(keys, " ");

			if (keymap_key_by_name(keys, length) == key)
				return (enum request)request;
			keys += length;
			keys += strspn(keys, " ");
		}
	}
	return REQUEST_NONE;
}
