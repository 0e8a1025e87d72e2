#include "base/alloc.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void alloc_failed(size_t size)
{
	char text[80];
	int length = size ? snprintf(text, sizeof(text), "xtop: out of memory (%zu bytes wanted)\n", size)
			  : snprintf(text, sizeof(text), "xtop: out of memory\n");

	/* Not through stdio: it may want memory itself. */
	if (length > 0 && write(STDERR_FILENO, text, (size_t)length) < 0) {
		/* There is nobody left to tell. */
	}
	abort();
}

void *alloc_bytes(size_t size)
{
	void *bytes = malloc(size ? size : 1);

	if (!bytes)
		alloc_failed(size);
	return bytes;
}

void *alloc_zeroed(size_t count, size_t size)
{
	void *bytes = calloc(count ? count : 1, size ? size : 1);

	if (!bytes)
		alloc_failed(size && count > SIZE_MAX / size ? SIZE_MAX : count * size);
	return bytes;
}

void *alloc_resized(void *old, size_t count, size_t size)
{
	void *bytes;

	if (size && count > PTRDIFF_MAX / size)
		alloc_failed(SIZE_MAX);
	bytes = realloc(old, count && size ? count * size : 1);
	if (!bytes)
		alloc_failed(count * size);
	return bytes;
}

char *alloc_string(const char *text)
{
	return alloc_string_n(text, strlen(text));
}

char *alloc_string_n(const char *text, size_t length)
{
	char *copy;

	if (length >= PTRDIFF_MAX)
		alloc_failed(SIZE_MAX);
	copy = alloc_bytes(length + 1);
	if (length)
		memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *alloc_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0 || !text)
		alloc_failed(0);
	return text;
}
