/* What a person does with a test outside of the dashboard: reads its output in a pager, edits it, takes its command
 * along, looks its diagnosis up, debugs it. */
#include "tui/place.h"
#include "tui/view.h"

#include "base/fs.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 40

/* A command line that is put together. */
struct words {
	const char *items[WORDS_MAX + 1];
	size_t length;
	char *owned[WORDS_MAX];
	size_t owned_length;
};

static void push(struct words *words, const char *word)
{
	if (words->length < WORDS_MAX)
		words->items[words->length++] = word;
}

/* Takes the text. */
static void push_own(struct words *words, char *word)
{
	if (words->owned_length < WORDS_MAX && words->length < WORDS_MAX) {
		words->owned[words->owned_length++] = word;
		push(words, word);
	} else {
		free(word);
	}
}

static void words_fini(struct words *words)
{
	for (size_t i = 0; i < words->owned_length; i++)
		free(words->owned[i]);
}

static const char *variable(const struct app *app, const char *name)
{
	const char *value = app->host->variable(app->host->context, name);

	return value && *value ? value : NULL;
}

static bool has_program(const struct app *app, const char *name)
{
	return app->host->has_program(app->host->context, name);
}

static const struct test *target(struct app *app)
{
	const struct test *test = app_selected(app);

	if (!app->host)
		app_say(app, ROLE_WARNING, " There is no terminal to hand over ");
	else if (!test)
		app_say(app, ROLE_NOTE,
			app_front(app) == PANE_WORKERS ? " This worker runs no test at the moment "
						       : " No test is selected ");
	return app->host ? test : NULL;
}

/* The first word of a command, without its directory: "vim" of "/usr/bin/vim -X". */
static struct slice name_of(const char *command)
{
	size_t length = strcspn(command, " \t"), begin = length;

	while (begin > 0 && command[begin - 1] != '/')
		begin--;
	return (struct slice){ command + begin, length - begin };
}

static bool is_one_of(struct slice name, const char *names)
{
	while (*names) {
		size_t length = strcspn(names, " ");

		if (name.length == length && !memcmp(name.data, names, length))
			return true;
		names += length;
		names += *names == ' ';
	}
	return false;
}

/* What people write into $PAGER and $EDITOR is a shell's. Where it is but words there is no need for one, and no
 * shell stands between us and the program's end. */
static void push_command(struct words *words, const char *command)
{
	size_t length;

	if (strpbrk(command, "|&;<>()$`\\\"'*?[]#~=%!{}\n")) {
		push(words, "sh");
		push(words, "-c");
		push_own(words, alloc_format("%s \"$@\"", command));
		push_own(words, alloc_string_n(command, strcspn(command, " \t")));
		return;
	}
	for (; *(command += strspn(command, " \t")); command += length) {
		length = strcspn(command, " \t");
		push_own(words, alloc_string_n(command, length));
	}
}

static void run(struct app *app, struct host_program *program, struct words *words)
{
	struct error error = ERROR_INIT;

	words->items[words->length] = NULL;
	program->argv = words->items;
	if (app->host->run(app->host->context, program, &error))
		action_say_refused(app, &error);
}

/* --- the pager --- */

static const char *choose_pager(const struct app *app)
{
	const char *pager = variable(app, "PAGER");

	if (pager)
		return pager;
	return has_program(app, "less") ? "less" : "more";
}

/* less shows colours only when told so, and a manual's reader may have told it already. */
static void run_pager(struct app *app, const char *pager, struct words *words)
{
	static const char *const colours[] = { "LESS=R", NULL };
	struct host_program program = { .name = "the pager",
					.environment = variable(app, "LESS") ? NULL : colours,
					.waits = is_one_of(name_of(pager), "cat") };

	run(app, &program, words);
}

/* What of an attempt's output is in memory. */
static void add_kept(const struct output *output, struct str *out)
{
	struct slice tail = output_tail(output);

	str_add(out, output->head.data, output->head.length);
	if (output_gap(output))
		str_add_format(out, "\n[xtop: %llu bytes are not in memory]\n", (unsigned long long)output_gap(output));
	str_add(out, tail.data, tail.length);
}

/* -1: it can't be had, and the status line says why. */
static int push_output(struct app *app, const struct attempt *attempt, struct words *words)
{
	const struct output *output = &attempt->output;
	struct str text = STR_INIT, path = STR_INIT;
	struct error error = ERROR_INIT;
	char name[48];
	int result = 0;

	if (output->path && app->host->has_file(app->host->context, output->path)) {
		push(words, output->path);
		return 0;
	}
	add_kept(output, &text);
	snprintf(name, sizeof(name), "attempt-%u.txt", attempt->number);
	if (output->discarded)
		result = error_set(&error, "its output is no longer in memory, and its file is gone");
	else if (app->host->scratch(app->host->context, name, (struct slice){ text.data, text.length }, &path, &error))
		result = -1;
	else
		push_own(words, str_take(&path));
	if (result)
		action_say_refused(app, &error);
	str_fini(&path);
	str_fini(&text);
	return result;
}

void errand_output(struct app *app)
{
	const struct test *test = target(app);
	struct words words = { .length = 0 };
	const char *pager;
	unsigned printed = 0;

	if (!test)
		return;
	pager = choose_pager(app);
	push_command(&words, pager);
	/* The newest first: that is the one that is asked about. */
	for (size_t i = test->attempts.length; i > 0; i--) {
		const struct attempt *attempt = test->attempts.items[i - 1];

		if (!attempt->output.total)
			continue;
		printed++;
		if (push_output(app, attempt, &words)) {
			words_fini(&words);
			return;
		}
	}
	if (printed)
		run_pager(app, pager, &words);
	else
		app_say(app, ROLE_NOTE, test->attempts.length ? " It printed nothing " : " It has not started yet ");
	words_fini(&words);
}

