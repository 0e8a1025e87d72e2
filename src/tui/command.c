#include "tui/command.h"

#include "tui/view.h"

#include "base/alloc.h"
#include "event/codec.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define LINES_KEPT 100
#define NAME_SIZE 32
#define CANDIDATES_SHOWN 12

struct commands {
	VEC(char *) lines;
	size_t place; /* of the line that was recalled last; lines.length: none */
};

struct commands *commands_new(void)
{
	return ALLOC_NEW(struct commands);
}

void commands_free(struct commands *commands)
{
	if (!commands)
		return;
	vec_each(&commands->lines, line)
		free(*line);
	vec_fini(&commands->lines);
	free(commands);
}

static void remember(struct commands *commands, struct slice line)
{
	char *last = commands->lines.length ? commands->lines.items[commands->lines.length - 1] : NULL;

	if (!last || !slice_equal_text(line, last)) {
		if (commands->lines.length == LINES_KEPT) {
			free(commands->lines.items[0]);
			vec_remove(&commands->lines, 0);
		}
		vec_push(&commands->lines, alloc_string_n(line.data, line.length));
	}
	commands->place = commands->lines.length;
}

void command_recall(struct app *app, bool back, struct str *line)
{
	struct commands *commands = app->commands;

	if (back && commands->place > 0)
		commands->place--;
	else if (!back && commands->place < commands->lines.length)
		commands->place++;
	else
		return;
	str_clear(line);
	if (commands->place < commands->lines.length)
		str_add_text(line, commands->lines.items[commands->place]);
}

/* --- commands with an argument --- */

static void run_filter(struct app *app, const char *argument)
{
	size_t column;
	const char *complaint;

	tests_set_filter(app, argument);
	complaint = tests_filter_complaint(app, &column);
	if (*complaint)
		app_say(app, ROLE_WARNING, " column %zu: %.300s ", column, complaint);
}

static void run_search(struct app *app, const char *argument)
{
	str_clear(&app->search);
	str_add_text(&app->search, argument);
	if (!app_search(app, 1, false))
		app_say(app, ROLE_WARNING, " '%.100s' is not found here ", argument);
}

static void run_quarantine(struct app *app, const char *argument)
{
	if (action_find_targets(app))
		action_hold(app, argument);
}

static int signal_number(const char *name)
{
	char buffer[32], *end;
	long number = strtol(name, &end, 10);

	if (!*end && number > 0 && number < 65)
		return (int)number;
	for (unsigned i = 1; i < 65; i++) {
		const char *known = event_signal_name(i, buffer);

		if (!strcasecmp(known, name) || (!strncmp(known, "SIG", 3) && !strcasecmp(known + 3, name)))
			return (int)i;
	}
	return 0;
}

static void run_kill(struct app *app, const char *argument)
{
	int number = signal_number(argument);

	if (!number)
		app_say(app, ROLE_WARNING, " There is no signal '%.40s': TERM, KILL, INT, say ", argument);
	else if (action_find_targets(app))
		action_send(app, number);
}

static void run_sort(struct app *app, const char *argument)
{
	for (int i = 0; i < COLUMN_COUNT; i++)
		if (*rows_column_label((enum column)i) && !strcasecmp(rows_column_label((enum column)i), argument)) {
			tests_set_column(app, (enum column)i);
			return;
		}
	app_say(app, ROLE_WARNING, " There is no column '%.40s' ", argument);
}

static void run_tab(struct app *app, const char *argument)
{
	for (int i = 0; i < TAB_COUNT; i++)
		if (!strncasecmp(rows_tab_label((enum tab)i), argument, strlen(argument))) {
			tests_set_tab(app, i);
			return;
		}
	app_say(app, ROLE_WARNING, " There is no tab '%.40s': all, running, failed, flaky, slow, quarantined ", argument);
}

/* A test by its number or a part of its name. */
static void run_goto(struct app *app, const char *argument)
{
	char *end;
	unsigned long number = strtoul(argument, &end, 10);

	if (!*end && model_test(app->model, number)) {
		tests_select(app, number);
		return;
	}
	vec_each(&app->run->tests, test)
		if (strcasestr((*test)->id, argument)) {
			tests_select(app, (*test)->number);
			return;
		}
	app_say(app, ROLE_WARNING, " There is no test '%.100s' ", argument);
}

static void save(struct app *app, const char *argument, bool styles)
{
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;

	if (!app->host || !app->host->save) {
		app_say(app, ROLE_WARNING, " Nothing can be saved here ");
		return;
	}
	/* As it looks without the line in which this is typed. */
	app_draw(app);
	if (styles)
		screen_dump_styles(app->screen, &text);
	else
		screen_dump(app->screen, &text);
	if (app->host->save(app->host->context, argument, (struct slice){ text.data, text.length }, &error) != 0)
		app_say(app, ROLE_WARNING, " %.400s ", error.message);
	else
		app_say(app, ROLE_NOTE, " Saved: %.300s ", argument);
	str_fini(&text);
}

static void run_save_display(struct app *app, const char *argument)
{
	save(app, argument, false);
}

static void run_save_styles(struct app *app, const char *argument)
{
	save(app, argument, true);
}

