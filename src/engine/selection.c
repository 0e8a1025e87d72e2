#include "engine/selection.h"

#include "adapter/collect.h"
#include "adapter/programs.h"
#include "base/alloc.h"
#include "event/codec.h"
#include "select/filter.h"
#include "select/keyword.h"
#include "select/shard.h"

#include <stdlib.h>
#include <string.h>

struct selection {
	const struct config *config;
	const struct history *history;
	struct filter *filter;            /* NULL: none, as are the next two */
	struct keyword *names, *marks;
	struct shard shard;
	const char *note;
	bool last_failed; /* asked for, and something did fail */
};

static const char by_hash[] =
	"--shard: tests are put into shards by a hash of their ids, however long they take; a snapshot that all "
	"shards share balances them (`xtop history export F`, then --history F)";

/* pytest reads -k and -m itself, and may take what we don't. */
static bool has_unserved(const struct config *config)
{
	for (size_t i = 0; i < config->suites.length; i++)
		if (suite_is_wanted(config, &config->suites.items[i]) && !suite_has_server(&config->suites.items[i]))
			return true;
	return false;
}

static int parse_keywords(struct selection *selection, struct error *error)
{
	const struct config *config = selection->config;
	if (config->keyword && !(selection->names = keyword_parse(KEYWORD_NAMES, config->keyword, error)))
		return error_prefix(error, "-k");
	if (config->markexpr && !(selection->marks = keyword_parse(KEYWORD_MARKS, config->markexpr, error)))
		return error_prefix(error, "-m");
	return 0;
}

struct selection *selection_new(const struct config *config, const struct history *history, struct error *error)
{
	struct selection *selection = ALLOC_NEW(struct selection);
	selection->config = config;
	selection->history = history;
	selection->shard = (struct shard){ config->shard_index, config->shard_count };
	if (config->filter && !(selection->filter = filter_parse(config->filter, NULL, error))) {
		error_prefix(error, "--filter");
		goto fail;
	}
	if (has_unserved(config) && parse_keywords(selection, error) != 0)
		goto fail;
	if (config->last_run && (!history || history_test_count(history) == 0)) {
		error_set(error, "--last: there is no history of an earlier run in %s", config->history_file);
		goto fail;
	}
	selection->last_failed = config->last_failed && history && history_failure_count(history) > 0;
	if (config->last_failed && !selection->last_failed && has_unserved(config))
		selection->note = "--last-failed: nothing failed last time, so every test is run";
	if (selection->shard.count > 1 && !selection_wants_all(selection))
		selection->note = by_hash;
	return selection;
fail:
	selection_free(selection);
	return NULL;
}

void selection_free(struct selection *selection)
{
	if (!selection)
		return;
	filter_free(selection->filter);
	keyword_free(selection->names);
	keyword_free(selection->marks);
	free(selection);
}

static bool is_deselected(const struct config *config, const char *id)
{
	for (size_t i = 0; i < config->deselect.length; i++)
		if (strncmp(id, config->deselect.items[i], strlen(config->deselect.items[i])) == 0)
			return true;
	return false;
}

/* What pytest does for its own tests. */
static bool is_chosen(const struct selection *selection, const struct test_facts *facts)
{
	if (selection->names && !keyword_matches(selection->names, facts))
		return false;
	if (selection->marks && !keyword_matches(selection->marks, facts))
		return false;
	if (selection->last_failed && !outcome_is_failure(facts->outcome))
		return false;
	return !is_deselected(selection->config, facts->id);
}

static bool was_in_last_run(const struct selection *selection, const struct test_facts *facts)
{
	const struct history_fact *fact =
		history_find(selection->history, facts->suite, facts->id, facts->ordinal);
	return fact && fact->in_last_run;
}

bool selection_takes(struct selection *selection, const struct test_facts *facts, bool served)
{
	if (!served && !is_chosen(selection, facts))
		return false;
	if (selection->filter && !filter_matches(selection->filter, facts))
		return false;
	if (selection->config->last_run && !was_in_last_run(selection, facts))
		return false;
	return true;
}

bool selection_is_elsewhere(const struct selection *selection, const struct test_facts *facts)
{
	return selection->shard.count > 1 && !selection_wants_all(selection) && !shard_has(selection->shard, facts);
}

bool selection_wants_all(const struct selection *selection)
{
	return selection->shard.count > 1 && selection->history && history_is_snapshot(selection->history) &&
	       history_has_durations(selection->history);
}

const char *selection_note(const struct selection *selection)
{
	return selection->note;
}

const char *selection_gave_up(const struct selection *selection)
{
	return selection->filter ? filter_gave_up(selection->filter) : NULL;
}
