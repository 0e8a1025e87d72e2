#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/options.h"
#include "config/subcommands.h"

#include <stdlib.h>
#include <string.h>

static char *help_text(void)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	assert_non_null(out);
	option_print_help(out, "xtop");
	fclose(out);
	return text;
}

static void every_spelling_belongs_to_one_option(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		assert_ptr_equal(option_find(option->name), option);
		if (*option->alias)
			assert_ptr_equal(option_find(option->alias), option);
		for (const char *letter = option->letters; *letter; letter++)
			assert_ptr_equal(option_find_letter(*letter), option);
	}
	assert_null(option_find(""));
	assert_null(option_find("no-such-thing"));
	assert_null(option_find_letter('\0'));
	assert_null(option_find_letter('Z'));
}

static void every_option_can_be_set_or_is_a_command(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		const struct option *option = &option_table[i];

		assert_true((option->set != NULL) == (option->instead == COMMAND_RUN));
		if (option->instead != COMMAND_RUN) {
			assert_false(option->in_file);
			assert_false(option->in_environment);
		}
	}
}

static void built_in_values_are_accepted(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		if (option_table[i].fallback)
			assert_int_equal(option_table[i].set(&invocation, option_table[i].fallback, NULL), 0);
		/* A default in the help text must be the one that counts. */
		if (strstr(option_table[i].help, "%D"))
			assert_non_null(option_table[i].fallback);
	}
	assert_int_equal(invocation.config.timeout_grace, UINT64_C(5000000000));
	assert_int_equal(invocation.config.output_limit, 16 << 20);
	invocation_fini(&invocation);
}

static void wrong_values_are_refused_without_a_trace(void **state)
{
	static const char *const wrong[][2] = {
		{ "numprocesses", "many" },
		{ "maxprocesses", "-1" },
		{ "max-worker-restart", "x" },
		{ "dist", "loadscop" },
		{ "maxfail", "" },
		{ "timeout", "soon" },
		{ "timeout-grace", "" },
		{ "reruns", "1.5" },
		{ "reruns-delay", "1x" },
		{ "flaky-result", "ok" },
		{ "capture", "all" },
		{ "output-limit", "1.5G" },
		{ "color", "always" },
		{ "format", "xml" },
		{ "durations", "all" },
		{ "no-tests", "ignore" },
		{ "tui", "maybe" },
		{ "verbose", "3" },
		{ "suite", "" },
		{ "adapter", "" },
		{ "exitfirst", "2" },
		{ "numprocesses", "257" },
		{ "junit-xml", "" },
		{ "record", "-" },
		{ "python", "" },
		{ "python-start", "thread" },
		{ "config-file", "" },
		{ "deselect", "" },
		{ "override-ini", "addopts" },
		{ "override-ini", "=value" },
		{ "plugin", "" },
		{ "dist", "" },
		{ "dist", "mine.so" },
		{ "maxschedchunk", "0" },
		{ "maxschedchunk", "-1" },
		{ "no-loadscope-reorder", "maybe" },
		{ "loadscope-reorder", "" },
		{ "testrunuid", "" },
		{ "shard", "0/2" },
		{ "shard", "3/2" },
		{ "order", "random" },
		{ "last", "2" },
		{ "history", "" },
		{ "no-history", "x" },
		{ "json", "x" },
		{ "slow", "x" },
		{ "session-timeout", "-1" },
		{ "reruns-delay-backoff-factor", "-1" },
		{ "reruns-delay-backoff-factor", "1e3" },
		{ "only-rerun", "" },
		{ "rerun-except", "" },
		{ "force-reruns", "-1" },
		{ "max-suite-reruns", "none" },
		{ "stress", "-1" },
		{ "mem-limit", "1.5G" },
		{ "leak", "warn" },
		{ "skip-quarantine", "2" },
		{ "flaky-report", "" },
		{ "reason", "" },
		{ "owner", "" },
		{ "issue", "" },
	};
	struct invocation invocation = { .command = COMMAND_RUN };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct error error = ERROR_INIT;

		assert_int_equal(
			option_apply(option_find(wrong[i][0]), &invocation, "/", wrong[i][1], &error), -1);
		assert_ptr_equal(strstr(error.message, "expected "), error.message);
		assert_non_null(strstr(error.message, "found "));
	}
	assert_int_equal(invocation.config.suite_names.length, 0);
	assert_null(invocation.config.dist);
	assert_null(invocation.config.shard);
	assert_int_equal(invocation.config.shard_count, 0);
	assert_int_equal(invocation.config.max_sched_chunk, 0);
	assert_null(invocation.config.history_file);
	assert_int_equal(invocation.config.only_rerun.length, 0);
	assert_int_equal(invocation.config.rerun_except.length, 0);
	assert_null(invocation.config.reason);
	assert_null(invocation.config.expires);
	invocation_fini(&invocation);
}

