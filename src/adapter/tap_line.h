/* One line of TAP: what it is and what it says.
 *
 * A pure function of the line's bytes and the version, so that it can be tested alone; what lines mean
 * together is tap.c's business. The patterns are those that TAP::Parser accepts, because the same
 * stray output has to count, or not count, as it does under `prove`.
 */
#ifndef XTOP_ADAPTER_TAP_LINE_H
#define XTOP_ADAPTER_TAP_LINE_H

#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum tap_kind {
	TAP_UNKNOWN,
	TAP_BLANK,
	TAP_VERSION,  /* number */
	TAP_PLAN,     /* number, skip, reason; todo: text holds the numbers of a TAP 12 `todo` list */
	TAP_POINT,    /* ok, number (with has_number), text is the name as written, todo, skip, reason */
	TAP_COMMENT,  /* text is without "#" and the space behind it */
	TAP_SUBTEST,  /* a comment that announces a subtest; text is its name */
	TAP_BAIL_OUT, /* reason */
	TAP_PRAGMA,   /* text is the list */
	TAP_YAML      /* the opening `---` of a block */
};

struct tap_line {
	enum tap_kind kind;
	size_t indent; /* columns, a tab is four */
	bool ok, todo, skip;
	bool has_number;
	uint64_t number;           /* at most UINT64_MAX, where more is written */
	struct slice text, reason; /* parts of the line that was read */
};

/* `line` is without its newline. */
void tap_line_read(struct slice line, unsigned version, struct tap_line *out);

/* The columns of white space that `line` begins with; *length: their bytes. */
size_t tap_line_indent(struct slice line, size_t *length);

/* The next of the numbers that `list` begins with; moves `list` behind it. */
bool tap_line_next_number(struct slice *list, uint64_t *number);

/* The next pragma (`+strict`) of a list; moves `list` behind it. */
bool tap_line_next_pragma(struct slice *list, bool *on, struct slice *name);

#endif
