/* Text that scrolls: a window onto lines, and the lines themselves, broken at the window's edge. */
#include "tui/ansi.h"
#include "tui/view.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the window --- */

long scroll_end(const struct scroll *scroll)
{
	return scroll->length > scroll->height ? scroll->length - scroll->height : 0;
}

void scroll_clamp(struct scroll *scroll)
{
	if (scroll->top > scroll_end(scroll))
		scroll->top = scroll_end(scroll);
	if (scroll->top < 0)
		scroll->top = 0;
}

void scroll_by(struct scroll *scroll, long lines)
{
	scroll->top += lines;
	scroll_clamp(scroll);
}

bool scroll_request(struct scroll *scroll, enum request request)
{
	long page = scroll->height > 2 ? scroll->height - 1 : 1;

	switch (request) {
	case REQUEST_UP:
		scroll_by(scroll, -1);
		return true;
	case REQUEST_DOWN:
		scroll_by(scroll, 1);
		return true;
	case REQUEST_PAGE_UP:
		scroll_by(scroll, -page);
		return true;
	case REQUEST_PAGE_DOWN:
		scroll_by(scroll, page);
		return true;
	case REQUEST_FIRST:
		scroll_by(scroll, -scroll->length);
		return true;
	case REQUEST_LAST:
		scroll_by(scroll, scroll->length);
		return true;
	default:
		return false;
	}
}

bool scroll_mouse(struct scroll *scroll, enum mouse mouse)
{
	if (mouse != MOUSE_WHEEL_UP && mouse != MOUSE_WHEEL_DOWN)
		return false;
	scroll_by(scroll, mouse == MOUSE_WHEEL_UP ? -3 : 3);
	return true;
}

/* --- lines --- */

void page_init(struct page *page)
{
	memset(page, 0, sizeof(*page));
	str_init(&page->text);
}

void page_fini(struct page *page)
{
	str_fini(&page->text);
	vec_fini(&page->lines);
	vec_fini(&page->spans);
}

void page_clear(struct page *page, int width)
{
	str_clear(&page->text);
	vec_clear(&page->lines);
	vec_clear(&page->spans);
	page->scroll.length = 0;
	page->width = width;
	page->column = page->indent = 0;
}

static void add_piece(struct page *page, size_t begin, size_t end, int column, enum role role)
{
	struct page_line line = { .offset = begin, .length = end - begin, .column = column, .role = role };

	vec_push(&page->lines, line);
	page->scroll.length = (long)page->lines.length;
}

void page_add_line(struct page *page, enum role role, const char *bytes, size_t length)
{
	size_t begin = page->text.length, position, start;
	int used = 0, column = page->column;

	while (length) {
		const char *tab = memchr(bytes, '\t', length);
		size_t piece = tab ? (size_t)(tab - bytes) : length;
		size_t from = page->text.length;

		utf8_add_visible(&page->text, bytes, piece, false);
		used += (int)utf8_text_width(page->text.data + from, page->text.length - from);
		if (tab) {
			do
				str_add_char(&page->text, ' ');
			while (++used % 8);
			piece++;
		}
		bytes += piece;
		length -= piece;
	}
	if (column + used <= page->width) {
		add_piece(page, begin, page->text.length, column, role);
		return;
	}
	used = 0;
	start = position = begin;
	while (position < page->text.length) {
		size_t before = position;
		int wide = utf8_width(utf8_next(page->text.data, page->text.length, &position));

		if (column + used + wide > page->width) {
			add_piece(page, start, before, column, role);
			start = before;
			used = 0;
			column = page->indent;
		}
		used += wide;
	}
	add_piece(page, start, page->text.length, column, role);
}

void page_add_text(struct page *page, enum role role, const char *bytes, size_t length)
{
	while (length) {
		const char *newline = memchr(bytes, '\n', length);
		size_t line = newline ? (size_t)(newline - bytes) : length;
		size_t shown = line;

		if (shown && newline && bytes[shown - 1] == '\r')
			shown--;
		page_add_line(page, role, bytes, shown);
		if (newline)
			line++;
		bytes += line;
		length -= line;
	}
}

static bool is_bare(const struct cell *cell)
{
	return cell->text[0] == ' ' && !cell->text[1] && cell->role == ROLE_TEXT && !cell->attributes;
}

