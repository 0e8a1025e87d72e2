#include "base/utf8.h"

#include <string.h>
#include <wchar.h>

uint32_t utf8_next(const char *bytes, size_t length, size_t *position)
{
	const unsigned char *at = (const unsigned char *)bytes + *position;
	size_t left = length - *position;
	unsigned char lead = at[0];
	/* What the second byte may be; only E0, ED, F0 and F4 narrow it (table 3-7). */
	unsigned char low = 0x80;
	unsigned char high = 0xBF;
	uint32_t code_point;
	size_t size;

	if (lead < 0x80) {
		*position += 1;
		return lead;
	}
	if (lead >= 0xC2 && lead <= 0xDF) {
		size = 2;
		code_point = lead & 0x1F;
	} else if (lead >= 0xE0 && lead <= 0xEF) {
		size = 3;
		code_point = lead & 0x0F;
		if (lead == 0xE0)
			low = 0xA0;
		else if (lead == 0xED)
			high = 0x9F;
	} else if (lead >= 0xF0 && lead <= 0xF4) {
		size = 4;
		code_point = lead & 0x07;
		if (lead == 0xF0)
			low = 0x90;
		else if (lead == 0xF4)
			high = 0x8F;
	} else {
		*position += 1;
		return UTF8_REPLACEMENT;
	}
	for (size_t i = 1; i < size; i++) {
		if (i >= left || at[i] < low || at[i] > high) {
			*position += i; /* the maximal subpart */
			return UTF8_REPLACEMENT;
		}
		code_point = code_point << 6 | (at[i] & 0x3F);
		low = 0x80;
		high = 0xBF;
	}
	*position += size;
	return code_point;
}

