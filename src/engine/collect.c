/* From the adapters' tests to test.found events and entries that the scheduler gets. */
#include "adapter/collect.h"

#include "base/alloc.h"
#include "base/map.h"
#include "engine/given.h"
#include "engine/internal.h"
#include "event/codec.h"
#include "select/shard.h"

#include <stdlib.h>
#include <string.h>

#define FAILED_FIRST 2000 /* more than the priority of any rule */

/* Everything is found before anything is said: a mistake in the command line must not leave a record, or an
 * earlier one overwritten, of a run that never was. */
enum finding_kind { FINDING_TEST, FINDING_BROKEN, FINDING_NOTE };

struct finding {
	enum finding_kind kind;
	struct found_test test;           /* TEST */
	const struct suite_config *suite; /* BROKEN */
	char *id, *message;               /* BROKEN; NOTE has a message only */
};

struct findings {
	VEC(struct finding) list;
};

static void on_found(void *context, struct found_test *test)
{
	struct findings *findings = context;
	vec_push(&findings->list, ((struct finding){ .kind = FINDING_TEST, .test = *test }));
}

static void on_broken(void *context, const struct suite_config *suite, const char *id, const char *message)
{
	struct findings *findings = context;
	vec_push(&findings->list, ((struct finding){ .kind = FINDING_BROKEN,
						     .suite = suite,
						     .id = alloc_string(id),
						     .message = alloc_string(message) }));
}

static void on_note(void *context, const char *message)
{
	struct findings *findings = context;
	vec_push(&findings->list, ((struct finding){ .kind = FINDING_NOTE, .message = alloc_string(message) }));
}

struct findings *collect_find(const struct config *config, struct error *error)
{
	struct findings *findings = ALLOC_NEW(struct findings);
	struct collector collector = { on_found, on_broken, on_note, findings };
	if (collect_tests(config, &collector, error) >= 0)
		return findings;
	collect_forget(findings);
	return NULL;
}

void collect_forget(struct findings *findings)
{
	if (!findings)
		return;
	vec_each(&findings->list, finding) {
		found_test_fini(&finding->test);
		free(finding->id);
		free(finding->message);
	}
	vec_fini(&findings->list);
	free(findings);
}

static void put_name(struct str *key, const char *suite, const char *id)
{
	str_add(key, suite, strlen(suite) + 1);
	str_add_text(key, id);
}

static bool was_seen(const struct map *seen, const char *suite, const char *id)
{
	struct str key = STR_INIT;
	put_name(&key, suite, id);
	bool there = map_get(seen, key.data, key.length) != NULL;
	str_fini(&key);
	return there;
}

static uint32_t next_ordinal(struct map *seen, const char *suite, const char *id)
{
	struct str key = STR_INIT;
	put_name(&key, suite, id);
	uintptr_t count = (uintptr_t)map_get(seen, key.data, key.length) + 1;
	map_put(seen, key.data, key.length, (void *)count);
	str_fini(&key);
	return (uint32_t)count;
}

/* A new entry, told as test.found. Takes the test's strings. `expected`: ns, 0: not known, or it does not run. */
static struct entry *add_entry(struct engine *engine, struct found_test *test, unsigned only, unsigned iteration,
			       uint64_t expected)
{
	struct entry *entry;
	struct event event;
	event_init(&event, EVENT_TEST_FOUND);
	vec_push(&engine->entries, ((struct entry){ .state = ENTRY_WAITING,
						    .found = *test,
						    .holder = NO_SLOT,
						    .home = NO_SLOT,
						    .only = only,
						    .timeout = UINT64_MAX,
						    .reruns_delay = UINT64_MAX,
						    .reruns_delay_factor = -1,
						    .mem_limit = UINT64_MAX,
						    .leak = -1,
						    .reruns = -1 }));
	event_put(&event, test, engine->entries.length);
	event_put_text(&event, suite, test->suite->name);
	event_put_text(&event, id, test->id);
	if (test->adapter)
		event_put_text(&event, adapter, test->adapter->name);
	event_put_text(&event, file, test->file);
	if (test->line)
		event_put(&event, line, test->line);
	if (test->ordinal > 1)
		event_put(&event, ordinal, test->ordinal);
	event_put_text(&event, scope, test->scope);
	event_put_text(&event, marks, test->marks);
	event_put_text(&event, group, test->group);
	if (test->serial)
		event_put(&event, serial, true);
	if (only != NO_SLOT)
		event_put(&event, worker, only);
	if (iteration)
		event_put(&event, iteration, iteration);
	if (expected) {
		event_put(&event, expected, expected);
		engine->expected += expected;
		engine->known++;
	}
	bus_emit(engine, &event);
	found_test_init(test);
	entry = &engine->entries.items[engine->entries.length - 1];
	entry->expected = expected;
	return entry;
}