static void add_cell(struct page *page, enum role role, const struct cell *cell, bool first)
{
	struct page_span span = { page->text.length, cell->role, cell->attributes };
	const struct page_span *last = first ? NULL : &page->spans.items[page->spans.length - 1];

	if (span.role == ROLE_TEXT)
		span.role = (uint8_t)role;
	if (!last || last->role != span.role || last->attributes != span.attributes)
		vec_push(&page->spans, span);
	for (unsigned part = 0; part < CELL_PARTS && cell->text[part]; part++) {
		char bytes[4];

		str_add(&page->text, bytes, utf8_encode(cell->text[part], bytes));
	}
}

void page_add_cells(struct page *page, enum role role, const struct cell *cells, size_t count)
{
	int column = page->column;
	size_t i = 0;

	while (count && is_bare(&cells[count - 1]))
		count--;
	do {
		size_t begin = page->text.length, spans = page->spans.length, first = i;
		struct page_line *line;
		int used = 0;

		while (i < count && (i == first || column + used + cells[i].width <= page->width)) {
			if (cells[i].width)
				add_cell(page, role, &cells[i], i == first);
			used += cells[i++].width;
		}
		/* The right half goes with the left one. */
		while (i < count && !cells[i].width)
			i++;
		add_piece(page, begin, page->text.length, column, role);
		line = &page->lines.items[page->lines.length - 1];
		line->spans = spans;
		line->span_count = page->spans.length - spans;
		column = page->indent;
	} while (i < count);
}

struct printed {
	struct page *page;
	enum role role;
};

static void add_printed_line(void *context, const struct cell *cells, size_t count)
{
	struct printed *printed = context;

	page_add_cells(printed->page, printed->role, cells, count);
}

void page_add_printed(struct page *page, enum role role, const char *bytes, size_t length)
{
	struct printed printed = { page, role };
	struct ansi *ansi = ansi_new(add_printed_line, &printed);

	ansi_feed(ansi, bytes, length);
	ansi_end(ansi);
	ansi_free(ansi);
}

void page_add_format(struct page *page, enum role role, const char *format, ...)
{
	struct str text = STR_INIT;
	va_list args;

	va_start(args, format);
	str_add_vformat(&text, format, args);
	va_end(args);
	page_add_text(page, role, text.data, text.length);
	str_fini(&text);
}

/* --- on the screen --- */

static void draw_spans(struct screen *screen, const struct page *page, const struct page_line *line, int row,
		       int column, int width)
{
	for (size_t i = 0; i < line->span_count; i++) {
		const struct page_span *span = &page->spans.items[line->spans + i];
		size_t end = i + 1 < line->span_count ? span[1].offset : line->offset + line->length;
		int used = screen_text_n(screen, row, column, width, (enum role)span->role,
					 page->text.data + span->offset, end - span->offset);

		screen_set_attributes(screen, row, column, used, span->attributes);
		column += used;
		width -= used;
	}
}

void page_draw(struct app *app, const struct page *page, struct area area, bool highlight)
{
	for (int i = 0; i < area.height && (size_t)(page->scroll.top + i) < page->lines.length; i++) {
		const struct page_line *line = &page->lines.items[page->scroll.top + i];
		int row = area.row + i;

		if (line->span_count)
			draw_spans(app->screen, page, line, row, area.column + line->column,
				   area.width - line->column);
		else
			screen_text_n(app->screen, row, area.column + line->column, area.width - line->column,
				      line->role, page->text.data + line->offset, line->length);
		if (highlight && app->search.length)
			screen_highlight(app->screen, row, area.column, area.width, app->search.data);
	}
}

void page_draw_position(struct app *app, const struct page *page, int row, bool follows)
{
	const struct scroll *scroll = &page->scroll;
	char text[64];
	int width;

	if (scroll->length <= scroll->height)
		return;
	snprintf(text, sizeof(text), " %ld-%ld of %ld%s ", scroll->top + 1, scroll->top + scroll->height,
		 scroll->length, follows ? ", follows" : "");
	width = (int)strlen(text);
	screen_text(app->screen, row, screen_width(app->screen) - width, width, ROLE_HEADING, text);
}

bool page_search(struct page *page, const char *needle, int direction, bool from_next)
{
	long count = page->scroll.length, from = page->scroll.top;

	/* Near the end what was found can't be the first line in view: the search goes on from it, not from there. */
	if (page->found > from && page->found < from + page->scroll.height)
		from = page->found;
	for (long step = from_next ? 1 : 0; count && step <= count; step++) {
		long index = ((from + direction * step) % count + count) % count;
		const struct page_line *line = &page->lines.items[index];
		char *text = alloc_string_n(page->text.data + line->offset, line->length);
		bool found = strcasestr(text, needle) != NULL;

		free(text);
		if (!found)
			continue;
		page->found = page->scroll.top = index;
		scroll_clamp(&page->scroll);
		return true;
	}
	return false;
}