void errand_manual(struct app *app)
{
	const struct test *test = target(app);
	const char *code = test ? test_code(test) : NULL, *pager;
	struct words words = { .length = 0 };

	if (!test)
		return;
	if (!code) {
		app_say(app, ROLE_NOTE, " It has no diagnosis: there is nothing to look up ");
		return;
	}
	pager = choose_pager(app);
	push(&words, "sh");
	push(&words, "-c");
	push_own(&words, alloc_format("\"$0\" explain \"$1\" | %s", pager));
	push(&words, app->host->self);
	push(&words, code);
	run_pager(app, pager, &words);
	words_fini(&words);
}

/* --- the editor --- */

static const char *choose_editor(const struct app *app)
{
	static const char *const usual[] = { "vi", "nano", "emacs" };
	const char *editor = variable(app, "VISUAL");

	if (!editor)
		editor = variable(app, "EDITOR");
	for (size_t i = 0; !editor && i < sizeof(usual) / sizeof(*usual); i++)
		if (has_program(app, usual[i]))
			editor = usual[i];
	return editor;
}

/* How each is told the line. Most take vi's "+12". */
static void push_place(struct words *words, struct slice editor, const struct place *place)
{
	unsigned line = place->line;

	if (!line) {
		push(words, place->path);
	} else if (is_one_of(editor, "code code-insiders codium vscodium cursor")) {
		push(words, "--goto");
		push_own(words, alloc_format("%s:%u", place->path, line));
	} else if (is_one_of(editor, "hx helix subl sublime_text zed atom")) {
		push_own(words, alloc_format("%s:%u", place->path, line));
	} else if (is_one_of(editor, "kate kwrite")) {
		push(words, "--line");
		push_own(words, alloc_format("%u", line));
		push(words, place->path);
	} else {
		push_own(words, alloc_format("+%u", line));
		push(words, place->path);
	}
}

void errand_edit(struct app *app)
{
	const struct test *test = target(app);
	const char *editor = test ? choose_editor(app) : NULL;
	struct words words = { .length = 0 };
	struct place place;

	if (!test)
		return;
	if (!editor) {
		app_say(app, ROLE_WARNING, " There is no editor: set $VISUAL or $EDITOR ");
		return;
	}
	if (!place_find(app->host, app->options.root, test, test_last_attempt(test), &place)) {
		app_say(app, ROLE_WARNING, " Its file is not known, or is not here: %s ",
			test->file ? test->file : test->id);
		return;
	}
	push_command(&words, editor);
	push_place(&words, name_of(editor), &place);
	run(app, &(struct host_program){ .name = "the editor", .directory = app->options.root }, &words);
	words_fini(&words);
	place_fini(&place);
}

/* --- copying --- */

static void copy(struct app *app, const char *text)
{
	struct str file = STR_INIT;
	struct error error = ERROR_INIT;

	if (app->host->copy(app->host->context, text, &file, &error))
		action_say_refused(app, &error);
	else
		app_say(app, ROLE_NOTE, " Copied%s%s: %s ", file.length ? ", and written to " : "", file.data, text);
	str_fini(&file);
}

void errand_add_command(const struct app *app, const struct test *test, struct str *out)
{
	struct error error = ERROR_INIT;

	if (!app->options.replay && app->control && app->control->reproduce &&
	    !app->control->reproduce(app->control->context, test->number, out, &error))
		return;
	/* Of a recorded run no more is known. */
	str_add_text(out, "xtop ");
	str_add_shell_quoted(out, test->id);
}

void errand_yank(struct app *app)
{
	const struct test *test = target(app);
	struct str command = STR_INIT;

	if (!test)
		return;
	errand_add_command(app, test, &command);
	copy(app, command.data);
	str_fini(&command);
}

void errand_yank_id(struct app *app)
{
	const struct test *test = target(app);

	if (test)
		copy(app, test->id);
}

/* --- debugging --- */

void errand_debug(struct app *app)
{
	const struct test *test = target(app);
	struct error error = ERROR_INIT;
	struct launch launch;
	struct words words = { .length = 0 };
	struct host_program program = { .name = "the debugger", .waits = true };
	struct str before = STR_INIT;

	if (!test)
		return;
	if (app->options.replay || !app->control || !app->control->debug) {
		app_say(app, ROLE_WARNING, " This is a recorded run: it has nothing to debug ");
		return;
	}
	if (app->control->debug(app->control->context, test->number, &launch, &error)) {
		action_say_refused(app, &error);
		return;
	}
	str_add_text(&before, "xtop:");
	vec_each(&launch.argv, word) {
		push(&words, *word);
		str_add_char(&before, ' ');
		str_add_shell_quoted(&before, *word);
	}
	vec_push(&launch.environment, NULL);
	program.environment = (const char *const *)launch.environment.items;
	program.directory = launch.cwd;
	program.before = before.data;
	run(app, &program, &words);
	launch.environment.length--;
	launch_fini(&launch);
	str_fini(&before);
	words_fini(&words);
}

void errand_stack(struct app *app)
{
	const struct test *test = action_can_ask(app) ? target(app) : NULL;
	struct error error = ERROR_INIT;

	if (!test)
		return;
	if (test->state != TEST_RUNNING)
		app_say(app, ROLE_NOTE, " It does not run: %s ", test->id);
	else if (!app->control->stack || app->control->stack(app->control->context, test->number, &error))
		action_say_refused(app, &error);
	else
		app_say(app, ROLE_NOTE, " Looking where it is: %s ", test->id);
}
