#include "tui/screen.h"

#include "base/alloc.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

struct screen {
	int width, height;
	bool ascii;
	struct cell *cells;
	int cursor_row, cursor_column;
	struct str scratch; /* text made visible, before it becomes cells */
};

#define VARIATION_SELECTOR_16 UINT32_C(0xFE0F)
#define ZERO_WIDTH_JOINER UINT32_C(0x200D)

static const char *const glyph_texts[2][GLYPH_COUNT] = {
	{
#define X(name, text, ascii) text,
		SCREEN_GLYPHS(X)
#undef X
	},
	{
#define X(name, text, ascii) ascii,
		SCREEN_GLYPHS(X)
#undef X
	},
};

struct screen *screen_new(int width, int height, bool ascii)
{
	struct screen *screen = ALLOC_NEW(struct screen);

	screen->ascii = ascii;
	str_init(&screen->scratch);
	screen_resize(screen, width, height);
	return screen;
}

void screen_free(struct screen *screen)
{
	if (!screen)
		return;
	str_fini(&screen->scratch);
	free(screen->cells);
	free(screen);
}

void screen_resize(struct screen *screen, int width, int height)
{
	screen->width = width < 1 ? 1 : width;
	screen->height = height < 1 ? 1 : height;
	free(screen->cells);
	screen->cells = alloc_zeroed((size_t)screen->width * (size_t)screen->height, sizeof(*screen->cells));
	screen_clear(screen);
}

void screen_set_ascii(struct screen *screen, bool ascii)
{
	screen->ascii = ascii;
}

bool screen_is_ascii(const struct screen *screen)
{
	return screen->ascii;
}

int screen_width(const struct screen *screen)
{
	return screen->width;
}

int screen_height(const struct screen *screen)
{
	return screen->height;
}

static struct cell *cell_at(struct screen *screen, int row, int column)
{
	return &screen->cells[(size_t)row * (size_t)screen->width + (size_t)column];
}

const struct cell *screen_row(const struct screen *screen, int row)
{
	return &screen->cells[(size_t)row * (size_t)screen->width];
}

bool screen_cursor_at(const struct screen *screen, int *row, int *column)
{
	*row = screen->cursor_row;
	*column = screen->cursor_column;
	return screen->cursor_row >= 0;
}

static void blank_cell(struct cell *cell)
{
	*cell = (struct cell){ .text = { ' ' }, .width = 1 };
}

/* Half a wide character can't be shown: what is cut in two at either end of these columns becomes a blank. */
static void cut_at(struct screen *screen, int row, int column, int end)
{
	if (column > 0 && cell_at(screen, row, column)->width == 0)
		blank_cell(cell_at(screen, row, column - 1));
	if (end < screen->width && cell_at(screen, row, end)->width == 0)
		blank_cell(cell_at(screen, row, end));
}

void screen_clear_area(struct screen *screen, struct area area)
{
	int begin = area.column < 0 ? 0 : area.column, end = area.column + area.width;

	if (end > screen->width)
		end = screen->width;
	if (begin >= end)
		return;
	for (int row = area.row < 0 ? 0 : area.row; row < area.row + area.height && row < screen->height; row++) {
		cut_at(screen, row, begin, end);
		for (int column = begin; column < end; column++)
			blank_cell(cell_at(screen, row, column));
	}
}

void screen_clear(struct screen *screen)
{
	size_t count = (size_t)screen->width * (size_t)screen->height;

	for (size_t i = 0; i < count; i++)
		blank_cell(&screen->cells[i]);
	screen->cursor_row = screen->cursor_column = -1;
}

static void put_cell(struct screen *screen, int row, int column, enum role role, uint32_t code_point,
		     int width)
{
	struct cell *cell = cell_at(screen, row, column);

	cut_at(screen, row, column, column + width);
	*cell = (struct cell){ .text = { code_point }, .width = (uint8_t)width, .role = (uint8_t)role };
	if (width == 2)
		cell[1] = (struct cell){ .width = 0, .role = (uint8_t)role };
}

static void combine(struct cell *cell, uint32_t code_point)
{
	for (unsigned part = 1; part < CELL_PARTS; part++) {
		if (!cell->text[part]) {
			cell->text[part] = code_point;
			return;
		}
	}
}

