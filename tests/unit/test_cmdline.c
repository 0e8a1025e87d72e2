#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "config/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) ((char[]){ literal }) /* one that is not const, as in an environment */

/* Words split at spaces; "''" stands for an empty one. */
struct line {
	char text[512];
	char *argv[32];
	int argc;
};

static void line_init(struct line *line, const char *words)
{
	char *rest;

	snprintf(line->text, sizeof(line->text), "xtop %s", words);
	line->argc = 0;
	for (char *word = strtok_r(line->text, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		line->argv[line->argc++] = strcmp(word, "''") == 0 ? word + 2 : word;
	line->argv[line->argc] = NULL;
}

static void parse(const char *words, struct cmdline *out)
{
	struct error error = ERROR_INIT;
	struct line line;

	line_init(&line, words);
	assert_int_equal(cmdline_parse(line.argc, line.argv, out, &error), 0);
	assert_string_equal(error.message, "");
}

static void refuse(const char *words, const char *message)
{
	struct error error = ERROR_INIT;
	struct cmdline cmdline;
	struct line line;

	line_init(&line, words);
	assert_int_equal(cmdline_parse(line.argc, line.argv, &cmdline, &error), -1);
	assert_string_equal(error.message, message);
}

/* "name=value name=value", in the order given. */
static void check_settings(const struct cmdline *cmdline, const char *expected)
{
	struct str found = STR_INIT;

	vec_each (&cmdline->settings, it)
		str_add_format(&found, "%s%s=%s", found.length ? " " : "", it->option->name, it->value);
	assert_string_equal(found.data, expected);
	str_fini(&found);
}

static void check(const char *words, const char *expected)
{
	struct cmdline cmdline;

	parse(words, &cmdline);
	check_settings(&cmdline, expected);
	assert_int_equal(cmdline.operands.length, 0);
	cmdline_fini(&cmdline);
}

static void values_may_stand_in_all_the_usual_ways(void **state)
{
	(void)state;
	check("", "");
	check("-n4", "numprocesses=4");
	check("-n 4", "numprocesses=4");
	check("-n=4", "numprocesses=4");
	check("-j auto", "numprocesses=auto");
	check("--numprocesses 4", "numprocesses=4");
	check("--numprocesses=4", "numprocesses=4");
	check("--junitxml=a=b.xml", "junit-xml=a=b.xml");
	check("--events=", "events=");
	check("--events ''", "events=");
	check("--events -", "events=-");
	check("--events=--tui", "events=--tui");
}

static void letters_may_be_bundled(void **state)
{
	(void)state;
	check("-xvs", "exitfirst=true verbose=true no-capture=true");
	check("-vv", "verbose=true verbose=true");
	check("-xn4", "exitfirst=true numprocesses=4");
	check("-xn 4 -q", "exitfirst=true numprocesses=4 quiet=true");
}

static void operands_keep_their_order_among_options(void **state)
{
	struct cmdline cmdline;

	(void)state;
	parse("tests -x a.t --maxfail 2 - @list", &cmdline);
	check_settings(&cmdline, "exitfirst=true maxfail=2");
	assert_int_equal(cmdline.command, COMMAND_RUN);
	assert_int_equal(cmdline.operands.length, 4);
	assert_string_equal(cmdline.operands.items[0], "tests");
	assert_string_equal(cmdline.operands.items[1], "a.t");
	assert_string_equal(cmdline.operands.items[2], "-");
	assert_string_equal(cmdline.operands.items[3], "@list");
	cmdline_fini(&cmdline);
}

static void two_dashes_give_the_rest_to_the_adapter(void **state)
{
	struct cmdline cmdline;

	(void)state;
	parse("a -- -x list -- --help", &cmdline);
	check_settings(&cmdline, "");
	assert_int_equal(cmdline.command, COMMAND_RUN);
	assert_int_equal(cmdline.operands.length, 1);
	assert_int_equal(cmdline.adapter_arguments.length, 4);
	assert_string_equal(cmdline.adapter_arguments.items[0], "-x");
	assert_string_equal(cmdline.adapter_arguments.items[1], "list");
	assert_string_equal(cmdline.adapter_arguments.items[2], "--");
	assert_string_equal(cmdline.adapter_arguments.items[3], "--help");
	cmdline_fini(&cmdline);
}

static void the_first_word_may_be_a_subcommand(void **state)
{
	struct cmdline cmdline;

	(void)state;
	parse("list a", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_LIST);
	assert_int_equal(cmdline.operands.length, 1);
	cmdline_fini(&cmdline);
	parse("-n 4 replay run", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_REPLAY);
	assert_string_equal(cmdline.operands.items[0], "run");
	cmdline_fini(&cmdline);
	parse("history export -q f", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_HISTORY);
	assert_int_equal(cmdline.operands.length, 2);
	check_settings(&cmdline, "quiet=true");
	cmdline_fini(&cmdline);
	parse("doctor --json", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_DOCTOR);
	check_settings(&cmdline, "json=true");
	cmdline_fini(&cmdline);
	parse("scheduler check ./a.so", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_SCHEDULER);
	assert_string_equal(cmdline.operands.items[1], "./a.so");
	cmdline_fini(&cmdline);
	parse("explain XT1001", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_EXPLAIN);
	assert_string_equal(cmdline.operands.items[0], "XT1001");
	cmdline_fini(&cmdline);
	parse("flaky", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_FLAKY);
	assert_int_equal(cmdline.operands.length, 0);
	cmdline_fini(&cmdline);
	parse("quarantine add --reason x a.t --owner=ann --issue #12 --expires 30d", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_QUARANTINE);
	assert_int_equal(cmdline.operands.length, 2);
	assert_string_equal(cmdline.operands.items[1], "a.t");
	check_settings(&cmdline, "reason=x owner=ann issue=#12 expires=30d");
	cmdline_fini(&cmdline);
	parse("run list", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	assert_string_equal(cmdline.operands.items[0], "list");
	cmdline_fini(&cmdline);
}

static void a_directory_of_a_subcommands_name_is_written_with_its_path(void **state)
{
	struct cmdline cmdline;

	(void)state;
	parse("./list list", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	assert_int_equal(cmdline.operands.length, 2);
	cmdline_fini(&cmdline);
	parse("-- list", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	assert_int_equal(cmdline.operands.length, 0);
	cmdline_fini(&cmdline);
}

/* The words, with a space between two. */
static void check_bench(const char *words, const char *expected)
{
	struct str found = STR_INIT;
	struct cmdline cmdline;

	parse(words, &cmdline);
	assert_int_equal(cmdline.command, COMMAND_BENCH);
	assert_int_equal(cmdline.operands.length, 0);
	assert_int_equal(cmdline.adapter_arguments.length, 0);
	vec_each (&cmdline.bench_arguments, it)
		str_add_format(&found, "%s%s", found.length ? " " : "", *it);
	assert_string_equal(found.data, expected);
	str_fini(&found);
	cmdline_fini(&cmdline);
}

static void bench_reads_its_words_itself(void **state)
{
	struct cmdline cmdline;

	(void)state;
	check_bench("bench", "");
	check_bench("bench -n 1,2 --runs 3 bench -h --frobnicate a -- -x",
		    "-n 1,2 --runs 3 bench -h --frobnicate a -- -x");
	check_bench("bench --help", "--help");
	check_bench("-n 1,2 -q bench tests", "-n 1,2 -q tests");
	parse("./bench -x", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	assert_int_equal(cmdline.operands.length, 1);
	assert_int_equal(cmdline.bench_arguments.length, 0);
	cmdline_fini(&cmdline);
	parse("run bench -x", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	check_settings(&cmdline, "exitfirst=true");
	cmdline_fini(&cmdline);
	parse("-- bench", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	cmdline_fini(&cmdline);
	refuse("-Z bench", "unknown option '-Z'; 'xtop --help' lists those that there are");
}

static void options_of_rerunfailures_and_timeout_are_known(void **state)
{
	(void)state;
	check("--reruns 2 --reruns-delay 1 --reruns-delay-backoff-factor 1.5 --force-reruns 3 --max-suite-reruns=0",
	      "reruns=2 reruns-delay=1 reruns-delay-backoff-factor=1.5 force-reruns=3 max-suite-reruns=0");
	check("--only-rerun A --rerun-except B --only-rerun=-C --fail-on-flaky",
	      "only-rerun=A rerun-except=B only-rerun=-C fail-on-flaky=true");
	check("--timeout 1 --session-timeout 600", "timeout=1 session-timeout=600");
}

static void options_of_xdists_are_answered(void **state)
{
	(void)state;
	check("--dist loadscope --maxschedchunk=3 --no-loadscope-reorder --loadscope-reorder --testrunuid u",
	      "dist=loadscope maxschedchunk=3 no-loadscope-reorder=true loadscope-reorder=true testrunuid=u");
	refuse("-d -n 4", "-d is an option of pytest-xdist's; write --dist load");
	refuse("-xd", "-d is an option of pytest-xdist's; write --dist load");
	refuse("--tx 3*popen", "--tx is an option of pytest-xdist's; workers are processes of this machine: -n says "
			       "how many, --python which interpreter");
	refuse("--tx=popen", "--tx is an option of pytest-xdist's; workers are processes of this machine: -n says "
			     "how many, --python which interpreter");
	refuse("--rsyncdir a",
	       "--rsyncdir is an option of pytest-xdist's; workers use the files where they are, nothing is copied");
	refuse("-dist=load", "unknown option '-dist=load'; did you mean '--dist'?");
}

static void help_ends_the_parsing(void **state)
{
	struct cmdline cmdline;

	(void)state;
	parse("list -xh --no-such-option", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_HELP);
	cmdline_fini(&cmdline);
	parse("--version -Z", &cmdline);
	assert_int_equal(cmdline.command, COMMAND_VERSION);
	cmdline_fini(&cmdline);
	refuse("-Z --help", "unknown option '-Z'; 'xtop --help' lists those that there are");
}

static void unknown_options_get_a_suggestion(void **state)
{
	(void)state;
	refuse("--numproceses=3", "unknown option '--numproceses'; did you mean '--numprocesses'?");
	refuse("--max-fail 3", "unknown option '--max-fail'; did you mean '--maxfail'?");
	refuse("-maxfail=3", "unknown option '-maxfail=3'; did you mean '--maxfail'?");
	refuse("--frobnicate", "unknown option '--frobnicate'; 'xtop --help' lists those that there are");
	refuse("--=3", "unknown option '--'; 'xtop --help' lists those that there are");
	refuse("-xZ", "unknown option '-Z'; 'xtop --help' lists those that there are");
	refuse("a --\033[2J", "unknown option '--^[[2J'; 'xtop --help' lists those that there are");
}

static void forgotten_and_superfluous_values_are_told(void **state)
{
	(void)state;
	refuse("--maxfail", "--maxfail needs a value (N), found nothing behind it");
	refuse("-xn", "-n needs a value (N|auto|logical|0), found nothing behind it");
	refuse("--events --tui",
	       "--events needs a value (F), found the option '--tui'; a value that begins with '-' is "
	       "written --events=VALUE");
	refuse("-n -x",
	       "-n needs a value (N|auto|logical|0), found the option '-x'; a value that begins with '-' is "
	       "written -nVALUE");
	refuse("--tui=yes", "--tui takes no value, found 'yes'");
	refuse("--tui=", "--tui takes no value, found nothing");
}

static void spellings_are_kept_for_messages(void **state)
{
	struct cmdline cmdline;

	(void)state;
	parse("-n4 -j 5 --numprocesses=6", &cmdline);
	assert_string_equal(cmdline.settings.items[0].spelling, "-n");
	assert_string_equal(cmdline.settings.items[1].spelling, "-j");
	assert_string_equal(cmdline.settings.items[2].spelling, "--numprocesses");
	cmdline_fini(&cmdline);
}

static void an_empty_command_line_is_a_run(void **state)
{
	char *none[] = { NULL };
	struct cmdline cmdline;

	(void)state;
	assert_int_equal(cmdline_parse(0, none, &cmdline, NULL), 0);
	assert_int_equal(cmdline.command, COMMAND_RUN);
	cmdline_fini(&cmdline);
}

static void variables_become_settings_in_the_order_of_the_table(void **state)
{
	char *environment[] = { TEXT("XTOP_OPT_NO_TUI=1"),
				TEXT("HOME=/x"),
				TEXT("XTOP_OPT_TIMEOUT_GRACE=2"),
				TEXT("XTOP_OPT_TUI=1"),
				TEXT("XTOP_OPT_RECORD="),
				TEXT("XTOP_OPTION=1"),
				TEXT("XTOP_OPT_JUNITXML=a=b"),
				TEXT("XTOP_OPT_NUMPROCESSES"),
				NULL };
	struct settings settings = VEC_INIT;

	(void)state;
	assert_int_equal(environment_parse(environment, &settings, NULL), 0);
	assert_int_equal(settings.length, 4);
	assert_string_equal(settings.items[0].option->name, "timeout-grace");
	assert_string_equal(settings.items[1].option->name, "tui");
	assert_string_equal(settings.items[2].option->name, "no-tui");
	assert_string_equal(settings.items[3].option->name, "junit-xml");
	assert_string_equal(settings.items[3].value, "a=b");
	assert_string_equal(settings.items[3].spelling, "XTOP_OPT_JUNITXML");
	settings_fini(&settings);
}

static void unknown_variables_are_refused(void **state)
{
	static const char *const cases[][2] = {
		{ "XTOP_OPT_TIMEOT=3",
		  "unknown option in the environment, 'XTOP_OPT_TIMEOT'; did you mean 'XTOP_OPT_TIMEOUT'?" },
		{ "XTOP_OPT_MAX_WORKER_RESTARTS=3",
		  "unknown option in the environment, 'XTOP_OPT_MAX_WORKER_RESTARTS'; "
		  "did you mean 'XTOP_OPT_MAX_WORKER_RESTART'?" },
		{ "XTOP_OPT_timeout=3",
		  "unknown option in the environment, 'XTOP_OPT_timeout'; 'xtop --help' lists "
		  "those that there are" },
		{ "XTOP_OPT_=3",
		  "unknown option in the environment, 'XTOP_OPT_'; 'xtop --help' lists those that there are" },
		{ "XTOP_OPT_HELP=1", "XTOP_OPT_HELP: --help can only be given on the command line" },
		{ "XTOP_OPT_JSON=1", "XTOP_OPT_JSON: --json can only be given on the command line" },
		{ "XTOP_OPT_REASON=x", "XTOP_OPT_REASON: --reason can only be given on the command line" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *environment[] = { TEXT("XTOP_OPT_TUI=1"), (char *)cases[i][0], NULL };
		struct settings settings = VEC_INIT;
		struct error error = ERROR_INIT;

		assert_int_equal(environment_parse(environment, &settings, &error), -1);
		assert_string_equal(error.message, cases[i][1]);
		assert_int_equal(settings.length, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_may_stand_in_all_the_usual_ways),
		cmocka_unit_test(letters_may_be_bundled),
		cmocka_unit_test(operands_keep_their_order_among_options),
		cmocka_unit_test(two_dashes_give_the_rest_to_the_adapter),
		cmocka_unit_test(the_first_word_may_be_a_subcommand),
		cmocka_unit_test(a_directory_of_a_subcommands_name_is_written_with_its_path),
		cmocka_unit_test(bench_reads_its_words_itself),
		cmocka_unit_test(options_of_rerunfailures_and_timeout_are_known),
		cmocka_unit_test(options_of_xdists_are_answered),
		cmocka_unit_test(help_ends_the_parsing),
		cmocka_unit_test(unknown_options_get_a_suggestion),
		cmocka_unit_test(forgotten_and_superfluous_values_are_told),
		cmocka_unit_test(spellings_are_kept_for_messages),
		cmocka_unit_test(an_empty_command_line_is_a_run),
		cmocka_unit_test(variables_become_settings_in_the_order_of_the_table),
		cmocka_unit_test(unknown_variables_are_refused),
	};

	return cmocka_run_group_tests_name("cmdline", tests, NULL, NULL);
}
