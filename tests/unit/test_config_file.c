#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/fs.h"
#include "config/config.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)
#define JSON_TAKERS "bench, history, flaky, quarantine, explain, doctor or scheduler"
#define TEXT(literal) ((char[]){ literal }) /* one that is not const, as in an environment */

/* A project directory that is the current one; "sub" is a directory in it. */
struct project {
	char *root;
	char *before;
};

static int set_up(void **state)
{
	struct project *project = ALLOC_NEW(struct project);
	char pattern[] = "/tmp/xtop-test-XXXXXX";

	project->before = getcwd(NULL, 0);
	if (!mkdtemp(pattern) || chdir(pattern) != 0)
		return -1;
	/* /tmp may be a link. */
	project->root = getcwd(NULL, 0);
	*state = project;
	return fs_make_directories("sub/deep", NULL);
}

static int tear_down(void **state)
{
	struct project *project = *state;
	int status = chdir(project->before) != 0 || fs_remove_tree(project->root, NULL) != 0;

	free(project->before);
	free(project->root);
	free(project);
	return status;
}

static void write_file(const char *path, const char *text)
{
	assert_int_equal(fs_write_atomically(path, text, strlen(text), NULL), 0);
}

static int load_words(const char *words, char *const environment[], struct invocation *out,
		      struct error *error)
{
	char text[512];
	char *argv[32];
	char *rest;
	int argc = 0;

	snprintf(text, sizeof(text), "xtop %s", words);
	for (char *word = strtok_r(text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		argv[argc++] = word;
	argv[argc] = NULL;
	return config_load(argc, argv, environment, out, error);
}

static void load(const char *words, char *const environment[], struct invocation *out)
{
	struct error error = ERROR_INIT;

	if (load_words(words, environment, out, &error) != 0)
		fail_msg("%s", error.message);
}

/* The file has this text; the message must begin so (the source line and a caret follow). */
static void refuse_file(const char *text, const char *message)
{
	struct error error = ERROR_INIT;
	struct invocation invocation;

	write_file("xtop.yaml", text);
	assert_int_equal(load_words("", NULL, &invocation, &error), -1);
	if (strncmp(error.message, message, strlen(message)) != 0 ||
	    !strchr("\n", error.message[strlen(message)]))
		fail_msg("expected \"%s\", found \"%s\"", message, error.message);
	assert_null(invocation.config.root);
}

static void without_a_file_the_built_in_values_hold(void **state)
{
	const struct project *project = *state;
	struct invocation invocation;
	const struct config *config = &invocation.config;
	char *quarantine = fs_join(project->root, "quarantine.yaml");
	char *history = fs_join(project->root, ".xtop/history.db");

	load("", NULL, &invocation);
	assert_int_equal(config->workers, -1);
	assert_int_equal(config->max_workers, 0);
	assert_int_equal(config->max_worker_restart, -1);
	assert_null(config->dist);
	assert_int_equal(config->max_sched_chunk, 0);
	assert_false(config->no_loadscope_reorder);
	assert_null(config->test_run_uid);
	assert_null(config->filter);
	assert_null(config->shard);
	assert_int_equal(config->shard_count, 0);
	assert_false(config->order_given);
	assert_false(config->last_run);
	assert_string_equal(config->history_file, history);
	assert_false(config->no_history);
	assert_int_equal(config->rules.length, 0);
	assert_int_equal(config->limits.length, 0);
	assert_string_equal(config->root, project->root);
	assert_null(config->config_file);
	assert_int_equal(config->timeout, 0);
	assert_int_equal(config->timeout_grace, 5 * SECOND);
	assert_int_equal(config->slow, 0);
	assert_int_equal(config->session_timeout, 0);
	assert_int_equal(config->reruns, 0);
	assert_int_equal(config->reruns_delay, 0);
	assert_true(config->reruns_delay_factor == 1);
	assert_int_equal(config->only_rerun.length, 0);
	assert_int_equal(config->rerun_except.length, 0);
	assert_int_equal(config->force_reruns, -1);
	assert_int_equal(config->max_suite_reruns, -1);
	assert_int_equal(config->stress, 0);
	assert_int_equal(config->mem_limit, 0);
	assert_int_equal(config->leak, LEAK_REPORT);
	assert_false(config->skip_quarantine);
	assert_false(config->flaky_report);
	assert_null(config->reason);
	assert_null(config->expires);
	assert_false(config->fail_on_flaky);
	assert_string_equal(config->quarantine_file, quarantine);
	assert_int_equal(config->capture, CAPTURE_LIVE);
	assert_int_equal(config->output_limit, 16 << 20);
	assert_int_equal(config->tui, TRISTATE_AUTO);
	assert_int_equal(config->color, TRISTATE_AUTO);
	assert_int_equal(config->durations, 0);
	assert_int_equal(config->verbosity, 0);
	assert_false(config->no_tests_pass);
	assert_int_equal(config->suites.length, 0);
	invocation_fini(&invocation);
	free(history);
	free(quarantine);
}

static void suites_may_be_a_list(void **state)
{
	const struct project *project = *state;
	struct invocation invocation;
	const struct suite_config *suite;
	char *cwd = fs_join(project->root, "sub");

	write_file("xtop.yaml", "suites:\n"
				"  - name: unit\n"
				"    adapter: tap\n"
				"    programs: [t/*.t, \"x y/**\"]\n"
				"    args: [-v, --seed=1]\n"
				"    env:\n"
				"      LANG: C\n"
				"      EMPTY:\n"
				"    cwd: sub\n"
				"    timeout: 1.5m\n"
				"    reruns: 2\n"
				"    mem-limit: 512M\n"
				"    leak: fail\n"
				"  - name: small\n"
				"    programs: bin/check\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.suites.length, 2);
	suite = &invocation.config.suites.items[0];
	assert_string_equal(suite->name, "unit");
	assert_string_equal(suite->adapter, "tap");
	assert_int_equal(suite->programs.length, 2);
	assert_string_equal(suite->programs.items[1], "x y/**");
	assert_int_equal(suite->args.length, 2);
	assert_string_equal(suite->args.items[1], "--seed=1");
	assert_int_equal(suite->environment.length, 2);
	assert_string_equal(suite->environment.items[0], "LANG=C");
	assert_string_equal(suite->environment.items[1], "EMPTY=");
	assert_string_equal(suite->cwd, cwd);
	assert_int_equal(suite->timeout, 90 * SECOND);
	assert_int_equal(suite->reruns, 2);
	assert_int_equal(suite->mem_limit, 512 << 20);
	assert_int_equal(suite->leak, LEAK_FAIL);
	assert_string_equal(suite->file, "xtop.yaml");
	assert_int_equal(suite->line, 4);
	assert_int_equal(suite->column, 15);
	suite = &invocation.config.suites.items[1];
	assert_string_equal(suite->name, "small");
	assert_null(suite->adapter);
	assert_null(suite->cwd);
	assert_int_equal(suite->programs.length, 1);
	assert_true(suite->timeout == UINT64_MAX);
	assert_int_equal(suite->reruns, -1);
	assert_true(suite->mem_limit == UINT64_MAX);
	assert_int_equal(suite->leak, -1);
	invocation_fini(&invocation);
	free(cwd);
}

static void suites_may_be_a_mapping(void **state)
{
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml", "suites:\n  unit: {programs: a}\n  more:\n    programs: b\n    timeout: 0\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.suites.length, 2);
	assert_string_equal(invocation.config.suites.items[0].name, "unit");
	assert_string_equal(invocation.config.suites.items[1].name, "more");
	assert_int_equal(invocation.config.suites.items[1].timeout, 0);
	invocation_fini(&invocation);
}

static void an_empty_file_says_nothing(void **state)
{
	static const char *const texts[] = { "", "# nothing\n", "---\n", "suites:\ndefaults:\n",
					     "suites: []\n", "rules:\nlimits:\n", "rules: []\nlimits: {}\n" };
	struct invocation invocation;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		write_file("xtop.yaml", texts[i]);
		load("", NULL, &invocation);
		assert_int_equal(invocation.config.suites.length, 0);
		assert_string_equal(invocation.config.config_name, "xtop.yaml");
		invocation_fini(&invocation);
	}
}

static void defaults_set_options(void **state)
{
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml",
		   "defaults:\n  numprocesses: 3\n  dist: no\n  timeout: 30\n  fail-on-flaky: true\n"
		   "  ascii: false\n  no-tui: yes\n  verbose: 2\n  junitxml: out/a.xml\n  color: no\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.workers, 3);
	assert_string_equal(invocation.config.dist, "no");
	assert_int_equal(invocation.config.timeout, 30 * SECOND);
	assert_true(invocation.config.fail_on_flaky);
	assert_false(invocation.config.ascii);
	assert_int_equal(invocation.config.tui, TRISTATE_NO);
	assert_int_equal(invocation.config.verbosity, 2);
	assert_true(text_ends_with(invocation.config.junit_xml, "/out/a.xml"));
	assert_int_equal(invocation.config.color, TRISTATE_NO);
	invocation_fini(&invocation);
}

static void what_may_be_repeated_may_be_a_list(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_RERUN_EXCEPT=Assert: .*"), NULL };
	struct invocation invocation;
	const struct config *config = &invocation.config;

	(void)state;
	write_file("xtop.yaml", "defaults:\n  only-rerun: [ConnectionError, 'HTTP 5\\d\\d', \"\\\\d\"]\n"
				"  rerun-except: Assertion\n");
	load("", NULL, &invocation);
	assert_int_equal(config->only_rerun.length, 3);
	assert_string_equal(config->only_rerun.items[0], "ConnectionError");
	assert_string_equal(config->only_rerun.items[1], "HTTP 5\\d\\d");
	assert_string_equal(config->only_rerun.items[2], "\\d");
	assert_int_equal(config->rerun_except.length, 1);
	assert_string_equal(config->rerun_except.items[0], "Assertion");
	invocation_fini(&invocation);
	/* The next source begins anew. */
	load("--only-rerun a --only-rerun b", environment, &invocation);
	assert_int_equal(config->only_rerun.length, 2);
	assert_string_equal(config->only_rerun.items[0], "a");
	assert_int_equal(config->rerun_except.length, 1);
	assert_string_equal(config->rerun_except.items[0], "Assert: .*");
	invocation_fini(&invocation);
	write_file("xtop.yaml", "defaults:\n  only-rerun: []\n");
	load("", NULL, &invocation);
	assert_int_equal(config->only_rerun.length, 0);
	invocation_fini(&invocation);
	refuse_file("defaults:\n  only-rerun: [a, [b]]\n", "xtop.yaml:2:19: only-rerun: expected RE, found a list");
	refuse_file("defaults:\n  only-rerun: {a: b}\n", "xtop.yaml:2:15: only-rerun: expected RE, found a mapping");
	refuse_file("defaults:\n  rerun-except: [a, '']\n",
		    "xtop.yaml:2:21: rerun-except: expected a regular expression, found nothing");
	/* These add up too, but what they add is a number. */
	refuse_file("defaults:\n  verbose: [1, 1]\n",
		    "xtop.yaml:2:12: verbose: expected true or false, found a list");
}

static void tests_that_misbehave_are_treated_as_said(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_STRESS=7"), TEXT("XTOP_OPT_MAX_SUITE_RERUNS=9"),
				TEXT("XTOP_OPT_RERUNS_DELAY_BACKOFF_FACTOR=0"), NULL };
	struct invocation invocation;
	const struct config *config = &invocation.config;

