/* `xtop quarantine check`: what of the quarantine wants somebody's attention. For CI, 1: an entry has expired or matches
 * no test. One that expires soon is named only: nothing has changed yet. */
#include "cli/quarantine.h"

#include "base/alloc.h"
#include "config/values.h"
#include "diagnose/codes.h"

#include <stdio.h>
#include <stdlib.h>

struct check {
	const struct quarantine_command *command;
	struct json *problems;             /* NULL: they are printed as text */
	unsigned expired, soon, matchless; /* entries */
};

/* Takes `message`, which says what is the matter with the entry's test. */
static void tell(struct check *check, const struct quarantine_entry *entry, enum code_number number,
		 char *message)
{
	const struct code *code = code_of(number);
	struct str name = STR_INIT;

	if (check->problems) {
		struct json *problem = json_new_object();
		cli_quarantine_put_text(problem, "code", code->code);
		cli_quarantine_put_text(problem, "name", code->name);
		json_put_int(problem, "line", entry->line);
		cli_quarantine_put_text(problem, "test", entry->test);
		cli_quarantine_put_text(problem, "suite", entry->suite);
		cli_quarantine_put_text(problem, "message", message);
		json_push(check->problems, problem);
	} else {
		char *quoted = value_quoted(entry->test);
		cli_quarantine_add_text(&name, quarantine_name(check->command->quarantine));
		printf("%s:%d: %s %s (%s)\n", name.data, entry->line, quoted, message, code->code);
		free(quoted);
	}
	free(message);
	str_fini(&name);
}

static void check_term(struct check *check, const struct quarantine_entry *entry)
{
	struct str term = STR_INIT;

	quarantine_add_term(&term, entry);
	if (entry->expired) {
		check->expired++;
		tell(check, entry, CODE_QUARANTINE_EXPIRED,
		     alloc_format("%s: its failures count again", term.data));
	} else if (entry->expires_soon) {
		check->soon++;
		tell(check, entry, CODE_QUARANTINE_EXPIRES_SOON,
		     alloc_format("%s (%s)", term.data, entry->expires));
	}
	str_fini(&term);
}

static void check_match(struct check *check, unsigned index)
{
	const struct quarantine_command *command = check->command;
	const struct quarantine_entry *entry = quarantine_entry(command->quarantine, index);

	if (!command->history || entry->matched ||
	    quarantine_entry_needs_collection(command->quarantine, index))
		return;
	const char *nearest = entry->id ? known_nearest(command->config, &command->table, entry->id) : NULL;
	char *meant = nearest ? value_quoted(nearest) : NULL;
	check->matchless++;
	/* The id may be there, in another suite. */
	if (meant && entry->id && entry->suite)
		tell(check, entry, CODE_QUARANTINE_MATCHES_NOTHING,
		     alloc_format("is no test that the history knows in suite '%s'; the nearest is %s",
				  entry->suite, meant));
	else
		tell(check, entry, CODE_QUARANTINE_MATCHES_NOTHING,
		     alloc_format("%s that the history knows%s%s%s",
				  entry->id ? "is no test" : "matches no test",
				  meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : ""));
	free(meant);
}

static void note_all(const struct quarantine_command *command)
{
	char *message;

	for (size_t i = 0; i < command->table.test_count; i++) {
		struct test_facts facts = history_evidence_facts(command->history, &command->table.tests[i]);
		quarantine_note(command->quarantine, &facts);
	}
	while (quarantine_gave_up(command->quarantine, &message)) {
		fprintf(stderr, "xtop: %s\n", message);
		free(message);
	}
}

static void print_sum(const struct check *check)
{
	unsigned count = quarantine_count(check->command->quarantine);

	printf("xtop: %u entr%s, %u expired, %u to expire within a week, ", count, count == 1 ? "y" : "ies",
	       check->expired, check->soon);
	if (check->command->history)
		printf("%u without a test\n", check->matchless);
	else
		puts("not compared with tests (there is no history)");
}

static void print_json(struct check *check, bool good)
{
	const struct quarantine_command *command = check->command;
	struct json *object = json_new_object();

	json_put_int(object, "v", 1);
	cli_quarantine_put_text(object, "file", quarantine_name(command->quarantine));
	json_put_bool(object, "good", good);
	json_put_int(object, "entries", quarantine_count(command->quarantine));
	json_put_bool(object, "history", command->history != NULL);
	json_put(object, "problems", check->problems);
	known_print_json(object);
}

int cli_quarantine_check(struct quarantine_command *command)
{
	struct check check = { .command = command,
			       .problems = command->config->json ? json_new_array() : NULL };

	note_all(command);
	for (unsigned i = 0; i < quarantine_count(command->quarantine); i++) {
		check_term(&check, quarantine_entry(command->quarantine, i));
		check_match(&check, i);
	}
	bool good = check.expired + check.matchless == 0;
	if (check.problems)
		print_json(&check, good);
	else
		print_sum(&check);
	return good ? EXIT_OK : EXIT_FAILURES;
}