static void file_names_are_taken_below_the_directory(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	const struct option *option = option_find("junitxml");

	(void)state;
	assert_int_equal(option_apply(option, &invocation, "/base/x", "../out/a.xml", NULL), 0);
	assert_string_equal(invocation.config.junit_xml, "/base/out/a.xml");
	assert_int_equal(option_apply(option, &invocation, "/base/x", "/abs.xml", NULL), 0);
	assert_string_equal(invocation.config.junit_xml, "/abs.xml");
	invocation_fini(&invocation);
}

static void workers_may_be_automatic(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	const struct option *option = option_find_letter('n');

	(void)state;
	assert_ptr_equal(option_find_letter('j'), option);
	assert_int_equal(option->set(&invocation, "auto", NULL), 0);
	assert_int_equal(invocation.config.workers, -1);
	assert_int_equal(option->set(&invocation, "0", NULL), 0);
	assert_int_equal(invocation.config.workers, 0);
	assert_int_equal(option->set(&invocation, "logical", NULL), 0);
	assert_int_equal(invocation.config.workers, -1);
	assert_int_equal(option->set(&invocation, "256", NULL), 0);
	assert_int_equal(invocation.config.workers, 256);
}

static void a_flag_can_be_taken_back(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	struct config *config = &invocation.config;

	(void)state;
	assert_int_equal(option_find("fail-on-flaky")->set(&invocation, "true", NULL), 0);
	assert_true(config->fail_on_flaky);
	assert_int_equal(option_find("flaky-result")->set(&invocation, "pass", NULL), 0);
	assert_false(config->fail_on_flaky);
	assert_int_equal(option_find("no-tui")->set(&invocation, "true", NULL), 0);
	assert_int_equal(config->tui, TRISTATE_NO);
	assert_int_equal(option_find("no-tui")->set(&invocation, "false", NULL), 0);
	assert_int_equal(config->tui, TRISTATE_AUTO);
	assert_int_equal(option_find("tui")->set(&invocation, "true", NULL), 0);
	assert_int_equal(config->tui, TRISTATE_YES);
	assert_int_equal(option_find("tui")->set(&invocation, "false", NULL), 0);
	assert_int_equal(config->tui, TRISTATE_NO);
	assert_int_equal(option_find_letter('x')->set(&invocation, "true", NULL), 0);
	assert_int_equal(config->max_fail, 1);
	assert_int_equal(option_find_letter('s')->set(&invocation, "true", NULL), 0);
	assert_int_equal(config->capture, CAPTURE_NO);
	assert_int_equal(option_find("no-loadscope-reorder")->set(&invocation, "1", NULL), 0);
	assert_true(config->no_loadscope_reorder);
	assert_int_equal(option_find("loadscope-reorder")->set(&invocation, "true", NULL), 0);
	assert_false(config->no_loadscope_reorder);
	assert_int_equal(option_find("loadscope-reorder")->set(&invocation, "false", NULL), 0);
	assert_true(config->no_loadscope_reorder);
	assert_int_equal(option_find("order")->set(&invocation, "given", NULL), 0);
	assert_true(config->order_given);
	assert_int_equal(option_find("order")->set(&invocation, "auto", NULL), 0);
	assert_false(config->order_given);
	assert_int_equal(option_find("flaky-report")->set(&invocation, "true", NULL), 0);
	assert_true(config->flaky_report);
	assert_int_equal(option_find("flaky-report")->set(&invocation, "false", NULL), 0);
	assert_false(config->flaky_report);
}

static void of_two_ways_to_treat_the_quarantine_the_last_counts(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	const struct config *config = &invocation.config;
	const struct option *skip = option_find("skip-quarantine");
	const struct option *gate = option_find("no-quarantine");

	(void)state;
	assert_int_equal(gate->set(&invocation, "true", NULL), 0);
	assert_int_equal(skip->set(&invocation, "true", NULL), 0);
	assert_true(config->skip_quarantine);
	assert_false(config->no_quarantine);
	/* To say no to the one says nothing of the other. */
	assert_int_equal(gate->set(&invocation, "false", NULL), 0);
	assert_true(config->skip_quarantine);
	assert_int_equal(gate->set(&invocation, "true", NULL), 0);
	assert_true(config->no_quarantine);
	assert_false(config->skip_quarantine);
	assert_int_equal(skip->set(&invocation, "false", NULL), 0);
	assert_true(config->no_quarantine);
}

