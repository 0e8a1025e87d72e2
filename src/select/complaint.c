#include "select/complaint.h"

#include "base/alloc.h"
#include "base/utf8.h"
#include "config/values.h"

#include <stdlib.h>
#include <string.h>

enum {
	SHOWN_BEFORE = 44, /* columns of the expression that are shown in front of the place */
	SHOWN_WIDTH = 72,  /* and in all */
};

static const char indent[] = "  ";
static const char cut[] = "...";

static size_t step(const char *text, size_t length, size_t at)
{
	utf8_next(text, length, &at);
	return at;
}

/* Where to begin so that no more than SHOWN_BEFORE columns stand before `offset`. */
static size_t shown_from(const char *text, size_t length, size_t offset)
{
	size_t width = utf8_text_width(text, offset);
	size_t start = 0;

	while (start < offset && width > SHOWN_BEFORE) {
		size_t next = step(text, length, start);

		width -= utf8_text_width(text + start, next - start);
		start = next;
	}
	return start;
}

static size_t shown_to(const char *text, size_t length, size_t start)
{
	size_t width = 0;
	size_t end = start;

	while (end < length) {
		size_t next = step(text, length, end);

		width += utf8_text_width(text + end, next - end);
		if (width > SHOWN_WIDTH)
			break;
		end = next;
	}
	return end;
}

static void add_picture(struct str *out, const char *text, size_t offset)
{
	size_t length = strlen(text);
	size_t start = shown_from(text, length, offset);
	size_t end = shown_to(text, length, start);
	size_t columns = utf8_text_width(text + start, offset - start);

	str_add_text(out, indent);
	if (start > 0) {
		str_add_text(out, cut);
		columns += strlen(cut);
	}
	utf8_add_visible(out, text + start, end - start, false);
	str_add_text(out, end < length ? cut : "");
	str_add_format(out, "\n%s%*s^", indent, (int)columns, "");
}

int complaint_set(struct error *error, const char *text, size_t offset, const char *message)
{
	struct str lines = STR_INIT;

	utf8_add_visible(&lines, message, strlen(message), false);
	str_add_char(&lines, '\n');
	add_picture(&lines, text, offset);
	error_set(error, "%s", lines.data);
	str_fini(&lines);
	return -1;
}

size_t complaint_column(const char *text, size_t offset)
{
	size_t length = strlen(text);
	size_t column = 1;

	for (size_t at = 0; at < offset; column++)
		at = step(text, length, at);
	return column;
}

char *complaint_found(const char *text, size_t offset, size_t length)
{
	char *word, *quoted;

	if (!text[offset])
		return alloc_string("the end");
	word = alloc_string_n(text + offset, length);
	quoted = value_quoted(word);
	free(word);
	return quoted;
}
