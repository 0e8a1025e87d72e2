/* What the panes share: the state of the dashboard, and the calls that each pane answers. Private to
 * src/tui. */
#ifndef XTOP_TUI_VIEW_H
#define XTOP_TUI_VIEW_H

#include "base/str.h"
#include "base/vec.h"
#include "store/history_evidence.h"
#include "tui/app.h"
#include "tui/keymap.h"
#include "tui/rows.h"
#include "tui/screen.h"
#include "tui/settings.h"
#include "tui/setup.h"

#include <stdbool.h>
#include <stdint.h>

struct app;

/* Those behind the detail only ever cover the whole screen, and the detail may. */
enum pane {
	PANE_WORKERS,
	PANE_TESTS,
	PANE_DETAIL,
	PANE_TIMELINE,
	PANE_FLAKY,
	PANE_LOG,
	PANE_HELP,
	PANE_SETUP,
	PANE_COUNT,
	PANE_NONE = PANE_COUNT,
};

#define PANES_BESIDE (PANE_DETAIL + 1) /* those that share the screen and have the focus in turn */

struct view_ops {
	const char *name;
	void (*draw)(struct app *app, struct area area, bool focused);
	/* false: not for this pane; then it is tried on the dashboard as a whole. */
	bool (*request)(struct app *app, enum request request);
	/* Row and column within the area. */
	void (*mouse)(struct app *app, enum mouse mouse, int row, int column);
	/* Goes to the next place that has app->search; false: nowhere. NULL: here is nothing to search. */
	bool (*search)(struct app *app, int direction, bool from_next);
	/* The number of the test that keys are about while this pane has them, 0: none at the moment. NULL: no
	 * test is named here. */
	uint64_t (*selected)(const struct app *app);
};

extern const struct view_ops workers_view, tests_view, detail_view, timeline_view, flaky_view, log_view, help_view,
	setup_view;

/* A list with a cursor and a window onto it. */
struct list_cursor {
	long selected, top, height, length;
};

/* Moves as asked; false: not a request to move. */
bool cursor_request(struct list_cursor *cursor, enum request request);
void cursor_clamp(struct list_cursor *cursor); /* into the list, and the window around it */

/* A window onto lines, without a cursor. */
struct scroll {
	long top, height, length;
};

struct page_line {
	size_t offset, length; /* of page.text */
	int column;
	enum role role;
	size_t spans, span_count; /* of page.spans; none: all of it has the role */
};

/* From here on, until the line's next span, text looks so. */
struct page_span {
	size_t offset; /* of page.text */
	uint8_t role, attributes;
};

/* Lines of text, broken at the window's edge. */
struct page {
	struct str text;
	VEC(struct page_line) lines;
	VEC(struct page_span) spans;
	struct scroll scroll; /* its length is that of `lines` */
	int width;            /* that the lines are broken for */
	int column, indent;   /* where the next lines begin, and where they go on once broken */
	long found;           /* line that was found last */
};

struct workers_pane {
	struct list_cursor cursor;
	bool held;      /* the person chose `slot`: it stays under the cursor when the order changes */
	unsigned slot;
	int column;     /* they are sorted by: enum workers_column, -1: their numbers */
	bool inverted;
	bool limits;    /* there is something to compare ages with */
	uint8_t order[XTOP_SLOTS_MAX];      /* slots, as they are shown; cursor.length of them */
	int headings[WORKERS_COLUMN_COUNT]; /* where they begin in the title row, -1: not shown */
};

struct tests_pane; /* tests.h */

enum targets_kind { TARGETS_ONE, TARGETS_TAGGED, TARGETS_BELOW /* a heading */ };

/* The tests that an action is about. */
struct targets {
	enum targets_kind kind;
	VEC(uint64_t) tests;
};

enum detail_tab {
	DETAIL_AUTO,
	DETAIL_OUTPUT,
	DETAIL_ERROR,
	DETAIL_ATTEMPTS,
	DETAIL_HISTORY,
	DETAIL_POINTS,
	DETAIL_TAB_COUNT,
};

struct detail_pane {
	uint64_t test;
	enum detail_tab wanted, tab; /* as chosen; as shown (never AUTO) */
	bool follow;  /* the end of the output stays in view */
	bool moved;   /* the person scrolled this test's detail */
	struct page page;
	uint64_t revision;     /* grows when the shown test changes */
	uint64_t made_revision;
	bool made_full;
	struct history_verdicts past; /* of this test, at so many verdicts of this run */
	uint64_t past_of;
	uint32_t past_verdicts;
	char past_problem[256]; /* why they can't be told; "" = they can */
	int tab_columns[DETAIL_TAB_COUNT], tab_ends[DETAIL_TAB_COUNT];
};

