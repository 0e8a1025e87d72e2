#include "config/options.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "base/str.h"
#include "config/values.h"
#include "event/ring.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum {
	HELP_COLUMN = 26, /* where the help texts begin */
	HELP_WIDTH = 79,
};

/* The functions that store values. */

static int set_count(unsigned *where, const char *value, struct error *error)
{
	long count;

	if (value_count(value, 0, INT_MAX, &count, error) != 0)
		return -1;
	*where = (unsigned)count;
	return 0;
}

static int set_limit(int *where, const char *value, long maximum, struct error *error)
{
	long count;

	if (value_count(value, 0, maximum, &count, error) != 0)
		return -1;
	*where = (int)count;
	return 0;
}

static int set_text(char **where, const char *value, struct error *error)
{
	if (*value == '\0')
		return error_set(error, "expected a value, found nothing");
	free(*where);
	*where = alloc_string(value);
	return 0;
}

static int set_numprocesses(struct invocation *invocation, const char *value, struct error *error)
{
	long count;

	/* xdist tells cores from hardware threads; what this process may use is one number. */
	if (strcmp(value, "auto") == 0 || strcmp(value, "logical") == 0) {
		invocation->config.workers = -1;
		return 0;
	}
	if (value_count(value, 0, RING_LANES, &count, NULL) != 0) {
		char *quoted = value_quoted(value);

		error_set(error, "expected auto, logical or a number from 0 to %d, found %s", RING_LANES,
			  quoted);
		free(quoted);
		return -1;
	}
	invocation->config.workers = (int)count;
	return 0;
}

static int set_maxprocesses(struct invocation *invocation, const char *value, struct error *error)
{
	return set_limit(&invocation->config.max_workers, value, RING_LANES, error);
}

static int set_max_worker_restart(struct invocation *invocation, const char *value, struct error *error)
{
	return set_limit(&invocation->config.max_worker_restart, value, INT_MAX, error);
}

static int set_dist(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, "load|no", &index, error) != 0)
		return -1;
	return set_text(&invocation->config.dist, value, error);
}

static int set_suite(struct invocation *invocation, const char *value, struct error *error)
{
	struct config *config = &invocation->config;

	if (!value) {
		vec_each (&config->suite_names, it)
			free(*it);
		vec_clear(&config->suite_names);
		return 0;
	}
	if (*value == '\0')
		return error_set(error, "expected the name of a suite, found nothing");
	vec_push(&config->suite_names, alloc_string(value));
	return 0;
}

static int set_adapter(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.adapter, value, error);
}

static int set_collect_only(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.collect_only, error);
}

static int set_rootdir(struct invocation *invocation, const char *value, struct error *error)
{
	if (!fs_is_directory(value)) {
		char *quoted = value_quoted(value);

		error_set(error, "expected a directory, found %s, which is %s", quoted,
			  fs_exists(value) ? "something else" : "not there");
		free(quoted);
		return -1;
	}
	return set_text(&invocation->config.root, value, error);
}

static int set_config(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.config_file, value, error);
}

static int set_exitfirst(struct invocation *invocation, const char *value, struct error *error)
{
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	invocation->config.max_fail = on;
	return 0;
}

static int set_maxfail(struct invocation *invocation, const char *value, struct error *error)
{
	return set_count(&invocation->config.max_fail, value, error);
}

static int set_timeout(struct invocation *invocation, const char *value, struct error *error)
{
	return value_duration(value, &invocation->config.timeout, error);
}

static int set_timeout_grace(struct invocation *invocation, const char *value, struct error *error)
{
	return value_duration(value, &invocation->config.timeout_grace, error);
}

static int set_reruns(struct invocation *invocation, const char *value, struct error *error)
{
	return set_count(&invocation->config.reruns, value, error);
}

static int set_reruns_delay(struct invocation *invocation, const char *value, struct error *error)
{
	return value_duration(value, &invocation->config.reruns_delay, error);
}

static int set_flaky_result(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, "pass|fail", &index, error) != 0)
		return -1;
	invocation->config.fail_on_flaky = index == 1;
	return 0;
}

static int set_fail_on_flaky(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.fail_on_flaky, error);
}

