/* What things look like: semantic roles, and the colours compiled in for terminals
 * with 256, 16 and 8 colours and with none.
 *
 * A role never carries meaning by its colour alone: beside it stand a symbol, a word or a place.
 */
#ifndef XTOP_TUI_THEME_H
#define XTOP_TUI_THEME_H

#include <stdbool.h>

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

/* What programs ask for in their output, on top of what a role looks like. */
enum {
	ATTRIBUTE_BOLD = 1,
	ATTRIBUTE_DIM = 2,
	ATTRIBUTE_ITALIC = 4,
	ATTRIBUTE_UNDERLINE = 8,
	ATTRIBUTE_REVERSE = 16,
};

char theme_letter(enum role role);

struct theme; /* the terminal's attributes for each role and mark */

/* After curses started. `color` false: no colours at all. */
struct theme *theme_new(bool color);
void theme_free(struct theme *theme);
/* curses' attributes, and the colour pair through `pair`. `attributes`: ATTRIBUTE_…; an ANSI colour in reverse
 * is the background of text that can be read on it. */
unsigned long theme_attributes(const struct theme *theme, enum role role, enum mark mark, unsigned attributes,
			       short *pair);

#endif
