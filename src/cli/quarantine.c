/* `xtop quarantine add|remove|list|check|suggest`: what quarantine.yaml holds, and how it is changed. */
#include "cli/quarantine.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "base/utf8.h"
#include "config/values.h"
#include "select/filter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define USAGE                                                                                         \
	"expected `xtop quarantine add ID|EXPR`, `xtop quarantine remove ID|EXPR`, `xtop quarantine " \
	"list`, `xtop quarantine check` or `xtop quarantine suggest`"

/* ---- what all of them need ---- */

void cli_quarantine_add_text(struct str *out, const char *text)
{
	if (text)
		utf8_add_visible(out, text, strlen(text), false);
}

void cli_quarantine_put_text(struct json *object, const char *key, const char *text)
{
	if (text)
		json_put_text(object, key, slice_of(text));
	else
		json_put_null(object, key);
}

static void warn(const char *message)
{
	fflush(stdout);
	fprintf(stderr, "xtop: %s\n", message);
}

/* A history that can't be read is no reason not to look at the quarantine. */
static void open_history(struct quarantine_command *command)
{
	const char *file = command->config->history_file;
	struct error error = ERROR_INIT;

	if (command->config->no_history || !fs_exists(file))
		return;
	command->history = history_open(file, true, &error);
	if (command->history && history_load(command->history, &error) == 0 &&
	    history_evidence_read(command->history, NULL, &command->table, &error) == 0 &&
	    command->table.test_count > 0) {
		history_table_count_recent(&command->table, command->config->flaky.window);
		return;
	}
	if (*error.message) {
		error_prefix(&error, "what earlier runs tell is left out");
		warn(error.message);
	}
	history_close(command->history);
	command->history = NULL;
}

static void close_all(struct quarantine_command *command)
{
	history_table_fini(&command->table);
	history_close(command->history);
	quarantine_free(command->quarantine);
}

/* ---- add ---- */

/* What the tests that are meant did in earlier runs. */
struct evidence {
	size_t tests;
	uint64_t runs, failures, flaky;
	size_t last_failure; /* index of a run */
};

static bool is_meant(const struct quarantine_command *command, const char *id, struct filter *filter,
		     const struct history_evidence *test)
{
	if (command->suite && strcmp(command->suite, test->suite) != 0)
		return false;
	if (!filter)
		return strcmp(test->id, id) == 0;
	struct test_facts facts = history_evidence_facts(command->history, test);
	return filter_matches(filter, &facts);
}

static void gather(const struct quarantine_command *command, const char *id, struct filter *filter,
		   struct evidence *out)
{
	*out = (struct evidence){ .last_failure = SIZE_MAX };
	for (size_t i = 0; i < command->table.test_count; i++) {
		const struct history_evidence *test = &command->table.tests[i];
		if (!is_meant(command, id, filter, test))
			continue;
		out->tests++;
		out->runs += test->runs;
		out->failures += test->failures;
		out->flaky += test->flaky;
		if (test->last_failure < out->last_failure)
			out->last_failure = test->last_failure;
	}
}

