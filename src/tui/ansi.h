/* What programs print for a terminal, as lines of cells: colours and attributes as they ask for them, a
 * progress bar in its last state.
 *
 * Understood (ECMA-48, xterm's control sequences): SGR, carriage return, backspace, tab, EL (erase in
 * line) and CHA (to a column). Every other escape sequence is dropped: what was printed is read line by line
 * here, so nothing moves up or clears a screen. A control string (OSC, DCS …) that has no end ends with its
 * line. Other control characters are spelled out (utf8_add_visible).
 *
 * 256 colours and truecolor become the nearest of 16: of the twelve hues or of the four greys, as the colour
 * is nearer to one or the other.
 */
#ifndef XTOP_TUI_ANSI_H
#define XTOP_TUI_ANSI_H

#include "tui/screen.h"

#include <stddef.h>

/* A line that is longer is given in pieces. */
#define ANSI_COLUMNS_MAX 16384

struct ansi;

/* `line` gets each line's cells, borrowed for the call. */
struct ansi *ansi_new(void (*line)(void *context, const struct cell *cells, size_t count), void *context);
void ansi_free(struct ansi *ansi); /* NULL is fine */
void ansi_feed(struct ansi *ansi, const char *bytes, size_t length); /* in any pieces */
void ansi_end(struct ansi *ansi); /* the last line, should it have no end */

#endif