/* Where the key table has the same name, that is meant where no argument is given. */
static const struct with_argument {
	const char *name, *argument;
	void (*run)(struct app *app, const char *argument);
} with_argument[] = {
	{ "filter", "EXPR", run_filter },
	{ "goto", "NUMBER or NAME", run_goto },
	{ "kill", "SIGNAL", run_kill },
	{ "quarantine", "REASON", run_quarantine },
	{ "save-display", "FILE", run_save_display },
	{ "save-styles", "FILE", run_save_styles },
	{ "search", "TEXT", run_search },
	{ "sort", "COLUMN", run_sort },
	{ "tab", "NAME", run_tab },
};

enum { WITH_ARGUMENT = sizeof(with_argument) / sizeof(*with_argument) };

/* --- names --- */

/* RERUN_FAILED → "rerun-failed" */
static void name_of(enum request request, char name[NAME_SIZE])
{
	const char *from = keymap_entry(request)->name;
	size_t length = 0;

	for (; *from && length + 1 < NAME_SIZE; from++)
		name[length++] = *from == '_' ? '-' : (char)tolower((unsigned char)*from);
	name[length] = '\0';
}

struct found {
	const struct with_argument *with; /* NULL: none of this name */
	enum request request;             /* REQUEST_NONE: likewise */
	unsigned count;                   /* different names that begin so */
	char common[NAME_SIZE];           /* what those have in common */
	struct str all;                   /* some of them, for the status line */
};

static void add_name(struct found *found, const char *name)
{
	size_t same = 0;

	if (!found->count++) {
		snprintf(found->common, sizeof(found->common), "%s", name);
	} else {
		while (found->common[same] && found->common[same] == name[same])
			same++;
		found->common[same] = '\0';
	}
	if (found->count <= CANDIDATES_SHOWN)
		str_add_format(&found->all, "%s%s", found->count > 1 ? " " : "", name);
	else if (found->count == CANDIDATES_SHOWN + 1)
		str_add_text(&found->all, " ...");
}

static bool is_request(const char *wanted)
{
	char name[NAME_SIZE];

	for (int i = REQUEST_NONE + 1; i < REQUEST_COUNT; i++) {
		name_of((enum request)i, name);
		if (!strcmp(name, wanted))
			return true;
	}
	return false;
}

static void find(struct slice word, struct found *found)
{
	char name[NAME_SIZE];

	*found = (struct found){ .request = REQUEST_NONE, .all = STR_INIT };
	/* A whole name counts for itself, although others begin with it. */
	for (int whole = 1; whole >= 0 && !found->count; whole--) {
		for (int i = REQUEST_NONE + 1; i < REQUEST_COUNT; i++) {
			name_of((enum request)i, name);
			if (strncmp(name, word.data, word.length) || (whole && name[word.length]))
				continue;
			found->request = (enum request)i;
			add_name(found, name);
		}
		for (int i = 0; i < WITH_ARGUMENT; i++) {
			const char *other = with_argument[i].name;

			if (strncmp(other, word.data, word.length) || (whole && other[word.length]))
				continue;
			found->with = &with_argument[i];
			if (!is_request(other))
				add_name(found, other);
		}
	}
}

static struct slice first_word(struct slice line, struct slice *rest)
{
	struct slice word = { line.data, 0 };

	while (word.length < line.length && !isspace((unsigned char)line.data[word.length]))
		word.length++;
	*rest = slice_trim((struct slice){ line.data + word.length, line.length - word.length });
	return word;
}

bool command_complete(struct app *app, struct str *line)
{
	struct slice rest, word = first_word((struct slice){ line->data, line->length }, &rest);
	struct found found;
	bool certain;

	if (word.length < line->length)
		return true; /* the name stands already */
	find(word, &found);
	certain = found.count == 1;
	if (found.count) {
		str_clear(line);
		str_add_text(line, found.common);
	}
	if (certain && found.with)
		str_add_char(line, ' ');
	if (!certain)
		app_say(app, ROLE_NOTE, found.count ? " %.400s " : " There is no such command ", found.all.data);
	str_fini(&found.all);
	return certain;
}

void command_run(struct app *app, struct slice line)
{
	struct slice rest, word;
	struct found found;

	line = slice_trim(line);
	if (!line.length)
		return;
	remember(app->commands, line);
	word = first_word(line, &rest);
	find(word, &found);
	if (found.count > 1) {
		app_say(app, ROLE_WARNING, " Which one: %.400s ", found.all.data);
	} else if (!found.count) {
		app_say(app, ROLE_WARNING, " There is no command '%.*s': Tab completes, ? lists the keys ",
			(int)(word.length > 40 ? 40 : word.length), word.data);
	} else if (found.with && (rest.length || found.request == REQUEST_NONE)) {
		char *argument = alloc_string_n(rest.data, rest.length);

		if (*argument)
			found.with->run(app, argument);
		else
			app_say(app, ROLE_WARNING, " %s wants an argument: %s ", found.with->name, found.with->argument);
		free(argument);
	} else if (rest.length) {
		app_say(app, ROLE_WARNING, " This command takes nothing behind it ");
	} else {
		app_request(app, found.request);
	}
	str_fini(&found.all);
}