static void say_unknown(const struct quarantine_command *command, const char *test, bool is_expression)
{
	const char *nearest = is_expression ? NULL : known_nearest(command->config, &command->table, test);
	char *quoted = value_quoted(test);
	char *meant = nearest ? value_quoted(nearest) : NULL;
	char *message = alloc_format("the history knows no test that %s %s%s%s%s",
				     is_expression ? "matches" : "is called", quoted,
				     meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");

	warn(message);
	free(message);
	free(meant);
	free(quoted);
}

static void say_added(const struct quarantine_command *command, const struct quarantine_request *request,
		      const char *test, const struct evidence *evidence, bool is_expression)
{
	struct str out = STR_INIT;
	char *quoted = value_quoted(test);

	str_add_format(&out, "xtop: added %s to ", quoted);
	cli_quarantine_add_text(&out, quarantine_name(command->quarantine));
	if (is_expression && evidence->tests > 0)
		str_add_format(&out, ", for %zu test%s of the history", evidence->tests,
			       evidence->tests == 1 ? "" : "s");
	if (request->expires)
		str_add_format(&out, ", until %s", request->expires);
	if (request->evidence)
		str_add_format(&out, ": %s", request->evidence);
	puts(out.data);
	free(quoted);
	str_fini(&out);
}

/* An id that the history knows is one, whatever it looks like. */
static int add_as(struct quarantine_command *command, const char *test, const char *id, struct filter *filter,
		  const char *expires, bool is_known, struct error *error)
{
	struct quarantine_request request = *command->given;
	struct evidence evidence;
	struct str text = STR_INIT;

	gather(command, id, filter, &evidence);
	const char *commit =
		evidence.last_failure == SIZE_MAX ? NULL : command->table.runs[evidence.last_failure].commit;
	history_add_evidence(&text, evidence.failures, evidence.runs, evidence.flaky, commit);
	request.id = is_known ? test : NULL;
	request.test = test;
	request.suite = command->suite;
	request.expires = expires;
	request.evidence = evidence.runs > 0 ? text.data : NULL;
	int status = quarantine_add(command->quarantine, &request, error);
	if (status == 0)
		say_added(command, &request, test, &evidence, filter != NULL);
	/* Of what a history does not keep it can't know whether it matches. */
	if (status == 0 && command->history && evidence.tests == 0 &&
	    !(filter && filter_needs_collection(filter)))
		say_unknown(command, test, filter != NULL);
	str_fini(&text);
	return status;
}

static int add(struct quarantine_command *command, const char *test, struct error *error)
{
	const char *given = command->given->expires;
	struct evidence evidence;
	char date[16];
	char *id = NULL;

	if (given && quarantine_expiry(given, command->wall, date, error) != 0)
		return error_prefix(error, "--expires");
	gather(command, test, NULL, &evidence);
	bool is_known = evidence.tests > 0;
	if (!is_known && quarantine_read_test(test, &id, error) != 0)
		return error_prefix(error, "quarantine add");
	struct filter *filter = is_known || id ? NULL : filter_parse(test, NULL, error);
	int status = add_as(command, test, id ? id : test, filter, given ? date : NULL, is_known, error);
	filter_free(filter);
	free(id);
	return status;
}

/* ---- remove ---- */

static int remove_entries(struct quarantine_command *command, const char *test, struct error *error)
{
	unsigned before = quarantine_count(command->quarantine);
	struct str out = STR_INIT;

	if (quarantine_remove(command->quarantine, command->suite, test, error) != 0)
		return -1;
	unsigned count = before - quarantine_count(command->quarantine);
	char *quoted = value_quoted(test);
	str_add_format(&out, "xtop: took %s out of ", quoted);
	cli_quarantine_add_text(&out, quarantine_name(command->quarantine));
	if (count > 1)
		str_add_format(&out, " (%u entries)", count);
	puts(out.data);
	free(quoted);
	str_fini(&out);
	return 0;
}

/* ---- which of them ---- */

enum verb { VERB_ADD, VERB_REMOVE, VERB_LIST, VERB_CHECK, VERB_SUGGEST, VERB_COUNT };
static const char *const verbs[VERB_COUNT] = { "add", "remove", "list", "check", "suggest" };

static bool changes(enum verb verb)
{
	return verb == VERB_ADD || verb == VERB_REMOVE;
}

static int refuse_word(const char *word, struct error *error)
{
	const char *nearest = text_nearest(word, verbs, VERB_COUNT);
	char *quoted = value_quoted(word);

	if (nearest)
		error_set(error, "quarantine: unknown word %s; did you mean '%s'?", quoted, nearest);
	else
		error_set(error, "%s, found %s", USAGE, quoted);
	free(quoted);
	return -1;
}

static int read_verb(char *const *operands, size_t count, enum verb *out, struct error *error)
{
	unsigned verb = 0;

	if (count == 0)
		return error_set(error, "%s", USAGE);
	while (verb < VERB_COUNT && strcmp(operands[0], verbs[verb]) != 0)
		verb++;
	if (verb == VERB_COUNT)
		return refuse_word(operands[0], error);
	*out = (enum verb)verb;
	if (changes(*out) && count != 2)
		return error_set(
			error,
			"quarantine %s: expected one id or expression, in quotes where the shell would "
			"cut it, found %zu",
			verbs[verb], count - 1);
	if (!changes(*out) && count != 1)
		return error_set(error, "quarantine %s: expected options only, found %zu word%s", verbs[verb],
				 count - 1, count == 2 ? "" : "s");
	return 0;
}

/* Options that the verb has no use for were meant for something. */
static int check_options(const struct quarantine_command *command, enum verb verb, struct error *error)
{
	const struct quarantine_request *given = command->given;
	const char *const values[] = { given->reason, given->owner, given->issue, given->expires };
	static const char *const names[] = { "reason", "owner", "issue", "expires" };

	for (size_t i = 0; verb != VERB_ADD && i < sizeof(values) / sizeof(values[0]); i++) {
		if (values[i])
			return error_set(error, "--%s: expected with `xtop quarantine add`, found it with %s",
					 names[i], verbs[verb]);
	}
	if (changes(verb) && command->config->json)
		return error_set(error,
				 "--json: expected with `xtop quarantine list`, check or suggest, found it "
				 "with %s",
				 verbs[verb]);
	if (command->config->suite_names.length > 1)
		return error_set(error, "quarantine: expected one --suite, found %zu",
				 command->config->suite_names.length);
	return 0;
}

static int do_verb(struct quarantine_command *command, enum verb verb, const char *test)
{
	struct error error = ERROR_INIT;
	int status = 0;

	command->quarantine = quarantine_load(command->config->quarantine_file, command->wall, &error);
	if (!command->quarantine)
		return cli_fail(EXIT_USAGE, error.message);
	if (verb != VERB_REMOVE && verb != VERB_LIST)
		open_history(command);
	switch (verb) {
	case VERB_LIST:
		return cli_quarantine_list(command);
	case VERB_CHECK:
		return cli_quarantine_check(command);
	case VERB_SUGGEST:
		return cli_quarantine_suggest(command);
	case VERB_ADD:
		status = add(command, test, &error);
		break;
	case VERB_REMOVE:
	case VERB_COUNT:
		status = remove_entries(command, test, &error);
	}
	return status == 0 ? EXIT_OK : cli_fail(EXIT_USAGE, error.message);
}

int cli_quarantine(struct config *config, char *const *operands, size_t count)
{
	const struct quarantine_request given = { .reason = config->reason,
						  .owner = config->owner,
						  .issue = config->issue,
						  .expires = config->expires };
	struct quarantine_command command = { .config = config, .given = &given, .wall = clock_wall() };
	struct error error = ERROR_INIT;
	enum verb verb = VERB_LIST;

	if (read_verb(operands, count, &verb, &error) != 0 || check_options(&command, verb, &error) != 0)
		return cli_fail(EXIT_USAGE, error.message);
	if (config->suite_names.length == 1)
		command.suite = config->suite_names.items[0];
	int code = do_verb(&command, verb, count > 1 ? operands[1] : NULL);
	close_all(&command);
	return cli_close_output(code);
}
