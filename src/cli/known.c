#include "cli/known.h"

#include "base/alloc.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "event/codec.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int known_open(struct known *known, const struct config *config, const char *history_file,
	       struct error *error)
{
	struct error problem = ERROR_INIT;

	*known = (struct known){ .config = config };
	known->history = history_open(history_file, true, error);
	if (!known->history || history_load(known->history, error) != 0) {
		history_close(known->history);
		return -1;
	}
	known->quarantine = quarantine_load(config->quarantine_file, clock_wall(), &problem);
	if (!known->quarantine) {
		fflush(stdout);
		fprintf(stderr, "xtop: which tests are in quarantine is not known: %s\n", problem.message);
	}
	return 0;
}

int known_read(struct known *known, const char *id, struct error *error)
{
	history_table_fini(&known->table);
	if (history_evidence_read(known->history, id, &known->table, error) != 0)
		return -1;
	history_table_count_recent(&known->table, known->config->flaky.window);
	return 0;
}

void known_close(struct known *known)
{
	history_table_fini(&known->table);
	quarantine_free(known->quarantine);
	history_close(known->history);
}

/* ---- names ---- */

bool known_is_suite_wanted(const struct config *config, const char *suite)
{
	if (config->suite_names.length == 0)
		return true;
	vec_each(&config->suite_names, name) {
		if (strcmp(*name, suite) == 0)
			return true;
	}
	return false;
}

/* "ID", or "ID #2" where several tests of a suite have one id. */
static bool is_name_of(const char *word, const struct history_evidence *evidence)
{
	size_t length = strlen(evidence->id);
	char ordinal[24];

	if (strncmp(word, evidence->id, length) != 0)
		return false;
	snprintf(ordinal, sizeof(ordinal), " #%u", (unsigned)evidence->ordinal);
	return word[length] == '\0' || strcmp(word + length, ordinal) == 0;
}

static bool is_part_of(const char *word, const struct history_evidence *evidence)
{
	return strstr(evidence->id, word) != NULL;
}

static void add_those(const struct known *known, const char *word,
		      bool (*is)(const char *, const struct history_evidence *), struct known_tests *out)
{
	for (size_t i = 0; i < known->table.test_count; i++) {
		const struct history_evidence *evidence = &known->table.tests[i];

		if (is(word, evidence) && known_is_suite_wanted(known->config, evidence->suite))
			vec_push(&out->found, evidence);
	}
}

void known_find(const struct known *known, const char *word, struct known_tests *out)
{
	size_t before = out->found.length;

	add_those(known, word, is_name_of, out);
	out->exact = out->found.length > before;
	if (!out->exact && *word)
		add_those(known, word, is_part_of, out);
}

const char *known_nearest(const struct config *config, const struct history_table *table, const char *id)
{
	const char **ids = alloc_zeroed(table->test_count + 1, sizeof(*ids));
	size_t count = 0;

	for (size_t i = 0; i < table->test_count; i++) {
		if (known_is_suite_wanted(config, table->tests[i].suite))
			ids[count++] = table->tests[i].id;
	}
	const char *nearest = text_nearest(id, ids, count);
	free((void *)ids);
	return nearest;
}

static bool has_any_wanted(const struct known *known)
{
	for (size_t i = 0; i < known->table.test_count; i++) {
		if (known_is_suite_wanted(known->config, known->table.tests[i].suite))
			return true;
	}
	return false;
}

int known_missing(const struct known *known, const char *word, struct error *error)
{
	struct str text = STR_INIT;
	const char *nearest = known_nearest(known->config, &known->table, word);

	str_add_text(&text, "the history has no test '");
	utf8_add_visible(&text, word, strlen(word), false);
	str_add_char(&text, '\'');
	if (nearest) {
		str_add_text(&text, "; did you mean '");
		utf8_add_visible(&text, nearest, strlen(nearest), false);
		str_add_text(&text, "'?");
	} else if (known->config->suite_names.length > 0 && !has_any_wanted(known)) {
		str_add_text(&text, ", nor any of this suite");
	}
	error_set(error, "%s", text.data);
	str_fini(&text);
	return -1;
}

/* ---- quarantine ---- */

struct history_steadiness known_steadiness(const struct config *config)
{
	return (struct history_steadiness){
		.percent = config->flaky.percent,
		.least = config->flaky.runs,
		.advised = config->flaky.advise,
	};
}

static bool is_held(const struct known *known, const struct history_evidence *evidence)
{
	struct test_facts facts = history_evidence_facts(known->history, evidence);

	return known->quarantine && quarantine_find(known->quarantine, &facts);
}

int known_hold(const struct known *known, const struct history_evidence *evidence, enum flaky_hold *hold,
	       struct error *error)
{
	struct history_verdicts verdicts;

	*hold = FLAKY_FREE;
	if (is_held(known, evidence)) {
		*hold = FLAKY_HELD;
		return 0;
	}
	if (history_verdicts_read(known->history, evidence->suite, evidence->id, evidence->ordinal, 0,
				  &verdicts, error) != 0)
		return -1;
	vec_each(&verdicts, verdict) {
		if (!outcome_is_failure(verdict->outcome))
			continue;
		*hold = verdict->quarantined ? FLAKY_WAS_HELD : FLAKY_FREE;
		break;
	}
	history_verdicts_fini(&verdicts);
	return 0;
}

void known_print_json(struct json *object)
{
	struct str text = STR_INIT;

	json_dump(object, &text);
	puts(text.data);
	str_fini(&text);
	json_free(object);
}