static int set_quarantine_file(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.quarantine_file, value, error);
}

static int set_no_quarantine(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.no_quarantine, error);
}

static int set_no_tests(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, "pass|fail", &index, error) != 0)
		return -1;
	invocation->config.no_tests_pass = index == 0;
	return 0;
}

static int set_capture(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, "live|no", &index, error) != 0)
		return -1;
	invocation->config.capture = index == 0 ? CAPTURE_LIVE : CAPTURE_NO;
	return 0;
}

static int set_no_capture(struct invocation *invocation, const char *value, struct error *error)
{
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	invocation->config.capture = on ? CAPTURE_NO : CAPTURE_LIVE;
	return 0;
}

static int set_output_limit(struct invocation *invocation, const char *value, struct error *error)
{
	return value_size(value, &invocation->config.output_limit, error);
}

static int set_tui(struct invocation *invocation, const char *value, struct error *error)
{
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	invocation->config.tui = on ? TRISTATE_YES : TRISTATE_NO;
	return 0;
}

static int set_no_tui(struct invocation *invocation, const char *value, struct error *error)
{
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	/* "no-tui: false" takes back "no-tui: true"; it asks for no dashboard where there is no terminal. */
	invocation->config.tui = on ? TRISTATE_NO : TRISTATE_AUTO;
	return 0;
}

static int set_stay(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.stay, error);
}

static int set_ascii(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.ascii, error);
}

static int set_color(struct invocation *invocation, const char *value, struct error *error)
{
	static const enum tristate states[] = { TRISTATE_AUTO, TRISTATE_YES, TRISTATE_NO };
	int index;

	if (value_choice(value, "auto|yes|no", &index, error) != 0)
		return -1;
	invocation->config.color = states[index];
	return 0;
}

/* How many steps "true", "false" or a number of steps means. */
static int add_verbosity(struct invocation *invocation, const char *value, int sign, struct error *error)
{
	long steps;
	bool on;

	if (!value) {
		invocation->config.verbosity = 0;
		return 0;
	}
	if (value_count(value, 0, 2, &steps, NULL) != 0) {
		if (value_flag(value, &on, error) != 0)
			return -1;
		steps = on;
	}
	invocation->config.verbosity += sign * (int)steps;
	return 0;
}

static int set_verbose(struct invocation *invocation, const char *value, struct error *error)
{
	return add_verbosity(invocation, value, 1, error);
}

static int set_quiet(struct invocation *invocation, const char *value, struct error *error)
{
	return add_verbosity(invocation, value, -1, error);
}

static int set_format(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, "plain|json", &index, error) != 0)
		return -1;
	invocation->config.format = index == 0 ? FORMAT_PLAIN : FORMAT_JSON;
	return 0;
}

static int set_junit_xml(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.junit_xml, value, error);
}

static int set_events(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.events, value, error);
}

static int set_record(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.record, value, error);
}

static int set_durations(struct invocation *invocation, const char *value, struct error *error)
{
	if (set_count(&invocation->config.durations, value, error) != 0)
		return -1;
	/* As in pytest: none is what one gets by not asking. */
	if (invocation->config.durations == 0)
		invocation->config.durations = UINT_MAX;
	return 0;
}

#define TOPIC_WORKERS "Workers"
#define TOPIC_TESTS "What to run"
#define TOPIC_FAILURES "When tests fail or hang"
#define TOPIC_SCREEN "On the screen"
#define TOPIC_REPORTS "Reports"
#define TOPIC_OTHER "Other"

#define OPTION_EVERYWHERE .in_file = true, .in_environment = true
#define ONE_SPELLING .alias = "", .letters = ""
#define LETTERS(text) .alias = "", .letters = (text)
#define ALIAS(text) .alias = (text), .letters = ""

