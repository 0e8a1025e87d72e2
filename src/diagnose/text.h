/* Lines of a text. */
#ifndef XTOP_DIAGNOSE_TEXT_H
#define XTOP_DIAGNOSE_TEXT_H

#include "base/str.h"

#include <stdbool.h>

/* Takes the first line of `rest`; `line` is without its newline. False: nothing is left. */
bool text_next_line(struct slice *rest, struct slice *line);

#endif
