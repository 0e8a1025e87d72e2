/* What earlier runs tell of this one's tests, and what is kept of this one. */
#include "base/alloc.h"
#include "base/clock.h"
#include "base/fs.h"
#include "engine/internal.h"
#include "event/codec.h"
#include "store/commit.h"
#include "store/history_evidence.h"

#include <stdlib.h>
#include <string.h>

#define RUNS_KEPT 100

/* A snapshot is only read: all shards must see the same; what happens here goes where it always goes. */
static void open_recording(struct engine *engine)
{
	struct error error = ERROR_INIT;
	/* Of a stress run no single result is the test's; what it tells stands in its report. */
	if (engine->collect_only || engine->read_only_history || engine->config->stress)
		return;
	if (engine->history && !history_is_snapshot(engine->history)) {
		engine->recording = engine->history;
		return;
	}
	char *path = engine->history ? fs_join(engine->config->root, ".xtop/history.db")
				     : alloc_string(engine->config->history_file);
	engine->recording = history_open(path, false, &error);
	if (!engine->recording)
		diagnosis_of_run(engine, CODE_HISTORY_NOT_WRITTEN, LEVEL_WARNING, "this run is not kept in the history: %s",
				 error.message);
	free(path);
}

/* What earlier runs tell. NULL: nothing can be read. */
static struct history *load(struct engine *engine, struct error *error)
{
	const char *file = engine->config->history_file;
	struct history *history = history_open(file, engine->collect_only, error);
	if (!history && !engine->collect_only && (history = history_open(file, true, NULL))) {
		/* What can't be written can be read all the same. */
		engine->read_only_history = true;
		diagnosis_of_run(engine, CODE_HISTORY_NOT_WRITTEN, LEVEL_WARNING, "this run is not kept in the history: %s",
				 error->message);
	}
	if (!history || history_load(history, error) == 0)
		return history;
	history_close(history);
	return NULL;
}

int past_open(struct engine *engine, struct error *error)
{
	const struct config *config = engine->config;
	bool promised = config->shard_count && config_option_is_set(config, "history");
	struct error problem = ERROR_INIT;
	if (config->no_history)
		return 0;
	bool exists = fs_exists(config->history_file);
	if (exists)
		engine->history = load(engine, &problem);
	else
		error_set(&problem, "there is no file '%s'", config->history_file);
	if (!engine->history && promised)
		return error_set(error, "--history: %s (shards that see different histories would not add up)",
				 problem.message);
	if (!engine->history && exists)
		diagnosis_of_run(engine, CODE_HISTORY_UNUSABLE, LEVEL_WARNING, "the run goes on without a history: %s",
				 problem.message);
	else
		open_recording(engine);
	return 0;
}

void past_facts(const struct engine *engine, const struct found_test *test, struct test_facts *facts)
{
	const char *suite = test->suite->name;
	const struct history_fact *fact =
		engine->history ? history_find(engine->history, suite, test->id, test->ordinal) : NULL;
	*facts = (struct test_facts){
		.suite = suite,
		.id = test->id,
		.file = test->file,
		.scope = test->scope,
		.group = test->group,
		.marks = test->marks,
		.adapter = test->adapter ? test->adapter->name : NULL,
		.ordinal = test->ordinal,
		.duration = UINT64_MAX,
	};
	if (fact) {
		facts->outcome = fact->outcome;
		facts->flaky = fact->flaky;
		if (fact->expected)
			facts->duration = fact->expected;
	}
	facts->quarantined = test->quarantine || (engine->quarantine && quarantine_find(engine->quarantine, facts));
}

/* Tests of one id count together, as an entry of the quarantine means them all. */
static void add_up(const struct history_table *table, const char *suite, struct str *out)
{
	uint64_t runs = 0, failures = 0, flaky = 0;
	size_t last_failure = SIZE_MAX;
	for (size_t i = 0; i < table->test_count; i++) {
		const struct history_evidence *evidence = &table->tests[i];
		if (strcmp(evidence->suite, suite) != 0)
			continue;
		runs += evidence->runs;
		failures += evidence->failures;
		flaky += evidence->flaky;
		if (evidence->last_failure < last_failure)
			last_failure = evidence->last_failure;
	}
	history_add_evidence(out, failures, runs, flaky,
			     last_failure == SIZE_MAX ? NULL : table->runs[last_failure].commit);
}

void past_add_evidence(struct engine *engine, const struct found_test *test, struct str *out)
{
	struct error error = ERROR_INIT;
	struct history_table table;
	past_flush(engine);
	struct history *history = engine->recorded ? engine->recording : engine->history;
	if (!history || history_evidence_read(history, test->id, &table, &error) != 0)
		return;
	add_up(&table, test->suite->name, out);
	history_table_fini(&table);
}

void past_begin(struct engine *engine)
{
	if (!engine->recording || engine->recorded)
		return;
	char *commit = commit_of(engine->config->root);
	struct history_run run = {
		.id = engine->run_id,
		.commit = commit,
		.command = model_run(engine->model)->command,
		.dist = sched_mode(engine->sched),
		.wall = model_run(engine->model)->wall,
		.workers = engine->workers,
	};
	history_begin(engine->recording, &run);
	engine->recorded = true;
	free(commit);
}

static uint64_t deciding_duration(const struct test *test)
{
	const struct attempt *attempt = test_last_attempt(test);
	return attempt ? attempt->duration : test->duration;
}

/* Under --dist each a test has a verdict for each worker, one behind the other in the list, and one place in
 * the history: what failed anywhere has failed, whoever ended last. */
static uint64_t deciding_copy(struct engine *engine, uint64_t number)
{
	unsigned only = engine_entry(engine, number)->only;
	for (unsigned i = 0; only != NO_SLOT && i < engine->each; i++) {
		uint64_t copy = number - only + i;
		const struct test *test = model_test(engine->model, copy);
		if (test && engine_entry(engine, copy)->state == ENTRY_DONE && outcome_is_failure(test->outcome))
			return copy;
	}
	return number;
}

void past_record(struct engine *engine, uint64_t number)
{
	number = deciding_copy(engine, number);
	const struct entry *entry = engine_entry(engine, number);
	const struct test *test = model_test(engine->model, number);
	if (!engine->recorded || !test || entry->attempt == 0)
		return;
	const struct attempt *attempt = test_last_attempt(test);
	struct history_result result = {
		.suite = test->suite,
		.id = test->id,
		.file = test->file,
		.ordinal = test->ordinal,
		.outcome = test->outcome,
		.flaky = test->flaky,
		.quarantined = test->quarantined,
		.attempts = entry->attempt,
		.duration = deciding_duration(test),
		.worker = test->worker,
		.position = entry->position,
		.rss = attempt ? attempt->rss : 0,
		.message = test_message(test),
	};
	history_add(engine->recording, &result);
}

static void give_up(struct engine *engine, const struct error *error)
{
	diagnosis_of_run(engine, CODE_HISTORY_NOT_WRITTEN, LEVEL_WARNING, "this run is not kept in the history any more: %s",
				 error->message);
	engine->recorded = false;
}

void past_flush(struct engine *engine)
{
	struct error error = ERROR_INIT;
	if (engine->recorded && history_flush(engine->recording, &error) != 0)
		give_up(engine, &error);
}

void past_end(struct engine *engine)
{
	struct error error = ERROR_INIT;
	if (engine->recorded && history_end(engine->recording, clock_now() - engine->epoch - engine->idle,
					    engine_exit_code(engine), engine->worker_memory, RUNS_KEPT, &error) != 0)
		give_up(engine, &error);
}
