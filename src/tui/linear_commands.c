/* The commands of --linear: one table from which they are found and the help is made. */
#include "tui/linear_view.h"

#include "base/clock.h"
#include "event/codec.h"

#include <ctype.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct slice linear_next_word(struct words *words)
{
	struct slice text = slice_trim(words->rest), word = { text.data, 0 };

	while (word.length < text.length && !isspace((unsigned char)text.data[word.length]))
		word.length++;
	words->rest = slice_trim((struct slice){ text.data + word.length, text.length - word.length });
	return word;
}

bool linear_is_word(struct slice word, const char *text)
{
	return word.length == strlen(text) && strncasecmp(word.data, text, word.length) == 0;
}

/* 0: no number. */
static uint64_t number_of(struct slice word)
{
	uint64_t number = 0;

	/* "12." and "#12" are how people copy them. */
	if (word.length > 1 && word.data[0] == '#')
		word = (struct slice){ word.data + 1, word.length - 1 };
	if (word.length > 1 && word.data[word.length - 1] == '.')
		word.length--;
	for (size_t i = 0; i < word.length; i++) {
		if (!isdigit((unsigned char)word.data[i]) || number > UINT32_MAX)
			return 0;
		number = number * 10 + (uint64_t)(word.data[i] - '0');
	}
	return number;
}

/* The test that a command names, or the one that was shown last; it says so where there is none. */
static const struct test *test_of(struct linear *linear, struct words *words)
{
	struct words rest = *words;
	struct slice word = linear_next_word(&rest);
	uint64_t number = number_of(word);
	const struct test *test;

	if (number)
		*words = rest;
	else
		number = linear->last_shown;
	if (!number) {
		linear_say(linear, "Which test? Say its number: \"list\" tells them.");
		return NULL;
	}
	test = model_test(linear->model, number);
	if (!test)
		linear_say(linear, "There is no test %" PRIu64 ": the last one is %zu.", number, linear->run->tests.length);
	else
		linear->last_shown = number;
	return test;
}

static bool can_ask(struct linear *linear)
{
	if (!linear->options.replay && linear->control)
		return true;
	linear_say(linear, "This is a recorded run: it has no workers.");
	return false;
}

static void say_refused(struct linear *linear, const struct error *error)
{
	linear_say(linear, "No: %s.", error->message[0] ? error->message : "that can't be done now");
}

static void command_workers(struct linear *linear, struct words *words)
{
	struct slice word = linear_next_word(words);
	struct error error = ERROR_INIT;
	struct str text = STR_INIT;

	if (linear_is_word(word, "+") || linear_is_word(word, "-")) {
		if (!can_ask(linear))
			return;
		if (linear->control->change_workers(linear->control->context, word.data[0] == '+', &error))
			say_refused(linear, &error);
		else
			linear_say(linear, word.data[0] == '+' ? "One worker more." : "One worker fewer, once its test has ended.");
		return;
	}
	vec_each(&linear->run->workers, worker) {
		const struct test *test = worker->test ? model_test(linear->model, worker->test) : NULL;

		if (worker->state == WORKER_ABSENT)
			continue;
		str_add_format(&text, "worker %u: %.0f percent busy, %" PRIu64 " done, ", worker->slot,
			       worker_load(worker, linear->run->now) * 100, worker->done);
		style_add_size(&text, worker->rss);
		if (worker->restarts)
			str_add_format(&text, ", %u times new", worker->restarts);
		if (test) {
			str_add_format(&text, ", runs %" PRIu64 " since ", test->number);
			style_add_duration(&text, linear->run->now > worker->started ? linear->run->now - worker->started : 0);
			str_add_text(&text, ": ");
			style_add_name(&text, test, linear->with_suite);
		}
		str_add_char(&text, '\n');
	}
	if (!text.length)
		str_add_text(&text, "There is no worker.\n");
	linear_write(linear, &text);
	str_fini(&text);
}

/* --- one test --- */

static void add_attempt(const struct linear *linear, struct str *text, const struct test *test,
			const struct attempt *attempt)
{
	if (test->attempts.length > 1) {
		str_add_format(text, "attempt %u: %s after ", attempt->number,
			       attempt->outcome == OUTCOME_NONE ? "runs" : outcome_name(attempt->outcome));
		style_add_duration(text, attempt->duration);
		str_add_format(text, " on worker %u\n", attempt->worker);
	}
	if (attempt->diagnosis) {
		str_add_text(text, "diagnosis: ");
		style_add_diagnosis(text, attempt);
		str_add_char(text, '\n');
	}
	if (attempt->message) {
		str_add_text(text, "message:\n");
		style_add_block(&linear->style, text, "  ", slice_of(attempt->message));
	}
}

static void show(struct linear *linear, const struct test *test)
{
	const struct attempt *last = test_last_attempt(test);
	struct str text = STR_INIT;

	linear_add_test(linear, &text, test);
	if (test->file && test->line)
		str_add_format(&text, "in %s, line %u\n", test->file, test->line);
	vec_each(&test->attempts, attempt)
		add_attempt(linear, &text, test, *attempt);
	if (last && last->output.total) {
		str_add_text(&text, "output:\n");
		style_add_output(&linear->style, &text, "  ", &last->output);
	} else if (last) {
		str_add_text(&text, "it printed nothing\n");
	}
	linear_write(linear, &text);
	str_fini(&text);
}

