/* `xtop quarantine suggest`: which tests of the history belong into the quarantine, and which no longer do, as commands
 * that put them there and take them out. */
#include "cli/quarantine.h"

#include <stdio.h>
#include <string.h>

struct suggestions {
	const struct quarantine_command *command;
	struct history_steadiness steadiness;
	struct json *tests;    /* NULL: they are printed as text */
	bool with_suites;      /* ids are not enough to tell tests apart */
	size_t flaky, advised, over; /* tests */
};

static const char *reason_against(enum history_advice advice)
{
	switch (advice) {
	case HISTORY_TOO_FEW:
		return "too few runs to tell";
	case HISTORY_BROKEN:
		return "it passed, then failed in every run since: broken rather than flaky";
	case HISTORY_MENDED:
		return "it failed, then passed in every run since: mended rather than flaky";
	case HISTORY_STEADY:
	case HISTORY_QUARANTINE:
		break;
	}
	return NULL;
}

/* A line for a shell. The reason is to be written by somebody who knows it. */
static void add_command(const struct suggestions *all, const struct history_evidence *test, bool held, struct str *out)
{
	str_add_text(out, held ? "xtop quarantine remove " : "xtop quarantine add ");
	if (all->with_suites) {
		str_add_text(out, "--suite ");
		str_add_shell_quoted(out, test->suite);
		str_add_char(out, ' ');
	}
	if (!held)
		str_add_text(out, "--expires 30d --reason flaky ");
	str_add_shell_quoted(out, test->id);
}

static const char *commit_of_failure(const struct suggestions *all, const struct history_evidence *test)
{
	return test->last_failure == SIZE_MAX ? NULL : all->command->table.runs[test->last_failure].commit;
}

/* `why_not`: NULL where it is advised. */
static struct json *json_of(const struct suggestions *all, const struct history_evidence *test, bool held,
			    const char *why_not, const char *command)
{
	struct wilson rate = wilson_interval(test->failures, test->runs, WILSON_Z_95);
	struct json *object = json_new_object();

	cli_quarantine_put_text(object, "suite", test->suite);
	cli_quarantine_put_text(object, "id", test->id);
	json_put_int(object, "ordinal", test->ordinal);
	json_put_int(object, "runs", test->runs);
	json_put_int(object, "failures", test->failures);
	json_put_int(object, "flaky", test->flaky);
	json_put_real(object, "low", rate.low);
	json_put_real(object, "high", rate.high);
	cli_quarantine_put_text(object, "commit", commit_of_failure(all, test));
	json_put_bool(object, "held", held);
	json_put_bool(object, "advised", !why_not);
	cli_quarantine_put_text(object, "why_not", why_not);
	cli_quarantine_put_text(object, "command", command);
	return object;
}

static void print_text(const struct suggestions *all, const struct history_evidence *test,
		       enum history_advice advice, const char *command)
{
	struct str out = STR_INIT;

	/* A remark to a shell, so that all of it can be copied. */
	str_add_text(&out, "# ");
	if (advice != HISTORY_QUARANTINE) {
		cli_quarantine_add_text(&out, test->id);
		str_add_text(&out, ": ");
	}
	history_add_evidence(&out, test->failures, test->runs, test->flaky, commit_of_failure(all, test));
	if (advice != HISTORY_QUARANTINE)
		str_add_format(&out, "; %s", reason_against(advice));
	puts(out.data);
	if (command)
		puts(command);
	str_fini(&out);
}

/* A name with characters that a terminal would obey is left to whoever edits the file. */
static bool can_be_typed(const char *name)
{
	struct str shown = STR_INIT;

	cli_quarantine_add_text(&shown, name);
	bool can = strcmp(shown.data, name) == 0;
	str_fini(&shown);
	return can;
}

static void suggest(struct suggestions *all, const struct history_evidence *test)
{
	enum history_advice advice = history_advise(test, &all->steadiness);
	struct str command = STR_INIT;

	if (advice == HISTORY_STEADY)
		return;
	all->flaky++;
	if (advice == HISTORY_QUARANTINE) {
		all->advised++;
		if (can_be_typed(test->id) && can_be_typed(test->suite))
			add_command(all, test, false, &command);
	}
	const char *line = command.length > 0 ? command.data : NULL;
	if (all->tests)
		json_push(all->tests, json_of(all, test, false, reason_against(advice), line));
	else
		print_text(all, test, advice, line);
	str_fini(&command);
}

/* A test that an entry holds. One expression may hold many, and only some of them be well. */
static void suggest_release(struct suggestions *all, const struct history_evidence *test,
			    const struct quarantine_entry *entry)
{
	static const char reason[] = "it did not fail in any of its last runs";
	struct str command = STR_INIT, remark = STR_INIT;

	if (!entry->id || test->recent < all->command->config->flaky.window || test->recent_failures > 0)
		return;
	all->over++;
	if (can_be_typed(test->id) && can_be_typed(test->suite))
		add_command(all, test, true, &command);
	const char *line = command.length > 0 ? command.data : NULL;
	if (all->tests) {
		json_push(all->tests, json_of(all, test, true, reason, line));
	} else {
		str_add_text(&remark, "# ");
		cli_quarantine_add_text(&remark, test->id);
		str_add_format(&remark, ": in quarantine, and did not fail in its last %u runs", test->recent);
		puts(remark.data);
		if (line)
			puts(line);
	}
	str_fini(&remark);
	str_fini(&command);
}

static void judge(struct suggestions *all, const struct history_evidence *test)
{
	const struct quarantine_command *command = all->command;
	struct test_facts facts = history_evidence_facts(command->history, test);

	if (command->suite && strcmp(command->suite, test->suite) != 0)
		return;
	const struct quarantine_entry *entry = quarantine_find(command->quarantine, &facts);
	if (entry)
		suggest_release(all, test, entry);
	else
		suggest(all, test);
}

static void print_json(const struct suggestions *all)
{
	struct json *object = json_new_object();

	json_put_int(object, "v", 1);
	json_put(object, "tests", all->tests);
	known_print_json(object);
}

int cli_quarantine_suggest(struct quarantine_command *command)
{
	const struct history_table *table = &command->table;
	struct suggestions all = {
		.command = command,
		.steadiness = known_steadiness(command->config),
	};

	if (!command->history)
		return cli_fail(EXIT_USAGE,
				"quarantine suggest: there is no history to judge tests by; runs make it");
	if (command->config->json)
		all.tests = json_new_array();
	for (size_t i = 1; i < table->test_count; i++)
		all.with_suites |= strcmp(table->tests[i].suite, table->tests[0].suite) != 0;
	for (size_t i = 0; i < table->test_count; i++)
		judge(&all, &table->tests[i]);
	if (all.tests)
		print_json(&all);
	else
		printf("# %zu of %zu tests flaky and not in quarantine, which is advised for %zu; it may be over for "
		       "%zu\n",
		       all.flaky, table->test_count, all.advised, all.over);
	return EXIT_OK;
}
