#include "engine/given.h"

#include "base/alloc.h"
#include "base/map.h"

#include <stdlib.h>
#include <string.h>

struct given {
	struct map *places; /* of each text, from 1 */
};

struct placed {
	struct found_test test;
	uintptr_t place;
	size_t found;
};

struct given *given_new(const struct config *config, struct error *error)
{
	struct given_texts texts = { NULL, 0, 0 };
	int status = collect_given(config, &texts, error);
	struct given *given = ALLOC_NEW(struct given);
	given->places = map_new();
	for (size_t i = 0; i < texts.length; i++) {
		const char *text = texts.items[i];
		if (!map_get(given->places, text, strlen(text)))
			map_put(given->places, text, strlen(text), (void *)(uintptr_t)(i + 1));
	}
	for (size_t i = 0; i < texts.length; i++)
		free(texts.items[i]);
	vec_fini(&texts);
	if (status == 0)
		return given;
	given_free(given);
	return NULL;
}

void given_free(struct given *given)
{
	if (!given)
		return;
	map_free(given->places);
	free(given);
}

/* Cuts the last part off: parameters, the innermost name, the name of the file, a directory. */
static bool shorten(char *text)
{
	size_t length = strlen(text);
	char *bracket = length && text[length - 1] == ']' ? strchr(text, '[') : NULL;
	char *cut = bracket;
	if (!cut) {
		for (char *at = text; (at = strstr(at, "::")); at += 2)
			cut = at;
	}
	if (!cut)
		cut = strrchr(text, '/');
	if (!cut || cut == text)
		return false;
	*cut = '\0';
	return true;
}

/* The nearest of what the arguments name: the test itself, its class, its file, a directory. */
static uintptr_t place_of(const struct given *given, const struct found_test *test)
{
	const char *behind = test->server ? strstr(test->id, "::") : NULL;
	char *text = behind ? alloc_format("%s%s", test->file ? test->file : "", behind) : alloc_string(test->id);
	uintptr_t place;
	do
		place = (uintptr_t)map_get(given->places, text, strlen(text));
	while (!place && shorten(text));
	free(text);
	return place ? place : UINTPTR_MAX;
}

static int compare(const void *a, const void *b)
{
	const struct placed *left = a, *right = b;
	if (left->place != right->place)
		return left->place < right->place ? -1 : 1;
	return left->found < right->found ? -1 : left->found > right->found;
}

void given_sort(const struct given *given, struct found_test *tests, size_t count)
{
	struct placed *list = alloc_zeroed(count ? count : 1, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		list[i] = (struct placed){ tests[i], place_of(given, &tests[i]), i };
	qsort(list, count, sizeof(*list), compare);
	for (size_t i = 0; i < count; i++)
		tests[i] = list[i].test;
	free(list);
}
