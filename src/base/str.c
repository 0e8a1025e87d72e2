#include "base/str.h"

#include "base/alloc.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char str_empty[1];

enum {
	FIRST_CAPACITY = 64,
	NEAREST_LENGTH = 64, /* longer words are not looked at */
};

void str_init(struct str *str)
{
	str->data = str_empty;
	str->length = 0;
	str->capacity = 0;
}

void str_fini(struct str *str)
{
	if (str->capacity)
		free(str->data);
	str_init(str);
}

void str_clear(struct str *str)
{
	str->length = 0;
	if (str->capacity)
		str->data[0] = '\0';
}

static void grow(struct str *str, size_t more)
{
	size_t capacity = str->capacity ? str->capacity : FIRST_CAPACITY;

	if (more >= PTRDIFF_MAX - str->length)
		alloc_failed(SIZE_MAX);
	while (capacity - str->length <= more)
		capacity += capacity / 2;
	str->data = alloc_resized(str->capacity ? str->data : NULL, capacity, 1);
	str->data[str->length] = '\0';
	str->capacity = capacity;
}

void str_reserve(struct str *str, size_t more)
{
	if (str->capacity - str->length <= more)
		grow(str, more);
}

void str_add(struct str *str, const void *bytes, size_t length)
{
	if (!length)
		return;
	str_reserve(str, length);
	memcpy(str->data + str->length, bytes, length);
	str->length += length;
	str->data[str->length] = '\0';
}

void str_add_text(struct str *str, const char *text)
{
	str_add(str, text, strlen(text));
}

void str_add_char(struct str *str, char c)
{
	str_reserve(str, 1);
	str->data[str->length++] = c;
	str->data[str->length] = '\0';
}

void str_add_format(struct str *str, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	str_add_vformat(str, format, args);
	va_end(args);
}

void str_add_vformat(struct str *str, const char *format, va_list args)
{
	va_list again;
	size_t room;
	int length;

	/* Most text fits into what is there already, and is formatted once. */
	str_reserve(str, 32);
	room = str->capacity - str->length;
	va_copy(again, args);
	length = vsnprintf(str->data + str->length, room, format, args);
	if (length >= 0 && (size_t)length >= room) {
		str_reserve(str, (size_t)length);
		length = vsnprintf(str->data + str->length, (size_t)length + 1, format, again);
	}
	va_end(again);
	if (length > 0)
		str->length += (size_t)length;
	str->data[str->length] = '\0';
}

void str_cut_front(struct str *str, size_t length)
{
	if (!length)
		return;
	str->length -= length;
	memmove(str->data, str->data + length, str->length);
	str->data[str->length] = '\0';
}

char *str_take(struct str *str)
{
	char *text = str->capacity ? str->data : alloc_string("");

	str_init(str);
	return text;
}

struct slice slice_of(const char *text)
{
	return (struct slice){ .data = text, .length = text ? strlen(text) : 0 };
}

bool slice_equal(struct slice a, struct slice b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

bool slice_equal_text(struct slice a, const char *text)
{
	return slice_equal(a, slice_of(text));
}

bool slice_starts_with(struct slice a, const char *text)
{
	size_t length = strlen(text);

	return length == 0 || (a.length >= length && memcmp(a.data, text, length) == 0);
}

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice a)
{
	while (a.length > 0 && is_space(a.data[a.length - 1]))
		a.length--;
	while (a.length > 0 && is_space(a.data[0])) {
		a.data++;
		a.length--;
	}
	return a;
}

bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
	size_t length = strlen(text);
	size_t tail = strlen(suffix);

	return length >= tail && memcmp(text + length - tail, suffix, tail) == 0;
}

/* Upper and lower case are the same here: a word in the wrong case is still the word that was meant. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

static unsigned distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	unsigned rows[3][NEAREST_LENGTH + 1];
	unsigned *before = rows[0];
	unsigned *above = rows[1];
	unsigned *row = rows[2];

	for (size_t j = 0; j <= b_length; j++) {
		before[j] = 0;
		above[j] = (unsigned)j;
	}
	for (size_t i = 1; i <= a_length; i++) {
		unsigned *free_row = before;

		row[0] = (unsigned)i;
		for (size_t j = 1; j <= b_length; j++) {
			unsigned change = lower(a[i - 1]) != lower(b[j - 1]);

			row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + change);
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		before = above;
		above = row;
		row = free_row;
	}
	return above[b_length];
}

const char *text_nearest(const char *word, const char *const *words, size_t count)
{
	size_t length = strlen(word);
	const char *nearest = NULL;
	/* One mistake in three letters is a slip; more is another word. */
	unsigned limit = (unsigned)(length > 3 ? length / 3 : 1);

	if (length == 0 || length > NEAREST_LENGTH)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		size_t other = strlen(words[i]);
		unsigned far;

		if (other == 0 || other > NEAREST_LENGTH)
			continue;
		far = distance(word, length, words[i], other);
		/* In a word of one or two letters every letter may differ from any other word's. */
		if (far > limit || (far >= length && far >= other))
			continue;
		if (!nearest || far < limit)
			nearest = words[i];
		limit = far;
	}
	return nearest;
}

static bool is_shell_safe(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("_@%+=:,./-", c));
}

void str_add_shell_quoted(struct str *str, const char *text)
{
	const char *end = text;

	while (is_shell_safe(*end))
		end++;
	if (end != text && *end == '\0') {
		str_add(str, text, (size_t)(end - text));
		return;
	}
	str_add_char(str, '\'');
	for (; *text; text++) {
		if (*text == '\'')
			str_add_text(str, "'\\''");
		else
			str_add_char(str, *text);
	}
	str_add_char(str, '\'');
}
