/* Whether debuggers are asked for the stacks of tests that hang. */
#include "base/alloc.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define ENOUGH_OF_PROGRAM 20
#define ENOUGH_OF_RUN 30

/* What tests are alike by: their program or, where a server runs them, their suite. */
static const char *kind_of(const struct entry *entry)
{
	return entry->found.program ? entry->found.program : entry->found.suite->name;
}

/* Numbers are kept in the map's place for pointers. */
static uintptr_t count_of(const struct engine *engine, const char *kind)
{
	return engine->stacks_of ? (uintptr_t)map_get(engine->stacks_of, kind, strlen(kind)) : 0;
}

bool stacks_are_enough(const struct engine *engine, const struct entry *entry)
{
	return engine->stacks >= ENOUGH_OF_RUN || count_of(engine, kind_of(entry)) >= ENOUGH_OF_PROGRAM;
}

/* One that gave nothing took its time too. */
static bool was_asked(const struct event *finished)
{
	struct error error = ERROR_INIT;
	struct json *evidence = finished->evidence.length
					? json_parse((struct slice){ finished->evidence.data, finished->evidence.length },
						     "evidence", &error)
					: NULL;
	const char *why_not = json_get_text(evidence, "no_stack");
	bool asked = json_get_text(evidence, "stack") || json_get_text(evidence, "native_stack") ||
		     (why_not && strcmp(why_not, "enough") != 0);
	json_free(evidence);
	return asked;
}

void stacks_note(struct engine *engine, const struct event *finished)
{
	const struct entry *entry = engine_entry(engine, finished->test);
	if (!entry || finished->outcome != OUTCOME_TIMEOUT || !was_asked(finished))
		return;
	const char *kind = kind_of(entry);
	if (!engine->stacks_of)
		engine->stacks_of = map_new();
	map_put(engine->stacks_of, kind, strlen(kind), (void *)(count_of(engine, kind) + 1));
	engine->stacks++;
}

void stacks_free(struct engine *engine)
{
	map_free(engine->stacks_of);
}