	(void)state;
	write_file("xtop.yaml", "defaults:\n  slow: 30\n  session-timeout: 1h\n  mem-limit: 2G\n  leak: ignore\n"
				"  reruns-delay-backoff-factor: 2.5\n  force-reruns: 3\n  max-suite-reruns: 20\n"
				"  no-quarantine: true\n  flaky-report: true\n");
	load("", NULL, &invocation);
	assert_int_equal(config->slow, 30 * SECOND);
	assert_int_equal(config->session_timeout, 3600 * SECOND);
	assert_int_equal(config->mem_limit, UINT64_C(2) << 30);
	assert_int_equal(config->leak, LEAK_IGNORE);
	assert_true(config->reruns_delay_factor == 2.5);
	assert_int_equal(config->force_reruns, 3);
	assert_int_equal(config->max_suite_reruns, 20);
	assert_int_equal(config->stress, 0);
	assert_true(config->no_quarantine);
	assert_true(config->flaky_report);
	invocation_fini(&invocation);
	load("--leak fail --mem-limit 64K --force-reruns 0 --skip-quarantine", environment, &invocation);
	assert_int_equal(config->leak, LEAK_FAIL);
	assert_int_equal(config->mem_limit, 64 << 10);
	assert_int_equal(config->force_reruns, 0);
	assert_int_equal(config->max_suite_reruns, 9);
	assert_int_equal(config->stress, 7);
	assert_true(config->reruns_delay_factor == 0);
	assert_true(config->skip_quarantine);
	assert_false(config->no_quarantine);
	invocation_fini(&invocation);
	refuse_file("defaults:\n  stress: 3\n",
		    "xtop.yaml:2:3: stress: expected on the command line or in the environment, not in this file");
	refuse_file("defaults:\n  reason: x\n", "xtop.yaml:2:3: reason: expected on the command line, not in this file");
	refuse_file("defaults:\n  leak: warn\n",
		    "xtop.yaml:2:9: leak: expected report, fail or ignore, found 'warn'");
	refuse_file("suites:\n  a: {programs: x, leak: {}}\n",
		    "xtop.yaml:2:26: leak: expected report, fail or ignore, found a mapping");
	refuse_file("suites:\n  a: {programs: x, mem-limit: much}\n",
		    "xtop.yaml:2:31: mem-limit: expected a size such as 4096, 64K, 10M or 1G, found 'much'");
}

static void the_nearer_source_wins(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_TIMEOUT=20"), TEXT("XTOP_OPT_FAIL_ON_FLAKY=false"),
				TEXT("XTOP_OPT_VERBOSE=1"), TEXT("XTOP_OPT_SUITE=b"), NULL };
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml", "defaults:\n  timeout: 10\n  reruns: 1\n  maxfail: 4\n  fail-on-flaky: true\n"
				"  verbose: 2\n");
	load("--maxfail 5 --timeout 30 -q -v -q --suite c --suite d", environment, &invocation);
	assert_int_equal(invocation.config.timeout, 30 * SECOND);
	assert_int_equal(invocation.config.reruns, 1);
	assert_int_equal(invocation.config.max_fail, 5);
	assert_false(invocation.config.fail_on_flaky);
	assert_int_equal(invocation.config.verbosity, -1);
	assert_int_equal(invocation.config.suite_names.length, 2);
	assert_string_equal(invocation.config.suite_names.items[0], "c");
	invocation_fini(&invocation);
	load("", environment, &invocation);
	assert_int_equal(invocation.config.timeout, 20 * SECOND);
	assert_int_equal(invocation.config.max_fail, 4);
	assert_int_equal(invocation.config.verbosity, 1);
	assert_string_equal(invocation.config.suite_names.items[0], "b");
	invocation_fini(&invocation);
}

static void verbosity_stays_within_its_steps(void **state)
{
	struct invocation invocation;

	(void)state;
	load("-vvvv", NULL, &invocation);
	assert_int_equal(invocation.config.verbosity, 2);
	invocation_fini(&invocation);
	load("-qqq", NULL, &invocation);
	assert_int_equal(invocation.config.verbosity, -1);
	invocation_fini(&invocation);
}

static void the_nearest_file_upwards_makes_the_root(void **state)
{
	const struct project *project = *state;
	struct invocation invocation;

	write_file("xtop.yaml", "defaults:\n  reruns: 7\n  record: run.xtop\n");
	assert_int_equal(chdir("sub/deep"), 0);
	load("--events e.json", NULL, &invocation);
	assert_string_equal(invocation.config.root, project->root);
	assert_int_equal(invocation.config.reruns, 7);
	/* A name from the file is relative to the file, one from the command line to the current directory. */
	assert_int_equal(strlen(invocation.config.record), strlen(project->root) + strlen("/run.xtop"));
	assert_true(text_ends_with(invocation.config.events, "/sub/deep/e.json"));
	assert_true(text_ends_with(invocation.config.config_name, "/xtop.yaml"));
	invocation_fini(&invocation);
}

