/* The table itself, and before it the functions that store values. */
#include "config/options.h"

#include "base/alloc.h"
#include "base/fs.h"
#include "config/values.h"
#include "event/ring.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

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
	static const char modes[] = "load|loadscope|loadfile|loadgroup|worksteal|duration|each|no";
	int index;

	/* A name with a '/' in it is a plugin's file. */
	if (!strchr(value, '/') &&
	    value_choice_or(value, modes, "a plugin such as ./mine.so", &index, error) != 0)
		return -1;
	return set_text(&invocation->config.dist, value, error);
}

static int set_max_sched_chunk(struct invocation *invocation, const char *value, struct error *error)
{
	long count;

	if (value_count(value, 1, INT_MAX, &count, error) != 0)
		return -1;
	invocation->config.max_sched_chunk = (unsigned)count;
	return 0;
}

static int set_no_loadscope_reorder(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.no_loadscope_reorder, error);
}

static int set_loadscope_reorder(struct invocation *invocation, const char *value, struct error *error)
{
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	invocation->config.no_loadscope_reorder = !on;
	return 0;
}

static int set_test_run_uid(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.test_run_uid, value, error);
}

/* Adds a text to a VEC, or, where it is NULL, forgets what is in it. */
#define set_list(list, value)                                \
	do {                                                 \
		if (!(value)) {                              \
			vec_each (list, text)                \
				free(*text);                 \
			vec_clear(list);                     \
		} else {                                     \
			vec_push(list, alloc_string(value)); \
		}                                            \
	} while (0)

static int set_suite(struct invocation *invocation, const char *value, struct error *error)
{
	if (value && *value == '\0')
		return error_set(error, "expected the name of a suite, found nothing");
	set_list(&invocation->config.suite_names, value);
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

/* Scripts write -k "$CHOSEN", which may be empty: then all are meant. */
static int set_expression(char **where, const char *value)
{
	free(*where);
	*where = *value ? alloc_string(value) : NULL;
	return 0;
}

static int set_keyword(struct invocation *invocation, const char *value, struct error *error)
{
	(void)error;
	return set_expression(&invocation->config.keyword, value);
}

static int set_markexpr(struct invocation *invocation, const char *value, struct error *error)
{
	(void)error;
	return set_expression(&invocation->config.markexpr, value);
}

static int set_deselect(struct invocation *invocation, const char *value, struct error *error)
{
	if (value && *value == '\0')
		return error_set(error, "expected the id of a test or the beginning of one, found nothing");
	set_list(&invocation->config.deselect, value);
	return 0;
}

static int set_filter(struct invocation *invocation, const char *value, struct error *error)
{
	(void)error;
	return set_expression(&invocation->config.filter, value);
}

static int set_last_failed(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.last_failed, error);
}

static int set_failed_first(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.failed_first, error);
}

static int set_last(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.last_run, error);
}

static int set_shard(struct invocation *invocation, const char *value, struct error *error)
{
	struct config *config = &invocation->config;

	if (value_part(value, &config->shard_index, &config->shard_count, error) != 0)
		return -1;
	return set_text(&config->shard, value, error);
}

static int set_order(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, "auto|given", &index, error) != 0)
		return -1;
	invocation->config.order_given = index == 1;
	return 0;
}

static int set_pdb(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.pdb, error);
}

static int set_stepwise(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.stepwise, error);
}

static int set_python(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.python, value, error);
}

static int set_python_start(struct invocation *invocation, const char *value, struct error *error)
{
	static const enum python_start ways[] = { PYTHON_START_FORK, PYTHON_START_SPAWN, PYTHON_START_AUTO };
	int index;

	if (value_choice(value, "fork|spawn|auto", &index, error) != 0)
		return -1;
	invocation->config.python_start = ways[index];
	return 0;
}

static int set_config_file(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.pytest_file, value, error);
}

static int set_override_ini(struct invocation *invocation, const char *value, struct error *error)
{
	if (value && (*value == '=' || !strchr(value, '='))) {
		char *quoted = value_quoted(value);

		error_set(error, "expected NAME=VALUE, found %s", quoted);
		free(quoted);
		return -1;
	}
	set_list(&invocation->config.override_ini, value);
	return 0;
}

