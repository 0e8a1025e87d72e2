/* Random keys, clicks, sizes, settings and events for the dashboard, and what must hold of every picture that it draws.
 *
 * The same seed does the same again. What is found is told with the seed and the step, and ends the process by abort.
 */
#ifndef XTOP_TESTS_DRIVER_FUZZ_H
#define XTOP_TESTS_DRIVER_FUZZ_H

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/utf8.h"
#include "event/codec.h"
#include "tui/view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_TESTS 400   /* that a run has at most */
#define FUZZ_WORKERS 12
#define FUZZ_TEXTS 16    /* of an event */

/* What the driver does for it. */
struct fuzz_stage {
	struct model *model;
	struct screen *screen;
	struct app *(*start)(void *context, const char *settings); /* a new dashboard, in place of the one before */
	void (*hear)(void *context, const struct event *event);
	void (*draw)(void *context);
	void (*refuse)(void *context, const char *message); /* NULL: control and host obey again */
	void (*idle)(void *context, bool idle);
	void (*pass)(void *context, uint64_t ns); /* time without events */
	void *context;
};

struct fuzz {
	const struct fuzz_stage *stage;
	struct app *app;
	uint64_t state, t;
	unsigned long seed, step;
	bool trace;
	struct str texts[FUZZ_TEXTS]; /* what the event that is made borrows */
	unsigned text_count;
	char did[160]; /* in the last step */
};

/* --- chance --- */

/* Source: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014 (SplitMix64). */
static inline uint64_t fuzz_next(struct fuzz *fuzz)
{
	uint64_t z = fuzz->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static inline unsigned fuzz_below(struct fuzz *fuzz, unsigned limit)
{
	return (unsigned)(fuzz_next(fuzz) % limit);
}

static inline bool fuzz_once_in(struct fuzz *fuzz, unsigned times)
{
	return fuzz_below(fuzz, times) == 0;
}

#define FUZZ_PICK(fuzz, list) ((list)[fuzz_below(fuzz, sizeof(list) / sizeof(*(list)))])

static inline void fuzz_did(struct fuzz *fuzz, const char *format, ...) __attribute__((format(printf, 2, 3)));

static inline void fuzz_did(struct fuzz *fuzz, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(fuzz->did, sizeof(fuzz->did), format, args);
	va_end(args);
	if (fuzz->trace)
		fprintf(stderr, "%lu: %s\n", fuzz->step, fuzz->did);
}

static inline void fuzz_require(const struct fuzz *fuzz, bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "seed %lu, step %lu, after %s, %dx%d: not so: %s\n", fuzz->seed, fuzz->step, fuzz->did,
		screen_width(fuzz->stage->screen), screen_height(fuzz->stage->screen), what);
	abort();
}

/* --- text --- */

/* What programs print: words, escape sequences, characters of any width, bytes that are none. */
static inline void fuzz_add_text(struct fuzz *fuzz, struct str *out, unsigned pieces)
{
	static const char *const words[] = {
		"a", "test", "  ", " ", "\n", "\n", "\r", "\b", "\t", "\a", "100 %", "%s%n", "=== rule ===", "E   assert 1 == 2",
		"tests/net.py:12: in test_x", "日本", "é", "e\xCC\x81", "\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7",
		"\xE2\x80\xAE", "\xEF\xBC\xA1", "\xCC\x81", "\033[31m", "\033[0m", "\033[1;4;38;5;201m", "\033[38;2;1;2;3m",
		"\033[7m", "\033[2J", "\033[K", "\033[10;200H", "\033[3A", "\033[999C", "\033]0;title\a", "\033]8;;http://x\033\\",
		"\033(0", "\033[", "\033", "\xFF", "\xE3\x81", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xC2\x85", "\x7F",
	};

	for (unsigned i = 0; i < pieces; i++) {
		if (fuzz_once_in(fuzz, 30))
			str_add_char(out, (char)fuzz_below(fuzz, 256));
		else if (fuzz_once_in(fuzz, 60))
			for (unsigned count = fuzz_below(fuzz, 600); count > 0; count--)
				str_add_text(out, count % 7 ? "x" : "語");
		else
			str_add_text(out, FUZZ_PICK(fuzz, words));
	}
}

