#include "report/xml.h"

#include "base/utf8.h"

#include <inttypes.h>

static void escape(struct str *out, const char *bytes, size_t length, bool attribute)
{
	for (size_t i = 0; i < length;) {
		size_t start = i;
		uint32_t code_point = utf8_next(bytes, length, &i);

		switch (code_point) {
		case '&':
			str_add_text(out, "&amp;");
			break;
		case '<':
			str_add_text(out, "&lt;");
			break;
		case '>':
			str_add_text(out, "&gt;");
			break;
		case '"':
			str_add_text(out, attribute ? "&quot;" : "\"");
			break;
		case '\n':
			str_add_text(out, attribute ? "&#10;" : "\n");
			break;
		case '\t':
			str_add_text(out, attribute ? "&#9;" : "\t");
			break;
		case 0xFFFE: /* valid Unicode, but not in XML */
		case 0xFFFF:
			str_add_format(out, "&lt;U+%04" PRIX32 "&gt;", code_point);
			break;
		default:
			str_add(out, bytes + start, i - start);
		}
	}
}

static void add(struct str *out, struct slice text, bool attribute)
{
	struct str plain = STR_INIT;
	struct str visible = STR_INIT;
	size_t length = 0;

	utf8_add_without_escapes(&plain, text.data, text.length);
	for (size_t i = 0; i < plain.length; i++)
		if (plain.data[i] != '\r' || i + 1 == plain.length || plain.data[i + 1] != '\n')
			plain.data[length++] = plain.data[i];
	utf8_add_visible(&visible, plain.data, length, true);
	escape(out, visible.data, visible.length, attribute);
	str_fini(&plain);
	str_fini(&visible);
}

void xml_add_text(struct str *out, struct slice text)
{
	add(out, text, false);
}

void xml_add_attribute(struct str *out, const char *name, const char *value)
{
	if (!value)
		return;
	str_add_format(out, " %s=\"", name);
	add(out, slice_of(value), true);
	str_add_char(out, '"');
}
