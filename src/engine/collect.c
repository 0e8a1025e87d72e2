/* From the adapters' tests to test.found events and entries that the scheduler gets. */
#include "adapter/collect.h"

#include "base/alloc.h"
#include "base/map.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

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

static uint32_t next_ordinal(struct map *seen, const char *suite, const char *id)
{
	struct str key = STR_INIT;
	str_add(&key, suite, strlen(suite) + 1);
	str_add_text(&key, id);
	uintptr_t count = (uintptr_t)map_get(seen, key.data, key.length) + 1;
	map_put(seen, key.data, key.length, (void *)count);
	str_fini(&key);
	return (uint32_t)count;
}

/* A new entry, told as test.found. Takes the test's strings. */
static struct entry *add_entry(struct engine *engine, struct found_test *test, const char *scope, const char *marks)
{
	struct event event;
	event_init(&event, EVENT_TEST_FOUND);
	if (test->ordinal == 0)
		test->ordinal = next_ordinal(engine->seen, test->suite->name, test->id);
	vec_push(&engine->entries, ((struct entry){ .state = ENTRY_WAITING, .found = *test }));
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
	event_put_text(&event, scope, scope);
	event_put_text(&event, marks, marks);
	bus_emit(engine, &event);
	found_test_init(test);
	return &engine->entries.items[engine->entries.length - 1];
}

uint64_t collect_add(struct engine *engine, struct found_test *test, const char *scope, const char *marks, bool waits)
{
	add_entry(engine, test, scope, marks);
	if (waits)
		engine->sched_ops->add(engine->sched, engine->entries.length);
	return engine->entries.length;
}

void collect_judge(struct engine *engine, uint64_t test, enum outcome outcome, const char *reason, const char *message)
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
	add_entry(engine, &test, NULL, NULL)->broken = true;
	collect_judge(engine, engine->entries.length, OUTCOME_ERROR, NULL, message);
}

void collect_tell(struct engine *engine, struct findings *findings)
{
	vec_each(&findings->list, finding) {
		switch (finding->kind) {
		case FINDING_TEST:
			collect_add(engine, &finding->test, NULL, NULL, true);
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

void collect_end(struct engine *engine)
{
	struct event event;
	event_init(&event, EVENT_RUN_COLLECTED);
	event_put(&event, tests, engine->entries.length);
	if (!engine->collect_only) {
		engine->workers = engine_count_workers(engine);
		event_put(&event, workers, engine->workers);
		/* A worker must not start a test that the N-th failure would have held back. */
		engine->ahead_limit = engine->config->max_fail || engine->config->workers == 0 ? 1 : 2;
	}
	engine->collected = true;
	bus_emit(engine, &event);
	if (!engine->collect_only && !engine->closed && engine->done < engine->entries.length) {
		slots_start(engine);
		dispatch(engine);
	}
	finish_check(engine);
}