static inline struct event_text fuzz_own(struct fuzz *fuzz, unsigned pieces, const char *first)
{
	struct str *text = &fuzz->texts[fuzz->text_count++ % FUZZ_TEXTS];

	str_clear(text);
	str_add_text(text, first);
	fuzz_add_text(fuzz, text, pieces);
	return (struct event_text){ text->data, text->length };
}

static inline struct event_text fuzz_one(const char *text)
{
	return (struct event_text){ text, strlen(text) };
}

/* --- events --- */

static inline void fuzz_hear(struct fuzz *fuzz, struct event *event)
{
	fuzz->t += fuzz_once_in(fuzz, 50) ? fuzz_next(fuzz) % (100 * CLOCK_SECOND)
					  : fuzz_next(fuzz) % (CLOCK_SECOND / 5);
	event->t = fuzz->t;
	fuzz_did(fuzz, "%s of test %llu", event_type_name(event->type),
		 (unsigned long long)(event_has(event, test) ? event->test : 0));
	fuzz->stage->hear(fuzz->stage->context, event);
}

static inline uint64_t fuzz_time(struct fuzz *fuzz)
{
	static const uint64_t scales[] = { 1000, 1000000, CLOCK_SECOND, 60 * CLOCK_SECOND, 100000 * CLOCK_SECOND };

	return fuzz_next(fuzz) % FUZZ_PICK(fuzz, scales);
}

static inline const struct test *fuzz_test(struct fuzz *fuzz)
{
	const struct run *run = model_run(fuzz->stage->model);

	return run->tests.length ? run->tests.items[fuzz_below(fuzz, (unsigned)run->tests.length)] : NULL;
}

static inline void fuzz_found(struct fuzz *fuzz)
{
	static const char *const suites[] = { "demo", "unit", "", "日本語 suite", "a suite with a rather long name, in words" };
	static const char *const files[] = { "tests/a.py", "tests/deep/er/b.py", "src/日本.c", "c.sh" };
	static const char *const scopes[] = { "TestA", "module", "TestA::TestB" };
	static const char *const names[] = { "::test_one", "::TestA::test_two[1-(2)]", "", "::例え", "::" };
	struct event event;
	const char *file = FUZZ_PICK(fuzz, files);
	struct event_text id = fuzz_own(fuzz, fuzz_once_in(fuzz, 4) ? 1 + fuzz_below(fuzz, 6) : 0, file);
	struct str *text = &fuzz->texts[(fuzz->text_count - 1) % FUZZ_TEXTS];

	if (model_run(fuzz->stage->model)->tests.length >= FUZZ_TESTS)
		return;
	str_add_text(text, FUZZ_PICK(fuzz, names));
	str_add_format(text, "%u", fuzz_below(fuzz, 90));
	id = (struct event_text){ text->data, text->length };
	event_init(&event, EVENT_TEST_FOUND);
	if (!fuzz_once_in(fuzz, 10))
		event_put(&event, test, model_run(fuzz->stage->model)->tests.length + 1);
	event_put(&event, suite, fuzz_one(FUZZ_PICK(fuzz, suites)));
	event_put(&event, id, id);
	if (!fuzz_once_in(fuzz, 4)) {
		event_put(&event, file, fuzz_one(file));
		event_put(&event, line, fuzz_below(fuzz, 500));
	}
	if (fuzz_once_in(fuzz, 3))
		event_put(&event, scope, fuzz_one(FUZZ_PICK(fuzz, scopes)));
	if (fuzz_once_in(fuzz, 3))
		event_put(&event, expected, fuzz_time(fuzz));
	if (fuzz_once_in(fuzz, 5))
		event_put(&event, marks, fuzz_own(fuzz, 1, "slow,"));
	if (fuzz_once_in(fuzz, 9))
		event_put(&event, iteration, 1 + fuzz_below(fuzz, 9));
	fuzz_hear(fuzz, &event);
}

