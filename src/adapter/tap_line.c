#include "adapter/tap_line.h"

#include <string.h>

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_word(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void skip_spaces(struct slice *rest)
{
	while (rest->length > 0 && is_space(rest->data[0])) {
		rest->data++;
		rest->length--;
	}
}

static void skip_bytes(struct slice *rest, size_t count)
{
	rest->data += count;
	rest->length -= count;
}

static bool skip_text(struct slice *rest, const char *text)
{
	if (!slice_starts_with(*rest, text))
		return false;
	skip_bytes(rest, strlen(text));
	return true;
}

/* `word` is in lower case. */
static bool skip_word_in_any_case(struct slice *rest, const char *word)
{
	size_t length = strlen(word);

	if (rest->length < length)
		return false;
	for (size_t i = 0; i < length; i++) {
		char c = rest->data[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != word[i])
			return false;
	}
	skip_bytes(rest, length);
	return true;
}

static bool at_word_end(struct slice rest)
{
	return rest.length == 0 || !is_word(rest.data[0]);
}

static bool skip_number(struct slice *rest, uint64_t *number)
{
	uint64_t value = 0;
	size_t i;

	for (i = 0; i < rest->length && is_digit(rest->data[i]); i++) {
		unsigned digit = (unsigned)(rest->data[i] - '0');

		if (value > (UINT64_MAX - digit) / 10)
			value = UINT64_MAX;
		else
			value = value * 10 + digit;
	}
	if (i == 0)
		return false;
	*number = value;
	skip_bytes(rest, i);
	return true;
}

size_t tap_line_indent(struct slice line, size_t *length)
{
	size_t columns = 0;
	size_t i;

	for (i = 0; i < line.length && (line.data[i] == ' ' || line.data[i] == '\t'); i++)
		columns += line.data[i] == '\t' ? 4 : 1;
	*length = i;
	return columns;
}

bool tap_line_next_number(struct slice *list, uint64_t *number)
{
	skip_spaces(list);
	return skip_number(list, number);
}

bool tap_line_next_pragma(struct slice *list, bool *on, struct slice *name)
{
	while (list->length > 0 && (is_space(list->data[0]) || list->data[0] == ','))
		skip_bytes(list, 1);
	if (list->length == 0)
		return false;
	*on = list->data[0] == '+';
	skip_bytes(list, 1);
	*name = (struct slice){.data = list->data};
	while (!at_word_end(*list)) {
		skip_bytes(list, 1);
		name->length++;
	}
	return true;
}

static bool read_version(struct slice rest, struct tap_line *out)
{
	size_t before;

	if (!skip_word_in_any_case(&rest, "tap"))
		return false;
	before = rest.length;
	skip_spaces(&rest);
	if (rest.length == before || !skip_word_in_any_case(&rest, "version"))
		return false;
	before = rest.length;
	skip_spaces(&rest);
	if (rest.length == before || !skip_number(&rest, &out->number))
		return false;
	skip_spaces(&rest);
	if (rest.length > 0)
		return false;
	out->kind = TAP_VERSION;
	return true;
}

/* `# SKIP reason`; words like "skipped:" are as good unless a version forbids them. */
static bool read_skip(struct slice rest, bool strictly, struct tap_line *out)
{
	if (!skip_text(&rest, "#"))
		return false;
	skip_spaces(&rest);
	if (!skip_word_in_any_case(&rest, "skip"))
		return false;
	if (strictly && !at_word_end(rest))
		return false;
	while (!strictly && rest.length > 0 && !is_space(rest.data[0]))
		skip_bytes(&rest, 1);
	out->skip = true;
	out->reason = slice_trim(rest);
	return true;
}

/* TAP 12, as Perl's old Test module prints it: `1..5 todo 2 4;`. */
static bool read_todo_list(struct slice rest, struct tap_line *out)
{
	struct slice list;
	uint64_t number;

	if (!skip_text(&rest, "todo") || rest.length == 0 || !is_space(rest.data[0]))
		return false;
	list = rest;
	if (!tap_line_next_number(&list, &number))
		return false;
	out->todo = true;
	out->text = rest;
	return true;
}

static bool read_plan(struct slice rest, unsigned version, struct tap_line *out)
{
	if (!skip_text(&rest, "1..") || !skip_number(&rest, &out->number))
		return false;
	rest = slice_trim(rest);
	if (version == 13) {
		if (rest.length > 0 && !read_skip(rest, true, out))
			return false;
	} else if (version > 13) {
		/* The newest version has comments behind plans. */
		if (rest.length > 0 && !read_skip(rest, false, out) && rest.data[0] != '#')
			return false;
	} else if (read_todo_list(rest, out)) {
		/* Its numbers count when their points come. */
	} else if (out->number == 0) {
		read_skip(rest, false, out);
	} else if (rest.length > 0) {
		return false;
	}
	/* Who plans nothing skips everything, with or without the word. */
	if (out->number == 0 && !out->todo)
		out->skip = true;
	out->kind = TAP_PLAN;
	return true;
}

/* The name ends at the first '#' that has no backslash before it; if no directive follows there, there is none. */
static void read_directive(struct slice text, struct tap_line *out)
{
	size_t i = 0;
	struct slice rest;

	while (i < text.length && text.data[i] != '#')
		i += text.data[i] == '\\' ? 2 : 1;
	if (i >= text.length)
		return;
	rest = (struct slice){text.data + i + 1, text.length - i - 1};
	skip_spaces(&rest);
	if (skip_word_in_any_case(&rest, "todo") && at_word_end(rest))
		out->todo = true;
	else if (skip_word_in_any_case(&rest, "skip") && at_word_end(rest))
		out->skip = true;
	else
		return;
	out->reason = slice_trim(rest);
	out->text.length = i;
}

static bool read_point(struct slice rest, struct tap_line *out)
{
	out->ok = !skip_text(&rest, "not ");
	if (!skip_text(&rest, "ok") || !at_word_end(rest))
		return false;
	skip_spaces(&rest);
	out->has_number = skip_number(&rest, &out->number);
	skip_spaces(&rest);
	out->text = rest;
	read_directive(rest, out);
	out->text = slice_trim(out->text);
	/* The dash is a separator that almost everybody writes, not a part of the name. */
	if (slice_starts_with(out->text, "-") && (out->text.length == 1 || is_space(out->text.data[1]))) {
		skip_bytes(&out->text, 1);
		skip_spaces(&out->text);
	}
	out->kind = TAP_POINT;
	return true;
}

static bool read_pragma(struct slice rest, struct tap_line *out)
{
	struct slice list;
	size_t before;

	if (!skip_text(&rest, "pragma"))
		return false;
	before = rest.length;
	skip_spaces(&rest);
	if (rest.length == before)
		return false;
	list = rest;
	for (;;) {
		if (!skip_text(&rest, "+") && !skip_text(&rest, "-"))
			return false;
		if (at_word_end(rest))
			return false;
		while (!at_word_end(rest))
			skip_bytes(&rest, 1);
		skip_spaces(&rest);
		if (rest.length == 0)
			break;
		if (!skip_text(&rest, ","))
			return false;
		skip_spaces(&rest);
	}
	out->text = list;
	out->kind = TAP_PRAGMA;
	return true;
}

static bool read_bail_out(struct slice rest, unsigned version, struct tap_line *out)
{
	skip_spaces(&rest);
	if (!skip_text(&rest, "Bail out!") && (version < 14 || !skip_word_in_any_case(&rest, "bail out!")))
		return false;
	out->kind = TAP_BAIL_OUT;
	out->reason = slice_trim(rest);
	return true;
}

static bool read_comment(struct slice rest, struct tap_line *out)
{
	if (!skip_text(&rest, "#"))
		return false;
	skip_text(&rest, " ");
	while (rest.length > 0 && is_space(rest.data[rest.length - 1]))
		rest.length--;
	out->kind = TAP_COMMENT;
	out->text = rest;
	if (skip_text(&rest, "Subtest") && at_word_end(rest)) {
		out->kind = TAP_SUBTEST;
		skip_text(&rest, ":");
		out->text = slice_trim(rest);
	}
	return true;
}

static bool read_yaml(struct slice rest, struct tap_line *out)
{
	if (!skip_text(&rest, "---") || (rest.length > 0 && !is_space(rest.data[0])))
		return false;
	out->kind = TAP_YAML;
	return true;
}

void tap_line_read(struct slice line, unsigned version, struct tap_line *out)
{
	size_t length;
	struct slice rest = line;
	struct tap_line empty = {.kind = TAP_UNKNOWN};

	*out = empty;
	out->indent = tap_line_indent(line, &length);
	if (slice_trim(line).length == 0) {
		out->kind = TAP_BLANK;
		return;
	}
	skip_bytes(&rest, length);
	if (read_point(rest, out) || read_comment(rest, out) || read_plan(rest, version, out) ||
	    read_bail_out(rest, version, out) || (out->indent == 0 && read_version(rest, out)))
		return;
	if (version >= 13 && out->indent == 0 && read_pragma(rest, out))
		return;
	if (out->indent > 0 && read_yaml(rest, out))
		return;
	empty.indent = out->indent;
	*out = empty;
}
