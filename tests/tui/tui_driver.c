/* Drives the dashboard without a terminal: a script of events and keys goes in, pictures of the screen
 * come out.
 *
 *     tui_driver [--size WxH] [--ascii] [--replay] [--journal FILE] [--settings YAML] [--slow SECONDS] [--keys]
 *                [--fuzz SEED COUNT] [--trace] [SCRIPT]
 *
 * Behind the script, --fuzz does COUNT things at random and checks every picture (driver_fuzz.h); --trace tells each.
 * --keys prints the key table and nothing else, --names what settings and themes name. YAML is the text of dashboard.yaml. The script comes from SCRIPT or standard input, a line each:
 *
 *     SECONDS TYPE FIELD=VALUE …   an event, as named in xtop/event.h; "quotes" around values with blanks, in
 *                                  which \n \t \e \xHH and \" are understood
 *     key NAME …                   presses keys, as named in tui/keymap.h
 *     type TEXT                    presses the keys of a text
 *     click ROW COLUMN             also: double, wheel-up, wheel-down; from 0
 *     size WxH                     the terminal is resized
 *     now SECONDS                  the run's clock, and with it the other one
 *     wait SECONDS                 the other clock alone: messages vanish
 *     busy, idle                   what control says of the run; at first busy until run.finished
 *     refuse MESSAGE               control and host refuse everything with that message; without one they obey again
 *     past LETTERS SUITE ID        what a test did in earlier runs, a letter each, the oldest first: P F T(imeout)
 *                                  R(erun passed) -(did not run)
 *     held ENTRY                   an entry of quarantine.yaml, as it is written there
 *     file PATH "TEXT"             a file that host gives, escaped like the values of events
 *     variable NAME VALUE          a variable of its environment
 *     program NAME                 a program on its PATH
 *     ended NAME CODE [SIGNAL]     a program that had the terminal has ended
 *     dump [TITLE]                 prints the screen
 *     styles [TITLE]               prints the letters of its roles
 *     calls                        prints what control and host were asked for since the last time
 *     wish                         prints whether the dashboard stays
 *
 * There is no waiting: each key is taken when everything before it has been drawn.
 */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "driver_fuzz.h"
#include "driver_past.h"
#include "event/codec.h"
#include "event/journal.h"
#include "tui/app.h"
#include "tui/keymap.h"
#include "tui/settings_file.h"

#include <ctype.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What host knows: files, variables, programs. */
struct given {
	char kind, *name;
	struct str text;
};

struct driver {
	struct model *model;
	struct screen *screen;
	struct app *app;
	struct tui_options options;
	struct tui_settings settings;
	struct control control;
	struct host host;
	VEC(struct given) given;
	struct past past;
	struct str calls;
	VEC(uint64_t) held;
	char *refusal;
	bool idle, paused;
	uint64_t now, idle_clock;
	const char *script_name;
	unsigned line;
};

static void fail(const struct driver *driver, const char *what, const char *text)
{
	fprintf(stderr, "%s:%u: %s%s%s\n", driver->script_name, driver->line, what, text ? ": " : "",
		text ? text : "");
	exit(2);
}

/* --- a control that writes down what it is asked --- */