/* In the order of --help. Options of one topic stand together. */
/* clang-format off */
const struct option option_table[] = {
	{ .name = "numprocesses", LETTERS("nj"), .argument = "N|auto|logical|0", .topic = TOPIC_WORKERS,
	  .help = "how many tests run at once; auto: one for each CPU that may be used, 0: one worker, tests in "
		  "order (default: %D)",
	  .fallback = "auto", OPTION_EVERYWHERE, .set = set_numprocesses },
	{ .name = "maxprocesses", ONE_SPELLING, .argument = "N", .topic = TOPIC_WORKERS,
	  .help = "the most workers that auto may choose; 0: no cap",
	  OPTION_EVERYWHERE, .set = set_maxprocesses },
	{ .name = "max-worker-restart", ONE_SPELLING, .argument = "N", .topic = TOPIC_WORKERS,
	  .help = "how often workers may die without finishing a test (default: 4 for each worker)",
	  OPTION_EVERYWHERE, .set = set_max_worker_restart },
	{ .name = "dist", ONE_SPELLING, .argument = "load|no", .topic = TOPIC_WORKERS,
	  .help = "how tests are given out; load: to the worker that runs low, no: all to one worker, in order "
		  "(default: %D)",
	  .fallback = "load", OPTION_EVERYWHERE, .set = set_dist },

	{ .name = "suite", ONE_SPELLING, .argument = "NAME", .topic = TOPIC_TESTS,
	  .help = "only this suite of xtop.yaml; may be repeated",
	  .in_environment = true, .adds = true, .set = set_suite },
	{ .name = "adapter", ONE_SPELLING, .argument = "NAME", .topic = TOPIC_TESTS,
	  .help = "what the arguments are, exec or tap, instead of recognising it",
	  OPTION_EVERYWHERE, .set = set_adapter },
	{ .name = "collect-only", ALIAS("co"), .topic = TOPIC_TESTS,
	  .help = "list the tests and run none",
	  .in_environment = true, .set = set_collect_only },
	{ .name = "rootdir", ONE_SPELLING, .argument = "D", .topic = TOPIC_TESTS,
	  .help = "the directory that test ids are relative to (default: that of the nearest xtop.yaml upwards, "
		  "else the current one)",
	  .in_environment = true, .is_path = true, .set = set_rootdir },
	{ .name = "config", ONE_SPELLING, .argument = "F", .topic = TOPIC_TESTS,
	  .help = "the configuration (default: xtop.yaml in the root directory)",
	  .in_environment = true, .is_path = true, .set = set_config },

	{ .name = "exitfirst", LETTERS("x"), .topic = TOPIC_FAILURES,
	  .help = "start no new test after the first failure",
	  OPTION_EVERYWHERE, .set = set_exitfirst },
	{ .name = "maxfail", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "start no new test after N failures; 0: no limit",
	  OPTION_EVERYWHERE, .set = set_maxfail },
	{ .name = "timeout", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "end a test that takes longer; 0: never (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_timeout },
	{ .name = "timeout-grace", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "from SIGTERM to SIGKILL (default: %D)",
	  .fallback = "5s", OPTION_EVERYWHERE, .set = set_timeout_grace },
	{ .name = "reruns", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "run a failed test again, up to N times (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_reruns },
	{ .name = "reruns-delay", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "wait before a rerun (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_reruns_delay },
	{ .name = "flaky-result", ONE_SPELLING, .argument = "pass|fail", .topic = TOPIC_FAILURES,
	  .help = "what a pass after a failure counts as (default: %D)",
	  .fallback = "pass", OPTION_EVERYWHERE, .set = set_flaky_result },
	{ .name = "fail-on-flaky", ONE_SPELLING, .topic = TOPIC_FAILURES,
	  .help = "the same as --flaky-result fail",
	  OPTION_EVERYWHERE, .set = set_fail_on_flaky },
	{ .name = "quarantine-file", ONE_SPELLING, .argument = "F", .topic = TOPIC_FAILURES,
	  .help = "tests whose failures do not count (default: quarantine.yaml in the root directory)",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_quarantine_file },
	{ .name = "no-quarantine", ONE_SPELLING, .topic = TOPIC_FAILURES,
	  .help = "let failures of quarantined tests count",
	  OPTION_EVERYWHERE, .set = set_no_quarantine },
	{ .name = "no-tests", ONE_SPELLING, .argument = "pass|fail", .topic = TOPIC_FAILURES,
	  .help = "what a run without a test counts as (default: %D)",
	  .fallback = "fail", OPTION_EVERYWHERE, .set = set_no_tests },

	{ .name = "tui", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "the dashboard, also where plain text would be chosen (in CI, say)",
	  OPTION_EVERYWHERE, .set = set_tui },
	{ .name = "no-tui", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "plain text",
	  OPTION_EVERYWHERE, .set = set_no_tui },
	{ .name = "stay", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "keep the dashboard open after a run that passed",
	  OPTION_EVERYWHERE, .set = set_stay },
	{ .name = "ascii", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "draw with ASCII only",
	  OPTION_EVERYWHERE, .set = set_ascii },
	{ .name = "color", ONE_SPELLING, .argument = "auto|yes|no", .topic = TOPIC_SCREEN,
	  .help = "colour (default: %D)",
	  .fallback = "auto", OPTION_EVERYWHERE, .set = set_color },
	{ .name = "verbose", LETTERS("v"), .topic = TOPIC_SCREEN,
	  .help = "a line for each test, with its worker; -vv: its output too",
	  OPTION_EVERYWHERE, .adds = true, .set = set_verbose },
	{ .name = "quiet", LETTERS("q"), .topic = TOPIC_SCREEN,
	  .help = "failures and the summary only",
	  OPTION_EVERYWHERE, .adds = true, .set = set_quiet },
	{ .name = "capture", ONE_SPELLING, .argument = "live|no", .topic = TOPIC_SCREEN,
	  .help = "live: tests' output is kept with the test, no: it is printed at once, each line with its "
		  "worker (default: %D)",
	  .fallback = "live", OPTION_EVERYWHERE, .set = set_capture },
	{ .name = "no-capture", LETTERS("s"), .topic = TOPIC_SCREEN,
	  .help = "the same as --capture no",
	  OPTION_EVERYWHERE, .set = set_no_capture },
	{ .name = "output-limit", ONE_SPELLING, .argument = "SIZE", .topic = TOPIC_SCREEN,
	  .help = "how much output of a test is kept (default: %D)",
	  .fallback = "16M", OPTION_EVERYWHERE, .set = set_output_limit },

	{ .name = "format", ONE_SPELLING, .argument = "plain|json", .topic = TOPIC_REPORTS,
	  .help = "what goes to standard output without a dashboard; json: an event a line (default: %D)",
	  .fallback = "plain", OPTION_EVERYWHERE, .set = set_format },
	{ .name = "junit-xml", ALIAS("junitxml"), .argument = "F", .topic = TOPIC_REPORTS,
	  .help = "write a JUnit report",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_junit_xml },
	{ .name = "events", ONE_SPELLING, .argument = "F", .topic = TOPIC_REPORTS,
	  .help = "write the events as --format json prints them",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_events },
	{ .name = "record", ONE_SPELLING, .argument = "F", .topic = TOPIC_REPORTS,
	  .help = "record the run for xtop replay",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_record },
	{ .name = "durations", ONE_SPELLING, .argument = "N", .topic = TOPIC_REPORTS,
	  .help = "list the N slowest tests; 0: all",
	  OPTION_EVERYWHERE, .set = set_durations },

	{ .name = "help", LETTERS("h"), .topic = TOPIC_OTHER,
	  .help = "print this text",
	  .instead = COMMAND_HELP },
	{ .name = "version", ONE_SPELLING, .topic = TOPIC_OTHER,
	  .help = "print the version",
	  .instead = COMMAND_VERSION },
};
/* clang-format on */

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);

const struct option *option_find(const char *name)
{
	if (*name == '\0')
		return NULL;
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].name, name) == 0 || strcmp(option_table[i].alias, name) == 0)
			return &option_table[i];
	}
	return NULL;
}