static char *copy_text(const char *text)
{
	return text ? alloc_string(text) : NULL;
}

static struct found_test copy_of(const struct found_test *test)
{
	struct found_test copy = *test;
	copy.id = copy_text(test->id);
	copy.program = copy_text(test->program);
	copy.file = copy_text(test->file);
	copy.group = copy_text(test->group);
	copy.quarantine = copy_text(test->quarantine);
	copy.scope = copy_text(test->scope);
	copy.marks = copy_text(test->marks);
	copy.reason = copy_text(test->reason);
	return copy;
}

/* The verdict of a test that needn't be run to know it (a module that is skipped as a whole). */
static void judge(struct engine *engine, uint64_t test, enum outcome outcome, const char *reason, const char *message)
{
	struct event event;
	engine_entry(engine, test)->state = ENTRY_DONE;
	engine->done++;
	event_init(&event, EVENT_TEST_VERDICT);
	event_put(&event, test, test);
	event_put(&event, outcome, (int)outcome);
	event_put(&event, flaky, false);
	event_put(&event, quarantined, false);
	event_put(&event, attempts, 0);
	event_put(&event, duration, 0);
	event_put_text(&event, reason, reason);
	event_put_text(&event, message, message);
	bus_emit(engine, &event);
}

/* To the scheduler, with what marks, rules and earlier runs say. */
static void schedule(struct engine *engine, uint64_t number, const struct ruled *ruled,
		     const struct test_facts *facts)
{
	struct entry *entry = engine_entry(engine, number);
	struct found_test *found = &entry->found;
	/* In order, alone: nothing is distributed, and what waits for the end of others would only come late. */
	bool parallel = team_is_parallel(engine), given = engine->config->order_given;
	/* Nor do rules change an order that is promised. */
	bool ordered = !parallel || given;
	int priority = ordered ? 0 : ruled->priority;
	if (engine->config->failed_first && !given && outcome_is_failure(facts->outcome))
		priority += FAILED_FIRST;
	struct sched_test test = {
		.number = number,
		.suite = found->suite->name,
		.id = found->id,
		.file = found->file,
		.scope = found->scope,
		.group = found->group,
		.unit = ordered ? NULL : ruled->unit,
		.expected = facts->duration == UINT64_MAX ? 0 : facts->duration,
		.priority = priority,
		.weight = parallel ? ruled->weight : 1,
		.limits = ruled->limits,
		.serial = parallel && found->serial,
		.worker = entry->only == NO_SLOT ? SCHED_ANY_WORKER : entry->only,
	};
	entry->timeout = ruled->timeout;
	entry->reruns = ruled->reruns;
	entry->reruns_delay = ruled->reruns_delay;
	entry->reruns_delay_factor = ruled->reruns_delay_factor;
	entry->mem_limit = ruled->mem_limit;
	entry->leak = ruled->leak;
	sched_add(engine->sched, &test);
}

static void ignore(void *context, uint64_t test)
{
	(void)context;
	(void)test;
}