static int note_call(struct driver *driver, struct error *error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int note_call(struct driver *driver, struct error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	str_add_vformat(&driver->calls, format, args);
	va_end(args);
	str_add_char(&driver->calls, '\n');
	return driver->refusal ? error_set(error, "%s", driver->refusal) : 0;
}

static int control_change_workers(void *context, bool more, struct error *error)
{
	return note_call(context, error, more ? "more workers" : "fewer workers");
}

static int control_rerun(void *context, uint64_t test, struct error *error)
{
	return note_call(context, error, "rerun %llu", (unsigned long long)test);
}

static int control_kill(void *context, uint64_t test, int number, struct error *error)
{
	return note_call(context, error, "kill %llu %d", (unsigned long long)test, number);
}

static int control_stack(void *context, uint64_t test, struct error *error)
{
	return note_call(context, error, "stack %llu", (unsigned long long)test);
}

/* Twelve runs, of which two failed, and one passed when it was run again. */
static int control_history(void *context, uint64_t test, size_t limit, struct history_verdicts *out,
			   struct error *error)
{
	if (note_call(context, error, "history %llu", (unsigned long long)test))
		return -1;
	*out = (struct history_verdicts){ .items = NULL };
	for (unsigned i = 0; i < 12 && i < limit; i++) {
		bool failed = i == 2 || i == 5;
		struct history_verdict verdict = {
			.run_id = alloc_format("run%u", i),
			.commit = i == 11 ? NULL : alloc_format("8f2c1d77a0%u", i / 4),
			.message = failed ? alloc_string("OSError: refused") : NULL,
			.wall = UINT64_C(1700000000000000000) - i * UINT64_C(86400000000000),
			.outcome = failed ? OUTCOME_FAILED : i == 7 ? OUTCOME_SKIPPED : OUTCOME_PASSED,
			.flaky = i == 4,
			.attempts = i == 4 ? 2 : 1,
			.duration = (i + 1) * UINT64_C(100000000),
			.worker = i % 4,
		};

		vec_push(out, verdict);
	}
	return 0;
}

static int control_debug(void *context, uint64_t test, struct launch *launch, struct error *error)
{
	if (note_call(context, error, "debug %llu", (unsigned long long)test))
		return -1;
	launch_init(launch);
	vec_push(&launch->argv, alloc_string("python"));
	vec_push(&launch->argv, alloc_string("--pdb"));
	vec_push(&launch->argv, alloc_string("test one"));
	vec_push(&launch->environment, alloc_string("DEBUG=1"));
	launch->cwd = alloc_string("/home/user/demo");
	return 0;
}

static int control_reproduce(void *context, uint64_t test, struct str *out, struct error *error)
{
	(void)context;
	(void)error;
	str_add_format(out, "cd /home/user/demo && xtop --suite demo test-%llu", (unsigned long long)test);
	return 0;
}

static int control_quarantine(void *context, uint64_t test, bool on, const char *reason, struct error *error)
{
	struct driver *driver = context;

	if (note_call(driver, error, "%s %llu %s", on ? "quarantine" : "release", (unsigned long long)test,
		      reason ? reason : "(no reason)"))
		return -1;
	for (size_t i = driver->held.length; i-- > 0;)
		if (driver->held.items[i] == test)
			vec_remove(&driver->held, i);
	if (on)
		vec_push(&driver->held, test);
	return 0;
}

static bool control_quarantined(void *context, uint64_t test)
{
	struct driver *driver = context;

	vec_each(&driver->held, it)
		if (*it == test)
			return true;
	return false;
}

static int control_flaky(void *context, struct control_flaky *out, struct error *error)
{
	struct driver *driver = context;

	return note_call(driver, error, "flaky") ? -1 : past_flaky(&driver->past, out, error);
}

static int control_holds(void *context, struct control_holds *out, struct error *error)
{
	struct driver *driver = context;

	return note_call(driver, error, "holds") ? -1 : past_holds(&driver->past, driver->model, out, error);
}

static int control_release(void *context, const char *suite, const char *test, struct error *error)
{
	struct driver *driver = context;

	return note_call(driver, error, "release entry %s of %s", test, suite ? suite : "every suite")
		       ? -1
		       : past_release(&driver->past, suite, test, error);
}

static int control_pause(void *context, bool on, struct error *error)
{
	struct driver *driver = context;
	int result = note_call(driver, error, on ? "pause" : "go on");

	if (!result)
		driver->paused = on;
	return result;
}

static int control_stop(void *context, struct error *error)
{
	return note_call(context, error, "stop");
}

static bool control_paused(void *context)
{
	return ((struct driver *)context)->paused;
}

static bool control_idle(void *context)
{
	return ((struct driver *)context)->idle;
}

/* --- a host that writes down what it is asked --- */

static const struct given *find_given(const struct driver *driver, char kind, const char *name)
{
	/* The newest counts. */
	for (size_t i = driver->given.length; i-- > 0;)
		if (driver->given.items[i].kind == kind && !strcmp(driver->given.items[i].name, name))
			return &driver->given.items[i];
	return NULL;
}

static int host_run(void *context, const struct host_program *program, struct error *error)
{
	struct str line = STR_INIT;
	int result;

	for (size_t i = 0; program->environment && program->environment[i]; i++)
		str_add_format(&line, " %s", program->environment[i]);
	for (size_t i = 0; program->argv[i]; i++) {
		str_add_char(&line, ' ');
		str_add_shell_quoted(&line, program->argv[i]);
	}
	if (program->directory)
		str_add_format(&line, "\n  in %s", program->directory);
	if (program->before)
		str_add_format(&line, "\n  after saying: %s", program->before);
	if (program->waits)
		str_add_text(&line, "\n  and wait for a key");
	result = note_call(context, error, "run %s:%s", program->name, line.data);
	str_fini(&line);
	return result;
}

static int host_copy(void *context, const char *text, struct str *file, struct error *error)
{
	if (note_call(context, error, "copy %s", text))
		return -1;
	str_add_text(file, ".xtop/yanked");
	return 0;
}

static int host_read(void *context, const char *path, size_t limit, struct str *out, struct error *error)
{
	const struct given *file = find_given(context, 'f', path);

	if (!file || file->text.length > limit)
		return error_set(error, "%s: %s", path, file ? "it is too large" : "there is no such file");
	str_add(out, file->text.data, file->text.length);
	return 0;
}

static bool host_has_file(void *context, const char *path)
{
	return find_given(context, 'f', path) != NULL;
}

static int host_scratch(void *context, const char *name, struct slice text, struct str *path, struct error *error)
{
	if (note_call(context, error, "scratch %s: %.*s", name, (int)text.length, text.data))
		return -1;
	str_add_format(path, "/tmp/scratch/%s", name);
	return 0;
}

static int host_save(void *context, const char *path, struct slice text, struct error *error)
{
	size_t lines = 0;

	for (size_t i = 0; i < text.length; i++)
		lines += text.data[i] == '\n';
	return note_call(context, error, "save %s: %zu lines", path, lines);
}

static const char *host_variable(void *context, const char *name)
{
	const struct given *variable = find_given(context, 'v', name);

	return variable ? variable->text.data : NULL;
}

static bool host_has_program(void *context, const char *name)
{
	return find_given(context, 'p', name) != NULL;
}

static void host_themes(void *context, struct str *names)
{
	(void)context;
	str_add_text(names, "broken\ndark\nlight\nnord\n");
}

static int host_use_theme(void *context, const char *name, struct error *error)
{
	if (!strcmp(name, "broken"))
		return error_set(error, "broken.yaml:3:5: expected a role of xtop-theme(5), found 'faild'\n  faild: red");
	str_add_format(&((struct driver *)context)->calls, "theme %s\n", name);
	return 0;
}

/* Shows the file as it would be written where there was none. */
static int host_save_settings(void *context, const struct tui_settings *settings, struct str *file,
			      struct error *error)
{
	struct str text = STR_INIT;
	int result = settings_file_edit((struct slice){ "", 0 }, "dashboard.yaml", settings, &text, error);

	if (result == 0)
		result = note_call(context, error, "save settings:\n%s", text.data);
	str_add_text(file, "~/.config/xtop/dashboard.yaml");
	str_fini(&text);
	return result;
}

static void give(struct driver *driver, char kind, const char *name, const char *text, size_t length)
{
	struct given given = { .kind = kind, .name = alloc_string(name), .text = STR_INIT };

	str_add(&given.text, text, length);
	vec_push(&driver->given, given);
}

/* --- events --- */

static void hear(struct driver *driver, const struct event *event)
{
	if (event->type == EVENT_RUN_FINISHED)
		driver->idle = true;
	if (event->t > driver->now) {
		driver->idle_clock += event->t - driver->now;
		driver->now = event->t;
	}
	model_apply(driver->model, event);
	app_hear(driver->app, event);
}

static int enum_value(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text && !*end)
		return (int)number;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (!strcmp(text, outcome_name((enum outcome)i)))
			return i;
	for (int level = LEVEL_NOTE; level <= LEVEL_ERROR; level++)
		if (!strcmp(text, event_level_name(level)))
			return level;
	for (int stream = STREAM_STDOUT; stream <= STREAM_STDERR; stream++)
		if (!strcmp(text, event_stream_name(stream)))
			return stream;
	return -1;
}