static inline void fuzz_how_it_ended(struct fuzz *fuzz, struct event *event)
{
	static const char *const evidence[] = {
		"{\"where\": \"blocked\", \"syscall\": \"futex\", \"cpu\": 0.01, \"pid\": 17, \"stack\": \"#0 wait\\n#1 main\"}",
		"{\"where\": [1, {\"x\": null}], \"threads\": -1e300, \"core\": true, \"native_stack\": \"\\u0000\\ud83d\\ude00\"}",
		"[]", "{", "{\"stack\": {}}",
	};
	static const char *const codes[] = { "XT1001", "XT2002", "XT4001", "XT9999", "", "?" };

	event_put(event, outcome, 1 + (int)fuzz_below(fuzz, OUTCOME_COUNT - 1));
	event_put(event, duration, fuzz_time(fuzz));
	if (fuzz_once_in(fuzz, 2))
		event_put(event, message, fuzz_own(fuzz, 1 + fuzz_below(fuzz, 12), "E   "));
	if (fuzz_once_in(fuzz, 4))
		event_put(event, reason, fuzz_own(fuzz, 2, "because"));
	if (fuzz_once_in(fuzz, 3))
		event_put(event, code, fuzz_one(FUZZ_PICK(fuzz, codes)));
	if (fuzz_once_in(fuzz, 3))
		event_put(event, evidence, fuzz_one(FUZZ_PICK(fuzz, evidence)));
	if (fuzz_once_in(fuzz, 3))
		event_put(event, signal, fuzz_below(fuzz, 70));
	if (fuzz_once_in(fuzz, 2))
		event_put(event, exit_code, (int)fuzz_below(fuzz, 300) - 5);
}

static inline void fuzz_about_test(struct fuzz *fuzz, enum event_type type)
{
	const struct test *test = fuzz_test(fuzz);
	struct event event;

	if (!test)
		return;
	event_init(&event, type);
	event_put(&event, test, test->number);
	event_put(&event, worker, test->state == TEST_RUNNING ? test->worker : fuzz_below(fuzz, FUZZ_WORKERS));
	event_put(&event, attempt,
		  test->attempts.length + (type == EVENT_TEST_STARTED ? 1 : 0) + (fuzz_once_in(fuzz, 40) ? 3 : 0));
	switch (type) {
	case EVENT_TEST_STARTED:
		event_put(&event, pid, fuzz_below(fuzz, 99999));
		if (fuzz_once_in(fuzz, 2))
			event_put(&event, deadline, fuzz_time(fuzz));
		break;
	case EVENT_TEST_OUTPUT:
		event_put(&event, stream, 1 + (int)fuzz_below(fuzz, 2));
		event_put(&event, data, fuzz_own(fuzz, 1 + fuzz_below(fuzz, 60), ""));
		break;
	case EVENT_TEST_POINT:
		event_put(&event, number, fuzz_below(fuzz, 30));
		event_put(&event, depth, fuzz_below(fuzz, 5));
		event_put(&event, outcome, 1 + (int)fuzz_below(fuzz, OUTCOME_COUNT - 1));
		event_put(&event, name, fuzz_own(fuzz, 3, "point"));
		break;
	case EVENT_TEST_FINISHED:
		fuzz_how_it_ended(fuzz, &event);
		event_put(&event, cpu, fuzz_time(fuzz));
		event_put(&event, rss, fuzz_next(fuzz) >> fuzz_below(fuzz, 64));
		if (fuzz_once_in(fuzz, 3)) {
			event_put(&event, setup, fuzz_time(fuzz));
			event_put(&event, call, fuzz_time(fuzz));
			event_put(&event, teardown, fuzz_time(fuzz));
			event_put(&event, properties, fuzz_one("[[\"name\", \"value\\n日本\"], [\"k\", 1]]"));
		}
		break;
	case EVENT_DIAGNOSIS:
		event_put(&event, code, fuzz_one("XT2002"));
		event_put(&event, message, fuzz_own(fuzz, 8, "likely: it hung\n"));
		break;
	default:
		fuzz_how_it_ended(fuzz, &event);
		event_put(&event, attempts, fuzz_below(fuzz, 5));
		event_put(&event, flaky, fuzz_once_in(fuzz, 5));
		event_put(&event, quarantined, fuzz_once_in(fuzz, 8));
		break;
	}
	fuzz_hear(fuzz, &event);
}