static int set_plugin(struct invocation *invocation, const char *value, struct error *error)
{
	if (value && *value == '\0')
		return error_set(error, "expected the name of a plugin, found nothing");
	set_list(&invocation->config.plugins, value);
	return 0;
}

static int set_continue_on_collection_errors(struct invocation *invocation, const char *value,
					     struct error *error)
{
	return value_flag(value, &invocation->config.continue_on_collection_errors, error);
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

static int set_slow(struct invocation *invocation, const char *value, struct error *error)
{
	return value_duration(value, &invocation->config.slow, error);
}

static int set_session_timeout(struct invocation *invocation, const char *value, struct error *error)
{
	return value_duration(value, &invocation->config.session_timeout, error);
}

static int set_reruns(struct invocation *invocation, const char *value, struct error *error)
{
	return set_count(&invocation->config.reruns, value, error);
}

static int set_reruns_delay(struct invocation *invocation, const char *value, struct error *error)
{
	return value_duration(value, &invocation->config.reruns_delay, error);
}

static int set_reruns_delay_factor(struct invocation *invocation, const char *value, struct error *error)
{
	return value_factor(value, &invocation->config.reruns_delay_factor, error);
}

/* A regular expression that is empty would match everything, which nobody writes so. */
static int check_regex(const char *value, struct error *error)
{
	return value && *value == '\0' ? error_set(error, "expected a regular expression, found nothing") : 0;
}

static int set_only_rerun(struct invocation *invocation, const char *value, struct error *error)
{
	if (check_regex(value, error) != 0)
		return -1;
	set_list(&invocation->config.only_rerun, value);
	return 0;
}

static int set_rerun_except(struct invocation *invocation, const char *value, struct error *error)
{
	if (check_regex(value, error) != 0)
		return -1;
	set_list(&invocation->config.rerun_except, value);
	return 0;
}

static int set_force_reruns(struct invocation *invocation, const char *value, struct error *error)
{
	return set_limit(&invocation->config.force_reruns, value, INT_MAX, error);
}

static int set_max_suite_reruns(struct invocation *invocation, const char *value, struct error *error)
{
	return set_limit(&invocation->config.max_suite_reruns, value, INT_MAX, error);
}

static int set_stress(struct invocation *invocation, const char *value, struct error *error)
{
	return set_count(&invocation->config.stress, value, error);
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

static int set_mem_limit(struct invocation *invocation, const char *value, struct error *error)
{
	return value_size(value, &invocation->config.mem_limit, error);
}

static int set_leak(struct invocation *invocation, const char *value, struct error *error)
{
	int index;

	if (value_choice(value, LEAK_MODES, &index, error) != 0)
		return -1;
	invocation->config.leak = (enum leak_mode)index;
	return 0;
}

static int set_quarantine_file(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.quarantine_file, value, error);
}

/* What is not run can't gate: of the two, the one that was said last counts. */
static int set_no_quarantine(struct invocation *invocation, const char *value, struct error *error)
{
	if (value_flag(value, &invocation->config.no_quarantine, error) != 0)
		return -1;
	if (invocation->config.no_quarantine)
		invocation->config.skip_quarantine = false;
	return 0;
}

static int set_skip_quarantine(struct invocation *invocation, const char *value, struct error *error)
{
	if (value_flag(value, &invocation->config.skip_quarantine, error) != 0)
		return -1;
	if (invocation->config.skip_quarantine)
		invocation->config.no_quarantine = false;
	return 0;
}

static int set_reason(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.reason, value, error);
}

static int set_owner(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.owner, value, error);
}

static int set_issue(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.issue, value, error);
}

static int set_expires(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.expires, value, error);
}

static int set_flaky_report(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.flaky_report, error);
}

static int set_history(struct invocation *invocation, const char *value, struct error *error)
{
	if (set_text(&invocation->config.history_file, value, error) != 0)
		return -1;
	/* Who names a file takes back a --no-history of a weaker source. */
	invocation->config.no_history = false;
	return 0;
}

static int set_no_history(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.no_history, error);
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
	static const enum capture_mode modes[] = { CAPTURE_LIVE, CAPTURE_NO, CAPTURE_FD, CAPTURE_SYS,
						   CAPTURE_TEE_SYS };
	int index;

	if (value_choice(value, "live|no|fd|sys|tee-sys", &index, error) != 0)
		return -1;
	invocation->config.capture = modes[index];
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
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	invocation->config.stay = on ? TRISTATE_YES : TRISTATE_AUTO;
	return 0;
}

