#include "diagnose/manual.h"

#include "base/utf8.h"
#include "base/vec.h"
#include "diagnose/text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define BODY 4    /* columns that text stands behind its heading */
#define DEEPER 4  /* and a list's or an example's behind its text */
#define NARROW 20 /* columns of text that there are at least */

enum list { LIST_TAG, LIST_BULLET, LIST_ENUM, LIST_ITEM };

struct level {
	enum list list;
	bool compact;
	unsigned count; /* items so far */
};

struct page {
	struct str *out;
	unsigned width, column; /* column: where the line that is being filled ends; 0: there is none */
	struct str word;        /* not put yet: something may be joined to it */
	bool joined;            /* the next piece belongs to it, without a blank */
	bool gap;               /* a blank line stands before what comes next */
	bool literal;
	char *name; /* what .Nm stands for */
	VEC(struct level) lists;
	bool in_item; /* the item's mark stands in the line already */
};

/* --- filling --- */

static unsigned indent_of(const struct page *page)
{
	return BODY + DEEPER * (unsigned)page->lists.length;
}

static void put_blanks(struct page *page, unsigned count)
{
	for (; count > 0; count--)
		str_add_char(page->out, ' ');
}

static void open_gap(struct page *page)
{
	if (page->gap && page->out->length > 0)
		str_add_char(page->out, '\n');
	page->gap = false;
}

static void put_word(struct page *page)
{
	if (page->word.length == 0)
		return;
	unsigned indent = indent_of(page);
	unsigned length = (unsigned)utf8_text_width(page->word.data, page->word.length);
	unsigned limit = page->width > indent + NARROW ? page->width : indent + NARROW;
	if (page->column > 0 && !page->in_item && page->column + 1 + length > limit) {
		str_add_char(page->out, '\n');
		page->column = 0;
	}
	if (page->column == 0) {
		open_gap(page);
		put_blanks(page, indent);
		page->column = indent;
	} else if (!page->in_item) {
		str_add_char(page->out, ' ');
		page->column++;
	}
	page->in_item = false;
	str_add(page->out, page->word.data, page->word.length);
	page->column += length;
	str_clear(&page->word);
}

static void end_line(struct page *page)
{
	put_word(page);
	page->joined = false;
	if (page->column > 0)
		str_add_char(page->out, '\n');
	page->column = 0;
	page->in_item = false;
}

/* --- words --- */

/* \& is nothing, \e a backslash, \- a dash; of others the character stands for itself. */
static void add_unescaped(struct slice text, struct str *out)
{
	for (size_t i = 0; i < text.length; i++) {
		if (text.data[i] != '\\' || i + 1 == text.length) {
			str_add_char(out, text.data[i]);
			continue;
		}
		i++;
		if (text.data[i] == 'e')
			str_add_char(out, '\\');
		else if (text.data[i] != '&')
			str_add_char(out, text.data[i]);
	}
}

static void add_piece(struct page *page, const char *before, struct slice text, const char *after)
{
	if (!page->joined)
		put_word(page);
	page->joined = false;
	str_add_text(&page->word, before);
	add_unescaped(text, &page->word);
	str_add_text(&page->word, after);
}

static void join_next(struct page *page)
{
	page->joined = page->word.length > 0;
}

/* The next argument of a macro's line, quoted or not. False: there is none. */
static bool next_argument(struct slice *rest, struct slice *argument)
{
	*rest = slice_trim(*rest);
	if (rest->length == 0)
		return false;
	if (rest->data[0] == '"') {
		const char *end = memchr(rest->data + 1, '"', rest->length - 1);
		size_t length = end ? (size_t)(end - rest->data) - 1 : rest->length - 1;
		*argument = (struct slice){ rest->data + 1, length };
		length += end ? 2 : 1;
		*rest = (struct slice){ rest->data + length, rest->length - length };
		return true;
	}
	size_t length = 0;
	while (length < rest->length && rest->data[length] != ' ')
		length++;
	*argument = (struct slice){ rest->data, length };
	*rest = (struct slice){ rest->data + length, rest->length - length };
	return true;
}

static bool is_one_of(struct slice word, const char *characters)
{
	return word.length == 1 && strchr(characters, word.data[0]);
}

/* --- macros within text --- */

enum kind { KIND_PLAIN, KIND_FLAG, KIND_NAME, KIND_PAGE, KIND_JOIN, KIND_QUOTE, KIND_ENCLOSE };

static const struct {
	const char *name;
	enum kind kind;
	const char *before, *after;
} macros[] = {
	{ "Ar", KIND_PLAIN, "", "" },       { "Cm", KIND_PLAIN, "", "" },
	{ "Ic", KIND_PLAIN, "", "" },       { "Ev", KIND_PLAIN, "", "" },
	{ "Pa", KIND_PLAIN, "", "" },       { "Em", KIND_PLAIN, "", "" },
	{ "Sy", KIND_PLAIN, "", "" },       { "Li", KIND_PLAIN, "", "" },
	{ "Va", KIND_PLAIN, "", "" },       { "No", KIND_PLAIN, "", "" },
	{ "Sx", KIND_PLAIN, "", "" },       { "Fl", KIND_FLAG, "-", "" },
	{ "Nm", KIND_NAME, "", "" },        { "Xr", KIND_PAGE, "(", ")" },
	{ "Ns", KIND_JOIN, "", "" },        { "Ql", KIND_QUOTE, "'", "'" },
	{ "Dq", KIND_ENCLOSE, "\"", "\"" }, { "Sq", KIND_ENCLOSE, "'", "'" },
	{ "Pq", KIND_ENCLOSE, "(", ")" },   { "Op", KIND_ENCLOSE, "[", "]" },
};