/* `text` is visible already. */
static int put_visible(struct screen *screen, int row, int column, int width, enum role role,
		       const char *text, size_t length)
{
	int used = 0;

	if (row < 0 || row >= screen->height || column < 0)
		return 0;
	if (width > screen->width - column)
		width = screen->width - column;
	for (size_t position = 0; position < length && used <= width;) {
		uint32_t code_point;
		int wide;

		if ((unsigned char)text[position] < 0x80) {
			if (used == width)
				break;
			put_cell(screen, row, column + used++, role, (unsigned char)text[position++], 1);
			continue;
		}
		code_point = utf8_next(text, length, &position);
		wide = utf8_width(code_point);
		if (screen->ascii) {
			code_point = '?';
		} else if (wide == 0) {
			/* Terminals differ on what these two do to widths; without them all agree. */
			if (used > 0 && code_point != VARIATION_SELECTOR_16 &&
			    code_point != ZERO_WIDTH_JOINER) {
				struct cell *cell = cell_at(screen, row, column + used - 1);

				combine(cell->width ? cell : cell - 1, code_point);
			}
			continue;
		} else if (wcwidth((wchar_t)code_point) < 0) {
			/* curses would not take it. */
			code_point = UTF8_REPLACEMENT;
			wide = 1;
		}
		if (wide <= 0)
			continue;
		if (used + wide > width)
			break;
		if (screen->ascii && wide == 2) {
			put_cell(screen, row, column + used++, role, '?', 1);
			wide = 1;
		}
		put_cell(screen, row, column + used, role, code_point, wide);
		used += wide;
	}
	return used;
}

static bool is_plain(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || (unsigned char)text[i] >= 0x7f)
			return false;
	return true;
}

/* The visible form: `text` itself or the scratch. */
static struct slice make_visible(struct screen *screen, const char *text, size_t length)
{
	if (is_plain(text, length))
		return (struct slice){ text, length };
	str_clear(&screen->scratch);
	utf8_add_visible(&screen->scratch, text, length, false);
	return (struct slice){ screen->scratch.data, screen->scratch.length };
}

int screen_text_n(struct screen *screen, int row, int column, int width, enum role role, const char *text,
		  size_t length)
{
	struct slice visible;

	if (width <= 0 || !length)
		return 0;
	/* A character takes at least one byte a column, but for combining ones: long text is cut early. */
	if (length > 4096 + (size_t)width * 8)
		length = 4096 + (size_t)width * 8;
	visible = make_visible(screen, text, length);
	return put_visible(screen, row, column, width, role, visible.data, visible.length);
}

int screen_text(struct screen *screen, int row, int column, int width, enum role role, const char *text)
{
	return screen_text_n(screen, row, column, width, role, text, strlen(text));
}

static int slice_width(const struct screen *screen, struct slice visible)
{
	int width = 0;

	if (is_plain(visible.data, visible.length))
		return visible.length > 100000 ? 100000 : (int)visible.length;
	for (size_t position = 0; position < visible.length;) {
		uint32_t code_point = utf8_next(visible.data, visible.length, &position);
		int wide = utf8_width(code_point);

		if (wide > 0 && !screen->ascii && wcwidth((wchar_t)code_point) < 0)
			wide = 1;
		if (wide > 0)
			width += wide;
	}
	return width;
}

int screen_text_width(const struct screen *screen, const char *text)
{
	struct str visible = STR_INIT;
	int width;

	if (is_plain(text, strlen(text)))
		return slice_width(screen, slice_of(text));
	utf8_add_visible(&visible, text, strlen(text), false);
	width = slice_width(screen, (struct slice){ visible.data, visible.length });
	str_fini(&visible);
	return width;
}

static int ellipsis_width(const struct screen *screen)
{
	return screen->ascii ? 2 : 1;
}

int screen_text_end(struct screen *screen, int row, int column, int width, enum role role, const char *text)
{
	struct slice visible = make_visible(screen, text, strlen(text));
	int whole = slice_width(screen, visible), used;
	size_t position = 0;

	if (whole <= width)
		return put_visible(screen, row, column, width, role, visible.data, visible.length);
	used = ellipsis_width(screen);
	if (width <= used)
		return 0;
	while (position < visible.length && whole > width - used) {
		int wide = utf8_width(utf8_next(visible.data, visible.length, &position));

		whole -= wide > 0 ? wide : 0;
	}
	screen_glyph(screen, row, column, role, GLYPH_ELLIPSIS);
	return used + put_visible(screen, row, column + used, width - used, role, visible.data + position,
				  visible.length - position);
}

int screen_text_begin(struct screen *screen, int row, int column, int width, enum role role, const char *text)
{
	struct slice visible = make_visible(screen, text, strlen(text));
	int ellipsis = ellipsis_width(screen), used;

	if (slice_width(screen, visible) <= width)
		return put_visible(screen, row, column, width, role, visible.data, visible.length);
	if (width <= ellipsis)
		return 0;
	used = put_visible(screen, row, column, width - ellipsis, role, visible.data, visible.length);
	return used + screen_glyph(screen, row, column + used, role, GLYPH_ELLIPSIS);
}