static uint64_t seconds(const char *text)
{
	return clock_from_seconds(strtod(text, NULL));
}

#define SET_UINT(event, name, text, bytes) event_put(event, name, strtoull(text, NULL, 10))
#define SET_TIME(event, name, text, bytes) event_put(event, name, seconds(text))
#define SET_INT(event, name, text, bytes) event_put(event, name, strtoll(text, NULL, 10))
#define SET_BOOL(event, name, text, bytes) event_put(event, name, !strcmp(text, "true") || !strcmp(text, "1"))
#define SET_ENUM(event, name, text, bytes) event_put(event, name, enum_value(text))
#define SET_TEXT(event, name, text, bytes) event_put(event, name, ((struct event_text){ text, bytes }))

static bool set_field(struct event *event, const char *field, const char *text, size_t bytes)
{
#define X(number, kind, name)                         \
	if (!strcmp(field, #name)) {                  \
		SET_##kind(event, name, text, bytes); \
		return true;                          \
	}
	XTOP_EVENT_FIELDS(X)
#undef X
	return false;
}

/* Takes a value from *text, in place; its length comes back, and *text stands behind it. */
static size_t take_value(struct driver *driver, char **text)
{
	char *in = *text, *out = *text;
	bool quoted = *in == '"';

	if (quoted)
		in++;
	while (*in && (quoted ? *in != '"' : !isspace((unsigned char)*in))) {
		if (*in != '\\' || !quoted) {
			*out++ = *in++;
			continue;
		}
		in++;
		if (*in == 'n')
			*out++ = '\n';
		else if (*in == 't')
			*out++ = '\t';
		else if (*in == 'e')
			*out++ = '\033';
		else if (*in == 'x' && isxdigit((unsigned char)in[1]) && isxdigit((unsigned char)in[2])) {
			char hex[3] = { in[1], in[2], '\0' };

			*out++ = (char)strtol(hex, NULL, 16);
			in += 2;
		} else {
			*out++ = *in;
		}
		if (*in)
			in++;
	}
	if (quoted && *in != '"')
		fail(driver, "no closing quote", NULL);
	{
		size_t length = (size_t)(out - *text);

		if (*in)
			in++;
		*text = in;
		*out = '\0';
		return length;
	}
}

static char *skip_blanks(char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

/* Cuts a word off. */
static char *take_word(char **text)
{
	char *word = skip_blanks(*text);

	*text = word + strcspn(word, " \t");
	if (**text)
		*(*text)++ = '\0';
	*text = skip_blanks(*text);
	return word;
}

static void do_event(struct driver *driver, const char *time, char *text)
{
	struct event event;
	const char *name = take_word(&text);
	int type = 0;

	for (int i = 1; i < 64; i++)
		if (event_type_name((enum event_type)i) && !strcmp(event_type_name((enum event_type)i), name))
			type = i;
	if (!type)
		fail(driver, "no such type of event", name);
	event_init(&event, (enum event_type)type);
	event.t = seconds(time);
	while (*text) {
		char *field = text, *value = strchr(text, '=');
		size_t length;

		if (!value)
			fail(driver, "expected FIELD=VALUE", text);
		*value++ = '\0';
		text = value;
		length = take_value(driver, &text);
		if (!set_field(&event, field, value, length))
			fail(driver, "no such field", field);
		text = skip_blanks(text);
	}
	hear(driver, &event);
}

static void play_journal(struct driver *driver, const char *path)
{
	struct error error = ERROR_INIT;
	struct journal_reader *reader = journal_open(path, &error);
	struct event event;

	if (!reader) {
		fprintf(stderr, "%s\n", error.message);
		exit(2);
	}
	while (journal_next(reader, &event) > 0)
		hear(driver, &event);
	journal_reader_free(reader);
}

/* --- the screen --- */

static void settle(struct driver *driver)
{
	app_set_time(driver->app, driver->now, driver->idle_clock);
	do
		app_draw(driver->app);
	while (app_needs_drawing(driver->app));
}

static void press(struct driver *driver, int key)
{
	settle(driver);
	app_key(driver->app, key);
}

static void do_keys(struct driver *driver, char *text)
{
	while (*text) {
		const char *name = take_word(&text);
		int key = keymap_key_by_name(name, (unsigned)strlen(name));

		if (!key)
			fail(driver, "no such key", name);
		press(driver, key);
	}
}

static void do_type(struct driver *driver, const char *text)
{
	size_t length = strlen(text);

	for (size_t position = 0; position < length;)
		press(driver, (int)utf8_next(text, length, &position));
}

static void do_mouse(struct driver *driver, enum mouse mouse, char *text)
{
	int row = atoi(take_word(&text)), column = atoi(take_word(&text));

	settle(driver);
	app_mouse(driver->app, mouse, row, column);
}

static void do_size(struct driver *driver, const char *text)
{
	int width, height;

	if (sscanf(text, "%dx%d", &width, &height) != 2)
		fail(driver, "expected WxH", text);
	screen_resize(driver->screen, width, height);
	app_invalidate(driver->app);
}

static void do_dump(struct driver *driver, const char *title, bool styles)
{
	struct str out = STR_INIT;

	settle(driver);
	if (*title)
		str_add_format(&out, "== %s\n", title);
	(styles ? screen_dump_styles : screen_dump)(driver->screen, &out);
	fwrite(out.data, 1, out.length, stdout);
	str_fini(&out);
}

static void do_wish(struct driver *driver)
{
	static const char *const words[] = { "stays", "leaves", "goes headless" };

	settle(driver);
	printf("wish: %s\n", words[app_wish(driver->app)]);
}

static void do_ended(struct driver *driver, char *text)
{
	const char *name = take_word(&text);
	int code = atoi(take_word(&text));

	app_program_ended(driver->app, name, code, atoi(take_word(&text)));
}

static void do_line(struct driver *driver, char *text)
{
	char *word;

	text = skip_blanks(text);
	if (!*text || *text == '#')
		return;
	word = take_word(&text);
	if (isdigit((unsigned char)*word)) {
		do_event(driver, word, text);
	} else if (!strcmp(word, "key")) {
		do_keys(driver, text);
	} else if (!strcmp(word, "type")) {
		do_type(driver, text);
	} else if (!strcmp(word, "click")) {
		do_mouse(driver, MOUSE_CLICK, text);
	} else if (!strcmp(word, "double")) {
		do_mouse(driver, MOUSE_DOUBLE_CLICK, text);
	} else if (!strcmp(word, "wheel-up")) {
		do_mouse(driver, MOUSE_WHEEL_UP, text);
	} else if (!strcmp(word, "wheel-down")) {
		do_mouse(driver, MOUSE_WHEEL_DOWN, text);
	} else if (!strcmp(word, "size")) {
		do_size(driver, text);
	} else if (!strcmp(word, "now")) {
		uint64_t now = seconds(text);

		driver->idle_clock += now > driver->now ? now - driver->now : 0;
		driver->now = now;
	} else if (!strcmp(word, "wait")) {
		driver->idle_clock += seconds(text);
	} else if (!strcmp(word, "busy") || !strcmp(word, "idle")) {
		driver->idle = *word == 'i';
	} else if (!strcmp(word, "past")) {
		vec_push(&driver->past.letters, alloc_string(text));
	} else if (!strcmp(word, "held")) {
		past_hold(&driver->past, text);
	} else if (!strcmp(word, "refuse")) {
		free(driver->refusal);
		driver->refusal = *text ? alloc_string(text) : NULL;
	} else if (!strcmp(word, "file")) {
		const char *path = take_word(&text), *value = text;

		give(driver, 'f', path, value, take_value(driver, &text));
	} else if (!strcmp(word, "variable")) {
		const char *name = take_word(&text);

		give(driver, 'v', name, text, strlen(text));
	} else if (!strcmp(word, "program")) {
		give(driver, 'p', text, "", 0);
	} else if (!strcmp(word, "ended")) {
		do_ended(driver, text);
	} else if (!strcmp(word, "dump") || !strcmp(word, "styles")) {
		do_dump(driver, text, *word == 's');
	} else if (!strcmp(word, "calls")) {
		settle(driver);
		fputs(driver->calls.data, stdout);
		str_clear(&driver->calls);
	} else if (!strcmp(word, "wish")) {
		do_wish(driver);
	} else {
		fail(driver, "no such command", word);
	}
}

/* --- chance --- */

static struct app *fuzz_start_app(void *context, const char *text)
{
	struct driver *driver = context;
	settings_problems problems = VEC_INIT;

	app_free(driver->app);
	tui_settings_init(&driver->settings);
	settings_file_parse(slice_of(text), "random", &driver->settings, &problems);
	vec_each(&problems, it)
		fprintf(stderr, "%s\n", *it);
	if (problems.length)
		abort();
	settings_problems_fini(&problems);
	driver->options.ascii = driver->settings.ascii;
	screen_set_ascii(driver->screen, driver->settings.ascii);
	driver->app = app_new(&driver->options, driver->model, &driver->control, &driver->host, driver->screen);
	return driver->app;
}

static void fuzz_hear_event(void *context, const struct event *event)
{
	hear(context, event);
}

static void fuzz_draw(void *context)
{
	struct driver *driver = context;

	settle(driver);
	str_clear(&driver->calls);
}

static void fuzz_refuse(void *context, const char *message)
{
	struct driver *driver = context;

	free(driver->refusal);
	driver->refusal = message ? alloc_string(message) : NULL;
}

static void fuzz_idle(void *context, bool idle)
{
	((struct driver *)context)->idle = idle;
}

static void fuzz_pass(void *context, uint64_t ns)
{
	struct driver *driver = context;

	driver->idle_clock += ns;
	driver->now += ns;
}

static void fuzz(struct driver *driver, unsigned long seed, unsigned long count, bool trace)
{
	struct fuzz_stage stage = {
		.model = driver->model,
		.screen = driver->screen,
		.start = fuzz_start_app,
		.hear = fuzz_hear_event,
		.draw = fuzz_draw,
		.refuse = fuzz_refuse,
		.idle = fuzz_idle,
		.pass = fuzz_pass,
		.context = driver,
	};

	fuzz_run(&stage, seed, count, trace);
}

static void run_script(struct driver *driver, FILE *in)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) >= 0) {
		driver->line++;
		line[strcspn(line, "\n")] = '\0';
		do_line(driver, line);
	}
	free(line);
}