static void a_directory_is_no_project_file(void **state)
{
	const struct project *project = *state;
	struct invocation invocation;

	assert_int_equal(fs_make_directories("sub/xtop.yaml", NULL), 0);
	write_file("xtop.yaml", "");
	assert_int_equal(chdir("sub"), 0);
	load("", NULL, &invocation);
	assert_string_equal(invocation.config.root, project->root);
	invocation_fini(&invocation);
}

static void the_root_may_be_given(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_ROOTDIR=sub/deep"), NULL };
	struct invocation invocation;
	struct error error = ERROR_INIT;

	(void)state;
	write_file("xtop.yaml", "defaults:\n  reruns: 7\n");
	write_file("sub/xtop.yaml", "defaults:\n  reruns: 8\n");
	load("--rootdir sub", environment, &invocation);
	assert_true(text_ends_with(invocation.config.root, "/sub"));
	assert_int_equal(invocation.config.reruns, 8);
	assert_true(text_ends_with(invocation.config.quarantine_file, "/sub/quarantine.yaml"));
	invocation_fini(&invocation);
	load("", environment, &invocation);
	assert_true(text_ends_with(invocation.config.root, "/sub/deep"));
	assert_null(invocation.config.config_file);
	invocation_fini(&invocation);
	assert_int_equal(load_words("--rootdir nope", NULL, &invocation, &error), -1);
	assert_non_null(strstr(error.message, "--rootdir: expected a directory"));
	assert_non_null(strstr(error.message, "not there"));
	assert_int_equal(load_words("--rootdir xtop.yaml", NULL, &invocation, &error), -1);
	assert_non_null(strstr(error.message, "something else"));
}

static void a_given_file_makes_its_directory_the_root(void **state)
{
	struct invocation invocation;
	struct error error = ERROR_INIT;

	(void)state;
	write_file("sub/ci.yaml", "defaults:\n  reruns: 9\n");
	load("--config sub/ci.yaml", NULL, &invocation);
	assert_true(text_ends_with(invocation.config.root, "/sub"));
	assert_int_equal(invocation.config.reruns, 9);
	assert_string_equal(invocation.config.config_name, "sub/ci.yaml");
	invocation_fini(&invocation);
	load("--config sub/ci.yaml --rootdir sub/deep", NULL, &invocation);
	assert_true(text_ends_with(invocation.config.root, "/sub/deep"));
	assert_int_equal(invocation.config.reruns, 9);
	invocation_fini(&invocation);
	assert_int_equal(load_words("--config nope.yaml", NULL, &invocation, &error), -1);
	assert_non_null(strstr(error.message, "nope.yaml"));
}

static void errors_name_the_source(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_MAXFAIL=x"), NULL };
	struct invocation invocation;
	struct error error = ERROR_INIT;

	(void)state;
	assert_int_equal(load_words("-j many", NULL, &invocation, &error), -1);
	assert_string_equal(error.message,
			    "-j: expected auto, logical or a number from 0 to 256, found 'many'");
	assert_int_equal(load_words("", environment, &invocation, &error), -1);
	assert_string_equal(error.message, "XTOP_OPT_MAXFAIL: expected a number, 0 or more, found 'x'");
}

static void wrong_sections_are_told(void **state)
{
	(void)state;
	refuse_file("suits: []\n", "xtop.yaml:1:1: expected suites, defaults, rules, limits or flaky, found 'suits'; did "
				   "you mean 'suites'?");
	refuse_file("limit: {}\n", "xtop.yaml:1:1: expected suites, defaults, rules, limits or flaky, found 'limit'; did "
				   "you mean 'limits'?");
	refuse_file("\ntimeout: 5\n", "xtop.yaml:2:1: expected suites, defaults, rules, limits or flaky, found 'timeout'; "
				      "options stand below 'defaults:'");
	refuse_file("rubbish: 5\n",
		    "xtop.yaml:1:1: expected suites, defaults, rules, limits or flaky, found 'rubbish'");
	refuse_file("- a\n",
		    "xtop.yaml:1:1: the file: expected a mapping with suites and defaults, found a list");
	refuse_file("defaults: 5\n",
		    "xtop.yaml:1:11: defaults: expected a mapping of options to values, found '5'");
	refuse_file(
		"suites: 5\n",
		"xtop.yaml:1:9: suites: expected a list of suites, or a mapping of names to suites, found '5'");
}

static void wrong_defaults_are_told(void **state)
{
	(void)state;
	refuse_file("defaults:\n  timout: 5\n",
		    "xtop.yaml:2:3: expected the name of an option, found 'timout'; did you mean 'timeout'?");
	refuse_file("defaults:\n  n: 5\n",
		    "xtop.yaml:2:3: expected the name of an option, found 'n'; did you mean 'numprocesses'?");
	refuse_file("defaults:\n  --tui: true\n",
		    "xtop.yaml:2:3: expected the name of an option, found '--tui'; did you mean 'tui'?");
	refuse_file("defaults:\n  frobnicate: 5\n",
		    "xtop.yaml:2:3: expected the name of an option without its dashes, found 'frobnicate'");
	refuse_file("defaults:\n  config: a\n",
		    "xtop.yaml:2:3: config: expected on the command line or in the "
		    "environment, not in this file");
	refuse_file("defaults:\n  help: true\n",
		    "xtop.yaml:2:3: help: expected on the command line, not in this file");
	refuse_file("defaults:\n  timeout: soon\n",
		    "xtop.yaml:2:12: timeout: expected a duration such as 90, 1.5, 250ms, "
		    "30s, 5m or 2h, at most 30 years, found 'soon'");
	refuse_file("defaults:\n  timeout:\n",
		    "xtop.yaml:2:11: timeout: expected a duration such as 90, 1.5, 250ms, "
		    "30s, 5m or 2h, at most 30 years, found nothing");
	refuse_file("defaults:\n  dist: [load]\n", "xtop.yaml:2:9: dist: expected MODE|./plugin.so, found a list");
	refuse_file("defaults:\n  dist: loadscop\n",
		    "xtop.yaml:2:9: dist: expected load, loadscope, loadfile, loadgroup, worksteal, duration, each, "
		    "no or a plugin such as ./mine.so, found 'loadscop'; did you mean 'loadscope'?");
	refuse_file("defaults:\n  shard: 1/2\n",
		    "xtop.yaml:2:3: shard: expected on the command line or in the environment, not in this file");
	refuse_file("defaults:\n  tui: maybe\n", "xtop.yaml:2:8: tui: expected true or false, found 'maybe'");
	refuse_file("defaults:\n  adapter: \"a\\0b\"\n",
		    "xtop.yaml:2:12: adapter: expected NAME, found one with a NUL byte in it");
}

static void wrong_suites_are_told(void **state)
{
	(void)state;
	refuse_file("suites:\n  - programs: a\n", "xtop.yaml:2:5: the suite lacks the key 'name'");
	refuse_file("suites:\n  - name: a\n",
		    "xtop.yaml:2:11: the suite lacks the key 'programs', which says what to run");
	refuse_file("suites:\n  - a\n",
		    "xtop.yaml:2:5: suites: expected a mapping with name and programs, found 'a'");
	refuse_file("suites:\n  a: b\n",
		    "xtop.yaml:2:6: suites: expected a mapping with programs, found 'b'");
	refuse_file("suites:\n  a:\n    name: b\n    programs: c\n",
		    "xtop.yaml:3:11: name: the suite has its name from the key above");
	refuse_file("suites:\n  - {name: a, programs: x}\n  - {name: a, programs: y}\n",
		    "xtop.yaml:3:12: name: the suite with the programs of line 2 has this name already");
	refuse_file("suites:\n  - name:\n    programs: x\n",
		    "xtop.yaml:2:10: name: expected the name of a suite, found nothing");
	refuse_file("suites:\n  a:\n    program: x\n",
		    "xtop.yaml:3:5: expected a key of a suite, found 'program'; did you mean 'programs'?");
	refuse_file("suites:\n  a: {programs: []}\n",
		    "xtop.yaml:2:17: programs: expected a path or a pattern such as "
		    "tests/*.t, or a list of them, found an empty list");
	refuse_file(
		"suites:\n  a: {programs: [x, '']}\n",
		"xtop.yaml:2:21: programs: expected a path or a pattern such as tests/*.t, or a list of them, "
		"found \"\"");
	refuse_file("suites:\n  a: {programs: x, args: -v}\n",
		    "xtop.yaml:2:26: args: expected a list of arguments, such as [-v, --seed=1], found '-v'");
	refuse_file("suites:\n  a: {programs: x, env: [A]}\n",
		    "xtop.yaml:2:25: env: expected a mapping of variables to values, found a list");
	refuse_file("suites:\n  a: {programs: x, env: {A=B: c}}\n",
		    "xtop.yaml:2:26: env: expected the name of a variable, found 'A=B'");
	refuse_file(
		"suites:\n  a: {programs: x, timeout: -1}\n",
		"xtop.yaml:2:29: timeout: expected a duration such as 90, 1.5, 250ms, 30s, 5m or 2h, at most 30 "
		"years, found '-1'");
	refuse_file("suites:\n  a: {programs: x, reruns: 1.5}\n",
		    "xtop.yaml:2:28: reruns: expected a number, 0 or more, found '1.5'");
}