struct log_pane {
	bool follow; /* the end stays in view */
	struct page page;
	VEC(size_t) begins; /* of each message of run.log that the page has: its first line */
	uint64_t dropped;   /* run.log_dropped, when the page was made */
};

#define RATE_SECONDS 64

struct forecast;

struct header {
	struct forecast *forecast;
	uint32_t verdicts[RATE_SECONDS]; /* per second of the run, by second % RATE_SECONDS */
	uint64_t second;                 /* the newest one that is in it */
	double cpu[RATE_SECONDS];        /* shares of all workers' CPUs, one a sample */
	unsigned cpu_count, cpu_next;
	uint64_t cpu_second;
};

enum prompt_kind {
	PROMPT_NONE,
	PROMPT_SEARCH,
	PROMPT_FILTER,
	PROMPT_COMMAND,
	PROMPT_REASON,
	PROMPT_RELEASE,
	PROMPT_RELEASE_ENTRY,
	PROMPT_QUIT,
	PROMPT_QUIT_AGAIN,
	PROMPT_SAVE,
};

struct prompt {
	enum prompt_kind kind;
	struct str text;
	uint64_t test; /* that it is about */
};

enum menu_kind { MENU_NONE, MENU_SIGNAL, MENU_SORT, MENU_SORT_WORKERS, MENU_THEME };

struct menu {
	enum menu_kind kind;
	struct list_cursor cursor;
	uint64_t test;
	struct area area; /* where it was drawn */
};

#define FUNCTION_KEYS_MAX 16

struct app {
	struct tui_options options;
	struct tui_settings settings; /* as they are now */
	struct tui_settings kept;     /* as they were read, or saved last */
	const struct model *model;
	const struct run *run;
	const struct control *control;
	const struct host *host;
	struct screen *screen;
	struct rows *rows;

	uint64_t now, idle_clock;
	bool changed;      /* it needs drawing */
	bool redraw;
	bool touched;      /* a key was pressed */
	bool ended;        /* nothing runs or waits */
	uint64_t ended_at; /* ns since the run began */
	int exit_code;     /* that the run told at its end; 0 again when a verdict came behind that */
	bool leaving;      /* leave as soon as nothing runs */
	bool stop_asked;
	enum app_wish wish;

	enum pane focus;   /* of those beside each other */
	enum pane over[PANE_COUNT]; /* what covers the screen, the topmost last; each at most once */
	unsigned over_count;
	struct area areas[PANE_COUNT]; /* height 0: not shown */

	struct str search;   /* what `/` looked for last */
	struct header header;
	struct workers_pane workers;
	struct tests_pane *tests; /* owned, as is the next */
	struct freeze *freeze;
	struct detail_pane detail;
	struct timeline *timeline;
	struct flaky_pane *flaky;
	struct log_pane log;
	struct scroll help_scroll;
	struct prompt prompt;
	struct commands *commands;
	struct menu menu;
	struct themes *themes; /* owned */
	struct setup *setup;   /* the same */
	struct targets targets; /* of the prompt or the menu that is open */

	char message[512];
	enum role message_role;
	uint64_t message_until; /* idle clock; 0: none, UINT64_MAX: until a key */
	bool message_stays;     /* nothing that comes by itself takes its place */

	struct {
		int column, end, key;
	} function_keys[FUNCTION_KEYS_MAX]; /* as drawn, for the mouse */
	unsigned function_key_count;
};

/* --- app.c, app_input.c --- */

const struct view_ops *app_view(enum pane pane);
void app_look_at_state(struct app *app); /* whether the run has ended, and it is time to leave */
void app_refresh(struct app *app);       /* brings the list of tests up to date, if it is seen */

