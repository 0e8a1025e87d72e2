/* What things look like: semantic roles, and what a theme says of each, for terminals with all colours, 256, 16, 8
 * and none.
 *
 * A role never carries meaning by its colour alone: beside it stand a symbol, a word or a place.
 */
#ifndef XTOP_TUI_THEME_H
#define XTOP_TUI_THEME_H

#include "tui/theme_color.h"

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, letter in a screen dump's style layer) */
#define THEME_ROLES(X)        \
	X(TEXT, '.')          \
	X(DIM, 'd')           \
	X(STRONG, 'b')        \
	X(NAME, 'N')          \
	X(BORDER, '-')        \
	X(BORDER_FOCUS, '=')  \
	X(TITLE, 't')         \
	X(TITLE_FOCUS, 'T')   \
	X(TAB, 'o')           \
	X(TAB_CURRENT, 'O')   \
	X(HEADING, 'h')       \
	X(PASSED, 'P')        \
	X(FAILED, 'F')        \
	X(ERROR, 'E')         \
	X(TIMEOUT, 'M')       \
	X(CRASHED, 'C')       \
	X(SKIPPED, 'S')       \
	X(FLAKY, 'L')         \
	X(QUARANTINED, 'Q')   \
	X(RUNNING, 'R')       \
	X(WAITING, 'w')       \
	X(METER, 'm')         \
	X(METER_REST, '_')    \
	X(LOAD, 'a')          \
	X(SPARK, 's')         \
	X(VERDICT_GOOD, 'V')  \
	X(VERDICT_BAD, 'X')   \
	X(KEY, 'k')           \
	X(KEY_LABEL, 'l')     \
	X(NOTE, 'i')          \
	X(WARNING, 'W')       \
	X(PROMPT, 'p')        \
	X(MATCH, '*')         \
	X(ANSI_BLACK, '0')    \
	X(ANSI_RED, '1')      \
	X(ANSI_GREEN, '2')    \
	X(ANSI_YELLOW, '3')   \
	X(ANSI_BLUE, '4')     \
	X(ANSI_MAGENTA, '5')  \
	X(ANSI_CYAN, '6')     \
	X(ANSI_WHITE, '7')    \
	X(ANSI_BRIGHT_BLACK, '8') \
	X(ANSI_BRIGHT_RED, '9')   \
	X(ANSI_BRIGHT_GREEN, 'G') \
	X(ANSI_BRIGHT_YELLOW, 'Y') \
	X(ANSI_BRIGHT_BLUE, 'B')  \
	X(ANSI_BRIGHT_MAGENTA, 'A') \
	X(ANSI_BRIGHT_CYAN, 'c')  \
	X(ANSI_BRIGHT_WHITE, 'H')

enum role {
#define X(name, letter) ROLE_##name,
	THEME_ROLES(X)
#undef X
	ROLE_COUNT
};

/* How a row is marked, laid over the roles of its cells. */
enum mark { MARK_NONE, MARK_CURSOR /* the selected row of the focused pane */, MARK_CURSOR_WEAK, MARK_COUNT };

/* How text looks beside its colours. */
enum {
	ATTRIBUTE_BOLD = 1,
	ATTRIBUTE_DIM = 2,
	ATTRIBUTE_ITALIC = 4,
	ATTRIBUTE_UNDERLINE = 8,
	ATTRIBUTE_REVERSE = 16,
};

char theme_letter(enum role role);

/* --- what a theme says --- */

/* A colour for terminals with 256 colours or more, and one for those with 16 or 8. Where the first is unset, it is that
 * of ROLE_TEXT; where only the second is, it is the nearest to the first. */
struct theme_paint {
	struct theme_color rich, poor;
};

struct theme_look {
	struct theme_paint fg, bg;
	uint8_t attributes; /* ATTRIBUTE_BOLD | …, with colours */
	uint8_t mono;       /* without */
};

/* Plain data. A row with the cursor has the cursor's background; a role keeps its colour on it where that can be read,
 * and takes the cursor's else, or that of text. With 16 colours or 8 it has the cursor's in any case. Where the cursor has no background
 * of its own, its `mono` attributes are added instead, as they are without colours. */
struct theme_table {
	struct theme_look roles[ROLE_COUNT];
	struct theme_look cursor, cursor_weak;
};

extern const struct theme_table theme_default; /* for dark backgrounds */

/* "failed" "cursor-weak": the look of that name, or of the nth; NULL: none. */
struct theme_look *theme_look(struct theme_table *table, const char *name);
#define THEME_NAME_SIZE 32
#define THEME_LOOK_COUNT (ROLE_COUNT + 2) /* the roles, then the two cursors */
void theme_look_name(unsigned look, char name[THEME_NAME_SIZE]);

/* --- what a terminal makes of it --- */

/* A role's colours as the terminal is to show them. */
struct theme_style {
	int fg, bg;         /* as THEME_SHADE_… and theme_color_shade have them */
	uint8_t attributes; /* ATTRIBUTE_BOLD | … */
};

/* Pure: the same for the same arguments. */
struct theme_style theme_style(const struct theme_table *table, enum theme_depth depth, enum role role,
			       enum mark mark);

/* A role's colour as the background of text that can be read on it. */
struct theme_style theme_style_behind(const struct theme_table *table, enum theme_depth depth, enum role role);

struct theme; /* curses' attributes for each role and mark */

/* After curses started. `color` false: no colours at all. Looks as theme_default says. */
struct theme *theme_new(bool color);
void theme_free(struct theme *theme);
void theme_use(struct theme *theme, const struct theme_table *table); /* from the next row on that is sent */
enum theme_depth theme_depth(const struct theme *theme);
/* curses' attributes, and the colour pair through `pair`. `attributes`: ATTRIBUTE_…; an ANSI colour in reverse
 * is the background of text that can be read on it. */
unsigned long theme_attributes(const struct theme *theme, enum role role, enum mark mark, unsigned attributes,
			       short *pair);

#endif