static void flaky_sets_thresholds(void **state)
{
	struct invocation invocation;

	(void)state;
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.flaky.window, 10);
	assert_int_equal(invocation.config.flaky.percent, 30);
	assert_int_equal(invocation.config.flaky.runs, 3);
	assert_int_equal(invocation.config.flaky.advise, 5);
	invocation_fini(&invocation);
	write_file("xtop.yaml", "flaky: {runs: 20, window: 20, rate: 5 %, advise: 1}\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.flaky.window, 20);
	assert_int_equal(invocation.config.flaky.percent, 5);
	assert_int_equal(invocation.config.flaky.runs, 20);
	assert_int_equal(invocation.config.flaky.advise, 1);
	invocation_fini(&invocation);
	write_file("xtop.yaml", "flaky:\n  rate: 100\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.flaky.percent, 100);
	assert_int_equal(invocation.config.flaky.window, 10);
	invocation_fini(&invocation);
}

static void mistakes_in_flaky_are_placed(void **state)
{
	(void)state;
	refuse_file("flaky: [3]\n", "xtop.yaml:1:8: flaky: expected a mapping with window, rate, runs or advise, found "
				    "a list");
	refuse_file("flaky:\n  windows: 3\n", "xtop.yaml:2:3: expected a key of flaky, found 'windows'; did you mean "
					      "'window'?");
	refuse_file("flaky:\n  rate: 0.3\n", "xtop.yaml:2:9: rate: expected a percentage from 1% to 100%, found '0.3'");
	refuse_file("flaky:\n  rate: 30 % of all\n",
		    "xtop.yaml:2:9: rate: expected a percentage from 1% to 100%, found '30 % of all'");
	refuse_file("flaky: {rate: 0%}\n", "xtop.yaml:1:15: rate: expected a percentage from 1% to 100%, found '0%'");
	refuse_file("flaky:\n  window: 4\n  runs: 5\n",
		    "xtop.yaml:3:9: runs: expected at most the window, which is 4, found 5");
	refuse_file("flaky:\n  window: 2\n", "xtop.yaml:2:3: runs: expected at most the window, which is 2, found 3");
}

static void rules_set_what_they_say(void **state)
{
	struct invocation invocation;
	const struct rule_config *rule;

	(void)state;
	/* The limits stand behind the rules that name them. */
	write_file("xtop.yaml", "rules:\n"
				"  - filter: marker(=db)\n"
				"    serial: true\n"
				"    limit: db\n"
				"    weight: 4\n"
				"    priority: -1000\n"
				"    timeout: 1.5m\n"
				"    reruns: 2\n"
				"    reruns-delay: 250ms\n"
				"    reruns-delay-backoff-factor: 1.5\n"
				"    mem-limit: 1G\n"
				"    leak: ignore\n"
				"    scope: '/db_(\\d+)\\//'\n"
				"  - {filter: 'test(a) or # b', limit: [net, db]}\n"
				"  - {serial: no, filter: \"all()\"}\n"
				"  - {filter: all(), limit: [], timeout: 0, reruns: 0, priority: 1000, weight: 256,\n"
				"     mem-limit: 0, leak: report, reruns-delay-backoff-factor: 0}\n"
				"limits:\n"
				"  db: {max-workers: 2}\n"
				"  spare: 256\n"
				"  net: 1\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.limits.length, 3);
	assert_string_equal(invocation.config.limits.items[0].name, "db");
	assert_int_equal(invocation.config.limits.items[0].max_workers, 2);
	assert_int_equal(invocation.config.limits.items[0].line, 19);
	assert_int_equal(invocation.config.limits.items[0].column, 3);
	assert_int_equal(invocation.config.limits.items[1].max_workers, 256);
	assert_int_equal(invocation.config.limits.items[2].max_workers, 1);
	assert_int_equal(invocation.config.rules.length, 4);
	rule = &invocation.config.rules.items[0];
	assert_string_equal(rule->filter, "marker(=db)");
	assert_string_equal(rule->file, "xtop.yaml");
	assert_int_equal(rule->filter_line, 2);
	assert_int_equal(rule->filter_column, 13);
	assert_int_equal(rule->serial, 1);
	assert_true(rule->limits_set);
	assert_int_equal(rule->limits, 1);
	assert_int_equal(rule->weight, 4);
	assert_int_equal(rule->priority, -1000);
	assert_int_equal(rule->timeout, 90 * SECOND);
	assert_int_equal(rule->reruns, 2);
	assert_int_equal(rule->reruns_delay, SECOND / 4);
	assert_true(rule->reruns_delay_factor == 1.5);
	assert_int_equal(rule->mem_limit, 1 << 30);
	assert_int_equal(rule->leak, LEAK_IGNORE);
	assert_string_equal(rule->scope, "db_(\\d+)\\/");
	assert_int_equal(rule->scope_line, 13);
	assert_int_equal(rule->scope_column, 12);
	rule++;
	assert_string_equal(rule->filter, "test(a) or # b");
	assert_int_equal(rule->filter_column, 14);
	assert_int_equal(rule->limits, 5);
	assert_int_equal(rule->serial, -1);
	assert_int_equal(rule->weight, 0);
	assert_int_equal(rule->priority, INT_MIN);
	assert_true(rule->timeout == UINT64_MAX);
	assert_int_equal(rule->reruns, -1);
	assert_true(rule->reruns_delay == UINT64_MAX);
	assert_true(rule->reruns_delay_factor < 0);
	assert_true(rule->mem_limit == UINT64_MAX);
	assert_int_equal(rule->leak, -1);
	assert_null(rule->scope);
	assert_int_equal(rule->scope_line, 0);
	rule++;
	assert_int_equal(rule->serial, 0);
	assert_false(rule->limits_set);
	rule++;
	assert_true(rule->limits_set);
	assert_int_equal(rule->limits, 0);
	assert_int_equal(rule->timeout, 0);
	assert_int_equal(rule->reruns, 0);
	assert_int_equal(rule->priority, 1000);
	assert_int_equal(rule->weight, 256);
	assert_int_equal(rule->mem_limit, 0);
	assert_int_equal(rule->leak, LEAK_REPORT);
	assert_true(rule->reruns_delay_factor == 0);
	invocation_fini(&invocation);
}

static void wrong_rules_are_told(void **state)
{
	(void)state;
	refuse_file("rules: {filter: a}\n", "xtop.yaml:1:8: rules: expected a list of rules, found a mapping");
	refuse_file("rules: [a]\n",
		    "xtop.yaml:1:9: rules: expected a mapping with filter and what it sets, found 'a'");
	refuse_file("rules:\n  - serial: true\n", "xtop.yaml:2:5: the rule lacks the key 'filter', which says for "
						  "which tests it holds");
	refuse_file("rules:\n  - filter: a\n", "xtop.yaml:2:5: the rule sets nothing: expected serial, limit, weight, "
					       "priority, timeout, reruns, reruns-delay, "
					       "reruns-delay-backoff-factor, mem-limit, leak or scope");
	refuse_file("rules:\n  - {}\n",
		    "xtop.yaml:2:5: the rule lacks the key 'filter', which says for which tests it holds");
	refuse_file("rules:\n  - {filter: '', serial: true}\n",
		    "xtop.yaml:2:14: filter: expected an expression such as file(net) or marker(=db), found \"\"");
	refuse_file("rules:\n  - {filter: [a], serial: true}\n",
		    "xtop.yaml:2:14: filter: expected an expression such as file(net) or marker(=db), found a list");
	refuse_file("rules:\n  - {filter: a, prio: 3}\n",
		    "xtop.yaml:2:17: expected a key of a rule (filter serial limit weight priority timeout reruns "
		    "reruns-delay reruns-delay-backoff-factor mem-limit leak scope), found 'prio'");
	refuse_file("rules:\n  - {filter: a, wieght: 3}\n",
		    "xtop.yaml:2:17: expected a key of a rule, found 'wieght'; did you mean 'weight'?");
	refuse_file("rules:\n  - {filter: a, serial: maybe}\n",
		    "xtop.yaml:2:25: serial: expected true or false, found 'maybe'");
	refuse_file("rules:\n  - {filter: a, weight: 0}\n",
		    "xtop.yaml:2:25: weight: expected a number from 1 to 256, found '0'");
	refuse_file("rules:\n  - {filter: a, weight: 257}\n",
		    "xtop.yaml:2:25: weight: expected a number from 1 to 256, found '257'");
	refuse_file("rules:\n  - {filter: a, priority: -1001}\n",
		    "xtop.yaml:2:27: priority: expected a number from -1000 to 1000, found '-1001'");
	refuse_file("rules:\n  - {filter: a, timeout: soon}\n",
		    "xtop.yaml:2:26: timeout: expected a duration such as 90, 1.5, 250ms, 30s, 5m or 2h, at most "
		    "30 years, found 'soon'");
	refuse_file("rules:\n  - {filter: a, reruns-delay: [1]}\n",
		    "xtop.yaml:2:31: reruns-delay: expected a duration, found a list");
	refuse_file("rules:\n  - {filter: a, reruns: -1}\n",
		    "xtop.yaml:2:25: reruns: expected a number, 0 or more, found '-1'");
	refuse_file("rules:\n  - {filter: a, reruns-delay-backoff-factor: -1}\n",
		    "xtop.yaml:2:46: reruns-delay-backoff-factor: expected a number from 0 to 1000, such as 2 or 1.5, "
		    "found '-1'");
	refuse_file("rules:\n  - {filter: a, reruns-delay-backoff-factor: [2]}\n",
		    "xtop.yaml:2:46: reruns-delay-backoff-factor: expected a number, found a list");
	refuse_file("rules:\n  - {filter: a, leak: fial}\n",
		    "xtop.yaml:2:23: leak: expected report, fail or ignore, found 'fial'; did you mean 'fail'?");
	refuse_file("rules:\n  - {filter: a, mem-limit: -1}\n",
		    "xtop.yaml:2:28: mem-limit: expected a size such as 4096, 64K, 10M or 1G, found '-1'");
}

static void a_scope_stands_between_slashes(void **state)
{
	static const char *const wrong[] = { "a", "/", "//", "/a", "a/", "/a\\/", "/\\\\\\/" };
	struct invocation invocation;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *text = alloc_format("rules:\n  - {filter: a, scope: '%s'}\n", wrong[i]);
		char *message = alloc_format("xtop.yaml:2:24: scope: expected a regular expression between slashes, "
					     "such as /db_[0-9]+/, found \"%s\"",
					     wrong[i]);

		refuse_file(text, message);
		free(message);
		free(text);
	}
	refuse_file("rules:\n  - {filter: a, scope: \"/a\\0/\"}\n",
		    "xtop.yaml:2:24: scope: expected a regular expression between slashes, such as /db_[0-9]+/, "
		    "found one with a NUL byte in it");
	write_file("xtop.yaml", "rules:\n  - {filter: a, scope: '/a\\\\/'}\n  - {filter: a, scope: /b/}\n");
	load("", NULL, &invocation);
	assert_string_equal(invocation.config.rules.items[0].scope, "a\\\\");
	assert_string_equal(invocation.config.rules.items[1].scope, "b");
	assert_int_equal(invocation.config.rules.items[1].scope_line, 3);
	invocation_fini(&invocation);
}

static void wrong_limits_are_told(void **state)
{
	struct str text = STR_INIT;

	(void)state;
	refuse_file("limits: [db]\n", "xtop.yaml:1:9: limits: expected a mapping of names to limits, found a list");
	refuse_file("limits:\n  db: [2]\n",
		    "xtop.yaml:2:7: db: expected a number, or a mapping with max-workers, found a list");
	refuse_file("limits:\n  db: 0\n", "xtop.yaml:2:7: db: expected a number from 1 to 256, found '0'");
	refuse_file("limits:\n  db:\n", "xtop.yaml:2:6: db: expected a number from 1 to 256, found nothing");
	refuse_file("limits:\n  db: {max-workers: 257}\n",
		    "xtop.yaml:2:21: max-workers: expected a number from 1 to 256, found '257'");
	refuse_file("limits:\n  db: {max-worker: 2}\n",
		    "xtop.yaml:2:8: expected a key of a limit, found 'max-worker'; did you mean 'max-workers'?");
	refuse_file("limits:\n  db: {wait: 2}\n",
		    "xtop.yaml:2:8: expected a key of a limit (max-workers), found 'wait'");
	refuse_file("limits:\n  db: {}\n", "xtop.yaml:2:3: the limit lacks the key 'max-workers', which says how many "
					   "of its tests may run at once");
	refuse_file("limits:\n  '': 2\n", "xtop.yaml:2:3: limits: expected the name of a limit, found \"\"");
	refuse_file("rules:\n  - {filter: a, limit: bd}\nlimits:\n  db: 2\n",
		    "xtop.yaml:2:24: limit: expected the name of one below 'limits:', found 'bd'; did you mean 'db'?");
	refuse_file("rules:\n  - {filter: a, limit: [db, network]}\nlimits:\n  db: 2\n",
		    "xtop.yaml:2:29: limit: expected the name of one below 'limits:', found 'network'");
	refuse_file("rules:\n  - {filter: a, limit: db}\n",
		    "xtop.yaml:2:24: limit: expected the name of one below 'limits:', found 'db'; there are no "
		    "limits");
	refuse_file("rules:\n  - {filter: a, limit: {db: 2}}\nlimits:\n  db: 2\n",
		    "xtop.yaml:2:24: limit: expected the name of a limit, or a list of them, found a mapping");
	str_add_text(&text, "limits:\n");
	for (unsigned i = 0; i < CONFIG_LIMITS_MAX; i++)
		str_add_format(&text, "  l%u: 1\n", i);
	str_add_text(&text, "  more: 1\n");
	refuse_file(text.data, "xtop.yaml:66:3: limits: expected at most 64, found more");
	str_fini(&text);
}

static void a_missing_working_directory_is_told(void **state)
{
	struct error error = ERROR_INIT;
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml", "suites:\n  a:\n    programs: x\n    cwd: nope\n");
	assert_int_equal(load_words("", NULL, &invocation, &error), -1);
	assert_non_null(strstr(error.message, "xtop.yaml:4:10: cwd: expected a directory, found '"));
	assert_non_null(strstr(error.message, "which is not there"));
	load("replay f", NULL, &invocation);
	invocation_fini(&invocation);
	load("history export f", NULL, &invocation);
	invocation_fini(&invocation);
	assert_int_equal(load_words("doctor", NULL, &invocation, &error), -1);
}

static void arguments_are_kept_as_given(void **state)
{
	struct invocation invocation;

	(void)state;
	load("list a/../b @f -- -v", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_LIST);
	assert_true(invocation.config.collect_only);
	assert_int_equal(invocation.config.arguments.length, 2);
	assert_string_equal(invocation.config.arguments.items[0], "a/../b");
	assert_string_equal(invocation.config.arguments.items[1], "@f");
	assert_int_equal(invocation.config.adapter_arguments.length, 1);
	assert_string_equal(invocation.config.adapter_arguments.items[0], "-v");
	invocation_fini(&invocation);
}

static void a_replay_writes_only_what_it_was_told(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_EVENTS=e.json"), NULL };
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml",
		   "defaults:\n  record: r.xtop\n  events: e\n  junit-xml: j.xml\n  durations: 3\n");
	load("replay --junit-xml k.xml r.xtop", environment, &invocation);
	assert_int_equal(invocation.command, COMMAND_REPLAY);
	assert_true(text_ends_with(invocation.replay_file, "/r.xtop"));
	assert_null(invocation.config.record);
	assert_null(invocation.config.events);
	assert_true(text_ends_with(invocation.config.junit_xml, "/k.xml"));
	assert_int_equal(invocation.config.durations, 3);
	invocation_fini(&invocation);
}