static void command_show(struct linear *linear, struct words *words)
{
	const struct test *test = test_of(linear, words);

	if (test)
		show(linear, test);
}

static void show_failure(struct linear *linear, int step)
{
	size_t count = linear->run->tests.length, place = linear->last_shown;

	/* Tests count from 1; 0 is before the first. */
	for (size_t i = 0; i < count; i++) {
		place = step > 0 ? place % count + 1 : (place + count - 2) % count + 1;
		if (!linear_has_failed(linear, linear->run->tests.items[place - 1]))
			continue;
		linear->last_shown = place;
		show(linear, linear->run->tests.items[place - 1]);
		return;
	}
	linear_say(linear, "No test has failed.");
}

static void command_next(struct linear *linear, struct words *words)
{
	(void)words;
	show_failure(linear, 1);
}

static void command_previous(struct linear *linear, struct words *words)
{
	(void)words;
	if (!linear->last_shown)
		linear->last_shown = 1;
	show_failure(linear, -1);
}

/* --- what is asked of the run --- */

static int ask_rerun(struct linear *linear, const struct test *test, struct error *error)
{
	return linear->control->rerun(linear->control->context, test->number, error);
}

/* Those that `has` (NULL: all), and of the file where one is given. */
static void rerun_all(struct linear *linear, bool (*has)(const struct linear *, const struct test *), struct slice file)
{
	struct error error = ERROR_INIT, first = ERROR_INIT;
	size_t asked = 0, refused = 0;

	for (size_t i = 0; i < linear->run->tests.length; i++) {
		const struct test *test = linear->run->tests.items[i];

		if ((has && !has(linear, test)) || (file.length && !(test->file && slice_equal_text(file, test->file))))
			continue;
		if (ask_rerun(linear, test, &error) == 0)
			asked++;
		else if (!refused++)
			first = error;
	}
	if (asked)
		linear_say(linear, "%zu test%s again.", asked, asked == 1 ? " runs" : "s run");
	if (refused)
		say_refused(linear, &first);
	if (!asked && !refused)
		linear_say(linear, file.length ? "No test has this number or is of this file." : "No test has failed.");
}

static void command_rerun(struct linear *linear, struct words *words)
{
	struct error error = ERROR_INIT;
	struct words rest = *words;
	struct slice word = linear_next_word(&rest);
	const struct test *test;

	if (!can_ask(linear))
		return;
	if (linear_is_word(word, "failed")) {
		rerun_all(linear, linear_has_failed, (struct slice){ "", 0 });
		return;
	}
	if (word.length && !number_of(word)) {
		rerun_all(linear, NULL, word);
		return;
	}
	do {
		test = test_of(linear, words);
		if (!test)
			return;
		if (ask_rerun(linear, test, &error) != 0)
			say_refused(linear, &error);
		else
			linear_say(linear, "%" PRIu64 " runs again.", test->number);
	} while (words->rest.length);
}

static void command_quarantine(struct linear *linear, struct words *words)
{
	struct error error = ERROR_INIT;
	const struct test *test = can_ask(linear) ? test_of(linear, words) : NULL;
	char *reason;

	if (!test)
		return;
	if (!words->rest.length) {
		linear_say(linear, "Why? Say \"quarantine %" PRIu64 " REASON\".", test->number);
		return;
	}
	reason = strndup(words->rest.data, words->rest.length);
	if (linear->control->quarantine(linear->control->context, test->number, true, reason, &error) != 0)
		say_refused(linear, &error);
	free(reason);
}

static void command_release(struct linear *linear, struct words *words)
{
	struct error error = ERROR_INIT;
	const struct test *test = can_ask(linear) ? test_of(linear, words) : NULL;

	if (test && linear->control->quarantine(linear->control->context, test->number, false, NULL, &error) != 0)
		say_refused(linear, &error);
}

static int signal_of(struct slice word)
{
	char buffer[32];

	if (!word.length)
		return SIGTERM;
	for (unsigned number = 1; number < 65; number++) {
		const char *name = event_signal_name(number, buffer);

		if (linear_is_word(word, name) || (strncmp(name, "SIG", 3) == 0 && linear_is_word(word, name + 3)) ||
		    number_of(word) == number)
			return (int)number;
	}
	return 0;
}

static void command_kill(struct linear *linear, struct words *words)
{
	struct error error = ERROR_INIT;
	const struct test *test = can_ask(linear) ? test_of(linear, words) : NULL;
	struct slice word;
	char buffer[32];
	int number;

	if (!test)
		return;
	word = linear_next_word(words);
	number = signal_of(word);
	if (!number)
		linear_say(linear, "There is no signal \"%.*s\": TERM, KILL, INT, say.", (int)word.length, word.data);
	else if (linear->control->kill(linear->control->context, test->number, number, &error) != 0)
		say_refused(linear, &error);
	else
		linear_say(linear, "%s goes to %" PRIu64 ".", event_signal_name((unsigned)number, buffer), test->number);
}

