/* From the adapters' tests to test.found events and entries that the scheduler gets. */
#include "adapter/collect.h"

#include "base/alloc.h"
#include "base/map.h"
#include "engine/internal.h"
#include "event/codec.h"

#include <stdlib.h>
#include <string.h>

struct collection {
	struct engine *engine;
	struct map *seen; /* suite NUL id → how many, as a pointer-sized count */
};

static uint32_t next_ordinal(struct collection *collection, const char *suite, const char *id)
{
	struct str key = STR_INIT;
	str_add(&key, suite, strlen(suite) + 1);
	str_add_text(&key, id);
	uintptr_t count = (uintptr_t)map_get(collection->seen, key.data, key.length) + 1;
	map_put(collection->seen, key.data, key.length, (void *)count);
	str_fini(&key);
	return (uint32_t)count;
}

static struct entry *add_entry(struct collection *collection, const struct suite_config *suite,
			       const char *adapter, const char *id, const char *file, struct found_test *found)
{
	struct engine *engine = collection->engine;
	struct event event;
	event_init(&event, EVENT_TEST_FOUND);
	vec_push(&engine->entries, ((struct entry){ .state = ENTRY_WAITING }));
	struct entry *entry = &engine->entries.items[engine->entries.length - 1];
	if (found)
		entry->found = *found;
	event_put(&event, test, engine->entries.length);
	event_put_text(&event, suite, suite->name);
	event_put_text(&event, id, id);
	event_put_text(&event, adapter, adapter);
	event_put_text(&event, file, file);
	uint32_t ordinal = next_ordinal(collection, suite->name, id);
	if (ordinal > 1)
		event_put(&event, ordinal, ordinal);
	bus_emit(engine, &event);
	return entry;
}

static void on_found(void *context, struct found_test *test)
{
	struct collection *collection = context;
	struct engine *engine = collection->engine;
	add_entry(collection, test->suite, test->adapter->name, test->id, test->file, test);
	engine->sched_ops->add(engine->sched, engine->entries.length);
}

/* What can't be a test has a verdict all the same, under its name: it must not get lost. */
static void on_broken(void *context, const struct suite_config *suite, const char *id, const char *message)
{
	struct collection *collection = context;
	struct engine *engine = collection->engine;
	struct event event;
	event_init(&event, EVENT_COLLECT_ERROR);
	event_put_text(&event, suite, suite->name);
	event_put_text(&event, file, id);
	event_put_text(&event, message, message);
	bus_emit(engine, &event);

	struct entry *entry = add_entry(collection, suite, NULL, id, id, NULL);
	entry->state = ENTRY_DONE;
	entry->broken = true;
	entry->found.suite = suite;
	engine->done++;
	engine->broken_collection = true;
	event_init(&event, EVENT_TEST_VERDICT);
	event_put(&event, test, engine->entries.length);
	event_put(&event, outcome, OUTCOME_ERROR);
	event_put(&event, flaky, false);
	event_put(&event, quarantined, false);
	event_put(&event, attempts, 0);
	event_put(&event, duration, 0);
	event_put_text(&event, message, message);
	bus_emit(engine, &event);
}

static void on_note(void *context, const char *message)
{
	struct collection *collection = context;
	engine_log(collection->engine, LEVEL_NOTE, "%s", message);
}

int engine_collect(struct engine *engine, struct error *error)
{
	struct collection collection = { engine, map_new() };
	struct collector collector = { on_found, on_broken, on_note, &collection };
	long count = collect_tests(engine->config, &collector, error);
	map_free(collection.seen);
	if (count < 0)
		return -1;
	struct event event;
	event_init(&event, EVENT_RUN_COLLECTED);
	event_put(&event, tests, engine->entries.length);
	if (engine->pool) {
		engine->workers = engine_count_workers(engine);
		event_put(&event, workers, engine->workers);
	}
	engine->collected = true;
	bus_emit(engine, &event);
	return 0;
}