static void a_replay_needs_one_file(void **state)
{
	static const char *const cases[][2] = {
		{ "replay", "replay: expected one recorded file, found 0" },
		{ "replay a b", "replay: expected one recorded file, found 2" },
		{ "replay a --record b", "replay: --record: nothing is run, so there is nothing to record" },
		{ "replay a -- b",
		  "replay: nothing is run, so there is nothing to give what stands behind --" },
	};
	struct invocation invocation;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;

		assert_int_equal(load_words(cases[i][0], NULL, &invocation, &error), -1);
		assert_string_equal(error.message, cases[i][1]);
	}
}

static void subcommands_have_their_words(void **state)
{
	struct invocation invocation;

	(void)state;
	load("history export --json a/../b", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_HISTORY);
	assert_true(invocation.config.json);
	assert_int_equal(invocation.operands.length, 2);
	assert_string_equal(invocation.operands.items[0], "export");
	assert_string_equal(invocation.operands.items[1], "a/../b");
	assert_int_equal(invocation.config.arguments.length, 0);
	assert_non_null(invocation.config.history_file);
	assert_false(invocation.config.collect_only);
	invocation_fini(&invocation);
	load("scheduler check ./a.so", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_SCHEDULER);
	assert_string_equal(invocation.operands.items[1], "./a.so");
	invocation_fini(&invocation);
	load("flaky --json", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_FLAKY);
	assert_int_equal(invocation.operands.length, 0);
	assert_non_null(invocation.config.history_file);
	invocation_fini(&invocation);
	load("history tests/a.t", NULL, &invocation);
	assert_string_equal(invocation.operands.items[0], "tests/a.t");
	invocation_fini(&invocation);
	load("quarantine check --json", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_QUARANTINE);
	assert_true(invocation.config.json);
	assert_string_equal(invocation.operands.items[0], "check");
	assert_non_null(invocation.config.quarantine_file);
	invocation_fini(&invocation);
	load("doctor -n 4", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_DOCTOR);
	assert_int_equal(invocation.config.workers, 4);
	invocation_fini(&invocation);
}