static void leaks_have_three_modes(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	const struct option *option = option_find("leak");

	(void)state;
	assert_int_equal(option->set(&invocation, "fail", NULL), 0);
	assert_int_equal(invocation.config.leak, LEAK_FAIL);
	assert_int_equal(option->set(&invocation, "ignore", NULL), 0);
	assert_int_equal(invocation.config.leak, LEAK_IGNORE);
	assert_int_equal(option->set(&invocation, "report", NULL), 0);
	assert_int_equal(invocation.config.leak, LEAK_REPORT);
}

static void expressions_add_up_until_they_are_forgotten(void **state)
{
	static const char *const names[] = { "only-rerun", "rerun-except" };
	struct invocation invocation = { .command = COMMAND_RUN };
	struct config *config = &invocation.config;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct option *option = option_find(names[i]);

		assert_true(option->adds);
		/* It is no file, and a regular expression may look like anything. */
		assert_int_equal(option_apply(option, &invocation, "/base", "a/b", NULL), 0);
		assert_int_equal(option_apply(option, &invocation, "/base", "-x|(", NULL), 0);
	}
	assert_int_equal(config->only_rerun.length, 2);
	assert_string_equal(config->only_rerun.items[0], "a/b");
	assert_string_equal(config->rerun_except.items[1], "-x|(");
	assert_int_equal(option_find("only-rerun")->set(&invocation, NULL, NULL), 0);
	assert_int_equal(config->only_rerun.length, 0);
	assert_int_equal(config->rerun_except.length, 2);
	invocation_fini(&invocation);
}

static void every_mode_is_known(void **state)
{
	static const char *const modes[] = { "load",	  "loadscope", "loadfile", "loadgroup",
					     "worksteal", "duration",  "each",	   "no" };
	struct invocation invocation = { .command = COMMAND_RUN };
	struct error error = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(option_apply(option_find("dist"), &invocation, "/", modes[i], NULL), 0);
		assert_string_equal(invocation.config.dist, modes[i]);
		assert_non_null(strstr(option_find("dist")->help, modes[i]));
	}
	assert_int_equal(option_apply(option_find("dist"), &invocation, "/", "loadscop", &error), -1);
	assert_string_equal(error.message,
			    "expected load, loadscope, loadfile, loadgroup, worksteal, duration, each, no or a "
			    "plugin such as ./mine.so, found 'loadscop'; did you mean 'loadscope'?");
	invocation_fini(&invocation);
}

static void a_mode_with_a_slash_is_a_plugins_file(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };

	(void)state;
	assert_int_equal(option_apply(option_find("dist"), &invocation, "/base/x", "./mine.so", NULL), 0);
	assert_string_equal(invocation.config.dist, "/base/x/mine.so");
	assert_int_equal(option_apply(option_find("dist"), &invocation, "/base/x", "../lib/load", NULL), 0);
	assert_string_equal(invocation.config.dist, "/base/lib/load");
	invocation_fini(&invocation);
}

static void a_shard_is_kept_as_written_and_as_numbers(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };

	(void)state;
	assert_int_equal(option_find("shard")->set(&invocation, "02/5", NULL), 0);
	assert_string_equal(invocation.config.shard, "02/5");
	assert_int_equal(invocation.config.shard_index, 2);
	assert_int_equal(invocation.config.shard_count, 5);
	invocation_fini(&invocation);
}

static void the_history_that_was_named_last_counts(void **state)
{
	struct invocation invocation = { .command = COMMAND_RUN };
	const struct option *file = option_find("history");
	const struct option *none = option_find("no-history");

	(void)state;
	assert_int_equal(none->set(&invocation, "true", NULL), 0);
	assert_true(invocation.config.no_history);
	assert_int_equal(option_apply(file, &invocation, "/base", "h.db", NULL), 0);
	assert_string_equal(invocation.config.history_file, "/base/h.db");
	assert_false(invocation.config.no_history);
	assert_int_equal(none->set(&invocation, "true", NULL), 0);
	assert_true(invocation.config.no_history);
	invocation_fini(&invocation);
}