static inline void fuzz_about_worker(struct fuzz *fuzz)
{
	static const enum event_type types[] = { EVENT_WORKER_STARTED, EVENT_WORKER_SAMPLE, EVENT_WORKER_SAMPLE,
						 EVENT_WORKER_DIED, EVENT_WORKER_LEFT };
	struct event event;

	event_init(&event, FUZZ_PICK(fuzz, types));
	event_put(&event, worker, fuzz_once_in(fuzz, 60) ? fuzz_below(fuzz, 300) : fuzz_below(fuzz, FUZZ_WORKERS));
	event_put(&event, incarnation, 1 + fuzz_below(fuzz, 4));
	event_put(&event, pid, fuzz_below(fuzz, 99999));
	event_put(&event, cpu, fuzz->t / (1 + fuzz_below(fuzz, 9)));
	event_put(&event, rss, fuzz_next(fuzz) >> (20 + fuzz_below(fuzz, 40)));
	event_put(&event, workers, fuzz_below(fuzz, FUZZ_WORKERS));
	if (event.type == EVENT_WORKER_DIED)
		event_put(&event, message, fuzz_own(fuzz, 2, "was killed by SIGKILL"));
	fuzz_hear(fuzz, &event);
}

static inline void fuzz_about_run(struct fuzz *fuzz)
{
	static const enum event_type types[] = { EVENT_RUN_STARTED, EVENT_RUN_COLLECTED, EVENT_RUN_FINISHED,
						 EVENT_COLLECT_ERROR, EVENT_LOG, EVENT_LOG, EVENT_LOG };
	struct event event;

	event_init(&event, FUZZ_PICK(fuzz, types));
	event_put(&event, tests, fuzz_below(fuzz, FUZZ_TESTS));
	event_put(&event, workers, fuzz_below(fuzz, FUZZ_WORKERS));
	event_put(&event, dist, fuzz_one("load"));
	event_put(&event, expected, fuzz_time(fuzz));
	event_put(&event, known, fuzz_below(fuzz, FUZZ_TESTS));
	event_put(&event, duration, fuzz_time(fuzz));
	event_put(&event, exit_code, (int)fuzz_below(fuzz, 6));
	event_put(&event, level, 1 + (int)fuzz_below(fuzz, 3));
	event_put(&event, wall, fuzz_next(fuzz) >> fuzz_below(fuzz, 64));
	event_put(&event, command, fuzz_own(fuzz, 3, "xtop"));
	event_put(&event, root, fuzz_own(fuzz, 1, "/home/user/demo"));
	event_put(&event, message, fuzz_own(fuzz, fuzz_below(fuzz, 30), ""));
	if (fuzz_once_in(fuzz, 3))
		event_put(&event, name, fuzz_own(fuzz, 1, "pytest"));
	fuzz_hear(fuzz, &event);
}

/* An event that makes no sense. */
static inline void fuzz_nonsense(struct fuzz *fuzz)
{
	struct event event;

	event_init(&event, (enum event_type)(1 + fuzz_below(fuzz, EVENT_WORKER_LEFT)));
	event_put(&event, test, fuzz_below(fuzz, 2 * FUZZ_TESTS));
	event_put(&event, worker, fuzz_next(fuzz) >> fuzz_below(fuzz, 64));
	event_put(&event, attempt, fuzz_next(fuzz) >> fuzz_below(fuzz, 64));
	event_put(&event, outcome, (int)fuzz_below(fuzz, 2 * OUTCOME_COUNT) - 3);
	event_put(&event, duration, fuzz_next(fuzz));
	event_put(&event, data, fuzz_own(fuzz, 3, ""));
	event_put(&event, id, fuzz_own(fuzz, 3, ""));
	event_put(&event, deadline, fuzz_next(fuzz));
	event_put(&event, expected, fuzz_next(fuzz));
	fuzz_hear(fuzz, &event);
}

