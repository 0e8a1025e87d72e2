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

/* A new entry, told as test.found. */
static struct entry *add_entry(struct engine *engine, struct map *seen, const struct suite_config *suite,
			       const char *adapter, const char *id, const char *file)
{
	struct event event;
	event_init(&event, EVENT_TEST_FOUND);
	vec_push(&engine->entries, ((struct entry){ .state = ENTRY_WAITING }));
	event_put(&event, test, engine->entries.length);
	event_put_text(&event, suite, suite->name);
	event_put_text(&event, id, id);
	event_put_text(&event, adapter, adapter);
	event_put_text(&event, file, file);
	uint32_t ordinal = next_ordinal(seen, suite->name, id);
	if (ordinal > 1)
		event_put(&event, ordinal, ordinal);
	bus_emit(engine, &event);
	return &engine->entries.items[engine->entries.length - 1];
}

static void tell_test(struct engine *engine, struct map *seen, struct finding *finding)
{
	struct found_test *test = &finding->test;
	struct entry *entry = add_entry(engine, seen, test->suite, test->adapter->name, test->id, test->file);
	entry->found = *test;
	*test = (struct found_test){ .id = NULL };
	engine->sched_ops->add(engine->sched, engine->entries.length);
}

/* What can't be a test has a verdict all the same, under its name: it must not get lost. */
static void tell_broken(struct engine *engine, struct map *seen, const struct finding *finding)
{
	struct event event;
	event_init(&event, EVENT_COLLECT_ERROR);
	event_put_text(&event, suite, finding->suite->name);
	event_put_text(&event, file, finding->id);
	event_put_text(&event, message, finding->message);
	bus_emit(engine, &event);

	struct entry *entry = add_entry(engine, seen, finding->suite, NULL, finding->id, finding->id);
	entry->state = ENTRY_DONE;
	entry->broken = true;
	entry->found.suite = finding->suite;
	engine->done++;
	engine->broken_collection = true;
	event_init(&event, EVENT_TEST_VERDICT);
	event_put(&event, test, engine->entries.length);
	event_put(&event, outcome, OUTCOME_ERROR);
	event_put(&event, flaky, false);
	event_put(&event, quarantined, false);
	event_put(&event, attempts, 0);
	event_put(&event, duration, 0);
	event_put_text(&event, message, finding->message);
	bus_emit(engine, &event);
}

void collect_tell(struct engine *engine, struct findings *findings)
{
	struct map *seen = map_new();
	vec_each(&findings->list, finding) {
		if (finding->kind == FINDING_TEST)
			tell_test(engine, seen, finding);
		else if (finding->kind == FINDING_BROKEN)
			tell_broken(engine, seen, finding);
		else
			engine_log(engine, LEVEL_NOTE, "%s", finding->message);
	}
	map_free(seen);

	struct event event;
	event_init(&event, EVENT_RUN_COLLECTED);
	event_put(&event, tests, engine->entries.length);
	if (engine->pool) {
		engine->workers = engine_count_workers(engine);
		event_put(&event, workers, engine->workers);
	}
	engine->collected = true;
	bus_emit(engine, &event);
}
