/* Sections of a manual page, from mdoc(7) source to plain text, so that `explain` needs no man(1).
 *
 * Known is the part of mdoc(7) that xtop's own pages use.  What isn't known is shown as its words; nothing is left
 * out.  The result is ASCII where the source is.
 */
#ifndef XTOP_DIAGNOSE_MANUAL_H
#define XTOP_DIAGNOSE_MANUAL_H

#include "base/str.h"

#include <stdbool.h>

/* Appends the section or subsection with this heading, with its heading, lines filled to `width` columns. False:
 * the page has none, and nothing is appended. */
bool manual_section(struct slice page, const char *heading, unsigned width, struct str *out);

#endif