/* Tests start and end for the most part; some are found late, some get another verdict, workers come and go. */
static inline void fuzz_event(struct fuzz *fuzz)
{
	unsigned chance = fuzz_below(fuzz, 200);

	fuzz->text_count = 0;
	if (chance < 30)
		fuzz_found(fuzz);
	else if (chance < 70)
		fuzz_about_test(fuzz, EVENT_TEST_STARTED);
	else if (chance < 100)
		fuzz_about_test(fuzz, EVENT_TEST_OUTPUT);
	else if (chance < 115)
		fuzz_about_test(fuzz, EVENT_TEST_POINT);
	else if (chance < 145)
		fuzz_about_test(fuzz, EVENT_TEST_FINISHED);
	else if (chance < 170)
		fuzz_about_test(fuzz, EVENT_TEST_VERDICT);
	else if (chance < 175)
		fuzz_about_test(fuzz, EVENT_DIAGNOSIS);
	else if (chance < 190)
		fuzz_about_worker(fuzz);
	else if (chance < 198)
		fuzz_about_run(fuzz);
	else
		fuzz_nonsense(fuzz);
}

/* --- what a person does --- */

static inline void fuzz_press(struct fuzz *fuzz, int key)
{
	char name[KEYMAP_NAME_SIZE];

	keymap_key_name(key, name);
	fuzz_did(fuzz, "key %s", name);
	app_key(fuzz->app, key);
}

/* Any key of the table, as it is bound at the moment. */
static inline void fuzz_bound_key(struct fuzz *fuzz)
{
	int request = REQUEST_NONE + 1 + (int)fuzz_below(fuzz, REQUEST_COUNT - 1);
	const int *keys = fuzz->app->settings.keymap.keys[request];
	unsigned count = 0;

	while (count < KEYMAP_KEYS_MAX && keys[count])
		count++;
	/* It would leave too often. */
	if (count && (request != REQUEST_QUIT_NOW || fuzz_once_in(fuzz, 20)))
		fuzz_press(fuzz, keys[fuzz_below(fuzz, count)]);
}

static inline void fuzz_any_key(struct fuzz *fuzz)
{
	static const int odd[] = { 0x65E5, 0xE9, 0x301, 0x1F600, 0x200D, 0xFFFD, 0xD800, 0x10FFFF, 0x110000, KEYCODE_LAST + 1, 0x80, 1 };

	switch (fuzz_below(fuzz, 4)) {
	case 0:
		fuzz_press(fuzz, KEYCODE_UP + (int)fuzz_below(fuzz, KEYCODE_LAST - KEYCODE_UP + 1));
		break;
	case 1:
		fuzz_press(fuzz, 1 + (int)fuzz_below(fuzz, 127));
		break;
	case 2:
		fuzz_press(fuzz, ' ' + (int)fuzz_below(fuzz, 95));
		break;
	default:
		fuzz_press(fuzz, FUZZ_PICK(fuzz, odd));
		break;
	}
}

static inline void fuzz_type(struct fuzz *fuzz, const struct str *text)
{
	static const int ends[] = { KEYCODE_ENTER, KEYCODE_ENTER, KEYCODE_ENTER, KEYCODE_ESCAPE, KEYCODE_TAB, KEYCODE_BACKSPACE };

	for (size_t position = 0; position < text->length;)
		fuzz_press(fuzz, (int)utf8_next(text->data, text->length, &position));
	fuzz_press(fuzz, FUZZ_PICK(fuzz, ends));
}

static inline void fuzz_add_filter(struct fuzz *fuzz, struct str *out)
{
	static const char *const terms[] = { "test(~one)", "file(a.py)", "outcome(failed)", "duration(> 1s)", "flaky()", "suite(demo)",
					     "worker(gw1)", "state(running)", "~日本", "one", ")", "(", "test(/[/)", "test(/a.*b/)" };
	static const char *const between[] = { " and ", " or ", " and not ", " ", " - " };

	for (unsigned count = 1 + fuzz_below(fuzz, 4); count > 0; count--) {
		str_add_text(out, FUZZ_PICK(fuzz, terms));
		if (count > 1)
			str_add_text(out, FUZZ_PICK(fuzz, between));
	}
}