const struct option *option_find_letter(char letter)
{
	if (letter == '\0')
		return NULL;
	for (size_t i = 0; i < option_count; i++) {
		if (strchr(option_table[i].letters, letter))
			return &option_table[i];
	}
	return NULL;
}

const char *option_suggest(const char *wrong)
{
	VEC(const char *) words = VEC_INIT;
	const char *nearest;
	size_t length = strlen(wrong);

	if (length == 1) {
		const struct option *option = option_find_letter(*wrong);

		return option ? option->name : NULL;
	}
	for (size_t i = 0; i < option_count; i++) {
		vec_push(&words, option_table[i].name);
		if (*option_table[i].alias)
			vec_push(&words, option_table[i].alias);
	}
	nearest = text_nearest(wrong, words.items, words.length);
	vec_fini(&words);
	if (nearest)
		return nearest;
	/* Other programs take the beginning of a name for the whole. */
	for (size_t i = 0; length >= 3 && i < option_count; i++) {
		if (strncmp(option_table[i].name, wrong, length) == 0)
			return option_table[i].name;
	}
	return NULL;
}

int option_apply(const struct option *option, struct invocation *invocation, const char *directory,
		 const char *value, struct error *error)
{
	char *joined;
	char *path;
	int status;

	if (!option->is_path)
		return option->set(invocation, value, error);
	if (*value == '\0')
		return error_set(error, "expected a file name, found nothing");
	if (strcmp(value, "-") == 0)
		return error_set(error, "expected a file name, found '-' (standard output is /dev/stdout)");
	joined = fs_join(directory, value);
	path = fs_absolute(joined);
	status = option->set(invocation, path, error);
	free(path);
	free(joined);
	return status;
}

