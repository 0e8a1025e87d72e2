/* Ways in which a run ends early: an interrupt, --maxfail, a bail-out, workers that can't live. */
#include "base/alloc.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

struct drop {
	struct engine *engine;
	const struct suite_config *suite; /* NULL: every one */
	const char *reason;
	VEC(uint64_t) kept;
};

static void drop_test(void *context, uint64_t test)
{
	struct drop *drop = context;
	struct entry *entry = engine_entry(drop->engine, test);
	if (drop->suite && entry->found.suite != drop->suite)
		vec_push(&drop->kept, test);
	else
		verdict_not_run(drop->engine, test, drop->reason);
}

/* Takes what waits out of the scheduler, and what workers hold ahead back. */
static void drop_waiting(struct engine *engine, const struct suite_config *suite, const char *reason)
{
	struct drop drop = { engine, suite, reason, VEC_INIT };
	engine->sched_ops->clear(engine->sched, drop_test, &drop);
	vec_each(&drop.kept, test)
		engine->sched_ops->add(engine->sched, *test);
	vec_fini(&drop.kept);
	for (size_t i = 0; i < engine->entries.length; i++) {
		struct entry *entry = &engine->entries.items[i];
		if (entry->state == ENTRY_DELAYED && (!suite || entry->found.suite == suite))
			verdict_not_run(engine, i + 1, reason);
	}
}

void stop_dispatching(struct engine *engine, const char *reason)
{
	if (engine->closed)
		return;
	engine->closed = true;
	engine->close_reason = alloc_string(reason);
	drop_waiting(engine, NULL, engine->close_reason);
	for (unsigned i = 0; i < engine->workers; i++) {
		struct slot *slot = &engine->slots[i];
		if (slot->ahead) {
			struct command command = { .type = COMMAND_RECALL, .test = slot->ahead };
			slot->recalling = true;
			slots_send(engine, i, &command);
		}
	}
}

void stop_suite(struct engine *engine, const struct suite_config *suite, const char *reason)
{
	if (!engine->closed)
		drop_waiting(engine, suite, reason && *reason ? reason : "Bail out!");
}

void engine_interrupt(struct engine *engine, const char *reason)
{
	bool again = engine->interrupted;
	if (engine->finished)
		return;
	engine->interrupted = true;
	stop_dispatching(engine, reason);
	for (unsigned i = 0; i < engine->workers; i++) {
		struct slot *slot = &engine->slots[i];
		if (!slot->running && !slot->ahead)
			continue;
		if (again) {
			/* The guardian ends what the worker ran. */
			pool_kill_worker(engine->pool, i);
			continue;
		}
		struct command command = { .type = COMMAND_CANCEL,
					   .test = slot->running ? slot->running : slot->ahead,
					   .reason = engine->close_reason };
		slots_send(engine, i, &command);
	}
	verdict_check_finished(engine);
}