static void print_keys(void)
{
	for (int group = 0; group < GROUP_COUNT; group++) {
		printf("%s\n", keymap_group_title((enum keymap_group)group));
		for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
			const struct keymap_entry *entry = keymap_entry((enum request)request);

			if (entry->group == (enum keymap_group)group)
				printf("  %-12s %s\n", entry->keys, entry->help);
		}
	}
}

/* What the settings and themes name. */
static void print_names(void)
{
	for (int request = REQUEST_NONE + 1; request < REQUEST_COUNT; request++) {
		char name[KEYMAP_REQUEST_SIZE];

		keymap_request_name((enum request)request, name);
		printf("request %s\n", name);
	}
	for (unsigned look = 0; look < THEME_LOOK_COUNT; look++) {
		char name[THEME_NAME_SIZE];

		theme_look_name(look, name);
		printf("role %s\n", name);
	}
}

int main(int argc, char **argv)
{
	struct driver driver = { .script_name = "stdin" };
	int width = 80, height = 24;
	const char *journal = NULL;
	unsigned long seed = 0, count = 0;
	bool trace = false;
	FILE *in = stdin;

	setlocale(LC_CTYPE, "");
	driver.options = (struct tui_options){ .root = "/home/user/demo", .memory = UINT64_C(8) << 30,
						.settings = &driver.settings };
	tui_settings_init(&driver.settings);
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--keys")) {
			print_keys();
			return 0;
		} else if (!strcmp(argv[i], "--names")) {
			print_names();
			return 0;
		} else if (!strcmp(argv[i], "--size") && i + 1 < argc) {
			if (sscanf(argv[++i], "%dx%d", &width, &height) != 2)
				return 2;
		} else if (!strcmp(argv[i], "--settings") && i + 1 < argc) {
			settings_problems problems = VEC_INIT;

			settings_file_parse(slice_of(argv[++i]), "dashboard.yaml", &driver.settings, &problems);
			vec_each(&problems, it)
				fprintf(stderr, "%s\n", *it);
			if (problems.length)
				return 2;
			settings_problems_fini(&problems);
		} else if (!strcmp(argv[i], "--ascii")) {
			driver.options.ascii = true;
		} else if (!strcmp(argv[i], "--replay")) {
			driver.options.replay = true;
		} else if (!strcmp(argv[i], "--journal") && i + 1 < argc) {
			journal = argv[++i];
		} else if (!strcmp(argv[i], "--slow") && i + 1 < argc) {
			driver.options.slow = seconds(argv[++i]);
		} else if (!strcmp(argv[i], "--fuzz") && i + 2 < argc) {
			seed = strtoul(argv[++i], NULL, 10);
			count = strtoul(argv[++i], NULL, 10);
		} else if (!strcmp(argv[i], "--trace")) {
			trace = true;
		} else {
			driver.script_name = argv[i];
			in = fopen(argv[i], "r");
			if (!in) {
				fprintf(stderr, "%s: %s\n", argv[i], strerror(errno));
				return 2;
			}
		}
	}
	str_init(&driver.calls);
	driver.control = (struct control){
		.rerun = control_rerun,
		.kill = control_kill,
		.stack = control_stack,
		.history = control_history,
		.debug = control_debug,
		.reproduce = control_reproduce,
		.quarantine = control_quarantine,
		.pause = control_pause,
		.change_workers = control_change_workers,
		.stop = control_stop,
		.quarantined = control_quarantined,
		.paused = control_paused,
		.idle = control_idle,
		.flaky = control_flaky,
		.holds = control_holds,
		.release = control_release,
		.context = &driver,
	};
	driver.host = (struct host){
		.run = host_run,
		.copy = host_copy,
		.read = host_read,
		.has_file = host_has_file,
		.scratch = host_scratch,
		.save = host_save,
		.variable = host_variable,
		.has_program = host_has_program,
		.themes = host_themes,
		.use_theme = host_use_theme,
		.save_settings = host_save_settings,
		.self = "/usr/bin/xtop",
		.context = &driver,
	};
	driver.model = model_new();
	driver.screen = screen_new(width, height, driver.options.ascii);
	driver.app = app_new(&driver.options, driver.model, &driver.control, &driver.host,
			     driver.screen);
	if (journal)
		play_journal(&driver, journal);
	run_script(&driver, in);
	if (count)
		fuzz(&driver, seed, count, trace);
	if (in != stdin)
		fclose(in);
	app_free(driver.app);
	screen_free(driver.screen);
	model_free(driver.model);
	past_fini(&driver.past);
	str_fini(&driver.calls);
	vec_fini(&driver.held);
	vec_each(&driver.given, it) {
		free(it->name);
		str_fini(&it->text);
	}
	vec_fini(&driver.given);
	free(driver.refusal);
	return 0;
}