static void an_entry_is_described_by_options(void **state)
{
	struct invocation invocation;
	const struct config *config = &invocation.config;

	(void)state;
	load("quarantine add a.t --suite unit --reason slow --owner ann --issue #12 --expires 2027-01-31", NULL,
	     &invocation);
	assert_string_equal(invocation.operands.items[1], "a.t");
	assert_string_equal(config->reason, "slow");
	assert_string_equal(config->owner, "ann");
	assert_string_equal(config->issue, "#12");
	assert_string_equal(config->expires, "2027-01-31");
	invocation_fini(&invocation);
	/* Where options stand means nothing. */
	load("--expires 14d quarantine add a.t", NULL, &invocation);
	assert_string_equal(config->expires, "14d");
	assert_null(config->reason);
	invocation_fini(&invocation);
}

static void explain_works_in_a_broken_project(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_MAXFAIL=x"), NULL };
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml", "][\n");
	load("explain --json XT1001", environment, &invocation);
	assert_int_equal(invocation.command, COMMAND_EXPLAIN);
	assert_true(invocation.config.json);
	assert_int_equal(invocation.operands.length, 1);
	assert_string_equal(invocation.operands.items[0], "XT1001");
	invocation_fini(&invocation);
	load("explain", NULL, &invocation);
	assert_int_equal(invocation.operands.length, 0);
	invocation_fini(&invocation);
}

static void what_a_subcommand_has_no_use_for_is_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "--json", "--json: expected with " JSON_TAKERS ", found it with run; the events of a run are "
			    "--format json" },
		{ "list --json", "--json: expected with " JSON_TAKERS ", found it with list; the events of a run are "
				 "--format json" },
		{ "replay --json f", "--json: expected with " JSON_TAKERS ", found it with replay; the events of a "
				     "run are --format json" },
		{ "--reason x", "--reason: expected with quarantine add, found it with run" },
		{ "list --owner x", "--owner: expected with quarantine add, found it with list" },
		{ "quarantine list --issue=x", "--issue: expected with quarantine add, found it with quarantine" },
		{ "quarantine --expires 3d", "--expires: expected with quarantine add, found it with quarantine" },
		{ "explain --reason x", "--reason: expected with quarantine add, found it with explain" },
		{ "history add --reason x", "--reason: expected with quarantine add, found it with history" },
		{ "explain XT1001 -- a", "explain: nothing is run, so there is nothing to give what stands behind --" },
		{ "doctor a", "doctor: expected options only, found 'a'" },
		{ "history -- a", "history: nothing is run, so there is nothing to give what stands behind --" },
		{ "scheduler check -- a",
		  "scheduler: nothing is run, so there is nothing to give what stands behind --" },
	};
	struct invocation invocation;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error error = ERROR_INIT;

		assert_int_equal(load_words(cases[i][0], NULL, &invocation, &error), -1);
		assert_string_equal(error.message, cases[i][1]);
	}
}

static void bench_needs_no_valid_configuration(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_MAXFAIL=x"), NULL };
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml", "][\n");
	load("bench -n 1,2 --frobnicate", environment, &invocation);
	assert_int_equal(invocation.command, COMMAND_BENCH);
	assert_int_equal(invocation.bench_arguments.length, 3);
	assert_string_equal(invocation.bench_arguments.items[2], "--frobnicate");
	assert_null(invocation.config.root);
	invocation_fini(&invocation);
}

static void a_plugin_and_a_history_are_found_from_where_they_are_written(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_DIST=./env.so"), NULL };
	const struct project *project = *state;
	char *plugin = fs_join(project->root, "lib/mine.so");
	char *history = fs_join(project->root, "h.db");
	struct invocation invocation;

	write_file("xtop.yaml", "defaults:\n  dist: lib/mine.so\n  history: h.db\n  no-history: true\n");
	assert_int_equal(chdir("sub"), 0);
	load("", NULL, &invocation);
	assert_string_equal(invocation.config.dist, plugin);
	assert_string_equal(invocation.config.history_file, history);
	assert_true(invocation.config.no_history);
	invocation_fini(&invocation);
	load("--history mine.db", environment, &invocation);
	assert_true(text_ends_with(invocation.config.dist, "/sub/env.so"));
	assert_true(text_ends_with(invocation.config.history_file, "/sub/mine.db"));
	assert_false(invocation.config.no_history);
	invocation_fini(&invocation);
	free(history);
	free(plugin);
}

static void selections_are_kept(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_SHARD=1/3"), TEXT("XTOP_OPT_FILTER=all()"), NULL };
	struct invocation invocation;

	(void)state;
	load("-E test(a) --last --order given --testrunuid u --maxschedchunk 3", environment, &invocation);
	assert_string_equal(invocation.config.filter, "test(a)");
	assert_int_equal(invocation.config.shard_index, 1);
	assert_int_equal(invocation.config.shard_count, 3);
	assert_true(invocation.config.last_run);
	assert_true(invocation.config.order_given);
	assert_string_equal(invocation.config.test_run_uid, "u");
	assert_int_equal(invocation.config.max_sched_chunk, 3);
	invocation_fini(&invocation);
	/* As with -k "$CHOSEN" all are meant by an empty one. */
	load("-E=", environment, &invocation);
	assert_null(invocation.config.filter);
	invocation_fini(&invocation);
}

static void help_needs_no_valid_configuration(void **state)
{
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml", "][\n");
	load("--help", NULL, &invocation);
	assert_int_equal(invocation.command, COMMAND_HELP);
	invocation_fini(&invocation);
}