int screen_format(struct screen *screen, int row, int column, int width, enum role role, const char *format,
		  ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return screen_text(screen, row, column, width, role, text);
}

const char *screen_glyph_text(const struct screen *screen, enum glyph glyph)
{
	return glyph_texts[screen->ascii][glyph];
}

int screen_glyph(struct screen *screen, int row, int column, enum role role, enum glyph glyph)
{
	const char *text = glyph_texts[screen->ascii][glyph];

	return put_visible(screen, row, column, screen->width, role, text, strlen(text));
}

void screen_fill(struct screen *screen, int row, int column, int width, enum role role, enum glyph glyph)
{
	for (int i = 0; i < width && column + i < screen->width; i++)
		screen_glyph(screen, row, column + i, role, glyph);
}

void screen_copy(struct screen *screen, struct area area, const struct cell *cells)
{
	for (int row = area.row < 0 ? 0 : area.row; row < area.row + area.height && row < screen->height; row++) {
		int column = area.column < 0 ? 0 : area.column, end = area.column + area.width;

		if (end > screen->width)
			end = screen->width;
		if (column < end)
			memcpy(cell_at(screen, row, column),
			       &cells[(size_t)row * (size_t)screen->width + (size_t)column],
			       (size_t)(end - column) * sizeof(*cells));
	}
}

void screen_mark(struct screen *screen, int row, int column, int width, enum mark mark)
{
	if (row < 0 || row >= screen->height || column < 0)
		return;
	for (int i = column; i < column + width && i < screen->width; i++)
		cell_at(screen, row, i)->mark = (uint8_t)mark;
}

void screen_set_attributes(struct screen *screen, int row, int column, int width, unsigned attributes)
{
	if (row < 0 || row >= screen->height || column < 0)
		return;
	for (int i = column; i < column + width && i < screen->width; i++)
		cell_at(screen, row, i)->attributes = (uint8_t)attributes;
}

static uint32_t ascii_lower(uint32_t code_point)
{
	return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
}

void screen_highlight(struct screen *screen, int row, int column, int width, const char *needle)
{
	size_t length = strlen(needle);

	if (!length || row < 0 || row >= screen->height || column < 0)
		return;
	if (width > screen->width - column)
		width = screen->width - column;
	for (int start = column; start < column + width; start++) {
		size_t position = 0;
		int end = start;

		while (position < length && end < column + width) {
			const struct cell *cell = cell_at(screen, row, end);

			if (ascii_lower(cell->text[0]) != ascii_lower(utf8_next(needle, length, &position))) {
				position = 0;
				break;
			}
			end += cell->width ? cell->width : 1;
		}
		if (position < length || end == start)
			continue;
		for (int i = start; i < end && i < screen->width; i++) {
			cell_at(screen, row, i)->role = ROLE_MATCH;
			cell_at(screen, row, i)->attributes = 0;
		}
		start = end - 1;
	}
}

void screen_cursor(struct screen *screen, int row, int column)
{
	screen->cursor_row = row < screen->height ? row : -1;
	screen->cursor_column = column < screen->width ? column : screen->width - 1;
}

void screen_dump(const struct screen *screen, struct str *out)
{
	for (int row = 0; row < screen->height; row++) {
		size_t keep = out->length;

		for (int column = 0; column < screen->width; column++) {
			const struct cell *cell = &screen_row(screen, row)[column];

			for (unsigned part = 0; part < CELL_PARTS && cell->text[part]; part++) {
				char bytes[4];

				str_add(out, bytes, utf8_encode(cell->text[part], bytes));
			}
			if (cell->width && cell->text[0] != ' ')
				keep = out->length;
		}
		out->length = keep;
		str_add_char(out, '\n');
	}
}

void screen_dump_styles(const struct screen *screen, struct str *out)
{
	for (int row = 0; row < screen->height; row++) {
		size_t keep = out->length;

		for (int column = 0; column < screen->width; column++) {
			const struct cell *cell = &screen_row(screen, row)[column];
			char letter = theme_letter((enum role)cell->role);

			if (cell->mark != MARK_NONE && letter == '.')
				letter = cell->mark == MARK_CURSOR ? '<' : ',';
			str_add_char(out, letter);
			if (letter != '.')
				keep = out->length;
		}
		out->length = keep;
		str_add_char(out, '\n');
	}
}