static int set_exit_when_done(struct invocation *invocation, const char *value, struct error *error)
{
	bool on;

	if (value_flag(value, &on, error) != 0)
		return -1;
	invocation->config.stay = on ? TRISTATE_NO : TRISTATE_AUTO;
	return 0;
}

static int set_theme(struct invocation *invocation, const char *value, struct error *error)
{
	return set_text(&invocation->config.theme, value, error);
}

static int set_ascii(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.ascii, error);
}

static int set_linear(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.linear, error);
}

static int set_watch(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.watch, error);
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

static int set_json(struct invocation *invocation, const char *value, struct error *error)
{
	return value_flag(value, &invocation->config.json, error);
}

#define TOPIC_WORKERS "Workers"
#define TOPIC_TESTS "What to run"
#define TOPIC_PYTEST "How pytest runs"
#define TOPIC_FAILURES "When tests fail or hang"
#define TOPIC_SCREEN "On the screen"
#define TOPIC_REPORTS "Reports"
#define TOPIC_QUARANTINE "For quarantine add"
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
	{ .name = "dist", ONE_SPELLING, .argument = "MODE|./plugin.so", .topic = TOPIC_WORKERS,
	  .help = "how tests are given out; load: to the worker that runs low; loadscope, loadfile, "
		  "loadgroup: the tests of a class or module, file or xdist_group to one worker; worksteal: an "
		  "even split, and who is done takes from others; duration: the longest first, by the history; "
		  "each: every test on every worker; no: all to one worker, in order (default: duration where "
		  "the history knows durations, else load)",
	  OPTION_EVERYWHERE, .is_command = true, .set = set_dist },
	{ .name = "maxschedchunk", ONE_SPELLING, .argument = "N", .topic = TOPIC_WORKERS,
	  .help = "the most tests that load gives a worker at once (default: no limit)",
	  OPTION_EVERYWHERE, .set = set_max_sched_chunk },
	{ .name = "no-loadscope-reorder", ONE_SPELLING, .topic = TOPIC_WORKERS,
	  .help = "give out scopes, files and groups in the order in which they were found, not the largest "
		  "first",
	  OPTION_EVERYWHERE, .set = set_no_loadscope_reorder },
	{ .name = "loadscope-reorder", ONE_SPELLING, .topic = TOPIC_WORKERS,
	  .help = "the largest first, as is the default",
	  OPTION_EVERYWHERE, .same_as = "no-loadscope-reorder", .set = set_loadscope_reorder },
	{ .name = "testrunuid", ONE_SPELLING, .argument = "UID", .topic = TOPIC_WORKERS,
	  .help = "the name of the run that tests see in PYTEST_XDIST_TESTRUNUID (default: a new one)",
	  .in_environment = true, .set = set_test_run_uid },

	{ .name = "suite", ONE_SPELLING, .argument = "NAME", .topic = TOPIC_TESTS,
	  .help = "only this suite of xtop.yaml; may be repeated",
	  .in_environment = true, .adds = true, .set = set_suite },
	{ .name = "keyword", LETTERS("k"), .argument = "EXPR", .topic = TOPIC_TESTS,
	  .help = "only tests whose names match, as in pytest: 'http and not slow'",
	  .in_environment = true, .set = set_keyword },
	{ .name = "markexpr", LETTERS("m"), .argument = "EXPR", .topic = TOPIC_TESTS,
	  .help = "only tests whose marks match, as in pytest: 'not slow'",
	  .in_environment = true, .set = set_markexpr },
	{ .name = "filter", LETTERS("E"), .argument = "EXPR", .topic = TOPIC_TESTS,
	  .help = "only tests that match an expression: 'file(net) and not duration(> 5s)'",
	  .in_environment = true, .set = set_filter },
	{ .name = "deselect", ONE_SPELLING, .argument = "ID", .topic = TOPIC_TESTS,
	  .help = "not the tests whose ids begin so; may be repeated",
	  .in_environment = true, .adds = true, .set = set_deselect },
	{ .name = "last-failed", ALIAS("lf"), .topic = TOPIC_TESTS,
	  .help = "only what failed last time, or everything if nothing did",
	  .in_environment = true, .set = set_last_failed },
	{ .name = "failed-first", ALIAS("ff"), .topic = TOPIC_TESTS,
	  .help = "what failed last time before the rest",
	  .in_environment = true, .set = set_failed_first },
	{ .name = "last", ONE_SPELLING, .topic = TOPIC_TESTS,
	  .help = "only the tests that the last run ran",
	  .in_environment = true, .set = set_last },
	{ .name = "stepwise", ALIAS("sw"), .topic = TOPIC_TESTS,
	  .help = "stop at the first failure and go on there next time (pytest only)",
	  .in_environment = true, .set = set_stepwise },
	{ .name = "shard", ONE_SPELLING, .argument = "I/N", .topic = TOPIC_TESTS,
	  .help = "only the I-th of N parts of the tests, which together are all of them",
	  .in_environment = true, .set = set_shard },
	{ .name = "order", ONE_SPELLING, .argument = "auto|given", .topic = TOPIC_TESTS,
	  .help = "given: start the tests in the order in which the arguments name them (default: %D)",
	  .fallback = "auto", OPTION_EVERYWHERE, .set = set_order },
	{ .name = "adapter", ONE_SPELLING, .argument = "NAME", .topic = TOPIC_TESTS,
	  .help = "what the arguments are, pytest, exec or tap, instead of recognising it",
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

	{ .name = "python", ONE_SPELLING, .argument = "P", .topic = TOPIC_PYTEST,
	  .help = "the Python that runs pytest (default: that of $VIRTUAL_ENV, $CONDA_PREFIX or .venv in the "
		  "root directory, else python3)",
	  OPTION_EVERYWHERE, .is_command = true, .set = set_python },
	{ .name = "python-start", ONE_SPELLING, .argument = "fork|spawn|auto", .topic = TOPIC_PYTEST,
	  .help = "fork: import and collect once, and fork each worker from there; spawn: an interpreter "
		  "of its own for each; auto: fork, unless the tests can't bear it (default: %D)",
	  .fallback = "auto", OPTION_EVERYWHERE, .set = set_python_start },
	{ .name = "config-file", LETTERS("c"), .argument = "FILE", .topic = TOPIC_PYTEST,
	  .help = "pytest's configuration, instead of looking for it",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_config_file },
	{ .name = "override-ini", LETTERS("o"), .argument = "NAME=VALUE", .topic = TOPIC_PYTEST,
	  .help = "set one thing of that configuration; may be repeated",
	  .in_environment = true, .adds = true, .set = set_override_ini },
	{ .name = "plugin", LETTERS("p"), .argument = "NAME", .topic = TOPIC_PYTEST,
	  .help = "load a plugin, no:NAME: do without it; may be repeated",
	  .in_environment = true, .adds = true, .set = set_plugin },
	{ .name = "pdb", ONE_SPELLING, .topic = TOPIC_PYTEST,
	  .help = "run pytest's tests in order, without workers, and stop in its debugger where one fails",
	  .set = set_pdb },
	{ .name = "continue-on-collection-errors", ONE_SPELLING, .topic = TOPIC_PYTEST,
	  .help = "run what could be collected although a file could not",
	  OPTION_EVERYWHERE, .set = set_continue_on_collection_errors },

	{ .name = "exitfirst", LETTERS("x"), .topic = TOPIC_FAILURES,
	  .help = "start no new test after the first failure",
	  OPTION_EVERYWHERE, .same_as = "maxfail", .set = set_exitfirst },
	{ .name = "maxfail", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "start no new test after N failures; 0: no limit",
	  OPTION_EVERYWHERE, .set = set_maxfail },
	{ .name = "timeout", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "end a test that takes longer; 0: never (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_timeout },
	{ .name = "timeout-grace", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "from SIGTERM to SIGKILL (default: %D)",
	  .fallback = "5s", OPTION_EVERYWHERE, .set = set_timeout_grace },
	{ .name = "slow", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "mark a test in the dashboard that takes longer; 0: none (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_slow },
	{ .name = "session-timeout", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "end a run that takes longer; 0: never (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_session_timeout },
	{ .name = "reruns", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "run a failed test again, up to N times (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_reruns },
	{ .name = "reruns-delay", ONE_SPELLING, .argument = "SEC", .topic = TOPIC_FAILURES,
	  .help = "wait before a rerun (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_reruns_delay },
	{ .name = "reruns-delay-backoff-factor", ONE_SPELLING, .argument = "F", .topic = TOPIC_FAILURES,
	  .help = "wait F times as long before each further rerun (default: %D)",
	  .fallback = "1", OPTION_EVERYWHERE, .set = set_reruns_delay_factor },
	{ .name = "only-rerun", ONE_SPELLING, .argument = "RE", .topic = TOPIC_FAILURES,
	  .help = "run again only what failed with such a message, 'ExcType: text'; may be repeated",
	  OPTION_EVERYWHERE, .adds = true, .set = set_only_rerun },
	{ .name = "rerun-except", ONE_SPELLING, .argument = "RE", .topic = TOPIC_FAILURES,
	  .help = "don't run again what failed with such a message; may be repeated",
	  OPTION_EVERYWHERE, .adds = true, .set = set_rerun_except },
	{ .name = "force-reruns", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "as --reruns, and stronger than marks, rules and suites",
	  OPTION_EVERYWHERE, .set = set_force_reruns },
	{ .name = "max-suite-reruns", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "the most reruns of all tests together (default: no limit)",
	  OPTION_EVERYWHERE, .set = set_max_suite_reruns },
	{ .name = "stress", ONE_SPELLING, .argument = "N", .topic = TOPIC_FAILURES,
	  .help = "run each test N times and tell how often it failed; 0: once, as usual",
	  .in_environment = true, .set = set_stress },
	{ .name = "flaky-result", ONE_SPELLING, .argument = "pass|fail", .topic = TOPIC_FAILURES,
	  .help = "what a pass after a failure counts as (default: %D)",
	  .fallback = "pass", OPTION_EVERYWHERE, .set = set_flaky_result },
	{ .name = "fail-on-flaky", ONE_SPELLING, .topic = TOPIC_FAILURES,
	  .help = "the same as --flaky-result fail",
	  OPTION_EVERYWHERE, .same_as = "flaky-result", .set = set_fail_on_flaky },
	{ .name = "mem-limit", ONE_SPELLING, .argument = "SIZE", .topic = TOPIC_FAILURES,
	  .help = "end a test that uses more memory; 0: no limit (default: %D)",
	  .fallback = "0", OPTION_EVERYWHERE, .set = set_mem_limit },
	{ .name = "leak", ONE_SPELLING, .argument = "report|fail|ignore", .topic = TOPIC_FAILURES,
	  .help = "what becomes of a test that leaves processes behind, which are ended anyway "
		  "(default: %D)",
	  .fallback = "report", OPTION_EVERYWHERE, .set = set_leak },
	{ .name = "quarantine-file", ONE_SPELLING, .argument = "F", .topic = TOPIC_FAILURES,
	  .help = "tests whose failures do not count (default: quarantine.yaml in the root directory)",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_quarantine_file },
	{ .name = "no-quarantine", ONE_SPELLING, .topic = TOPIC_FAILURES,
	  .help = "let failures of quarantined tests count",
	  OPTION_EVERYWHERE, .set = set_no_quarantine },
	{ .name = "skip-quarantine", ONE_SPELLING, .topic = TOPIC_FAILURES,
	  .help = "don't run quarantined tests",
	  OPTION_EVERYWHERE, .set = set_skip_quarantine },
	{ .name = "history", ONE_SPELLING, .argument = "F", .topic = TOPIC_FAILURES,
	  .help = "what tests did in earlier runs (default: .xtop/history.db in the root directory)",
	  OPTION_EVERYWHERE, .is_path = true, .set = set_history },
	{ .name = "no-history", ONE_SPELLING, .topic = TOPIC_FAILURES,
	  .help = "neither read nor write it",
	  OPTION_EVERYWHERE, .same_as = "history", .set = set_no_history },
	{ .name = "no-tests", ONE_SPELLING, .argument = "pass|fail", .topic = TOPIC_FAILURES,
	  .help = "what a run without a test counts as (default: %D)",
	  .fallback = "fail", OPTION_EVERYWHERE, .set = set_no_tests },

	{ .name = "tui", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "the dashboard, also where plain text would be chosen (in CI, say)",
	  OPTION_EVERYWHERE, .set = set_tui },
	{ .name = "no-tui", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "plain text",
	  OPTION_EVERYWHERE, .same_as = "tui", .set = set_no_tui },
	{ .name = "stay", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "keep the dashboard open after a run that passed",
	  OPTION_EVERYWHERE, .set = set_stay },
	{ .name = "exit-when-done", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "leave the dashboard at the end of the run, whatever came of it",
	  OPTION_EVERYWHERE, .same_as = "stay", .set = set_exit_when_done },
	{ .name = "linear", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "the dashboard as lines of text and commands, for screen readers",
	  OPTION_EVERYWHERE, .set = set_linear },
	{ .name = "watch", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "go on behind the end of the run, and run again what a saved file affects",
	  OPTION_EVERYWHERE, .set = set_watch },
	{ .name = "ascii", ONE_SPELLING, .topic = TOPIC_SCREEN,
	  .help = "draw with ASCII only",
	  OPTION_EVERYWHERE, .set = set_ascii },
	{ .name = "theme", ONE_SPELLING, .argument = "NAME|FILE", .topic = TOPIC_SCREEN,
	  .help = "colours of the dashboard, xtop-theme(5)",
	  OPTION_EVERYWHERE, .is_command = true, .set = set_theme },
	{ .name = "color", ONE_SPELLING, .argument = "auto|yes|no", .topic = TOPIC_SCREEN,
	  .help = "colour (default: %D)",
	  .fallback = "auto", OPTION_EVERYWHERE, .set = set_color },
	{ .name = "verbose", LETTERS("v"), .topic = TOPIC_SCREEN,
	  .help = "a line for each test, with its worker; -vv: its output too",
	  OPTION_EVERYWHERE, .adds = true, .set = set_verbose },
	{ .name = "quiet", LETTERS("q"), .topic = TOPIC_SCREEN,
	  .help = "failures and the summary only",
	  OPTION_EVERYWHERE, .adds = true, .set = set_quiet },
	{ .name = "capture", ONE_SPELLING, .argument = "live|no|fd|sys|tee-sys", .topic = TOPIC_SCREEN,
	  .help = "live: tests' output is kept with the test, no: it is printed at once, each line with its "
		  "worker, the others: pytest captures it, as by the same option of its own (default: %D)",
	  .fallback = "live", OPTION_EVERYWHERE, .set = set_capture },
	{ .name = "no-capture", LETTERS("s"), .topic = TOPIC_SCREEN,
	  .help = "the same as --capture no",
	  OPTION_EVERYWHERE, .same_as = "capture", .set = set_no_capture },
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
	{ .name = "flaky-report", ONE_SPELLING, .topic = TOPIC_REPORTS,
	  .help = "list the tests that sometimes fail, as xtop flaky does",
	  OPTION_EVERYWHERE, .set = set_flaky_report },

	{ .name = "reason", ONE_SPELLING, .argument = "TEXT", .topic = TOPIC_QUARANTINE,
	  .help = "why the test is in quarantine",
	  .is_for_entries = true, .set = set_reason },
	{ .name = "owner", ONE_SPELLING, .argument = "TEXT", .topic = TOPIC_QUARANTINE,
	  .help = "who is to mend it",
	  .is_for_entries = true, .set = set_owner },
	{ .name = "issue", ONE_SPELLING, .argument = "TEXT", .topic = TOPIC_QUARANTINE,
	  .help = "where that is written down",
	  .is_for_entries = true, .set = set_issue },
	{ .name = "expires", ONE_SPELLING, .argument = "WHEN", .topic = TOPIC_QUARANTINE,
	  .help = "from when on its failures count again: a date, 2027-01-31, or days, 30d",
	  .is_for_entries = true, .set = set_expires },

	{ .name = "json", ONE_SPELLING, .topic = TOPIC_OTHER,
	  .help = "print JSON instead of a table, with subcommands that print one",
	  .set = set_json },
	{ .name = "help", LETTERS("h"), .topic = TOPIC_OTHER,
	  .help = "print this text",
	  .instead = COMMAND_HELP },
	{ .name = "version", ONE_SPELLING, .topic = TOPIC_OTHER,
	  .help = "print the version",
	  .instead = COMMAND_VERSION },
};
/* clang-format on */

const size_t option_count = sizeof(option_table) / sizeof(option_table[0]);
