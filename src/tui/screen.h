/* The picture that a frame draws: a grid of cells with roles.
 *
 * Panes draw into it; nothing that is drawn can leave the grid or become anything but visible text. The
 * display (display.h) sends what changed to the terminal, and tests dump it.
 */
#ifndef XTOP_TUI_SCREEN_H
#define XTOP_TUI_SCREEN_H

#include "base/str.h"
#include "tui/theme.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, "UTF-8", "ASCII"); all one column wide but ELLIPSIS in ASCII, which is two. */
#define SCREEN_GLYPHS(X)              \
	X(PASSED, "✔", "+")           \
	X(FAILED, "✘", "X")           \
	X(ERROR, "✘", "E")            \
	X(TIMEOUT, "⏱", "T")          \
	X(CRASHED, "☠", "!")          \
	X(SKIPPED, "⊘", "s")          \
	X(FLAKY, "↻", "~")            \
	X(QUARANTINED, "▣", "Q")      \
	X(RUNNING, "▸", ">")          \
	X(WAITING, "·", ".")          \
	X(NOTRUN, "◌", "-")           \
	X(HORIZONTAL, "─", "-")       \
	X(VERTICAL, "│", "|")         \
	X(CORNER, "┌", "+")           \
	X(TEE, "├", "+")              \
	X(CORNER_RIGHT, "┐", "+")     \
	X(CORNER_BELOW, "└", "+")     \
	X(CORNER_LAST, "┘", "+")      \
	X(BAR_FULL, "█", "#")         \
	X(BAR_BAD, "▚", "X")          \
	X(BAR_BUSY, "▓", "=")         \
	X(BAR_REST, "░", ".")         \
	X(TRACK, "━", "=")            \
	X(TRACK_BEGIN, "┝", "|")      \
	X(TRACK_MANY, "┿", "+")       \
	X(TRACK_SPARSE, "┅", ":")     \
	X(TRACK_OPEN, "╍", "-")       \
	X(TRACK_TAIL, "▬", "#")       \
	X(TAIL, "◆", "*")             \
	X(UP, "▲", "^")               \
	X(DOWN, "▼", "v")             \
	X(ELLIPSIS, "…", "..")        \
	X(TIMES, "×", "x")            \
	X(SPARK_0, " ", " ")          \
	X(SPARK_1, "▁", "_")          \
	X(SPARK_2, "▂", ".")          \
	X(SPARK_3, "▃", ".")          \
	X(SPARK_4, "▄", "-")          \
	X(SPARK_5, "▅", "-")          \
	X(SPARK_6, "▆", "=")          \
	X(SPARK_7, "▇", "#")          \
	X(SPARK_8, "█", "#")

enum glyph {
#define X(name, text, ascii) GLYPH_##name,
	SCREEN_GLYPHS(X)
#undef X
	GLYPH_COUNT
};

struct area {
	int row, column, height, width;
};

struct cell;

struct screen;

/* Widths of characters follow the locale's LC_CTYPE. */
struct screen *screen_new(int width, int height, bool ascii);
void screen_free(struct screen *screen); /* NULL is fine */
void screen_resize(struct screen *screen, int width, int height);

void screen_set_ascii(struct screen *screen, bool ascii); /* from the next drawing on */
bool screen_is_ascii(const struct screen *screen);

int screen_width(const struct screen *screen);
int screen_height(const struct screen *screen);

/* --- drawing; rows and columns from 0, what lies outside is cut --- */

void screen_clear(struct screen *screen);
void screen_clear_area(struct screen *screen, struct area area);
/* Each returns the columns it took, at most `width`. Text is made visible (utf8_add_visible). */
int screen_text(struct screen *screen, int row, int column, int width, enum role role, const char *text);
int screen_text_n(struct screen *screen, int row, int column, int width, enum role role, const char *text,
		  size_t length);
/* Where it does not fit, the front goes and an ellipsis stands in its place: an id's end says most. */
int screen_text_end(struct screen *screen, int row, int column, int width, enum role role, const char *text);
/* Where it does not fit, the end goes and an ellipsis stands in its place. */
int screen_text_begin(struct screen *screen, int row, int column, int width, enum role role,
		      const char *text);
int screen_format(struct screen *screen, int row, int column, int width, enum role role,
		  const char *format, ...)
	__attribute__((format(printf, 6, 7)));
int screen_glyph(struct screen *screen, int row, int column, enum role role, enum glyph glyph);
void screen_fill(struct screen *screen, int row, int column, int width, enum role role, enum glyph glyph);
const char *screen_glyph_text(const struct screen *screen, enum glyph glyph);
/* Puts an area of another picture of this size, row by row in `cells`, in its place. */
void screen_copy(struct screen *screen, struct area area, const struct cell *cells);
/* Lays a mark over cells; the last one counts. */
void screen_mark(struct screen *screen, int row, int column, int width, enum mark mark);
/* On top of what the roles of these cells look like: ATTRIBUTE_…. */
void screen_set_attributes(struct screen *screen, int row, int column, int width, unsigned attributes);
/* Gives the cells that show `needle` (ignoring ASCII case) ROLE_MATCH. */
void screen_highlight(struct screen *screen, int row, int column, int width, const char *needle);
/* Shows the terminal's cursor there; row -1 hides it, and so does screen_clear. */
void screen_cursor(struct screen *screen, int row, int column);

int screen_text_width(const struct screen *screen, const char *text); /* columns that it would take */

/* --- the picture --- */

#define CELL_PARTS 3

struct cell {
	uint32_t text[CELL_PARTS]; /* a code point and what combines with it; 0 ends */
	uint8_t width;             /* 1, 2, or 0: the right half of the one before */
	uint8_t role, mark;
	uint8_t attributes;        /* ATTRIBUTE_… on top of what the role looks like */
};

const struct cell *screen_row(const struct screen *screen, int row); /* `width` cells; borrowed */
/* Where the terminal's cursor stands; false: hidden. */
bool screen_cursor_at(const struct screen *screen, int *row, int *column);

/* Appends the picture as lines of text without trailing blanks. */
void screen_dump(const struct screen *screen, struct str *out);
/* Appends a letter of each cell's role (theme.h); plain text in a marked row is "<" (the cursor) or ",". */
void screen_dump_styles(const struct screen *screen, struct str *out);

#endif