/* Appends the sentence with the default in its place. */
static void add_help_text(struct str *out, const struct option *option)
{
	const char *at = option->help;
	const char *mark;

	while ((mark = strstr(at, "%D"))) {
		str_add(out, at, (size_t)(mark - at));
		str_add_text(out, option->fallback ? option->fallback : "");
		at = mark + 2;
	}
	str_add_text(out, at);
}

/* Prints `text` from `column` on, broken between words. */
static void print_wrapped(FILE *out, const char *text, size_t column)
{
	size_t at = column;

	while (*text) {
		size_t length = strcspn(text, " ");

		if (at > HELP_COLUMN && at + 1 + length > HELP_WIDTH) {
			fprintf(out, "\n%*s", HELP_COLUMN, "");
			at = HELP_COLUMN;
		} else if (at > HELP_COLUMN) {
			fputc(' ', out);
			at++;
		}
		fprintf(out, "%.*s", (int)length, text);
		at += length;
		text += length;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

static void print_option(FILE *out, const struct option *option)
{
	struct str left = STR_INIT;
	struct str help = STR_INIT;

	str_add_text(&left, "  ");
	for (const char *letter = option->letters; *letter; letter++)
		str_add_format(&left, "-%c, ", *letter);
	if (*option->alias)
		str_add_format(&left, "--%s, ", option->alias);
	str_add_format(&left, "--%s", option->name);
	if (option->argument)
		str_add_format(&left, " %s", option->argument);
	fputs(left.data, out);
	if (left.length + 2 > HELP_COLUMN)
		fprintf(out, "\n%*s", HELP_COLUMN, "");
	else
		fprintf(out, "%*s", (int)(HELP_COLUMN - left.length), "");
	add_help_text(&help, option);
	print_wrapped(out, help.data, HELP_COLUMN);
	str_fini(&help);
	str_fini(&left);
}

void option_print_help(FILE *out, const char *program)
{
	const char *topic = "";

	fprintf(out,
		"Usage: %s [run] [OPTIONS] [PATH | TEST-ID | @FILE ...] [-- ADAPTER-ARGS ...]\n"
		"       %s list [OPTIONS] [PATH | TEST-ID | @FILE ...]\n"
		"       %s replay [OPTIONS] FILE\n",
		program, program, program);
	for (size_t i = 0; i < option_count; i++) {
		if (strcmp(option_table[i].topic, topic) != 0) {
			topic = option_table[i].topic;
			fprintf(out, "\n%s:\n", topic);
		}
		print_option(out, &option_table[i]);
	}
	fprintf(out, "\nSEC is in seconds or has a unit: 250ms, 5m, 2h. Most options may also stand in\n"
		     "xtop.yaml under 'defaults:' or in a variable such as XTOP_OPT_TIMEOUT_GRACE.\n"
		     "Exit status: 0 passed, 1 failures, 2 interrupted or not collected, 3 a fault of\n"
		     "xtop, 4 usage or configuration, 5 no tests. More: man xtop\n");
}
