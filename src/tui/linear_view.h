/* What the parts of --linear share: what is told (linear.c) and what is asked (linear_commands.c,
 * linear_lists.c). */
#ifndef XTOP_TUI_LINEAR_VIEW_H
#define XTOP_TUI_LINEAR_VIEW_H

#include "base/str.h"
#include "report/style.h"
#include "tui/linear.h"

struct linear_handles;
struct list; /* of linear_lists.c */

/* What is left of a command's line. */
struct words {
	struct slice rest;
};

struct linear {
	struct frontend frontend;
	struct linear_options options;
	struct style style;
	const struct model *model;
	const struct run *run;
	const struct control *control;
	struct linear_handles *handles;
	struct str input;      /* read, not taken yet */
	bool terminal;         /* commands come from a person */
	bool ended_input;      /* no more will come */
	bool touched;          /* a command was given */
	bool with_suite;       /* names of tests tell their suite */
	bool leaving;          /* leaves as soon as nothing runs */
	bool leaves_now;
	bool told;             /* leave was called */
	bool ended;            /* nothing ran or waited when it was looked last */
	bool quiet;            /* only the end is told */
	const struct list *listed; /* the list that was told last; NULL: none */
	size_t list_next;      /* where it goes on */
	uint64_t last_shown;   /* the test that the last command was about; 0: none */
	uint32_t told_tenths;  /* of the progress */
	uint64_t told_at;      /* ns since the run began: the last line of progress */
	void (*leave)(void *context);
	void *leave_context;
};

/* --- linear.c --- */

/* A line of our own. */
void linear_say(struct linear *linear, const char *format, ...) __attribute__((format(printf, 2, 3)));
void linear_write(struct linear *linear, const struct str *text);
bool linear_is_idle(const struct linear *linear);
/* "12. failed after 0.32s on worker 3: tests/test_a.py::test_x: AssertionError" and a newline. */
void linear_add_test(const struct linear *linear, struct str *out, const struct test *test);
/* "320 of 640 done, 3 failed, 8 run, 12 seconds so far" */
void linear_add_progress(const struct linear *linear, struct str *out);

/* --- linear_commands.c --- */
void linear_command(struct linear *linear, struct slice line);
struct slice linear_next_word(struct words *words); /* of length 0: none */
bool linear_is_word(struct slice word, const char *text);

/* --- linear_lists.c: commands --- */
bool linear_has_failed(const struct linear *linear, const struct test *test);
void linear_list(struct linear *linear, struct words *words);
void linear_more(struct linear *linear, struct words *words);
void linear_search(struct linear *linear, struct words *words);

#endif