/* One that is to be run: told and scheduled. Takes the test's strings. */
static void admit_one(struct engine *engine, struct found_test *test, const struct ruled *ruled, unsigned only,
		      unsigned iteration)
{
	struct test_facts facts;
	past_facts(engine, test, &facts);
	add_entry(engine, test, only, iteration, facts.duration == UINT64_MAX ? 0 : facts.duration);
	uint64_t number = engine->entries.length;
	/* The entry owns the texts that `facts` has from `test`. */
	schedule(engine, number, ruled, &facts);
	if (engine->closed) { /* the run was stopped meanwhile */
		sched_clear(engine->sched, ignore, NULL);
		verdict_not_run(engine, number, engine->close_reason);
	}
}

/* One whose verdict is known: told. Takes the test's strings. */
static void admit_judged(struct engine *engine, struct found_test *test)
{
	enum outcome outcome = test->outcome;
	struct entry *entry = add_entry(engine, test, NO_SLOT, 0, 0);
	entry->judged = true;
	judge(engine, engine->entries.length, outcome, entry->found.reason, NULL);
}

/* Tells a test, once for each worker that runs it (--dist each) and each time that it is run (--stress). Takes its
 * strings. */
static void admit(struct engine *engine, struct found_test *test)
{
	struct test_facts facts;
	struct ruled ruled;
	past_facts(engine, test, &facts);
	rules_apply(engine->rules, &facts, &ruled);
	test->serial = test->serial || ruled.serial;
	if (engine->config->skip_quarantine && facts.quarantined && test->outcome == OUTCOME_NONE) {
		test->outcome = OUTCOME_SKIPPED;
		free(test->reason);
		test->reason = alloc_string("in quarantine (--skip-quarantine)");
	}
	unsigned workers = engine->each ? engine->each : 1;
	unsigned stress = engine->config->stress ? engine->config->stress : 1;
	if (test->outcome != OUTCOME_NONE)
		admit_judged(engine, test);
	else
		for (unsigned i = 0; i < workers * stress; i++) {
			struct found_test one = i + 1 < workers * stress ? copy_of(test) : *test;
			admit_one(engine, &one, &ruled, engine->each ? i % workers : NO_SLOT,
				  engine->config->stress ? i / workers + 1 : 0);
		}
	found_test_init(test); /* the last entry has its texts */
	free(ruled.unit);
}

/* Counts what is not to be run here, and ends it. */
static bool is_to_run(struct engine *engine, struct found_test *test)
{
	struct test_facts facts;
	if (test->ordinal == 0)
		test->ordinal = next_ordinal(engine->seen, test->suite->name, test->id);
	past_facts(engine, test, &facts);
	quarantine_note(engine->quarantine, &facts);
	if (!selection_takes(engine->selection, &facts, test->server != 0))
		engine->deselected++;
	else if (selection_is_elsewhere(engine->selection, &facts))
		engine->elsewhere++;
	else
		return true;
	found_test_fini(test);
	return false;
}

void collect_take(struct engine *engine, struct found_test *test)
{
	if (!is_to_run(engine, test))
		return;
	if (engine->given || selection_wants_all(engine->selection)) {
		vec_push(&engine->held, *test);
		found_test_init(test);
	} else {
		admit(engine, test);
	}
}

void collect_take_late(struct engine *engine, struct found_test *test)
{
	if (is_to_run(engine, test))
		admit(engine, test);
}

void collect_take_new(struct engine *engine, struct findings *findings)
{
	bool any = false;
	vec_each(&findings->list, finding) {
		if (finding->kind != FINDING_TEST || was_seen(engine->seen, finding->test.suite->name, finding->test.id))
			continue;
		any = true;
		collect_take_late(engine, &finding->test);
		found_test_init(&finding->test);
	}
	if (any)
		rerun_reopen(engine);
}

