/* From the scheduler to the workers.
 *
 * A worker holds the test that it runs and at most one more, so that it goes on by itself while
 * the controller draws.  When nothing waits any more and somebody is idle, a test that is held behind
 * a running one is asked back: nobody waits while another is idle.
 */
#include "engine/internal.h"

#include "base/alloc.h"
#include "event/codec.h"

#include <stdlib.h>

static bool takes_jobs(const struct engine *engine, const struct slot *slot)
{
	return slot->state != SLOT_EMPTY && !engine->closed && !engine->paused;
}

static unsigned held(const struct slot *slot)
{
	return (slot->running ? 1U : 0U) + (slot->ahead ? 1U : 0U);
}

/* It never reached the worker, which may run another: the engine speaks in its place. */
static void fail_launch(struct engine *engine, unsigned slot, uint64_t test, const struct error *error)
{
	struct event event;
	event_init(&event, EVENT_TEST_FINISHED);
	event_put(&event, worker, slot);
	event_put(&event, test, test);
	event_put(&event, attempt, engine_entry(engine, test)->attempt);
	event_put(&event, outcome, OUTCOME_ERROR);
	event_put(&event, duration, 0);
	event_put_text(&event, message, error->message);
	bus_emit(engine, &event);
	verdict_attempt_ended(engine, &event);
}

static void send_job(struct engine *engine, unsigned slot, uint64_t test)
{
	const struct config *config = engine->config;
	struct entry *entry = engine_entry(engine, test);
	const struct suite_config *suite = entry->found.suite;
	struct error error = ERROR_INIT;
	struct job *job = ALLOC_NEW(struct job);
	launch_init(&job->launch);
	entry->attempt++;
	entry->state = ENTRY_SENT;
	if (collect_launch(config, &entry->found, &job->launch, &error) != 0) {
		job_free(job);
		fail_launch(engine, slot, test, &error);
		return;
	}
	job->test = test;
	job->attempt = entry->attempt;
	job->id = alloc_string(entry->found.id);
	job->adapter = entry->found.adapter;
	job->timeout = suite->timeout != UINT64_MAX ? suite->timeout : config->timeout;
	job->grace = config->timeout_grace;
	job->output_limit = config->output_limit;
	struct command command = { .type = COMMAND_JOB, .job = job };
	engine->slots[slot].ahead = test;
	slots_send(engine, slot, &command);
	job_free(job);
}

static bool give_one(struct engine *engine, unsigned slot)
{
	struct slot *place = &engine->slots[slot];
	if (!takes_jobs(engine, place) || place->ahead)
		return false;
	uint64_t test = engine->sched_ops->next(engine->sched, slot);
	if (!test)
		return false;
	const char *reason = stop_reason(engine, engine_entry(engine, test));
	if (reason)
		verdict_not_run(engine, test, reason);
	else
		send_job(engine, slot, test);
	return true;
}

/* The idle worker's gain is certain, the holder's loss is none: it runs something already. */
static void recall_for_idle(struct engine *engine)
{
	size_t idle = 0;
	for (unsigned i = 0; i < engine->workers; i++)
		idle += takes_jobs(engine, &engine->slots[i]) && held(&engine->slots[i]) == 0;
	for (unsigned i = 0; i < engine->workers && idle > 0; i++) {
		struct slot *slot = &engine->slots[i];
		if (slot->running && slot->ahead) {
			idle--;
			if (!slot->recalling) {
				struct command command = { .type = COMMAND_RECALL, .test = slot->ahead };
				slot->recalling = true;
				slots_send(engine, i, &command);
			}
		}
	}
}

/* Lets a slot hold as many as `limit`. */
static void fill(struct engine *engine, unsigned slot, unsigned limit)
{
	struct slot *place = &engine->slots[slot];
	while (held(place) < limit && give_one(engine, slot))
		continue;
}

void dispatch(struct engine *engine)
{
	for (unsigned limit = 1; limit <= engine->ahead_limit; limit++)
		for (unsigned i = 0; i < engine->workers; i++)
			fill(engine, i, limit);
	if (engine->sched_ops->waiting(engine->sched) == 0)
		recall_for_idle(engine);
	/* A test that can't even be launched has its verdict now. */
	verdict_check_finished(engine);
}

void dispatch_slot(struct engine *engine, unsigned slot)
{
	fill(engine, slot, engine->ahead_limit);
	if (held(&engine->slots[slot]) == 0 && engine->sched_ops->waiting(engine->sched) == 0)
		recall_for_idle(engine);
}

void dispatch_started(struct engine *engine, unsigned slot, uint64_t test)
{
	struct slot *place = &engine->slots[slot];
	struct entry *entry = engine_entry(engine, test);
	if (place->ahead != test || !entry)
		return;
	place->ahead = 0;
	place->recalling = false;
	place->running = test;
	entry->state = ENTRY_RUNNING;
	if (engine->interrupted) { /* it was started before the worker read that it should not be */
		struct command command = { .type = COMMAND_CANCEL, .test = test, .reason = engine->close_reason };
		slots_send(engine, slot, &command);
	}
}

void dispatch_unsend(struct engine *engine, unsigned slot)
{
	struct slot *place = &engine->slots[slot];
	uint64_t test = place->ahead;
	struct entry *entry = engine_entry(engine, test);
	place->ahead = 0;
	place->recalling = false;
	entry->attempt--;
	entry->state = ENTRY_WAITING;
	const char *reason = stop_reason(engine, entry);
	if (reason)
		verdict_not_run(engine, test, reason);
	else
		engine->sched_ops->give_back(engine->sched, test);
}

void dispatch_returned(struct engine *engine, unsigned slot, uint64_t test)
{
	if (engine->slots[slot].ahead != test || !test)
		return;
	dispatch_unsend(engine, slot);
	dispatch(engine);
}