static void all_slowest_tests_are_zero_as_in_pytest(void **state)
{
	struct invocation invocation;

	(void)state;
	load("--durations 0", NULL, &invocation);
	assert_true(invocation.config.durations == UINT_MAX);
	invocation_fini(&invocation);
}

static void options_that_were_set_are_known(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_RERUNS=2"), NULL };
	struct invocation invocation;
	const struct config *config = &invocation.config;

	(void)state;
	write_file("xtop.yaml", "defaults:\n  timeout: 3\n");
	load("-x -n4 --no-capture", environment, &invocation);
	assert_true(config_option_is_set(config, "numprocesses"));
	assert_true(config_option_is_set(config, "reruns"));
	assert_true(config_option_is_set(config, "timeout"));
	/* Another way to say the same. */
	assert_true(config_option_is_set(config, "maxfail"));
	assert_true(config_option_is_set(config, "capture"));
	assert_false(config_option_is_set(config, "reruns-delay"));
	assert_false(config_option_is_set(config, "dist"));
	assert_false(config_option_is_set(config, "rootdir"));
	invocation_fini(&invocation);
}

static void the_command_line_and_the_environment_force(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_RERUNS=2"), NULL };
	struct invocation invocation;
	struct config *config = &invocation.config;

	(void)state;
	write_file("xtop.yaml", "defaults:\n  timeout: 3\n  reruns: 1\n  reruns-delay: 1\n");
	load("-x --timeout 4 --no-history", environment, &invocation);
	assert_true(config_option_is_forced(config, "timeout"));
	assert_true(config_option_is_forced(config, "reruns"));
	assert_true(config_option_is_forced(config, "maxfail"));
	assert_true(config_option_is_forced(config, "history"));
	assert_true(config_option_is_set(config, "reruns-delay"));
	assert_false(config_option_is_forced(config, "reruns-delay"));
	assert_int_equal(config_apply_default(config, "numprocesses", "4", NULL), 1);
	assert_false(config_option_is_forced(config, "numprocesses"));
	invocation_fini(&invocation);
}

static void defaults_fill_in_what_nothing_set(void **state)
{
	struct invocation invocation;
	struct config *config = &invocation.config;
	struct error error = ERROR_INIT;

	(void)state;
	load("--maxfail 3 --reruns 0 --rerun-except mine", NULL, &invocation);
	assert_int_equal(config_apply_default(config, "maxfail", "1", &error), 0);
	assert_int_equal(config_apply_default(config, "exitfirst", "true", &error), 0);
	assert_int_equal(config->max_fail, 3);
	assert_int_equal(config_apply_default(config, "reruns", "2", &error), 0);
	assert_int_equal(config->reruns, 0);
	assert_int_equal(config_apply_default(config, "numprocesses", "4", &error), 1);
	assert_int_equal(config->workers, 4);
	assert_int_equal(config_apply_default(config, "reruns_delay", "1.5", &error), 1);
	assert_int_equal(config->reruns_delay, UINT64_C(1500000000));
	assert_int_equal(config_apply_default(config, "durations", "0", &error), 1);
	assert_true(config->durations == UINT_MAX);
	assert_int_equal(config_apply_default(config, "dist", "loadscope", &error), 1);
	assert_string_equal(config->dist, "loadscope");
	assert_int_equal(config_apply_default(config, "maxschedchunk", "5", &error), 1);
	assert_int_equal(config->max_sched_chunk, 5);
	assert_int_equal(config_apply_default(config, "no_loadscope_reorder", "true", &error), 1);
	assert_true(config->no_loadscope_reorder);
	assert_int_equal(config_apply_default(config, "loadscope_reorder", "1", &error), 1);
	assert_false(config->no_loadscope_reorder);
	assert_int_equal(config_apply_default(config, "testrunuid", "abc", &error), 1);
	assert_string_equal(config->test_run_uid, "abc");
	assert_int_equal(config_apply_default(config, "dist", "./x.so", &error), 1);
	assert_true(text_starts_with(config->dist, config->root));
	assert_true(text_ends_with(config->dist, "/x.so"));
	assert_int_equal(config_apply_default(config, "reruns_delay_backoff_factor", "1.5", &error), 1);
	assert_true(config->reruns_delay_factor == 1.5);
	assert_int_equal(config_apply_default(config, "session_timeout", "600", &error), 1);
	assert_int_equal(config->session_timeout, 600 * SECOND);
	assert_int_equal(config_apply_default(config, "force_reruns", "0", &error), 1);
	assert_int_equal(config->force_reruns, 0);
	assert_int_equal(config_apply_default(config, "max_suite_reruns", "5", &error), 1);
	assert_int_equal(config->max_suite_reruns, 5);
	assert_int_equal(config_apply_default(config, "fail_on_flaky", "true", &error), 1);
	assert_true(config->fail_on_flaky);
	/* Of a list one by one. */
	assert_int_equal(config_apply_default(config, "only_rerun", "a", &error), 1);
	assert_int_equal(config_apply_default(config, "only_rerun", "b", &error), 1);
	assert_int_equal(config->only_rerun.length, 2);
	assert_string_equal(config->only_rerun.items[1], "b");
	assert_int_equal(config_apply_default(config, "rerun_except", "c", &error), 0);
	assert_int_equal(config->rerun_except.length, 1);
	assert_string_equal(config->rerun_except.items[0], "mine");
	/* The next one may have another opinion. */
	assert_int_equal(config_apply_default(config, "numprocesses", "5", &error), 1);
	assert_int_equal(config->workers, 5);
	assert_string_equal(error.message, "");
	assert_int_equal(config_apply_default(config, "timeout", "soon", &error), -1);
	assert_non_null(strstr(error.message, "timeout: expected a duration"));
	assert_int_equal(config->timeout, 0);
	assert_int_equal(config_apply_default(config, "tieout", "1", &error), -1);
	assert_string_equal(error.message, "there is no option --tieout");
	invocation_fini(&invocation);
}

/* One a line. */
static char *pytest_arguments(const char *words, char *const environment[])
{
	struct invocation invocation;
	struct str found = STR_INIT;

	load(words, environment, &invocation);
	vec_each (&invocation.config.pytest_arguments, it)
		str_add_format(&found, "%s\n", *it);
	invocation_fini(&invocation);
	return str_take(&found);
}

static void check_pytest_arguments(const char *words, char *const environment[], const char *expected)
{
	char *found = pytest_arguments(words, environment);

	assert_string_equal(found, expected);
	free(found);
}

static void pytest_is_given_its_options(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_MARKEXPR=not slow"), TEXT("XTOP_OPT_DESELECT=a.py::x"),
				TEXT("XTOP_OPT_CONTINUE_ON_COLLECTION_ERRORS=yes"), NULL };
	const struct project *project = *state;
	char *expected = alloc_format("--rootdir=%s/sub\n-c\n%s/my.ini\n", project->root, project->root);

	check_pytest_arguments("-x -n2 a.py", NULL, "");
	check_pytest_arguments("-kfoo -m bar -p no:cov -oa=b -o c= --plugin x.y --deselect a.py::b", NULL,
			       "-p\nno:cov\n-p\nx.y\n-o\na=b\n-o\nc=\n-k\nfoo\n-m\nbar\n--deselect=a.py::b\n");
	check_pytest_arguments("--lf --ff --sw", NULL, "--last-failed\n--failed-first\n--stepwise\n");
	check_pytest_arguments("-k-a -xkb", NULL, "-k\nb\n");
	check_pytest_arguments("-k-a", NULL, "-k-a\n");
	check_pytest_arguments("-k= --markexpr=", environment,
			       "--deselect=a.py::x\n--continue-on-collection-errors\n");
	check_pytest_arguments("", environment,
			       "-m\nnot slow\n--deselect=a.py::x\n--continue-on-collection-errors\n");
	check_pytest_arguments("--deselect b.py", environment,
			       "-m\nnot slow\n--deselect=b.py\n--continue-on-collection-errors\n");
	check_pytest_arguments("--rootdir sub -c my.ini", NULL, expected);
	free(expected);
}

