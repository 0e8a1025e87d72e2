#include "diagnose/codes.h"

#include "base/str.h"

#include <string.h>
#include <strings.h>

const struct code code_table[] = {
#define X(NAME, number, level, name, text, remedy) \
	{ CODE_##NAME, "XT" #number, name, LEVEL_##level, text, remedy },
	XTOP_CODES(X)
#undef X
};

enum { COUNT = sizeof(code_table) / sizeof(*code_table) };
const size_t code_count = COUNT;

const struct code *code_of(enum code_number number)
{
	for (size_t i = 0; i < COUNT; i++) {
		if (code_table[i].number == number)
			return &code_table[i];
	}
	return NULL;
}

const struct code *code_find(const char *word)
{
	for (size_t i = 0; i < COUNT; i++) {
		const struct code *code = &code_table[i];
		if (strcasecmp(word, code->code) == 0 || strcasecmp(word, code->name) == 0 ||
		    strcmp(word, code->code + strlen("XT")) == 0)
			return code;
	}
	return NULL;
}

const struct code *code_nearest(const char *word)
{
	const char *names[COUNT];

	for (size_t i = 0; i < COUNT; i++)
		names[i] = code_table[i].name;
	const char *nearest = text_nearest(word, names, COUNT);
	/* A part of a name is what people remember: "lock". */
	for (size_t i = 0; i < COUNT && !nearest && strlen(word) > 2; i++) {
		if (strcasestr(names[i], word))
			nearest = names[i];
	}
	return nearest ? code_find(nearest) : NULL;
}