#define MACRO_COUNT (sizeof(macros) / sizeof(*macros))

static size_t find_macro(struct slice word)
{
	size_t i = 0;
	while (i < MACRO_COUNT && !slice_equal_text(word, macros[i].name))
		i++;
	return i;
}

static void put_argument(struct page *page, size_t macro, struct slice word)
{
	if (macro < MACRO_COUNT && macros[macro].kind == KIND_FLAG)
		add_piece(page, "-", word, "");
	else
		add_piece(page, "", word, "");
}

/* Words that are quoted together become pieces of one another, so that the quotes stand at their ends. */
static void put_quoted(struct page *page, size_t macro, struct slice *rest)
{
	struct slice word;
	bool first = true;
	struct slice ahead = *rest;
	while (next_argument(&ahead, &word) && !is_one_of(word, ".,:;)]?!") &&
	       find_macro(word) == MACRO_COUNT) {
		*rest = ahead;
		add_piece(page, first ? macros[macro].before : "", word, "");
		first = false;
	}
	if (!first)
		str_add_text(&page->word, macros[macro].after);
}

static void put_words(struct page *page, struct slice rest);

static void put_enclosed(struct page *page, size_t macro, struct slice *rest)
{
	struct slice inside = slice_trim(*rest);
	*rest = inside;
	/* Punctuation at the end stands behind the closing mark. */
	while (inside.length > 2 && strchr(".,:;?!", inside.data[inside.length - 1]) &&
	       inside.data[inside.length - 2] == ' ')
		inside.length -= 2;
	*rest = (struct slice){ rest->data + inside.length, rest->length - inside.length };
	add_piece(page, macros[macro].before, (struct slice){ NULL, 0 }, "");
	page->joined = true;
	put_words(page, inside);
	str_add_text(&page->word, macros[macro].after);
}

static void put_page_name(struct page *page, struct slice *rest)
{
	struct slice name, section;
	if (!next_argument(rest, &name))
		return;
	add_piece(page, "", name, "");
	struct slice ahead = *rest;
	if (next_argument(&ahead, &section) && section.length == 1 &&
	    isdigit((unsigned char)section.data[0])) {
		*rest = ahead;
		page->joined = true;
		add_piece(page, "(", section, ")");
	}
}

/* Whether a macro has no argument of its own. */
static bool stands_alone(struct slice rest)
{
	struct slice word;
	return !next_argument(&rest, &word) || is_one_of(word, ".,:;)]?!") || find_macro(word) < MACRO_COUNT;
}

static void begin_macro(struct page *page, size_t macro, struct slice *rest)
{
	switch (macros[macro].kind) {
	case KIND_PAGE:
		put_page_name(page, rest);
		break;
	case KIND_JOIN:
		join_next(page);
		break;
	case KIND_QUOTE:
		put_quoted(page, macro, rest);
		break;
	case KIND_ENCLOSE:
		put_enclosed(page, macro, rest);
		break;
	case KIND_NAME:
		if (stands_alone(*rest))
			add_piece(page, "", slice_of(page->name), "");
		break;
	case KIND_FLAG:
		if (stands_alone(*rest))
			add_piece(page, "-", (struct slice){ NULL, 0 }, "");
		break;
	case KIND_PLAIN:
		break;
	}
}

/* The rest of a line with macros. */
static void put_words(struct page *page, struct slice rest)
{
	struct slice word;
	size_t macro = MACRO_COUNT;
	while (next_argument(&rest, &word)) {
		size_t found = find_macro(word);
		if (found < MACRO_COUNT) {
			macro = found;
			begin_macro(page, macro, &rest);
		} else if (is_one_of(word, ".,:;)]?!")) {
			join_next(page);
			add_piece(page, "", word, "");
		} else if (is_one_of(word, "([")) {
			add_piece(page, "", word, "");
			page->joined = true;
		} else {
			put_argument(page, macro, word);
		}
	}
}

static void put_text(struct page *page, struct slice line)
{
	while (line.length > 0) {
		size_t length = 0;
		while (length < line.length && line.data[length] != ' ')
			length++;
		if (length > 0)
			add_piece(page, "", (struct slice){ line.data, length }, "");
		length += length < line.length;
		line = (struct slice){ line.data + length, line.length - length };
	}
}

/* --- blocks --- */

static void put_literal(struct page *page, struct slice line)
{
	struct str text = STR_INIT;
	open_gap(page);
	add_unescaped(line, &text);
	if (text.length > 0) {
		put_blanks(page, indent_of(page) + DEEPER);
		str_add(page->out, text.data, text.length);
	}
	str_add_char(page->out, '\n');
	str_fini(&text);
}

