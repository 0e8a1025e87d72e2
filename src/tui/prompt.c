/* Questions in the last row: text to type, or one of a few keys to press. */
#include "tui/flaky.h"
#include "tui/view.h"

#include "base/utf8.h"
#include "tui/command.h"

#include <stdio.h>
#include <string.h>

#define TEXT_LIMIT 400

/* The short form is for terminals that are narrower than the long one. */
static const char *label_of(const struct app *app, bool small)
{
	switch (app->prompt.kind) {
	case PROMPT_SEARCH:
		return "Search: ";
	case PROMPT_FILTER:
		return "Filter: ";
	case PROMPT_COMMAND:
		return ":";
	case PROMPT_REASON:
		return small ? "Reason: " : "Quarantine, reason: ";
	case PROMPT_RELEASE:
	case PROMPT_RELEASE_ENTRY:
		return "Release from quarantine? [y]es [n]o ";
	case PROMPT_QUIT:
		return small ? "[s]top, go on [h]eadless, [b]ack "
			     : "Tests are running: [s]top and leave, go on [h]eadless, [b]ack ";
	case PROMPT_QUIT_AGAIN:
		return small ? "[k]ill what runs, [b]ack "
			     : "Stopping: [k]ill what still runs and leave, [b]ack ";
	case PROMPT_SAVE:
		return small ? "Save? [y]es [n]o [b]ack " : "Save these settings? [y]es [n]o, for this run only [b]ack ";
	default:
		return "";
	}
}

static bool takes_text(const struct prompt *prompt)
{
	return prompt->kind == PROMPT_SEARCH || prompt->kind == PROMPT_FILTER || prompt->kind == PROMPT_REASON ||
	       prompt->kind == PROMPT_COMMAND;
}

void prompt_open(struct app *app, enum prompt_kind kind, uint64_t test)
{
	app->prompt.kind = kind;
	app->prompt.test = test;
	str_clear(&app->prompt.text);
	if (kind == PROMPT_FILTER)
		str_add_text(&app->prompt.text, tests_filter_text(app));
}

static void search_now(struct app *app)
{
	struct prompt *prompt = &app->prompt;

	/* An empty line means what was looked for last. */
	if (!prompt->text.length)
		return;
	str_clear(&app->search);
	str_add_text(&app->search, prompt->text.data);
	app_search(app, 1, false);
}

static void accept_text(struct app *app)
{
	struct prompt *prompt = &app->prompt;
	enum prompt_kind kind = prompt->kind;
	size_t column;

	/* A filter with a mistake is typed on. */
	if (kind == PROMPT_FILTER && *tests_filter_complaint(app, &column))
		return;
	prompt->kind = PROMPT_NONE;
	if (kind == PROMPT_REASON) {
		struct slice reason = slice_trim((struct slice){ prompt->text.data, prompt->text.length });
		struct str text = STR_INIT;

		str_add(&text, reason.data, reason.length);
		action_hold(app, text.length ? text.data : NULL);
		str_fini(&text);
	} else if (kind == PROMPT_COMMAND) {
		struct str line = prompt->text;

		/* It may open another prompt. */
		str_init(&prompt->text);
		command_run(app, (struct slice){ line.data, line.length });
		str_fini(&line);
	} else if (kind == PROMPT_SEARCH) {
		bool found = true;

		if (prompt->text.length)
			found = app_search(app, 1, false);
		else if (app->search.length)
			found = app_search(app, 1, true);
		if (!found)
			app_say(app, ROLE_WARNING, " '%.100s' is not found here ", app->search.data);
	}
}

static void edit(struct app *app, int key)
{
	struct str *text = &app->prompt.text;
	char bytes[4];

	switch (key) {
	case KEYCODE_BACKSPACE:
	case KEYCODE_DELETE:
		while (text->length && ((unsigned char)text->data[text->length - 1] & 0xc0) == 0x80)
			text->data[--text->length] = '\0';
		if (text->length)
			text->data[--text->length] = '\0';
		break;
	case 'U' - '@':
		str_clear(text);
		break;
	case 'W' - '@':
		while (text->length && text->data[text->length - 1] == ' ')
			text->data[--text->length] = '\0';
		while (text->length && text->data[text->length - 1] != ' ')
			text->data[--text->length] = '\0';
		break;
	default:
		if (key >= ' ' && key < KEYCODE_UP && text->length < TEXT_LIMIT)
			str_add(text, bytes, utf8_encode((uint32_t)key, bytes));
		break;
	}
}

static void answer(struct app *app, int key)
{
	struct prompt *prompt = &app->prompt;
	enum prompt_kind kind = prompt->kind;
	bool release = kind == PROMPT_RELEASE || kind == PROMPT_RELEASE_ENTRY;

	prompt->kind = PROMPT_NONE;
	if (key == KEYCODE_ESCAPE || key == 'b' || (release && (key == 'n' || key == 'N')))
		return;
	if (kind == PROMPT_RELEASE && (key == 'y' || key == 'Y')) {
		action_release(app);
	} else if (kind == PROMPT_RELEASE_ENTRY && (key == 'y' || key == 'Y')) {
		flaky_release(app);
	} else if ((kind == PROMPT_QUIT && key == 's') || (kind == PROMPT_QUIT_AGAIN && key == 'k')) {
		action_stop_and_leave(app);
	} else if (kind == PROMPT_SAVE && (key == 'y' || key == 'Y' || key == 'n' || key == 'N' || key == KEYCODE_ENTER)) {
		setup_answer(app, key != 'n' && key != 'N');
	} else if (kind == PROMPT_QUIT && key == 'h') {
		app->wish = APP_GOES_HEADLESS;
	} else {
		prompt->kind = kind; /* asks on */
	}
}

