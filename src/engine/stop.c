/* Ways in which a run ends early: an interrupt, --maxfail, a bail-out, workers that can't live. */
#include "base/alloc.h"
#include "base/clock.h"
#include "engine/internal.h"

#include <stdlib.h>
#include <string.h>

#define SESSION_LOOK_MS 100
#define SESSION_LOST (2 * CLOCK_SECOND)

struct drop {
	const struct engine *engine;
	const struct suite_config *suite; /* NULL: every one */
	VEC(uint64_t) dropped;
};

static bool belongs(const struct drop *drop, const struct entry *entry)
{
	return !drop->suite || entry->found.suite == drop->suite;
}

static bool drop_test(void *context, uint64_t test)
{
	struct drop *drop = context;
	if (!belongs(drop, &drop->engine->entries.items[test - 1]))
		return false;
	vec_push(&drop->dropped, test);
	return true;
}

/* Takes what waits out of the scheduler. The verdicts come afterwards: one may be the failure that --maxfail waited
 * for, which drops the rest. */
static void drop_waiting(struct engine *engine, const struct suite_config *suite, const char *reason)
{
	struct drop drop = { engine, suite, VEC_INIT };
	if (engine->sched)
		sched_drop_if(engine->sched, drop_test, &drop);
	for (size_t i = 0; i < engine->entries.length; i++) {
		const struct entry *entry = &engine->entries.items[i];
		if ((entry->state == ENTRY_DELAYED || entry->state == ENTRY_LOOKED_UP) && belongs(&drop, entry))
			vec_push(&drop.dropped, i + 1);
	}
	vec_each(&drop.dropped, test) {
		dispatch_release(engine, *test, 0);
		verdict_not_run(engine, *test, reason);
	}
	vec_fini(&drop.dropped);
}

void stop_recall(struct engine *engine, const struct suite_config *suite)
{
	for (unsigned i = 0; i < engine->workers; i++) {
		struct slot *slot = &engine->slots[i];
		struct entry *entry = engine_entry(engine, slot->ahead);
		if (!entry || slot->recalling || (suite && entry->found.suite != suite))
			continue;
		struct command command = { .type = COMMAND_RECALL, .test = slot->ahead };
		slot->recalling = true;
		slots_send(engine, i, &command);
	}
}

void stop_dispatching(struct engine *engine, const char *reason)
{
	if (engine->closed)
		return;
	engine->closed = true;
	engine->close_reason = alloc_string(reason);
	drop_waiting(engine, NULL, engine->close_reason);
	stop_recall(engine, NULL);
}

const char *stop_reason(const struct engine *engine, const struct entry *entry)
{
	if (engine->closed)
		return engine->close_reason;
	vec_each(&engine->bailed, bailed)
		if (bailed->suite == entry->found.suite && !entry->by_key)
			return bailed->reason;
	return NULL;
}

void stop_suite(struct engine *engine, const struct suite_config *suite, const char *reason)
{
	if (engine->closed)
		return;
	vec_push(&engine->bailed, ((struct bailed_suite){ suite, alloc_string(reason && *reason ? reason : "Bail out!") }));
	drop_waiting(engine, suite, engine->bailed.items[engine->bailed.length - 1].reason);
	stop_recall(engine, suite);
}

/* The first interrupt and the session's end both end what runs. */
static void cancel_running(struct engine *engine)
{
	for (unsigned i = 0; i < engine->workers; i++) {
		if (!engine->slots[i].running)
			continue;
		/* What it holds ahead was asked back, or is cancelled when it turns out to be running. */
		struct command command = { .type = COMMAND_CANCEL,
					   .test = engine->slots[i].running,
					   .reason = engine->close_reason };
		slots_send(engine, i, &command);
	}
}

void engine_interrupt(struct engine *engine, const char *reason)
{
	bool again = engine->interrupted;
	if (engine->finished)
		return;
	engine->interrupted = engine->ever_interrupted = true;
	vec_clear(&engine->asked);
	pool_wake(engine->pool);
	if (!engine->collected) {
		finish_uncollected(engine, reason);
		return;
	}
	if (engine->closing) {
		if (again)
			finish_by_force(engine);
		return;
	}
	if (engine->closed && !again) { /* stopped already, for a reason that let running tests end */
		free(engine->close_reason);
		engine->close_reason = alloc_string(reason);
	}
	stop_dispatching(engine, reason);
	if (again) {
		/* The guardian ends what a worker ran. */
		for (unsigned i = 0; i < engine->workers; i++)
			if (engine->slots[i].running || engine->slots[i].ahead)
				pool_kill_worker(engine->pool, i);
		finish_by_force(engine);
	} else {
		cancel_running(engine);
	}
	finish_check(engine);
}

static void end_session(struct engine *engine)
{
	double limit = clock_seconds(engine->config->session_timeout);
	char *reason = alloc_format("the session's %.6g s are over (--session-timeout)", limit);
	diagnosis_of_run(engine, CODE_SESSION_TIMEOUT, LEVEL_ERROR, "%s", reason);
	engine->session_over = true;
	stop_dispatching(engine, reason);
	cancel_running(engine);
	free(reason);
	finish_check(engine);
}

/* A process that was stopped (Ctrl-Z) hears of its timers late: that time is not the session's. */
static void on_session(uv_timer_t *timer)
{
	struct engine *engine = timer->data;
	uint64_t now = clock_now(), passed = now - engine->session_looked;
	engine->session_looked = now;
	/* What a person runs again after that is not the session. */
	if (engine->finished || engine->closing || engine->closed || engine->session_over)
		return;
	if (!engine->paused && passed < SESSION_LOST)
		engine->session_used += passed;
	if (engine->session_used >= engine->config->session_timeout)
		end_session(engine);
}

void stop_watch_session(struct engine *engine)
{
	if (!engine->config->session_timeout)
		return;
	engine->session_looked = clock_now();
	engine->session_used = clock_now() - engine->epoch;
	uv_timer_start(&engine->session, on_session, SESSION_LOOK_MS, SESSION_LOOK_MS);
}

void engine_suspend(struct engine *engine, bool on)
{
	struct command command = { .type = on ? COMMAND_PAUSE : COMMAND_RESUME };
	for (unsigned i = 0; i < engine->workers; i++)
		if (engine->slots[i].state != SLOT_EMPTY)
			slots_send(engine, i, &command);
}