void collect_add_broken(struct engine *engine, const struct suite_config *suite, const char *id, const char *message)
{
	struct event event;
	event_init(&event, EVENT_COLLECT_ERROR);
	event_put_text(&event, suite, suite->name);
	event_put_text(&event, file, id);
	event_put_text(&event, message, message);
	bus_emit(engine, &event);

	struct found_test test;
	found_test_init(&test);
	test.suite = suite;
	test.id = alloc_string(id);
	test.file = alloc_string(id);
	add_entry(engine, &test, NO_SLOT, 0, 0)->broken = true;
	judge(engine, engine->entries.length, OUTCOME_ERROR, NULL, message);
}

void collect_tell(struct engine *engine, struct findings *findings)
{
	vec_each(&findings->list, finding) {
		switch (finding->kind) {
		case FINDING_TEST:
			collect_take(engine, &finding->test);
			break;
		case FINDING_BROKEN:
			engine->broken_collection = true;
			collect_add_broken(engine, finding->suite, finding->id, finding->message);
			break;
		case FINDING_NOTE:
			engine_log(engine, LEVEL_NOTE, "%s", finding->message);
			break;
		}
	}
}

/* Keeps this machine's part of what was found. */
static void keep_shard(struct engine *engine)
{
	size_t count = engine->held.length, kept = 0;
	struct test_facts *facts = alloc_zeroed(count ? count : 1, sizeof(*facts));
	unsigned *parts = alloc_zeroed(count ? count : 1, sizeof(*parts));
	for (size_t i = 0; i < count; i++)
		past_facts(engine, &engine->held.items[i], &facts[i]);
	shard_balance(engine->config->shard_count, facts, count, parts);
	for (size_t i = 0; i < count; i++) {
		if (parts[i] == engine->config->shard_index) {
			engine->held.items[kept++] = engine->held.items[i];
		} else {
			found_test_fini(&engine->held.items[i]);
			engine->elsewhere++;
		}
	}
	engine->held.length = kept;
	free(facts);
	free(parts);
}

static void admit_held(struct engine *engine)
{
	if (selection_wants_all(engine->selection))
		keep_shard(engine);
	if (engine->given)
		given_sort(engine->given, engine->held.items, engine->held.length);
	vec_each(&engine->held, test)
		admit(engine, test);
	vec_fini(&engine->held);
}

/* Whether every test of the project was found: pytest tells those only that it was asked for. */
static bool is_whole(const struct engine *engine)
{
	const struct config *config = engine->config;
	return config->arguments.length + config->suite_names.length + config->deselect.length +
			       config->adapter_arguments.length ==
		       0 &&
	       !config->keyword && !config->markexpr && !config->last_failed && !config->stepwise &&
	       !engine->broken_collection;
}

static void tell_entry(struct engine *engine, const struct quarantine_entry *entry, bool whole)
{
	const char *name = quarantine_name(engine->quarantine);
	struct str term = STR_INIT;
	quarantine_add_term(&term, entry);
	if (entry->expired)
		engine_log(engine, LEVEL_WARNING, "%s:%d: %s: %s, its failures count again (XT7001)", name, entry->line,
			   entry->test, term.data);
	else if (entry->expires_soon)
		engine_log(engine, LEVEL_WARNING, "%s:%d: %s: %s (XT7002)", name, entry->line, entry->test, term.data);
	if (whole && !entry->matched)
		engine_log(engine, LEVEL_WARNING, "%s:%d: %s: no test was found that it names (XT7003)", name,
			   entry->line, entry->test);
	str_fini(&term);
}

static void tell_quarantine(struct engine *engine)
{
	char *message;
	if (engine->config->no_quarantine || engine->collect_only)
		return;
	for (unsigned i = 0; i < quarantine_count(engine->quarantine); i++)
		tell_entry(engine, quarantine_entry(engine->quarantine, i), is_whole(engine));
	while (quarantine_gave_up(engine->quarantine, &message)) {
		engine_log(engine, LEVEL_WARNING, "%s", message);
		free(message);
	}
}