static void set_paused(struct linear *linear, bool on)
{
	struct error error = ERROR_INIT;

	if (!can_ask(linear))
		return;
	if (linear->control->pause(linear->control->context, on, &error) != 0)
		say_refused(linear, &error);
	else
		linear_say(linear, on ? "New tests are held back. \"resume\" lets them start." : "New tests start again.");
}

static void command_pause(struct linear *linear, struct words *words)
{
	(void)words;
	set_paused(linear, true);
}

static void command_resume(struct linear *linear, struct words *words)
{
	(void)words;
	set_paused(linear, false);
}

static void command_stop(struct linear *linear, struct words *words)
{
	struct error error = ERROR_INIT;

	(void)words;
	if (can_ask(linear) && linear->control->stop(linear->control->context, &error) != 0)
		say_refused(linear, &error);
}

/* --- all else --- */

static void command_status(struct linear *linear, struct words *words)
{
	struct str text = STR_INIT;

	(void)words;
	linear_add_progress(linear, &text);
	linear_say(linear, "%s", text.data);
	str_fini(&text);
}

static void command_log(struct linear *linear, struct words *words)
{
	struct str text = STR_INIT;

	(void)words;
	vec_each(&linear->run->log, line)
		style_add_log_line(&linear->style, &text, line);
	if (!text.length)
		str_add_text(&text, "Nothing was said yet.\n");
	linear_write(linear, &text);
	str_fini(&text);
}

static void command_quiet(struct linear *linear, struct words *words)
{
	linear->quiet = !linear_is_word(linear_next_word(words), "off");
	linear_say(linear, linear->quiet ? "Only errors and the end are told. \"quiet off\" tells all again."
					 : "Failures and progress are told.");
}

static void command_quit(struct linear *linear, struct words *words)
{
	(void)words;
	if (linear_is_idle(linear))
		linear->leaving = true;
	else
		linear_say(linear, "Tests still run: \"stop\" ends them and \"quit!\" leaves at once, which ends them too.");
}

static void command_quit_now(struct linear *linear, struct words *words)
{
	(void)words;
	linear->leaves_now = true;
}

static void command_help(struct linear *linear, struct words *words);

/* The shortest name that begins as typed is meant, in this order. */
static const struct command {
	const char *name, *arguments, *help;
	void (*run)(struct linear *linear, struct words *words);
} commands[] = {
	{ "help", "", "this list", command_help },
	{ "status", "", "how far the run is", command_status },
	{ "list", "[failed|running|flaky|slow|quarantined|skipped|waiting|notrun|all]", "tests with their numbers",
	  linear_list },
	{ "more", "", "the list goes on", linear_more },
	{ "next", "", "the next failure, with its message and output", command_next },
	{ "previous", "", "the failure before", command_previous },
	{ "show", "[N]", "a test with all its attempts", command_show },
	{ "search", "TEXT", "tests with that in their names", linear_search },
	{ "rerun", "[N … | failed | FILE]", "run tests again", command_rerun },
	{ "quarantine", "[N] REASON [until 30d]", "put a test into quarantine", command_quarantine },
	{ "release", "[N]", "take it out again", command_release },
	{ "kill", "[N] [SIGNAL]", "send a signal to a running test, SIGTERM if none is named", command_kill },
	{ "workers", "[+|-]", "the workers; one more, one fewer", command_workers },
	{ "pause", "", "hold back new tests", command_pause },
	{ "resume", "", "let them start again", command_resume },
	{ "log", "", "messages of the run", command_log },
	{ "quiet", "[off]", "tell errors and the end only", command_quiet },
	{ "stop", "", "end the run: running tests are ended, the rest is not run", command_stop },
	{ "quit", "", "leave", command_quit },
	{ "quit!", "", "leave at once", command_quit_now },
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(*commands) };

static void command_help(struct linear *linear, struct words *words)
{
	struct str text = STR_INIT;

	(void)words;
	for (size_t i = 0; i < COMMAND_COUNT; i++)
		str_add_format(&text, "%s%s%s: %s\n", commands[i].name, *commands[i].arguments ? " " : "",
			       commands[i].arguments, commands[i].help);
	str_add_text(&text, "N is a test's number; without one the test that was shown last is meant. Beginnings of names do: "
			    "\"n\" is next.\n");
	linear_write(linear, &text);
	str_fini(&text);
}

void linear_command(struct linear *linear, struct slice line)
{
	struct words words = { line };
	struct slice name = linear_next_word(&words);

	if (!name.length)
		return;
	if (linear_is_word(name, "?"))
		name = slice_of("help");
	for (int whole = 1; whole >= 0; whole--)
		for (size_t i = 0; i < COMMAND_COUNT; i++) {
			const char *wanted = commands[i].name;

			if (name.length <= strlen(wanted) && strncasecmp(name.data, wanted, name.length) == 0 &&
			    (!whole || name.length == strlen(wanted))) {
				commands[i].run(linear, &words);
				return;
			}
		}
	linear_say(linear, "There is no command \"%.*s\": \"help\" lists them.", (int)name.length, name.data);
}
