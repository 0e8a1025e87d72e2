/* The part of yaml.h that writes. */
#include "base/utf8.h"
#include "base/yaml.h"

#include <string.h>
#include <strings.h>

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* What YAML 1.1 or 1.2 readers take for something else than a string. */
static bool is_reserved_word(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes",  "no",  "on",
					     "off",  "y",    "n",     ".inf", ".nan" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* Numbers of every base, 1:30 and dates; and some words made of the same letters, for which quotes do
 * no harm. */
static bool looks_like_number(const char *text)
{
	return (is_digit(text[0]) || text[0] == '.') &&
	       text[strspn(text, "0123456789abcdefABCDEFxXoO_.:+-tTzZ ")] == '\0';
}

/* Whether a plain scalar is safe in a block and within brackets, in the eyes of any reader. */
static bool is_plain(const char *text)
{
	size_t length = strlen(text);

	if (!is_letter(text[0]) && !is_digit(text[0]) && !(text[0] && strchr("/.", text[0])))
		return false;
	for (size_t i = 0; i < length; i++) {
		char next = text[i + 1];

		if (text[i] == ' ' && next == '\0')
			return false;
		if (text[i] == ':' && (next == ' ' || next == '\0'))
			return false;
		if (!is_letter(text[i]) && !is_digit(text[i]) && !strchr("/.-+=~():; ", text[i]))
			return false;
	}
	return !is_reserved_word(text) && !looks_like_number(text);
}

/* Whether a character may stand in double quotes as itself. Besides what the reader refuses, it is not
 * what a terminal or an editor would obey. */
static bool stands_for_itself(uint32_t c)
{
	if (c < 0x20 || c == '"' || c == '\\')
		return false;
	return c < 0x7F || (c >= 0xA0 && !(c >= 0x2028 && c <= 0x202E) && !(c >= 0x2066 && c <= 0x2069) &&
			    c != 0xFEFF && c != 0xFFFE && c != 0xFFFF);
}

static void add_escape(struct str *out, uint32_t c)
{
	if (c == '"' || c == '\\')
		str_add_format(out, "\\%c", (char)c);
	else if (c == '\n')
		str_add_text(out, "\\n");
	else if (c == '\t')
		str_add_text(out, "\\t");
	else if (c == '\r')
		str_add_text(out, "\\r");
	else if (c < 0x100)
		str_add_format(out, "\\x%02X", (unsigned)c);
	else
		str_add_format(out, "\\u%04X", (unsigned)c);
}

void yaml_add_scalar(struct str *out, const char *text)
{
	size_t length = strlen(text);

	if (is_plain(text)) {
		str_add(out, text, length);
		return;
	}
	str_add_char(out, '"');
	for (size_t i = 0; i < length;) {
		uint32_t c = utf8_next(text, length, &i);

		if (stands_for_itself(c)) {
			char bytes[4];

			str_add(out, bytes, utf8_encode(c, bytes));
		} else {
			add_escape(out, c);
		}
	}
	str_add_char(out, '"');
}