/* One line for the status bar, gone after a while or with the next key. */
void app_say(struct app *app, enum role role, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The key that asks for it now, for messages; fills `name` and returns it. */
const char *app_key_name(const struct app *app, enum request request, char name[KEYMAP_NAME_SIZE]);
bool app_run_failed(const struct app *app); /* as far as it went */
void app_open_detail(struct app *app);
const struct test *app_selected(const struct app *app); /* NULL: none */
void app_request(struct app *app, enum request request);
bool app_reaches(const struct app *app, enum request request); /* through what covers the screen */
/* The focus goes to a pane that is shown; while it is in a hidden one, that one is. */
void app_leave_hidden(struct app *app);
enum pane app_over(const struct app *app); /* what covers the screen, PANE_NONE: nothing */
enum pane app_front(const struct app *app); /* what has the keys */
void app_cover(struct app *app, enum pane pane); /* on top of whatever covers it already */
void app_uncover(struct app *app);               /* back to what was below */
/* For app->search, in what has the keys; false: nothing found. */
bool app_search(struct app *app, int direction, bool from_next);

/* --- function_keys.c --- */
void function_keys_draw(struct app *app, int row, int width);

/* A test changed, and what is shown of it shall. */
void app_show_test(struct app *app, const struct test *test);

/* --- freeze.c --- */
struct freeze *freeze_new(void);
void freeze_free(struct freeze *freeze);
bool freeze_is_on(const struct app *app);
void freeze_toggle(struct app *app);
/* Whether an event, about this test or none (NULL), is kept from what is shown. */
bool freeze_holds(struct app *app, const struct event *event, const struct test *test);
bool freeze_clock(struct app *app, uint64_t now); /* likewise the time, ns since the run began */
/* Draws the header (PANE_NONE) or a pane as it was; false: it is to be drawn as it is. */
bool freeze_draw(struct app *app, struct area area, enum pane pane);
void freeze_draw_sign(struct app *app);

/* --- layout.c --- */
void layout_place(struct app *app, int header); /* fills app->areas */
bool layout_shows_header(const struct app *app);

/* --- setup.c --- */
/* Keeps them for the next time, and says so. */
bool settings_keep(struct app *app, const struct tui_settings *settings);

/* --- themes.c: the choice of a theme --- */
void themes_init(struct app *app);
void themes_fini(struct app *app);
void themes_open(struct app *app); /* the menu */
long themes_count(const struct app *app);
long themes_current(const struct app *app);
const char *themes_name(const struct app *app, long theme);
void themes_show(struct app *app, long theme); /* to look at it */
void themes_take(struct app *app, long theme); /* and keep it */
void themes_leave(struct app *app);            /* back to the one before */
void themes_step(struct app *app, int step);   /* to another in their order, without keeping it */
const char *themes_current_name(const struct app *app);

/* --- header.c --- */
void header_init(struct app *app);
void header_fini(struct app *app);
void header_hear(struct app *app, const struct event *event, const struct test *test);
void header_draw(struct app *app, struct area area);

/* --- pane.c: what panes draw alike --- */

/* The line above a pane; returns the column behind the title. */
int pane_draw_title(struct app *app, struct area area, enum glyph corner, bool focused, const char *title);
/* A tab's label on such a line, with `count` behind it unless negative; returns the column behind it. */
int pane_draw_tab(struct app *app, int row, int column, int end, const char *label, long count, bool current);

struct status {
	enum role role;
	enum glyph glyph;
	const char *word;
};
/* How a test, or an attempt, is shown. */
struct status status_of_test(const struct test *test);
struct status status_of_outcome(enum outcome outcome);

/* --- page.c --- */
long scroll_end(const struct scroll *scroll); /* the top that has the last line in view */
void scroll_clamp(struct scroll *scroll);
void scroll_by(struct scroll *scroll, long lines);
bool scroll_request(struct scroll *scroll, enum request request); /* false: not a request to move */
bool scroll_mouse(struct scroll *scroll, enum mouse mouse);       /* false: not the wheel */

void page_init(struct page *page);
void page_fini(struct page *page);
void page_clear(struct page *page, int width);
/* One line of text from outside: made visible, tabs as blanks. */
void page_add_line(struct page *page, enum role role, const char *bytes, size_t length);
void page_add_text(struct page *page, enum role role, const char *bytes, size_t length);
/* What a program printed, as a terminal would show it (ansi.h); what it left as it was has the role. */
void page_add_printed(struct page *page, enum role role, const char *bytes, size_t length);
/* One such line; `cells` as ansi.h gives them. */
void page_add_cells(struct page *page, enum role role, const struct cell *cells, size_t count);
void page_add_format(struct page *page, enum role role, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void page_draw(struct app *app, const struct page *page, struct area area, bool highlight);
/* How far down one is, on the right of a row; nothing where all is in view. */
void page_draw_position(struct app *app, const struct page *page, int row, bool follows);
/* Scrolls to the next line with `needle`, ignoring ASCII case, and behind the end on from the top. */
bool page_search(struct page *page, const char *needle, int direction, bool from_next);

/* --- tests.c --- */
void tests_init(struct app *app);
void tests_fini(struct app *app);
void tests_hear(struct app *app, const struct event *event);
void tests_refresh(struct app *app); /* brings list and selection up to date */
void tests_many_found(struct app *app); /* any number of tests, at once */
void tests_select(struct app *app, uint64_t test);
enum column tests_column(const struct app *app); /* that the list is sorted by */
void tests_open(struct app *app, uint64_t test); /* selects it, and covers the screen with its detail */
void tests_set_column(struct app *app, enum column column);
void tests_set_tab(struct app *app, int tab); /* any number: they go round */
enum tests_line { TESTS_LINE_TEST, TESTS_LINE_OPEN, TESTS_LINE_CLOSED };
enum tests_line tests_line(const struct app *app); /* what the cursor is on: a test, or a heading */
void tests_hold(struct app *app); /* what is selected stays under the cursor */
void tests_stop_following(struct app *app);
bool tests_unfinished(const struct app *app); /* another frame shows more of the list */
bool tests_stale(const struct app *app);      /* the list waits a little before it is made anew */

/* --- tests_filter.c --- */
/* What the filter line says now: a mistake in it leaves the filter that was there. */
void tests_set_filter(struct app *app, const char *text);
bool tests_clear_filter(struct app *app); /* false: there was none */
void tests_judge(struct app *app, const struct test *test); /* it was found, or changed */
const char *tests_filter_text(const struct app *app); /* "": none; borrowed */
/* What is wrong with the line as typed so far, one line, and the column (from 1) where; "": nothing. */
const char *tests_filter_complaint(const struct app *app, size_t *column);

/* --- tests_tags.c --- */
uint32_t tests_tagged(const struct app *app); /* how many are */
/* What an action is about: in the tests pane the tagged ones, else those below the selected heading; in any other
 * the test that is looked at. */
void tests_targets(struct app *app, struct targets *targets);

/* --- workers.c --- */
#define WORKERS_SORT_CHOICES (WORKERS_COLUMN_COUNT + 1)
void workers_init(struct app *app);
int workers_wanted_height(const struct app *app); /* with its title */
/* What they can be sorted by: 0 is their number, the others the columns. */
const char *workers_sort_text(int choice);
int workers_sort_choice(const struct app *app);
void workers_sort(struct app *app, int choice);

/* --- detail.c --- */
void detail_init(struct app *app);
void detail_fini(struct app *app);
void detail_hear(struct app *app, const struct event *event);

/* --- log.c --- */
void log_init(struct app *app);
void log_fini(struct app *app);
void log_open(struct app *app);

/* --- prompt.c --- */
void prompt_open(struct app *app, enum prompt_kind kind, uint64_t test);
void prompt_key(struct app *app, int key);
void prompt_draw(struct app *app, int row, int width);

/* --- menu.c --- */
void menu_open(struct app *app, enum menu_kind kind, uint64_t test);
void menu_key(struct app *app, int key);
void menu_draw(struct app *app);
void menu_mouse(struct app *app, enum mouse mouse, int row, int column);

/* --- errand.c: what is done with the selected test outside of the dashboard --- */
void errand_output(struct app *app);
void errand_edit(struct app *app);
void errand_yank(struct app *app);
void errand_yank_id(struct app *app);
void errand_manual(struct app *app);
void errand_debug(struct app *app);
void errand_stack(struct app *app); /* of a test that runs */
/* The command, for a shell, that runs a test alone. */
void errand_add_command(const struct app *app, const struct test *test, struct str *out);

/* --- action.c: what is asked of the run --- */
bool action_can_ask(struct app *app); /* false: it said why not */
void action_say_refused(struct app *app, const struct error *error);
bool action_is_held(const struct app *app, const struct test *test); /* in quarantine */
void action_rerun(struct app *app);
void action_rerun_failed(struct app *app);
void action_quarantine(struct app *app); /* opens the prompt */
void action_hold(struct app *app, const char *reason); /* app->targets; NULL: no reason was given */
void action_release(struct app *app);                  /* app->targets */
void action_kill(struct app *app); /* opens the menu */
void action_send(struct app *app, int number); /* to app->targets */
void action_pause(struct app *app);
void action_change_workers(struct app *app, bool more);
void action_quit(struct app *app);
void action_stop_and_leave(struct app *app);
/* Finds out what is to be acted on, app->targets; false: it said that there is nothing, or nobody to ask. */
bool action_find_targets(struct app *app);
bool action_is_idle(const struct app *app);

#endif
