/* The dashboard as lines of text, for screen readers, dumb terminals and scripts (--linear): what happens is told in
 * words, line by line, and commands are read line by line. Nothing is drawn, moved or told by colour.
 *
 * Tests are named by their numbers, which stay the same for the whole run: "12. failed: tests/test_a.py::test_x",
 * and then "show 12". On a terminal commands are taken at once; from anything else (a pipe, a file) each waits until
 * nothing runs any more, so that a script means the same whatever is fast today, and its end means to leave.
 */
#ifndef XTOP_TUI_LINEAR_H
#define XTOP_TUI_LINEAR_H

#include "base/err.h"
#include "engine/control.h"
#include "report/frontend.h"

#include <stdbool.h>
#include <stdio.h>
#include <uv.h>

struct linear_options {
	FILE *out;    /* where it is told; borrowed until free */
	bool ascii;   /* names of tests are printed without characters beyond ASCII */
	bool stay;    /* goes on taking commands after a run that passed untouched */
	bool leave;   /* leaves at the end of the run, whatever came of it */
	bool replay;  /* a recorded run: nothing can be asked of it */
	uint64_t slow; /* ns from which on a test counts as slow; 0: one second */
};

struct linear;

/* Reads descriptor 0. `model` and `control` (may be NULL) are borrowed until free. NULL: standard input can't be
 * read. */
struct linear *linear_new(uv_loop_t *loop, const struct linear_options *options, const struct model *model,
			  const struct control *control, struct error *error);
/* Borrowed; linear_free ends both. */
struct frontend *linear_frontend(struct linear *linear);
/* Called once, from the loop, when the person left, or when the run ended and nobody is there to say more; tests may
 * still run after `quit!`. It may free. */
void linear_on_leave(struct linear *linear, void (*leave)(void *context), void *context);
/* A signal ended the run: it leaves as soon as nothing runs. */
void linear_stopping(struct linear *linear);
/* Closes the loop's handles: the loop must run once more. NULL is fine. */
void linear_free(struct linear *linear);

#endif