static inline void fuzz_add_command(struct fuzz *fuzz, struct str *out)
{
	static const char *const names[] = { "filter", "goto", "kill", "quarantine", "save-display", "save-styles", "search", "sort",
					     "tab", "pane", "re", "f", "" };
	static const char *const arguments[] = { "3", "0", "99999999999999999999", "name", "time", "running", "fail", "TERM", "9", "77",
						 "one", "日本" };
	char name[KEYMAP_REQUEST_SIZE];

	if (fuzz_once_in(fuzz, 2)) {
		keymap_request_name((enum request)(REQUEST_NONE + 1 + (int)fuzz_below(fuzz, REQUEST_COUNT - 1)), name);
		if (strcmp(name, "quit-now"))
			str_add_text(out, name);
	} else {
		str_add_text(out, FUZZ_PICK(fuzz, names));
	}
	if (fuzz_once_in(fuzz, 2))
		return;
	str_add_char(out, ' ');
	if (fuzz_once_in(fuzz, 3))
		fuzz_add_filter(fuzz, out);
	else if (fuzz_once_in(fuzz, 3))
		fuzz_add_text(fuzz, out, 3);
	else
		str_add_text(out, FUZZ_PICK(fuzz, arguments));
}

static inline void fuzz_write(struct fuzz *fuzz)
{
	static const enum request asks[] = { REQUEST_COMMAND, REQUEST_COMMAND, REQUEST_FILTER, REQUEST_SEARCH, REQUEST_QUARANTINE };
	enum request ask = FUZZ_PICK(fuzz, asks);
	struct str text = STR_INIT;

	if (ask == REQUEST_FILTER)
		fuzz_add_filter(fuzz, &text);
	else if (ask == REQUEST_COMMAND)
		fuzz_add_command(fuzz, &text);
	else
		fuzz_add_text(fuzz, &text, 2);
	if (ask == REQUEST_COMMAND && fuzz_once_in(fuzz, 4)) {
		fuzz_did(fuzz, "command %.100s", text.data);
		app_command(fuzz->app, (struct slice){ text.data, text.length });
	} else {
		if (fuzz->app->prompt.kind == PROMPT_NONE && fuzz->app->settings.keymap.keys[ask][0])
			fuzz_press(fuzz, fuzz->app->settings.keymap.keys[ask][0]);
		fuzz_type(fuzz, &text);
	}
	str_fini(&text);
}

static inline void fuzz_click(struct fuzz *fuzz)
{
	enum mouse mouse = (enum mouse)fuzz_below(fuzz, 4);
	int row = (int)fuzz_below(fuzz, (unsigned)screen_height(fuzz->stage->screen) + 2) - 1;
	int column = (int)fuzz_below(fuzz, (unsigned)screen_width(fuzz->stage->screen) + 2) - 1;

	fuzz_did(fuzz, "mouse %d at %d, %d", (int)mouse, row, column);
	app_mouse(fuzz->app, mouse, row, column);
}

static inline void fuzz_resize(struct fuzz *fuzz)
{
	bool small = fuzz_once_in(fuzz, 3);
	int width = (int)(small ? 1 + fuzz_below(fuzz, 50) : 40 + fuzz_below(fuzz, 161));
	int height = (int)(small ? 1 + fuzz_below(fuzz, 14) : 10 + fuzz_below(fuzz, 51));

	fuzz_did(fuzz, "size %dx%d", width, height);
	screen_resize(fuzz->stage->screen, width, height);
	app_invalidate(fuzz->app);
}

/* --- settings --- */

