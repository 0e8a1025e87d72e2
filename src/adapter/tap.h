/* A parser for the Test Anything Protocol, versions 12, 13 and 14.
 *
 * Fed with bytes as they come (lines may arrive in pieces, end with CR LF, be of any length: what is
 * beyond TAP_LINE_LIMIT is dropped), it gives a point that passed as soon as its line is complete. One that
 * did not is held until the first line that can't belong to it any more, so that it carries its diagnostics:
 * the comments and the YAML block behind it.
 * Sources: the TAP 12, 13 and 14 specifications (testanything.org), and the behaviour of TAP::Parser
 * where they are silent, since `prove` is what its users compare with.
 *
 * Subtests: indented by four spaces (14), or any deeper indentation with a plan or points of its own;
 * a subtest's points never decide by themselves, the parent's point does.
 */
#ifndef XTOP_ADAPTER_TAP_H
#define XTOP_ADAPTER_TAP_H

#include "base/str.h"
#include "xtop/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TAP_LINE_LIMIT = 1 << 20,        /* bytes of a line that are looked at */
	TAP_DIAGNOSTICS_LIMIT = 1 << 16, /* bytes of a point's diagnostics that are kept */
};

struct tap;

struct tap_point {
	bool ok;
	bool unplanned;           /* beyond the plan: doesn't pass, whatever it says */
	bool todo, skip;          /* directives */
	uint64_t number;          /* as written; where none was, the one it has by counting */
	unsigned depth;           /* 0: top level */
	struct slice name;        /* without " - " and directive, unescaped */
	struct slice reason;      /* of the directive */
	struct slice diagnostics; /* YAML block or comment lines that belong to it, without their "# " */
};

/* Borrowed for the call. */
typedef void tap_take(void *context, const struct tap_point *point);

struct tap_summary {
	bool has_plan;
	uint64_t planned;        /* with has_plan */
	bool skip_all;           /* a plan of 0 */
	const char *skip_reason; /* borrowed from the parser, "" = none */
	bool bailed_out;
	const char *bail_reason; /* borrowed, "" = none */
	uint64_t run;            /* points at the top level */
	uint64_t passed, failed; /* ok or todo; not ok without todo, or beyond the plan */
	uint64_t skipped, todo, todo_passed;
	uint64_t first_failed[8]; /* their numbers */
	uint64_t
		parse_errors; /* as TAP::Parser counts them: plan that doesn't match, numbers out of order … */
	const char *first_parse_error; /* borrowed, NULL = none */
	bool anything;                 /* some line at the top level was TAP */
};

struct tap *tap_new(tap_take *take, void *context);
void tap_feed(struct tap *tap, const char *bytes, size_t length);
/* The end of the stream: an unfinished last line counts, and the plan is judged. */
void tap_end(struct tap *tap);
const struct tap_summary *tap_summary(const struct tap *tap); /* whole after tap_end */
void tap_free(struct tap *tap);

#endif