size_t utf8_encode(uint32_t code_point, char out[4])
{
	if (code_point > 0x10FFFF || (code_point >= 0xD800 && code_point <= 0xDFFF))
		code_point = UTF8_REPLACEMENT;
	if (code_point < 0x80) {
		out[0] = (char)code_point;
		return 1;
	}
	if (code_point < 0x800) {
		out[0] = (char)(0xC0 | code_point >> 6);
		out[1] = (char)(0x80 | (code_point & 0x3F));
		return 2;
	}
	if (code_point < 0x10000) {
		out[0] = (char)(0xE0 | code_point >> 12);
		out[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
		out[2] = (char)(0x80 | (code_point & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | code_point >> 18);
	out[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
	out[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
	out[3] = (char)(0x80 | (code_point & 0x3F));
	return 4;
}

/* Decodes as utf8_next does and tells whether the bytes were well-formed; a written U+FFFD is. */
static bool decode(const char *bytes, size_t length, size_t *position, uint32_t *code_point)
{
	size_t start = *position;

	*code_point = utf8_next(bytes, length, position);
	return *code_point != UTF8_REPLACEMENT ||
	       (*position - start == 3 && memcmp(bytes + start, "\xEF\xBF\xBD", 3) == 0);
}

/* The end of the run of printable ASCII that begins at `position`: nearly all text is that, and is
 * copied whole. */
static size_t plain_end(const char *bytes, size_t length, size_t position)
{
	while (position < length && bytes[position] >= 0x20 && bytes[position] < 0x7F)
		position++;
	return position;
}

bool utf8_is_valid(const char *bytes, size_t length)
{
	uint32_t code_point;

	for (size_t i = 0; (i = plain_end(bytes, length, i)) < length;) {
		if (!decode(bytes, length, &i, &code_point))
			return false;
	}
	return true;
}

/* Characters that a terminal acts upon instead of showing them: C1 controls, line and paragraph
 * separators, and what reorders the text around it (embeddings, overrides and isolates). */
static bool is_spelled_out(uint32_t code_point)
{
	return (code_point >= 0x80 && code_point <= 0x9F) || (code_point >= 0x2028 && code_point <= 0x202E) ||
	       (code_point >= 0x2066 && code_point <= 0x2069);
}

int utf8_width(uint32_t code_point)
{
	int width;

	if (code_point < 0x20 || code_point == 0x7F)
		return 2; /* ^X */
	if (code_point < 0x7F)
		return 1;
	if (is_spelled_out(code_point))
		return 8; /* <U+0085> */
	width = wcwidth((wchar_t)code_point);
	return width < 0 ? 1 : width;
}

size_t utf8_text_width(const char *bytes, size_t length)
{
	size_t width = 0;

	for (size_t i = 0; i < length;) {
		size_t start = i;
		uint32_t code_point;

		i = plain_end(bytes, length, i);
		width += i - start;
		if (i == length)
			break;
		start = i;
		if (decode(bytes, length, &i, &code_point))
			width += (size_t)utf8_width(code_point);
		else
			width += 4 * (i - start); /* <XX> */
	}
	return width;
}

void utf8_add_visible(struct str *out, const char *bytes, size_t length, bool keep_lines)
{
	for (size_t i = 0; i < length;) {
		size_t start = i;
		uint32_t code_point;

		i = plain_end(bytes, length, i);
		str_add(out, bytes + start, i - start);
		if (i == length)
			break;
		start = i;
		if (!decode(bytes, length, &i, &code_point)) {
			for (; start < i; start++)
				str_add_format(out, "<%02X>", (unsigned)(unsigned char)bytes[start]);
		} else if (code_point == '\n' || code_point == '\t') {
			if (keep_lines)
				str_add_char(out, (char)code_point);
			else
				str_add_text(out, code_point == '\n' ? "\\n" : "\\t");
		} else if (code_point < 0x20 || code_point == 0x7F) {
			str_add_char(out, '^');
			str_add_char(out, (char)(code_point ^ 0x40));
		} else if (is_spelled_out(code_point)) {
			str_add_format(out, "<U+%04X>", (unsigned)code_point);
		} else {
			str_add(out, bytes + start, i - start);
		}
	}
}

void utf8_add_valid(struct str *out, const char *bytes, size_t length)
{
	size_t good = 0; /* everything before is in `out` */

	for (size_t i = 0; (i = plain_end(bytes, length, i)) < length;) {
		size_t start = i;
		uint32_t code_point;

		if (decode(bytes, length, &i, &code_point))
			continue;
		str_add(out, bytes + good, start - good);
		str_add_text(out, "\xEF\xBF\xBD");
		good = i;
	}
	if (good < length)
		str_add(out, bytes + good, length - good);
}

/* The escape sequence's second byte where one begins at `at`, else 0.  A C1 control, encoded as UTF-8,
 * stands for ESC and the letter 0x40 below it. */
static unsigned char escape_letter(const unsigned char *at, size_t left)
{
	if (left >= 2 && at[0] == 0x1B)
		return at[1];
	if (left >= 2 && at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F)
		return (unsigned char)(at[1] - 0x40);
	return 0;
}

static bool opens_string(unsigned char letter)
{
	return letter == 'P' || letter == 'X' || letter == ']' || letter == '^' || letter == '_';
}

/* The length of a control string (OSC, DCS, SOS, PM or APC) with its terminator.  One without a
 * terminator loses its introducer alone, or a stray byte would take the rest of the text with it. */
static size_t control_string_length(const unsigned char *at, size_t left, unsigned char letter)
{
	for (size_t i = 2; i < left; i++) {
		if (at[i] == 0x07 && letter == ']')
			return i + 1;
		if (escape_letter(at + i, left - i) == '\\')
			return i + 2;
		if (at[i] == 0x1B || at[i] == 0x18 || at[i] == 0x1A)
			break; /* terminals give the string up here too */
	}
	return 2;
}

/* The bytes of the escape sequence at `at`, 0 where there is none. */
static size_t escape_length(const unsigned char *at, size_t left)
{
	unsigned char letter = escape_letter(at, left);
	size_t i = 2;

	if (opens_string(letter))
		return control_string_length(at, left, letter);
	if (letter == '[') {
		while (i < left && at[i] >= 0x30 && at[i] <= 0x3F)
			i++;
		while (i < left && at[i] >= 0x20 && at[i] <= 0x2F)
			i++;
		return i < left && at[i] >= 0x40 && at[i] <= 0x7E ? i + 1 : i;
	}
	if (at[0] != 0x1B || letter < 0x20 || letter > 0x7E)
		return 0;
	if (letter <= 0x2F) { /* intermediate bytes, then one final byte */
		while (i < left && at[i] >= 0x20 && at[i] <= 0x2F)
			i++;
		return i < left && at[i] >= 0x30 && at[i] <= 0x7E ? i + 1 : i;
	}
	return 2;
}

void utf8_add_without_escapes(struct str *out, const char *bytes, size_t length)
{
	const unsigned char *text = (const unsigned char *)bytes;
	size_t kept = 0; /* everything before is in `out` or removed */

	for (size_t i = 0; i < length;) {
		size_t size = 0;

		if (text[i] == 0x1B || text[i] == 0xC2)
			size = escape_length(text + i, length - i);
		if (size == 0) {
			i++;
			continue;
		}
		str_add(out, bytes + kept, i - kept);
		i += size;
		kept = i;
	}
	if (kept < length)
		str_add(out, bytes + kept, length - kept);
}