static void stepwise_ends_at_the_first_failure(void **state)
{
	struct invocation invocation;

	(void)state;
	load("--stepwise", NULL, &invocation);
	assert_int_equal(invocation.config.max_fail, 1);
	invocation_fini(&invocation);
	load("--stepwise --maxfail 4", NULL, &invocation);
	assert_int_equal(invocation.config.max_fail, 4);
	invocation_fini(&invocation);
}

static void python_is_a_path_or_a_command(void **state)
{
	const struct project *project = *state;
	char *path = fs_join(project->root, "bin/python");
	struct invocation invocation;

	write_file("xtop.yaml", "defaults:\n  python: bin/python\n  python-start: spawn\n");
	load("", NULL, &invocation);
	assert_string_equal(invocation.config.python, path);
	assert_int_equal(invocation.config.python_start, PYTHON_START_SPAWN);
	invocation_fini(&invocation);
	load("--python python3.9 --python-start fork", NULL, &invocation);
	assert_string_equal(invocation.config.python, "python3.9");
	assert_int_equal(invocation.config.python_start, PYTHON_START_FORK);
	invocation_fini(&invocation);
	free(path);
}

static void pytests_programs_may_be_missing(void **state)
{
	struct invocation invocation;

	(void)state;
	write_file("xtop.yaml",
		   "suites:\n- name: a\n  adapter: pytest\n- name: b\n  programs: []\n  adapter: pytest\n");
	load("", NULL, &invocation);
	assert_int_equal(invocation.config.suites.length, 2);
	assert_int_equal(invocation.config.suites.items[0].line, 2);
	assert_int_equal(invocation.config.suites.items[0].column, 9);
	assert_int_equal(invocation.config.suites.items[1].line, 5);
	invocation_fini(&invocation);
	refuse_file("suites:\n- name: a\n  adapter: exec\n",
		    "xtop.yaml:2:9: the suite lacks the key 'programs', which says what to run");
}

static void refuse_words(const char *words, const char *message)
{
	struct invocation invocation;
	struct error error = ERROR_INIT;

	assert_int_equal(load_words(words, NULL, &invocation, &error), -1);
	assert_string_equal(error.message, message);
}

static void options_of_pytest_are_shown_in_their_place(void **state)
{
	(void)state;
	/* Without anything of pytest's an option that is not known is just that. */
	refuse_words("--tb short --help", "unknown option '--tb'; 'xtop --help' lists those that there are");
	refuse_words("--tb --version", "unknown option '--tb'; 'xtop --help' lists those that there are");
	refuse_words("--tb short bench", "unknown option '--tb'; 'xtop --help' lists those that there are");
	refuse_words("--tb short", "unknown option '--tb'; 'xtop --help' lists those that there are");
	write_file("sub/test_a.py", "");
	refuse_words("sub --tb short", "'--tb' is an option of pytest's or a plugin's, which stand behind '--': "
				       "xtop sub -- --tb short");
	refuse_words("--tb short --adapter pytest",
		     "'--tb' is an option of pytest's or a plugin's, which stand behind '--': "
		     "xtop --adapter pytest -- --tb short");
	refuse_words("--tb short sub/test_a.py::x --adapter exec",
		     "unknown option '--tb'; 'xtop --help' lists those that there are");
	write_file("pytest.ini", "");
	/* Values stay with their options, and what is to be run in its place. */
	refuse_words("-x --setup-show sub -n 2 --cov=x --tb=short -k a -- -q",
		     "'--setup-show' is an option of pytest's or a plugin's, which stand behind '--': "
		     "xtop -x sub -n 2 -k a -- --setup-show --cov=x --tb=short -q");
	refuse_words("--mine sub", "unknown option '--mine'; if it is pytest's or a plugin's: xtop sub -- --mine");
	refuse_words("--mine value sub", "unknown option '--mine'; if it is pytest's or a plugin's: "
					 "xtop sub -- --mine value");
	refuse_words("--mine gone.py::x", "unknown option '--mine'; if it is pytest's or a plugin's: "
					  "xtop gone.py::x -- --mine");
	refuse_words("-xrA", "'-r' is an option of pytest's or a plugin's, which stand behind '--': xtop -x -- -rA");
	refuse_words("-r A sub", "'-r' is an option of pytest's or a plugin's, which stand behind '--': "
				 "xtop sub -- -r A");
	/* A slip is told before what is known to be pytest's. */
	refuse_words("--tb short --numproceses 2",
		     "unknown option '--numproceses'; did you mean '--numprocesses'? If it is pytest's or a plugin's: "
		     "xtop -- --tb short --numproceses 2");
	/* What is wrong in another way is told. */
	refuse_words("--tui=x --tb short", "--tui takes no value, found 'x'");
	refuse_words("--tb short --timeout", "unknown option '--tb'; 'xtop --help' lists those that there are");
	refuse_words("replay --tb short", "unknown option '--tb'; 'xtop --help' lists those that there are");
	refuse_words("-maxfail=3", "unknown option '-maxfail=3'; did you mean '--maxfail'?");
}

static void a_configured_suite_of_pytests_counts_for_its_options(void **state)
{
	(void)state;
	write_file("xtop.yaml", "suites:\n  a:\n    adapter: pytest\n");
	refuse_words("--tb short", "'--tb' is an option of pytest's or a plugin's, which stand behind '--': "
				   "xtop -- --tb short");
}

#define IN_PROJECT(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_PROJECT(without_a_file_the_built_in_values_hold),
		IN_PROJECT(suites_may_be_a_list),
		IN_PROJECT(suites_may_be_a_mapping),
		IN_PROJECT(an_empty_file_says_nothing),
		IN_PROJECT(defaults_set_options),
		IN_PROJECT(what_may_be_repeated_may_be_a_list),
		IN_PROJECT(tests_that_misbehave_are_treated_as_said),
		IN_PROJECT(the_nearer_source_wins),
		IN_PROJECT(verbosity_stays_within_its_steps),
		IN_PROJECT(the_nearest_file_upwards_makes_the_root),
		IN_PROJECT(a_directory_is_no_project_file),
		IN_PROJECT(the_root_may_be_given),
		IN_PROJECT(a_given_file_makes_its_directory_the_root),
		IN_PROJECT(errors_name_the_source),
		IN_PROJECT(wrong_sections_are_told),
		IN_PROJECT(wrong_defaults_are_told),
		IN_PROJECT(wrong_suites_are_told),
		IN_PROJECT(flaky_sets_thresholds),
		IN_PROJECT(mistakes_in_flaky_are_placed),
		IN_PROJECT(rules_set_what_they_say),
		IN_PROJECT(wrong_rules_are_told),
		IN_PROJECT(a_scope_stands_between_slashes),
		IN_PROJECT(wrong_limits_are_told),
		IN_PROJECT(a_missing_working_directory_is_told),
		IN_PROJECT(arguments_are_kept_as_given),
		IN_PROJECT(a_replay_writes_only_what_it_was_told),
		IN_PROJECT(a_replay_needs_one_file),
		IN_PROJECT(subcommands_have_their_words),
		IN_PROJECT(an_entry_is_described_by_options),
		IN_PROJECT(explain_works_in_a_broken_project),
		IN_PROJECT(what_a_subcommand_has_no_use_for_is_refused),
		IN_PROJECT(bench_needs_no_valid_configuration),
		IN_PROJECT(a_plugin_and_a_history_are_found_from_where_they_are_written),
		IN_PROJECT(selections_are_kept),
		IN_PROJECT(help_needs_no_valid_configuration),
		IN_PROJECT(all_slowest_tests_are_zero_as_in_pytest),
		IN_PROJECT(options_that_were_set_are_known),
		IN_PROJECT(the_command_line_and_the_environment_force),
		IN_PROJECT(defaults_fill_in_what_nothing_set),
		IN_PROJECT(pytest_is_given_its_options),
		IN_PROJECT(stepwise_ends_at_the_first_failure),
		IN_PROJECT(python_is_a_path_or_a_command),
		IN_PROJECT(pytests_programs_may_be_missing),
		IN_PROJECT(options_of_pytest_are_shown_in_their_place),
		IN_PROJECT(a_configured_suite_of_pytests_counts_for_its_options),
	};

	return cmocka_run_group_tests_name("config_file", tests, NULL, NULL);
}