void prompt_key(struct app *app, int key)
{
	if (!takes_text(&app->prompt)) {
		answer(app, key);
	} else if (key == KEYCODE_ESCAPE) {
		if (app->prompt.kind == PROMPT_SEARCH)
			str_clear(&app->search);
		else if (app->prompt.kind == PROMPT_FILTER)
			tests_clear_filter(app);
		app->prompt.kind = PROMPT_NONE;
	} else if (key == KEYCODE_ENTER) {
		accept_text(app);
	} else if (app->prompt.kind == PROMPT_COMMAND && key == KEYCODE_TAB) {
		command_complete(app, &app->prompt.text);
	} else if (app->prompt.kind == PROMPT_COMMAND && (key == KEYCODE_UP || key == KEYCODE_DOWN)) {
		command_recall(app, key == KEYCODE_UP, &app->prompt.text);
	} else if (app->prompt.kind == PROMPT_COMMAND && key == KEYCODE_BACKSPACE && !app->prompt.text.length) {
		app->prompt.kind = PROMPT_NONE; /* as tig and vi do */
	} else {
		edit(app, key);
		if (app->prompt.kind == PROMPT_SEARCH)
			search_now(app);
		else if (app->prompt.kind == PROMPT_FILTER)
			tests_set_filter(app, app->prompt.text.data);
	}
}

/* Below the filter that is typed: what is wrong with it, under the place, or what it came to. */
static void draw_advice(struct app *app, int row, int before, int width)
{
	size_t column;
	const char *complaint = tests_filter_complaint(app, &column);
	int at = before + (int)column - 1, length = screen_text_width(app->screen, complaint);

	if (!*complaint) {
		screen_format(app->screen, row, 0, width, ROLE_DIM,
			      width < 100 ? " %u of %u tests. As -E; also status() worker() code() message()"
					  : " %u of %u tests. As -E; also status() worker() code() message(). "
					    "Enter keeps it, Esc takes it off",
			      rows_count(app->rows, TAB_ALL), rows_length(app->rows));
	} else if (at + 2 + length <= width) {
		screen_format(app->screen, row, at, width - at, ROLE_WARNING, "^ %s", complaint);
	} else if (length + 1 <= at && at < width) {
		screen_format(app->screen, row, at - length - 1, width, ROLE_WARNING, "%s ^", complaint);
	} else {
		int begin = screen_format(app->screen, row, 0, width, ROLE_WARNING, "column %zu: ", column);

		screen_text_begin(app->screen, row, begin, width - begin, ROLE_WARNING, complaint);
	}
}

void prompt_draw(struct app *app, int row, int width)
{
	const struct prompt *prompt = &app->prompt;
	const struct test *test = prompt->test ? model_test(app->model, prompt->test) : NULL;
	const char *label = label_of(app, width < 64);
	int column = 0;
	char count[48];

	if (prompt->kind == PROMPT_FILTER) {
		draw_advice(app, row, (int)strlen(label), width);
		row--;
		screen_clear_area(app->screen, (struct area){ row, 0, 1, width });
	}
	if (prompt->kind == PROMPT_COMMAND && app->message[0] && row > 0) {
		screen_clear_area(app->screen, (struct area){ row - 1, 0, 1, width });
		screen_text_begin(app->screen, row - 1, 0, width, app->message_role, app->message);
	}
	if ((prompt->kind == PROMPT_REASON || prompt->kind == PROMPT_RELEASE) && app->targets.tests.length > 1) {
		snprintf(count, sizeof(count), "%zu tests: ", app->targets.tests.length);
		column += screen_text(app->screen, row, column, width, ROLE_STRONG, count);
	}
	/* Where it fits, the test that the question is about. */
	if (test && width > screen_text_width(app->screen, test->id) + (int)strlen(label) + 20) {
		column += screen_text(app->screen, row, column, width, ROLE_DIM, test->id);
		column += screen_text(app->screen, row, column, width - column, ROLE_DIM, ": ");
	}
	column += screen_text_begin(app->screen, row, column, width - column, ROLE_PROMPT, label);
	if (takes_text(prompt)) {
		int room = width - column - 1;

		if (prompt->kind == PROMPT_REASON && !prompt->text.length)
			screen_text(app->screen, row, column + 2, room - 2, ROLE_DIM, "... until 30d, or a date");
		column += screen_text_end(app->screen, row, column, room < 4 ? 4 : room, ROLE_TEXT,
					  prompt->text.data);
	}
	screen_cursor(app->screen, row, column);
}
