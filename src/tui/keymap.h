/* The keys: one table from which the bindings at first, the help screen and the manual's list are made. */
#ifndef XTOP_TUI_KEYMAP_H
#define XTOP_TUI_KEYMAP_H

#include <stdbool.h>

/* X(REQUEST, group, "keys", "what it does"): keys by name, separated by blanks (keymap_key_by_name). */
#define KEYMAP_REQUESTS(X)                                                                              \
	X(UP, MOVE, "Up k", "up")                                                                       \
	X(DOWN, MOVE, "Down j", "down")                                                                 \
	X(PAGE_UP, MOVE, "PgUp C-b", "a page up")                                                       \
	X(PAGE_DOWN, MOVE, "PgDn C-f", "a page down")                                                   \
	X(FIRST, MOVE, "g Home", "to the top")                                                          \
	X(LAST, MOVE, "G End", "to the end")                                                            \
	X(PREVIOUS_TAB, MOVE, "Left", "the tab to the left (all, running, failed)")                        \
	X(NEXT_TAB, MOVE, "Right", "the tab to the right")                                                  \
	X(PREVIOUS_FAILURE, MOVE, "[", "previous failure")                                              \
	X(NEXT_FAILURE, MOVE, "]", "next failure")                                                      \
	X(NEXT_PANE, PANES, "Tab", "next pane")                                                         \
	X(PREVIOUS_PANE, PANES, "S-Tab", "previous pane")                                               \
	X(PANE_WORKERS, PANES, "1", "workers")                                                          \
	X(PANE_TESTS, PANES, "2", "tests")                                                              \
	X(PANE_DETAIL, PANES, "3", "detail of the selected test")                                       \
	X(PANE_TIMELINE, PANES, "4", "timeline: which worker ran what, and when")                       \
	X(PANE_FLAKY, PANES, "5", "flaky tests, and the quarantine")                                     \
	X(PANE_LOG, PANES, "6", "the log: messages, and what pytest said")                              \
	X(BACK, PANES, "Esc", "back")                                                                   \
	X(SEARCH, LIST, "/ F3", "search")                                                               \
	X(NEXT_MATCH, LIST, "n", "next match")                                                          \
	X(PREVIOUS_MATCH, LIST, "N", "previous match")                                                  \
	X(FILTER, LIST, "\\ F4", "filter: the tests that an expression matches")                         \
	X(TREE, LIST, "t F5", "a tree by suite, file and class, or a list")                            \
	X(EXPAND, LIST, "+", "open a heading; once more: with all below; zoom in")                      \
	X(COLLAPSE, LIST, "-", "close a heading, or the one above; zoom out")                           \
	X(TAG, LIST, "Space", "tag the test, or all below a heading")                                   \
	X(UNTAG, LIST, "U", "untag all")                                                                \
	X(SORT_LEFT, LIST, "<", "sort by the column to the left")                                       \
	X(SORT_RIGHT, LIST, ">", "sort by the column to the right")                                     \
	X(INVERT, LIST, "I", "invert the order")                                                        \
	X(SORT_MENU, LIST, "F6", "choose the column to sort by")                                        \
	X(FOLLOW, LIST, "F", "follow: the newest test, or the end of the output")                       \
	X(OPEN, TEST, "Enter", "detail, full screen")                                                   \
	X(RERUN, TEST, "r F7", "run it again, or the tagged ones")                            \
	X(QUARANTINE, TEST, "x F8", "quarantine it (asks why), or release it")                         \
	X(KILL, TEST, "F9", "send it a signal while it runs")                                           \
	X(STACK, TEST, "b", "where it is now, if it runs: its stacks")                                  \
	X(DEBUG, TEST, "d", "run it alone in a debugger, on this terminal")                             \
	X(OUTPUT, TEST, "o", "all of its output, in $PAGER")                                            \
	X(EDIT, TEST, "e", "the failing line, in $VISUAL or $EDITOR")                                   \
	X(YANK, TEST, "y", "copy the command that runs it alone")                                       \
	X(YANK_ID, TEST, "Y", "copy its id")                                                            \
	X(MANUAL, TEST, "m", "the manual on its diagnosis, in $PAGER")                                  \
	X(RERUN_FAILED, RUN, "R", "rerun all failed tests")                                             \
	X(PAUSE, RUN, "p", "hold back new tests, or let them start again")                              \
	X(FEWER_WORKERS, RUN, "{", "one worker fewer, once its test has ended")                         \
	X(MORE_WORKERS, RUN, "}", "one worker more")                                                    \
	X(COMMAND, GENERAL, ":", "a command line: any of these by name, filter EXPR, goto NAME")            \
	X(HELP, GENERAL, "? h F1", "this help")                                                         \
	X(FREEZE, GENERAL, "Z", "freeze the display; once more: go on")                                 \
	X(SETUP, GENERAL, "F2", "set-up: columns, panes, looks and keys")                                 \
	X(THEME, GENERAL, "T", "choose a theme")                                                        \
	X(REDRAW, GENERAL, "C-l", "draw the screen again")                                              \
	X(QUIT, GENERAL, "q F10", "back; from the main view: leave (asks while tests run)")             \
	X(QUIT_NOW, GENERAL, "Q", "stop the run and leave, without asking")