static void begin_list(struct page *page, struct slice rest)
{
	struct level level = { .list = LIST_ITEM };
	struct slice word;
	end_line(page);
	while (next_argument(&rest, &word)) {
		if (slice_equal_text(word, "-tag"))
			level.list = LIST_TAG;
		else if (slice_equal_text(word, "-bullet"))
			level.list = LIST_BULLET;
		else if (slice_equal_text(word, "-enum"))
			level.list = LIST_ENUM;
		else if (slice_equal_text(word, "-compact"))
			level.compact = true;
	}
	page->gap = page->gap || !level.compact;
	vec_push(&page->lists, level);
}

static void begin_item(struct page *page, struct slice rest)
{
	char mark[16];
	end_line(page);
	if (page->lists.length == 0)
		return;
	struct level *level = &page->lists.items[page->lists.length - 1];
	level->count++;
	if (!level->compact)
		page->gap = true;
	if (level->list == LIST_TAG || level->list == LIST_ITEM) {
		/* The tag stands where the text around the list does. */
		struct level own = *level;
		page->lists.length--;
		put_words(page, rest);
		end_line(page);
		page->lists.length++;
		page->lists.items[page->lists.length - 1] = own;
		return;
	}
	open_gap(page);
	if (level->list == LIST_ENUM)
		snprintf(mark, sizeof(mark), "%u.", level->count);
	else
		snprintf(mark, sizeof(mark), "*");
	put_blanks(page, indent_of(page) - DEEPER);
	str_add_format(page->out, "%-*s", DEEPER, mark);
	page->column = indent_of(page);
	page->in_item = true;
}

static void end_list(struct page *page)
{
	end_line(page);
	if (page->lists.length > 0)
		page->lists.length--;
}

static void put_heading(struct page *page, struct slice rest)
{
	struct slice word;
	end_line(page);
	open_gap(page);
	for (bool first = true; next_argument(&rest, &word); first = false) {
		if (!first)
			str_add_char(page->out, ' ');
		add_unescaped(word, page->out);
	}
	str_add_char(page->out, '\n');
	page->gap = true;
}

static void put_line_of_its_own(struct page *page, struct slice rest)
{
	end_line(page);
	put_literal(page, rest);
}

static void put_macro(struct page *page, struct slice line)
{
	struct slice rest = { line.data + 1, line.length - 1 }, name;
	struct slice whole = rest;
	if (!next_argument(&rest, &name) || slice_starts_with(name, "\\\""))
		return;
	rest = slice_trim(rest);
	if (slice_equal_text(name, "Sh") || slice_equal_text(name, "Ss")) {
		put_heading(page, rest);
	} else if (slice_equal_text(name, "Pp")) {
		end_line(page);
		page->gap = true;
	} else if (slice_equal_text(name, "Bd")) {
		end_line(page);
		page->literal = page->gap = true;
	} else if (slice_equal_text(name, "Dl") || slice_equal_text(name, "D1")) {
		put_line_of_its_own(page, rest);
	} else if (slice_equal_text(name, "Bl")) {
		begin_list(page, rest);
	} else if (slice_equal_text(name, "It")) {
		begin_item(page, rest);
	} else if (slice_equal_text(name, "El")) {
		end_list(page);
	} else {
		put_words(page, whole);
	}
}

static void put_source_line(struct page *page, struct slice line)
{
	if (slice_starts_with(line, ".Ed")) {
		page->literal = false;
	} else if (page->literal) {
		put_literal(page, line);
	} else if (slice_starts_with(line, ".")) {
		put_macro(page, line);
	} else {
		put_text(page, line);
	}
}

/* --- the page --- */

static bool is_heading(struct slice line)
{
	return slice_starts_with(line, ".Sh ") || slice_starts_with(line, ".Ss ");
}

static bool has_heading(struct slice line, const char *heading)
{
	return is_heading(line) &&
	       slice_equal_text(slice_trim((struct slice){ line.data + 4, line.length - 4 }), heading);
}

/* What stands behind the first .Nm; the caller frees it. */
static char *page_name(struct slice source)
{
	struct slice line;
	while (text_next_line(&source, &line)) {
		if (slice_starts_with(line, ".Nm ")) {
			struct slice name = slice_trim((struct slice){ line.data + 4, line.length - 4 });
			return alloc_string_n(name.data, name.length);
		}
	}
	return alloc_string("");
}

bool manual_section(struct slice source, const char *heading, unsigned width, struct str *out)
{
	struct slice rest = source, line;
	bool found = false;
	while (!found && text_next_line(&rest, &line))
		found = has_heading(line, heading);
	if (!found)
		return false;
	struct str text = STR_INIT;
	struct page page = { .out = &text, .width = width, .word = STR_INIT, .lists = VEC_INIT };
	page.name = page_name(source);
	do
		put_source_line(&page, line);
	while (text_next_line(&rest, &line) && !is_heading(line));
	end_line(&page);
	str_add(out, text.data, text.length);
	str_fini(&text);
	str_fini(&page.word);
	vec_fini(&page.lists);
	free(page.name);
	return true;
}