static void slips_are_recognised(void **state)
{
	static const char *const slips[][2] = {
		{ "numproceses", "numprocesses" },
		{ "time-out", "timeout" },
		{ "colour", "color" },
		{ "junitxlm", "junitxml" },
		{ "junit", "junit-xml" },
		{ "collect", "collect-only" },
		{ "rerun", "reruns" },
		{ "n", "numprocesses" },
		{ "max-fail", "maxfail" },
		{ "max-sched-chunk", "maxschedchunk" },
		{ "filtr", "filter" },
		{ "shards", "shard" },
		{ "E", "filter" },
		{ "testrun-uid", "testrunuid" },
		{ "only-reruns", "only-rerun" },
		{ "reruns-delay-backoff", "reruns-delay-backoff-factor" },
		{ "memlimit", "mem-limit" },
		{ "session_timeout", "session-timeout" },
		{ "expire", "expires" },
		{ "leaks", "leak" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(slips) / sizeof(slips[0]); i++) {
		const char *meant = option_suggest(slips[i][0]);

		assert_non_null(meant);
		assert_string_equal(meant, slips[i][1]);
	}
	assert_null(option_suggest("frobnicate"));
	assert_null(option_suggest(""));
	assert_null(option_suggest("Z"));
}

static void every_subcommand_has_one_word(void **state)
{
	(void)state;
	for (size_t i = 0; i < command_word_count; i++) {
		const struct command_word *found = &command_words[i];

		assert_ptr_equal(command_word_find(found->word), found);
		assert_ptr_equal(command_word_of(found->command), found);
	}
	for (int command = COMMAND_RUN; command < COMMAND_HELP; command++)
		assert_non_null(command_word_of((enum subcommand)command));
	assert_null(command_word_of(COMMAND_HELP));
	assert_null(command_word_of(COMMAND_VERSION));
	assert_null(command_word_find(""));
	assert_null(command_word_find("lis"));
}

static void help_names_every_subcommand(void **state)
{
	char *text = help_text();

	(void)state;
	for (size_t i = 0; i < command_word_count; i++) {
		char *line = alloc_format("\n  %s%s%s", command_words[i].word, *command_words[i].usage ? " " : "",
					  command_words[i].usage);

		assert_non_null(strstr(text, line));
		free(line);
	}
	free(text);
}

static void what_describes_an_entry_is_said_on_the_command_line_only(void **state)
{
	static const char *const names[] = { "reason", "owner", "issue", "expires" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct option *option = option_find(names[i]);

		assert_true(option->is_for_entries);
		assert_false(option->in_file);
		assert_false(option->in_environment);
	}
}

static void help_names_every_option_and_fits_80_columns(void **state)
{
	char *text = help_text();

	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		char spelling[64];

		snprintf(spelling, sizeof(spelling), "--%s%s%s", option_table[i].name,
			 option_table[i].argument ? " " : "",
			 option_table[i].argument ? option_table[i].argument : "");
		assert_non_null(strstr(text, spelling));
	}
	for (const char *line = text; *line;) {
		size_t length = strcspn(line, "\n");

		assert_in_range(length, 0, 79);
		assert_true(length == 0 || line[length - 1] != ' ');
		line += length + 1;
	}
	assert_null(strstr(text, "%D"));
	assert_non_null(strstr(text, "(default: 16M)"));
	free(text);
}

static void topics_are_told_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < option_count; i++) {
		for (size_t j = i + 2; j < option_count; j++) {
			if (strcmp(option_table[i].topic, option_table[j].topic) == 0)
				assert_string_equal(option_table[j - 1].topic, option_table[j].topic);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spelling_belongs_to_one_option),
		cmocka_unit_test(every_option_can_be_set_or_is_a_command),
		cmocka_unit_test(built_in_values_are_accepted),
		cmocka_unit_test(wrong_values_are_refused_without_a_trace),
		cmocka_unit_test(file_names_are_taken_below_the_directory),
		cmocka_unit_test(workers_may_be_automatic),
		cmocka_unit_test(a_flag_can_be_taken_back),
		cmocka_unit_test(of_two_ways_to_treat_the_quarantine_the_last_counts),
		cmocka_unit_test(leaks_have_three_modes),
		cmocka_unit_test(expressions_add_up_until_they_are_forgotten),
		cmocka_unit_test(every_mode_is_known),
		cmocka_unit_test(a_mode_with_a_slash_is_a_plugins_file),
		cmocka_unit_test(a_shard_is_kept_as_written_and_as_numbers),
		cmocka_unit_test(the_history_that_was_named_last_counts),
		cmocka_unit_test(slips_are_recognised),
		cmocka_unit_test(every_subcommand_has_one_word),
		cmocka_unit_test(help_names_every_subcommand),
		cmocka_unit_test(what_describes_an_entry_is_said_on_the_command_line_only),
		cmocka_unit_test(help_names_every_option_and_fits_80_columns),
		cmocka_unit_test(topics_are_told_once),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