enum request {
	REQUEST_NONE,
#define X(name, group, keys, help) REQUEST_##name,
	KEYMAP_REQUESTS(X)
#undef X
	REQUEST_COUNT
};

#define KEYMAP_GROUPS(X)        \
	X(MOVE, "Moving")       \
	X(PANES, "Panes")       \
	X(LIST, "Lists")        \
	X(TEST, "The test")     \
	X(RUN, "The run")       \
	X(GENERAL, "General")

enum keymap_group {
#define X(name, title) GROUP_##name,
	KEYMAP_GROUPS(X)
#undef X
	GROUP_COUNT
};

/* A key: a code point, a control character, or one of these. */
enum {
	KEYCODE_ENTER = '\r',
	KEYCODE_TAB = '\t',
	KEYCODE_ESCAPE = 27,
	KEYCODE_BACKSPACE = 127,
	KEYCODE_UP = 0x200000,
	KEYCODE_DOWN,
	KEYCODE_LEFT,
	KEYCODE_RIGHT,
	KEYCODE_PAGE_UP,
	KEYCODE_PAGE_DOWN,
	KEYCODE_HOME,
	KEYCODE_END,
	KEYCODE_DELETE,
	KEYCODE_BACK_TAB,
	KEYCODE_F0, /* F1 is KEYCODE_F0 + 1 */
	KEYCODE_LAST = KEYCODE_F0 + 12,
};

/* "j" "C-l" "Enter" "PgUp" "F7" …; 0: no such key. `length` bytes of `name` count. */
int keymap_key_by_name(const char *name, unsigned length);

#define KEYMAP_NAME_SIZE 24

/* The other way round. */
void keymap_key_name(int key, char name[KEYMAP_NAME_SIZE]);

#define KEYMAP_KEYS_MAX 6 /* of one request */

/* Which keys ask for what. Plain data; a key is bound at most once. */
struct keymap {
	int keys[REQUEST_COUNT][KEYMAP_KEYS_MAX]; /* 0 ends */
};

void keymap_init(struct keymap *keymap); /* as in the table */
enum request keymap_request(const struct keymap *keymap, int key); /* REQUEST_NONE: not bound */
/* The key to name where there is room for one: a function key, else the first; 0: it has none. */
int keymap_best_key(const struct keymap *keymap, enum request request);

#define KEYMAP_TEXT_SIZE (KEYMAP_KEYS_MAX * KEYMAP_NAME_SIZE)

/* All keys of a request by name, with blanks between them. */
void keymap_keys_text(const struct keymap *keymap, enum request request, char text[KEYMAP_TEXT_SIZE]);

struct keymap_entry {
	enum request request;
	enum keymap_group group;
	const char *name; /* "RERUN_FAILED" */
	const char *keys; /* as in the table */
	const char *help;
};

#define KEYMAP_REQUEST_SIZE 32

/* As settings write it: "rerun-failed". */
void keymap_request_name(enum request request, char name[KEYMAP_REQUEST_SIZE]);
enum request keymap_request_by_name(const char *name); /* REQUEST_NONE: none is called so */

const struct keymap_entry *keymap_entry(enum request request); /* borrowed; REQUEST_NONE has none: NULL */
const char *keymap_group_title(enum keymap_group group);

#endif