static inline void fuzz_start(struct fuzz *fuzz)
{
	static const char *const panes[] = { "workers", "tests", "detail" };
	static const char *const heights[] = { "auto", "5", "25", "80" };
	struct str text = STR_INIT;
	int first = 0, second = 0;

	str_add_format(&text, "ascii: %s\npanes:\n", fuzz_once_in(fuzz, 3) ? "true" : "false");
	for (unsigned i = 0; i < 3; i++)
		str_add_format(&text, "  %s: { shown: %s, height: %s }\n", panes[i], fuzz_once_in(fuzz, 4) && i != 1 ? "false" : "true",
			       FUZZ_PICK(fuzz, heights));
	str_add_text(&text, "columns:\n");
	for (int pane = 0; pane < COLUMNS_PANE_COUNT; pane++) {
		str_add_format(&text, "  %s: [", columns_pane_name((enum columns_pane)pane));
		for (unsigned i = 0, shown = 0; i < columns_count((enum columns_pane)pane); i++)
			if (fuzz_once_in(fuzz, 2))
				str_add_format(&text, "%s%s", shown++ ? ", " : "", columns_name((enum columns_pane)pane, i));
		str_add_text(&text, "]\n");
	}
	/* Two requests change their keys with each other's. */
	first = REQUEST_NONE + 1 + (int)fuzz_below(fuzz, REQUEST_COUNT - 1);
	second = REQUEST_NONE + 1 + (int)fuzz_below(fuzz, REQUEST_COUNT - 1);
	if (first != second) {
		const int requests[] = { first, second };
		char names[2][KEYMAP_REQUEST_SIZE];
		struct keymap keymap;

		keymap_init(&keymap);
		str_add_text(&text, "keys:\n");
		for (unsigned i = 0; i < 2; i++) {
			char key[KEYMAP_NAME_SIZE];

			keymap_request_name((enum request)requests[i], names[i]);
			keymap_key_name(keymap.keys[requests[1 - i]][0], key);
			str_add_format(&text, "  %s: [\"%s%s\"]\n", names[i], !strcmp(key, "\\") ? "\\" : "", key);
		}
	}
	fuzz_did(fuzz, "a new dashboard");
	fuzz->app = fuzz->stage->start(fuzz->stage->context, text.data);
	str_fini(&text);
}

/* --- what must hold --- */

static inline void fuzz_check_row(const struct fuzz *fuzz, int row)
{
	const struct cell *cells = screen_row(fuzz->stage->screen, row);
	int width = screen_width(fuzz->stage->screen), column = 0;

	while (column < width) {
		const struct cell *cell = &cells[column];

		fuzz_require(fuzz, cell->width == 1 || cell->width == 2, "a row begins each cell where the one before ends");
		fuzz_require(fuzz, cell->text[0] >= ' ' && cell->text[0] != 0x7F, "no cell has a control character");
		fuzz_require(fuzz, cell->role < ROLE_COUNT && cell->mark < MARK_COUNT, "roles and marks are known ones");
		fuzz_require(fuzz, cell->width == utf8_width(cell->text[0]), "a cell is as wide as its character");
		column += cell->width;
		fuzz_require(fuzz, cell->width == 1 || (column <= width && cells[column - 1].width == 0),
			     "a wide character has its right half");
	}
	fuzz_require(fuzz, column == width, "the widths of a row make up its width");
}

static inline void fuzz_check_app(const struct fuzz *fuzz)
{
	const struct app *app = fuzz->app;
	const struct model *model = fuzz->stage->model;
	int width = screen_width(fuzz->stage->screen), height = screen_height(fuzz->stage->screen), row, column;
	const struct test *selected = app_selected(app);

	if (screen_cursor_at(fuzz->stage->screen, &row, &column))
		fuzz_require(fuzz, row < height && column >= 0 && column < width, "the cursor is on the screen");
	fuzz_require(fuzz, !selected || model_test(model, selected->number) == selected, "the selected test is one of the run");
	fuzz_require(fuzz, !app->detail.test || model_test(model, app->detail.test), "so is that of the detail");
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		struct area area = app->areas[pane];

		fuzz_require(fuzz, area.height <= 0 || (area.row >= 0 && area.column >= 0 && area.row + area.height <= height &&
							area.column + area.width <= width),
			     "panes are on the screen");
	}
	fuzz_require(fuzz, !app->workers.cursor.length || (app->workers.cursor.selected >= 0 &&
							  app->workers.cursor.selected < app->workers.cursor.length),
		     "the workers' cursor is on one");
}