static void tell_selection(struct engine *engine)
{
	const char *note = selection_note(engine->selection);
	const char *gave_up = selection_gave_up(engine->selection);
	char *message;
	if (note)
		engine_log(engine, LEVEL_NOTE, "%s", note);
	if (gave_up)
		engine_log(engine, LEVEL_WARNING,
			   "--filter: /%s/ takes too many steps for some tests; for them it counts as no match", gave_up);
	while (rules_gave_up(engine->rules, &message)) {
		engine_log(engine, LEVEL_WARNING, "%s", message);
		free(message);
	}
	if (engine->elsewhere)
		engine_log(engine, LEVEL_NOTE, "%zu test%s in other shards", engine->elsewhere,
			   engine->elsewhere == 1 ? " is" : "s are");
	if (engine->deselected)
		engine_log(engine, LEVEL_NOTE, "%zu test%s not selected", engine->deselected,
			   engine->deselected == 1 ? "" : "s");
}

int collect_begin(struct engine *engine, struct error *error)
{
	const struct config *config = engine->config;
	unsigned limits[SCHED_LIMITS_MAX] = { 0 };
	struct sched_options options = { .mode = config->dist,
					 .max_chunk = config->max_sched_chunk,
					 .no_reorder = config->no_loadscope_reorder,
					 .limits = limits };
	for (size_t i = 0; i < config->limits.length && i < SCHED_LIMITS_MAX; i++)
		limits[options.limit_count++] = config->limits.items[i].max_workers;
	if (config->order_given && options.mode && strcmp(options.mode, "each") == 0)
		return error_set(error,
				 "--order given runs each test once, so it can't be used with --dist each");
	if (config->order_given)
		options.mode = "load";
	else if (!options.mode)
		/* One worker takes as long in any order, and the order that was written is the one to expect. */
		options.mode = engine->history && history_has_durations(engine->history) &&
					       team_may_be_large(engine)
				       ? "duration"
				       : "load";
	engine->sched = sched_new(&options, error);
	if (!engine->sched)
		return error_prefix(error, "--dist");
	if (strcmp(options.mode, "each") == 0)
		engine->each = team_count(engine);
	return 0;
}

static void emit_collected(struct engine *engine)
{
	const struct config *config = engine->config;
	char *shard = alloc_format("%u/%u", config->shard_index, config->shard_count);
	struct event event;
	event_init(&event, EVENT_RUN_COLLECTED);
	event_put(&event, tests, engine->entries.length);
	if (engine->known) {
		event_put(&event, expected, engine->expected);
		event_put(&event, known, engine->known);
	}
	if (!engine->collect_only) {
		event_put(&event, workers, engine->workers);
		event_put_text(&event, dist, sched_mode(engine->sched));
	}
	if (config->shard_count)
		event_put_text(&event, shard, shard);
	if (engine->history && (config->shard_count || strcmp(sched_mode(engine->sched), "duration") == 0))
		event_put_text(&event, history, history_fingerprint(engine->history));
	bus_emit(engine, &event);
	free(shard);
}

void collect_end(struct engine *engine)
{
	admit_held(engine);
	tell_selection(engine);
	tell_quarantine(engine);
	if (!engine->collect_only) {
		engine->workers = team_count(engine);
		/* A worker must not start a test that the N-th failure would have held back. */
		engine->ahead_limit = engine->config->max_fail || engine->config->workers == 0 ? 1 : 2;
	}
	engine->collected = true;
	emit_collected(engine);
	watch_collected(engine);
	if (!engine->collect_only && !engine->closed && engine->done < engine->entries.length) {
		past_begin(engine);
		stop_watch_session(engine);
		sched_collected(engine->sched, engine->workers);
		slots_start(engine);
		resting_watch(engine);
		dispatch(engine);
	} else if (engine->config->watch) {
		sched_collected(engine->sched, engine->workers);
	}
	finish_check(engine);
}