static inline void fuzz_check(const struct fuzz *fuzz)
{
	struct str picture = STR_INIT;

	for (int row = 0; row < screen_height(fuzz->stage->screen); row++)
		fuzz_check_row(fuzz, row);
	fuzz_check_app(fuzz);
	screen_dump(fuzz->stage->screen, &picture);
	fuzz_require(fuzz, utf8_is_valid(picture.data, picture.length), "the picture is valid UTF-8");
	str_fini(&picture);
}

static inline void fuzz_picture(const struct fuzz *fuzz, struct str *out)
{
	screen_dump(fuzz->stage->screen, out);
	screen_dump_styles(fuzz->stage->screen, out);
}

/* What has not changed looks the same when it is drawn again. */
static inline void fuzz_check_again(const struct fuzz *fuzz)
{
	struct str before = STR_INIT, after = STR_INIT;

	fuzz_picture(fuzz, &before);
	app_invalidate(fuzz->app);
	fuzz->stage->draw(fuzz->stage->context);
	fuzz_picture(fuzz, &after);
	if (strcmp(before.data, after.data) && fuzz->trace)
		fprintf(stderr, "%s\nand then\n%s\n", before.data, after.data);
	fuzz_require(fuzz, !strcmp(before.data, after.data), "drawn again it looks the same");
	str_fini(&before);
	str_fini(&after);
}

/* --- all of it --- */

static inline void fuzz_outside(struct fuzz *fuzz)
{
	struct fuzz_stage stage = *fuzz->stage;

	switch (fuzz_below(fuzz, 8)) {
	case 0:
	case 1:
		stage.refuse(stage.context, fuzz_once_in(fuzz, 2) ? "no: 100 % full, 日本" : NULL);
		break;
	case 2:
	case 3:
		stage.idle(stage.context, fuzz_once_in(fuzz, 2));
		break;
	case 4:
		app_program_ended(fuzz->app, "the pager", (int)fuzz_below(fuzz, 3), (int)fuzz_below(fuzz, 3));
		break;
	case 5:
		app_tell(fuzz->app, "the journal can't be written: the disk is full");
		break;
	case 6:
		app_stopping(fuzz->app);
		break;
	default:
		fuzz_start(fuzz);
		break;
	}
}

static inline void fuzz_step(struct fuzz *fuzz)
{
	unsigned chance = fuzz_below(fuzz, 100);

	if (chance < 35)
		fuzz_bound_key(fuzz);
	else if (chance < 48)
		fuzz_any_key(fuzz);
	else if (chance < 68)
		for (unsigned count = 1 + fuzz_below(fuzz, 20); count > 0; count--)
			fuzz_event(fuzz);
	else if (chance < 80)
		fuzz_write(fuzz);
	else if (chance < 90)
		fuzz_click(fuzz);
	else if (chance < 96)
		fuzz_resize(fuzz);
	else
		fuzz_outside(fuzz);
}

static inline void fuzz_run(const struct fuzz_stage *stage, unsigned long seed, unsigned long count, bool trace)
{
	struct fuzz fuzz = { .stage = stage, .state = seed, .seed = seed, .trace = trace,
			     .t = model_run(stage->model)->now };

	for (unsigned i = 0; i < FUZZ_TEXTS; i++)
		str_init(&fuzz.texts[i]);
	fuzz_start(&fuzz);
	for (fuzz.step = 1; fuzz.step <= count; fuzz.step++) {
		fuzz_step(&fuzz);
		stage->pass(stage->context, fuzz_once_in(&fuzz, 50) ? fuzz_time(&fuzz) : CLOCK_SECOND / 10);
		/* Several things happen between two pictures at times. */
		if (fuzz_once_in(&fuzz, 4))
			continue;
		stage->draw(stage->context);
		fuzz_check(&fuzz);
		if (fuzz_once_in(&fuzz, 8))
			fuzz_check_again(&fuzz);
		if (app_wish(fuzz.app) != APP_STAYS)
			fuzz_start(&fuzz);
	}
	for (unsigned i = 0; i < FUZZ_TEXTS; i++)
		str_fini(&fuzz.texts[i]);
}

#endif
